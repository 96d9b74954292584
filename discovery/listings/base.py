"""What a provider's list of models becomes, and what a dialect of such lists must know."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit


class WrongShape(ValueError):
    """The answer is not a list of models in this dialect; the whole answer is refused."""


class Skip(ValueError):
    """This entry cannot become a model; the message says why, the others are kept."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Listing:
    """One model as its provider's list states it.

    `facts` maps fact names (catalog.facts.FACTS) to JSON-ready values; a fact the list does not state is absent.
    Amounts of money are decimal strings in USD per million tokens, times are ISO 8601 with a zone.
    """

    model_id: str
    facts: dict[str, Any]
    entry: Any


@dataclass(frozen=True, kw_only=True)
class Request:
    """One call of a list; `address` says where its path leads."""

    path: str
    params: Mapping[str, str] = field(default_factory=dict)
    json: Any = None  # a body makes it a POST
    at_root: bool = False  # the path begins at the server's root, not at the provider's base address


def no_next_page(payload: Any, headers: Mapping[str, str]) -> Request | None:
    return None


@dataclass(frozen=True, kw_only=True)
class Enrichment:
    """A further list that adds facts to models of the main one. Its failure is a warning, never a fault.

    Its facts are laid over those of the main list: what it states beats what was told from an id.
    """

    requests: Callable[[list[str]], Iterable[Request]]  # from the ids of the main list
    facts: Callable[[Any, Request], Mapping[str, dict[str, Any]]]  # model id -> further facts
    next_page: Callable[[Any, Mapping[str, str]], Request | None] = no_next_page
    needs_key: bool = False  # without a key the call is left out


@dataclass(frozen=True, kw_only=True)
class Dialect:
    """How one kind of list is asked for, paged and read. All functions are pure."""

    request: Request
    entries: Callable[[Any], Iterable[Any]]
    listing: Callable[[Any], Listing]
    next_page: Callable[[Any, Mapping[str, str]], Request | None] = no_next_page
    headers: Mapping[str, str] = field(default_factory=dict)
    enrichments: tuple[Enrichment, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Parsed:
    """The models of one page, and for each entry that was left out a sentence that says which and why."""

    listings: list[Listing]
    skipped: list[str]


UNREADABLE = (LookupError, TypeError, ValueError, AttributeError, ArithmeticError)


def parse(dialect: Dialect, payload: Any) -> Parsed:
    """Read one page. Raises WrongShape if the page is not a list of this dialect; a bad entry is skipped alone."""
    listings: list[Listing] = []
    skipped: list[str] = []
    for position, entry in enumerate(dialect.entries(payload), start=1):
        try:
            listings.append(dialect.listing(entry))
        except Skip as reason:
            skipped.append(f"entry {position}: {reason}")
        except UNREADABLE as error:
            skipped.append(f"entry {position}: unreadable ({type(error).__name__})")
    return Parsed(listings=listings, skipped=skipped)


def address(request: Request, *, dialect: Dialect | None, base_url: str, list_url: str = "") -> str:
    """Where a request of a dialect goes. `list_url` is the spec's, and empty once an operator changed the base."""
    base = list_url.removesuffix(dialect.request.path) if list_url and dialect else base_url.rstrip("/")
    if request.at_root:
        parts = urlsplit(base)
        base = f"{parts.scheme}://{parts.netloc}"
    return base + request.path
