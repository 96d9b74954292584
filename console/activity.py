"""What was called in the last 30 days: charts by provider or model, and the sums of it all."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from django.db.models import Sum
from django.utils.safestring import SafeString

from catalog.admin import display
from console.charts import MONEY, Amount, Series, line_chart, words
from console.demand import DAYS, since
from console.usage.measures import NONE
from console.usage.table import nobody
from gateway.models import UsageDay

BY = {"provider": "Provider", "model": "Model"}
LINES = 5  # with names; all others are one line
OTHERS = "others"
SUMMED = ("calls", "errors", "refused", "unpriced", "priced", "answered", "duration_ms", "cost")


@dataclass(slots=True)
class Sums:
    """What some calls came to; cost in USD, durations in milliseconds."""

    calls: int = 0
    errors: int = 0
    refused: int = 0
    unpriced: int = 0
    priced: int = 0
    answered: int = 0
    duration_ms: int = 0
    cost: Decimal = Decimal(0)

    def add(self, row: Mapping[str, Any]) -> None:
        for name in SUMMED:
            setattr(self, name, getattr(self, name) + (row[name] or 0))

    @property
    def known_cost(self) -> Decimal | None:
        """None if calls were answered and the price of none of them is known."""
        return None if self.unpriced and not self.priced else self.cost

    @property
    def has_cost(self) -> bool:
        """Whether anything was bought, at whatever price: not by calls that were refused or failed."""
        return bool(self.priced or self.unpriced)

    @property
    def latency(self) -> Decimal | None:
        """The mean; None if nothing was answered."""
        return (Decimal(self.duration_ms) / self.answered).quantize(Decimal(1)) if self.answered else None

    @property
    def error_rate(self) -> Decimal | None:
        """Per cent."""
        return round(Decimal(100) * self.errors / self.calls, 1) if self.calls else None


@dataclass(frozen=True, kw_only=True, slots=True)
class Activity:
    """Charts and sums of the last 30 days."""

    by: str
    total: Sums
    charts: Sequence[SafeString]

    @property
    def figures(self) -> list[tuple[str, str, str]]:
        """The sums as words: what, how much, and what must be known of it."""
        total = self.total
        left_out = f"without {display.count(total.unpriced, 'unpriced call')}" if total.unpriced else ""
        return [
            ("Calls", display.number(total.calls), ""),
            ("Cost", words(total.known_cost, MONEY) if total.has_cost else NONE, left_out),
            ("Errors", words(total.error_rate, "%"), display.count(total.errors, "failed call")),
            ("Latency", words(total.latency, "ms"), "mean, to the last byte"),
        ]


@dataclass(slots=True)
class Line:
    """One name with its sums of each day and of all."""

    name: str
    days: dict[date, Sums] = field(default_factory=lambda: defaultdict(Sums))
    total: Sums = field(default_factory=Sums)

    def add(self, row: Mapping[str, Any]) -> None:
        self.days[row["day"]].add(row)
        self.total.add(row)


def activity(by: str) -> Activity | None:
    """The last 30 days by `provider` or `model`; None if nothing was called in them."""
    rows = list(
        UsageDay.objects.filter(day__gte=since()).order_by().values("day", by).annotate(**{n: Sum(n) for n in SUMMED})
    )
    if not rows:
        return None
    total = Sums()
    for row in rows:
        total.add(row)
    return Activity(by=by, total=total, charts=charts(lines_of(rows, by), by))


def lines_of(rows: Iterable[Mapping[str, Any]], by: str) -> list[Line]:
    """A line for each of the most called names, and one for all others."""
    found: dict[str, Line] = {}
    for row in rows:
        found.setdefault(row[by], Line(row[by])).add(row)
    ranked = sorted(found.values(), key=lambda line: (-line.total.calls, line.name))
    if len(ranked) <= LINES + 1:
        return ranked
    kept = {line.name for line in ranked[:LINES]}
    rest = Line(OTHERS)
    for row in rows:
        if row[by] not in kept:
            rest.add(row)
    return [*ranked[:LINES], rest]


def charts(lines: Sequence[Line], by: str) -> list[SafeString]:
    for line in lines:
        line.name = line.name or nobody(by, line.total.calls, line.total.refused)
    bought = [line for line in lines if line.total.has_cost]
    return [
        chart(lines, f"Calls by {by}", "calls", lambda sums: sums.calls),
        chart(bought, f"Cost by {by}", MONEY, lambda sums: sums.known_cost),
        chart(lines, f"Errors by {by}", "errors", lambda sums: sums.errors),
        chart([line for line in lines if line.total.answered], f"Latency by {by}", "ms", lambda sums: sums.latency),
    ]


def chart(lines: Sequence[Line], title: str, unit: str, value: Callable[[Sums], Amount]) -> SafeString:
    first = since()
    days = [first + timedelta(days=number) for number in range(DAYS)]
    series = [
        Series(
            name=line.name,
            points=[(day, value(line.days.get(day) or Sums())) for day in days],
            note=words(value(line.total), unit),
        )
        for line in lines
    ]
    return line_chart(series, title=title, unit=unit)
