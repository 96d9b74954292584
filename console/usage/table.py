"""Groups of calls as rows of a table: what each is called, where it leads, and its sums in words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from catalog.admin import display
from console.charts import MONEY, words
from console.usage import measures
from console.usage.choice import Choice
from console.usage.measures import MEASURES
from gateway.metering.totals import GROUPS, Total
from gateway.models import Kind

WAYS = {
    "day": "Day",
    "model": "Model",
    "provider": "Provider",
    "key": "Key",
    "user": "User",
    "route": "Route",
    "variant": "Variant",
    "kind": "Kind",
}
NEXT = {"day": "model", "model": "day", "route": "variant", "variant": "day"}  # by what one looks into a group
NOBODY = {
    "model": "no model",
    "provider": "no provider",
    "key": "pages of the registry",
    "user": "services",
    "route": "no route",
    "variant": "no route",
}
IDS = ("model", "route", "variant")  # that are ids, in monospace


@dataclass(frozen=True, kw_only=True, slots=True)
class Row:
    """`url` leads into the group; it is empty for what no filter can name."""

    name: str
    url: str
    is_id: bool
    calls: str
    errors: str
    tokens: tuple[str, str]
    cost: str
    unpriced: str
    unpriced_url: str
    provider_cost: str
    latency: str
    first: str


def rows(totals: Sequence[Total], way: str, choice: Choice, calls_url: str) -> list[Row]:
    return [row(total, way, choice, calls_url) for total in totals]


def row(total: Total, way: str, choice: Choice, calls_url: str) -> Row:
    sums = total.sums
    filters = filters_of(total, way)
    many = sums["unpriced"]
    return Row(
        name=name_of(total, way),
        url=choice.url(groupBy=NEXT.get(way, "model"), **filters) if filters else "",
        is_id=way in IDS and bool(filters),
        calls=display.number(sums["calls"]),
        errors=f"{sums['errors']:,} ({measures.error_rate(total)})" if sums["errors"] else "",
        tokens=tokens_of(sums),
        cost=MEASURES["cost"].said(total),
        unpriced=f"{many:,} unpriced" if many else "",
        unpriced_url=f"{calls_url}{choice.narrowed(unpriced=1, **filters)}"
        if many and (filters or way == "day")
        else "",
        provider_cost="" if total.provider_cost is None else words(total.provider_cost, MONEY),
        latency=words(measures.latency(total), "ms") if sums["answered"] else "",
        first=words(measures.first(total), "ms") if sums["first_count"] else "",
    )


def tokens_of(sums: Mapping[str, Any]) -> tuple[str, str]:
    """Input and output; nothing to say where no call has any."""
    if sums["counted"]:
        return f"{sums['input_tokens']:,}", f"{sums['output_tokens']:,}"
    return (display.UNKNOWN, display.UNKNOWN) if sums["answered"] else ("", "")


def filters_of(total: Total, way: str) -> dict[str, object]:
    """The words of an address that ask for this group; none if no words can."""
    group = total.group
    if way == "day":
        return {"from": group["day"], "to": group["day"], "days": None}
    if way in ("key", "user"):
        return {way: group[f"{way}_id"]}
    named = {column: group[column] for column in GROUPS[way]}
    return dict(named) if all(named.values()) else {}


def name_of(total: Total, way: str) -> str:
    group = total.group
    if way == "day":
        return f"{group['day']:%Y-%m-%d}"
    if way in ("key", "user"):
        number = group[f"{way}_id"]
        return group[f"{way}_name"] or (f"{way} {number}" if number else NOBODY[way])
    if way == "kind":
        return str(Kind(group["kind"]).label)
    name = ": ".join(group[column] for column in GROUPS[way] if group[column])
    return name or nobody(way, total.sums["calls"], total.sums["refused"])


def nobody(way: str, calls: int, refused: int) -> str:
    """What calls are called that have no such name, and why if that is known."""
    is_refused = way in ("model", "provider") and calls == refused
    return f"{NOBODY[way]}: refused before one was chosen" if is_refused else NOBODY[way]
