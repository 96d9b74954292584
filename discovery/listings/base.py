"""What a provider's list of models becomes, and what a dialect of such lists must know."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any


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
    """One call of a list: the path is appended to the provider's base address, an absolute URL is taken as it is."""

    path: str
    params: Mapping[str, str] = field(default_factory=dict)
    json: Any = None  # a body makes it a POST


@dataclass(frozen=True, kw_only=True)
class Dialect:
    """How one kind of list is asked for, paged and read. All functions are pure."""

    request: Request
    entries: Callable[[Any], Iterable[Any]]
    listing: Callable[[Any], Listing]
    next_page: Callable[[Any, Mapping[str, str]], Request | None] = lambda payload, headers: None
    headers: Mapping[str, str] = field(default_factory=dict)
    enrichments: tuple[Enrichment, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Enrichment:
    """A further list that adds facts to models of the main one. Its failure is a warning, never a fault."""

    requests: Callable[[list[str]], Iterable[Request]]  # from the ids of the main list
    facts: Callable[[Any, Request], Mapping[str, dict[str, Any]]]  # model id -> further facts
    next_page: Callable[[Any, Mapping[str, str]], Request | None] = lambda payload, headers: None


@dataclass(frozen=True, kw_only=True)
class Parsed:
    """The models of one page, and for each entry that was left out a sentence that says which and why."""

    listings: list[Listing]
    skipped: list[str]


def parse(dialect: Dialect, payload: Any) -> Parsed:
    """Read one page. Raises WrongShape if the page is not a list of this dialect; a bad entry is skipped alone."""
    listings: list[Listing] = []
    skipped: list[str] = []
    for position, entry in enumerate(numbered(dialect.entries(payload))):
        try:
            listings.append(dialect.listing(entry))
        except Skip as reason:
            skipped.append(f"entry {position + 1}: {reason}")
        except (KeyError, TypeError, ValueError, AttributeError, ArithmeticError) as error:
            skipped.append(f"entry {position + 1}: unreadable ({type(error).__name__})")
    return Parsed(listings=listings, skipped=skipped)


def numbered(entries: Iterable[Any]) -> Iterator[Any]:
    """The entries, refusing anything that is not a list of them."""
    if isinstance(entries, str | bytes | Mapping):
        raise WrongShape("the list of models is not a list")
    return iter(entries)
