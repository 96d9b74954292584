"""What calls added up to, read from the sums of their days alone: how many calls there were does not matter."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from django.db.models import Case, IntegerField, Max, Q, QuerySet, Sum, Value, When

from access.caller import Caller
from gateway.metering.days import MONEY, SUMS
from gateway.metering.questions import Question
from gateway.metering.records import PLACES
from gateway.models import UsageDay

# What one can group by -> its columns.
GROUPS: Mapping[str, tuple[str, ...]] = {
    "day": ("day",),
    "model": ("model",),
    "provider": ("provider",),
    "key": ("key_id",),
    "user": ("user_id",),
    "route": ("route",),
    "variant": ("route", "variant"),
    "kind": ("kind",),
}
NAMES = {"key_id": "key_name", "user_id": "user_name"}

Sums = Mapping[str, Any]


class TooMany(Exception):
    """More groups than are wanted at once."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Total:
    """The sums of some days, by the names of their columns, and what they are of."""

    group: Mapping[str, Any]
    sums: Sums

    @property
    def cost(self) -> Decimal | None:
        """USD of the calls whose cost is known; None if it is of none."""
        return self.sums["cost"] if self.sums["priced"] else None

    @property
    def provider_cost(self) -> Decimal | None:
        return self.sums["provider_cost"] if self.sums["provider_priced"] else None

    @property
    def mean_duration_ms(self) -> float | None:
        return mean(self.sums["duration_ms"], self.sums["answered"])

    @property
    def mean_first_ms(self) -> float | None:
        return mean(self.sums["first_ms"], self.sums["first_count"])


def mean(total: int, count: int) -> float | None:
    return round(total / count, 1) if count else None


def totals(question: Question, group_by: Sequence[str], caller: Caller, *, most: int) -> list[Total]:
    """By day in their order, within a day the dearest first. Raises TooMany if there are more than `most`."""
    rows = grouped(question, group_by, caller, ("cost",), most + 1)
    if len(rows) > most:
        raise TooMany
    return rows


def grouped(
    question: Question,
    group_by: Sequence[str],
    caller: Caller,
    largest: Sequence[str],
    most: int,
    wanted: Sequence[str] = SUMS,
) -> list[Total]:
    """At most this many groups, in the order of their days, else those with the largest sums first."""
    days = question.days(caller)
    columns = columns_of(group_by)
    order = ("day",) if "day" in columns else ()
    sums = summed(days.values(*columns), wanted)
    rows = list(sums.order_by(*order, *(f"-sum_{name}" for name in largest), *columns)[:most])
    names = {column: names_of(days, column) for column in columns if column in NAMES}
    return [total_of(row, columns, names, wanted) for row in rows]


def whole(question: Question, caller: Caller, wanted: Sequence[str] = SUMS) -> Total:
    """All that was asked for, as one sum."""
    sums = question.days(caller).aggregate(**{f"sum_{name}": Sum(name, default=0) for name in wanted})
    return total_of(sums, (), {}, wanted)


def daily(
    question: Question, groups: Sequence[Mapping[str, Any]], caller: Caller, wanted: Sequence[str]
) -> dict[tuple[date, int | None], Total]:
    """The sums of each day, of each of some groups by its place among them; what is in none of them stands at None."""
    days: Any = question.days(caller)
    if groups:
        places = [When(Q(**group), then=Value(place)) for place, group in enumerate(groups)]
        days = days.annotate(place=Case(*places, default=None, output_field=IntegerField()))
    rows = summed(days.values("day", *(["place"] if groups else [])), wanted)
    return {(row["day"], row.get("place")): total_of(row, (), {}, wanted) for row in rows}


def columns_of(group_by: Sequence[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(column for name in group_by for column in GROUPS[name]))


def summed(rows: Any, wanted: Sequence[str]) -> Any:
    return rows.annotate(**{f"sum_{name}": Sum(name) for name in wanted})


def total_of(
    row: Mapping[str, Any], columns: Sequence[str], names: Mapping[str, Mapping[int, str]], wanted: Sequence[str]
) -> Total:
    group: dict[str, Any] = {}
    for column in columns:
        group[column] = row[column]
        if column in NAMES:
            group[NAMES[column]] = names[column].get(row[column], "")
    sums = {name: row[f"sum_{name}"] for name in wanted}
    exact = {name: Decimal(sums[name]).quantize(PLACES) for name in MONEY if name in sums}
    return Total(group=group, sums={**sums, **exact})


def names_of(days: QuerySet[UsageDay], column: str) -> dict[int, str]:
    """The newest name of each id."""
    named = days.values_list(column, NAMES[column]).annotate(last=Max("day")).order_by("last", NAMES[column])
    return {found: name for found, name, _ in named}


def added(rows: Sequence[Total], wanted: Sequence[str] = SUMS) -> Total:
    """All of them together."""
    zero = {name: Decimal(0) if name in MONEY else 0 for name in wanted}
    return Total(group={}, sums={name: sum((row.sums[name] for row in rows), zero[name]) for name in wanted})
