"""What is asked for, and what it led to."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from .named import Named


class Reason(StrEnum):
    """Why a model serves a name; sent as x-registry-reason."""

    REQUESTED = "requested"  # it is the model that was named
    ROUTE = "route"
    DEFAULT = "default"  # of the provider that was named
    PREFERENCE = "preference"  # chosen by the caller some time ago
    FIRST_ENABLED = "first-enabled"  # nothing was chosen by anyone
    ENVIRONMENT = "environment"  # the same, and the catalog has none: as LLM_PROVIDER and LLM_MODEL say
    SUCCESSOR = "successor"  # of a retired model
    PROVIDER_DEFAULT = "provider-default"  # in place of a retired or unknown model
    CURATED_DEFAULT = "curated-default"  # the same, where no admin chose a default
    FALLBACK = "fallback"  # another one failed


class May(StrEnum):
    """Whether a caller may use a model."""

    YES = "yes"
    NOT_WITH_THIS_KEY = "not with this key"
    HIDDEN = "hidden"  # for this caller it does not exist


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What is asked for, and by whom."""

    name: str
    categories: tuple[str, ...] = ("text",)  # of models that can do it, the likeliest first
    sticky: str = ""  # calls with the same one get the same variant; empty: drawn anew
    pk: int | None = None  # the one model that is meant, whatever else its name may mean
    because: Reason = Reason.REQUESTED  # what serving the very model that is meant is called
    is_explicit: bool = True  # False: a stored preference, which falls back where an explicit name is refused
    may: Callable[[Named], May] = lambda model: May.YES
    may_route: Callable[[str], bool] = lambda name: True


@dataclass(frozen=True, slots=True)
class Candidate:
    """One model to try."""

    model: Any  # a Named, of whichever kind the Names hold
    reason: Reason
    variant: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Resolved:
    """The models to try in order, at least one."""

    requested: str
    candidates: tuple[Candidate, ...]
    route: str = ""
    retired: Any = None  # the retired Named that was asked for
    steps: tuple[str, ...] = ()

    @property
    def first(self) -> Candidate:
        return self.candidates[0]
