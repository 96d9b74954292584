"""What one can look at: each measure of some calls with its unit, the sums it is made of, and how it reads."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal

from catalog.admin import display
from console.charts import MONEY, Amount, words
from gateway.metering.totals import Total

NONE = "–"
SHOWN = (
    *("calls", "errors", "refused", "cancelled", "unpriced", "answered", "counted", "input_tokens", "output_tokens"),
    *("cost", "priced", "provider_cost", "provider_priced", "duration_ms", "first_ms", "first_count"),
)


@dataclass(frozen=True, kw_only=True, slots=True)
class Measure:
    """`largest` are the sums by which groups are ranked when one looks at it."""

    label: str
    unit: str
    sums: tuple[str, ...]
    largest: tuple[str, ...]
    value: Callable[[Total], Amount]
    note: Callable[[Total], str]
    figure: Callable[[Total], str] | None = None  # how all of it reads, if not as its value
    applies: Callable[[Total], object] = lambda total: True  # whether such calls have it at all

    def said(self, total: Total) -> str:
        if not self.applies(total):
            return NONE
        return self.figure(total) if self.figure else words(self.value(total), self.unit)


def has_cost(total: Total) -> bool:
    """Whether anything was bought, at whatever price: not by calls that were refused or failed."""
    return bool(total.sums["priced"] or total.sums["unpriced"])


def cost(total: Total) -> Decimal | None:
    """None if calls were answered and the price of none of them is known."""
    known: Decimal = total.sums["cost"]
    return None if total.sums["unpriced"] and not total.sums["priced"] else known


def tokens(total: Total) -> int | None:
    """None if calls were answered and the tokens of none of them are known."""
    sums = total.sums
    return None if sums["answered"] and not sums["counted"] else sums["input_tokens"] + sums["output_tokens"]


def latency(total: Total) -> Amount:
    mean = total.mean_duration_ms
    return None if mean is None else round(mean)


def first(total: Total) -> Amount:
    mean = total.mean_first_ms
    return None if mean is None else round(mean)


def error_rate(total: Total) -> str:
    """In words; unknown without calls."""
    calls = total.sums["calls"]
    return words(round(Decimal(100) * total.sums["errors"] / calls, 1) if calls else None, "%")


def unpriced(total: Total) -> str:
    many = total.sums["unpriced"]
    return f"without {display.count(many, 'unpriced call')}" if many else "by our prices"


def turned_away(total: Total) -> str:
    parts = [f"{total.sums[name]:,} {name}" for name in ("refused", "cancelled") if total.sums[name]]
    return ", ".join([display.count(total.sums["errors"], "failed call"), *parts])


def ways(total: Total) -> str:
    return f"{total.sums['input_tokens']:,} in, {total.sums['output_tokens']:,} out"


MEASURES: Mapping[str, Measure] = {
    "cost": Measure(
        label="Cost",
        unit=MONEY,
        sums=("cost", "priced", "unpriced"),
        largest=("cost", "calls"),
        value=cost,
        note=unpriced,
        applies=has_cost,
    ),
    "calls": Measure(
        label="Calls",
        unit="calls",
        sums=("calls",),
        largest=("calls",),
        value=lambda total: total.sums["calls"],
        note=lambda total: f"{total.sums['answered']:,} answered",
        figure=lambda total: display.number(total.sums["calls"]),
    ),
    "errors": Measure(
        label="Errors",
        unit="errors",
        sums=("errors",),
        largest=("errors", "calls"),
        value=lambda total: total.sums["errors"],
        note=turned_away,
        figure=error_rate,
    ),
    "tokens": Measure(
        label="Tokens",
        unit="tokens",
        sums=("answered", "counted", "input_tokens", "output_tokens"),
        largest=("input_tokens", "output_tokens"),
        value=tokens,
        note=ways,
        figure=lambda total: display.number(tokens(total)),
    ),
    "latency": Measure(
        label="Latency",
        unit="ms",
        sums=("answered", "duration_ms"),
        largest=("calls",),
        value=latency,
        applies=lambda total: total.sums["answered"],
        note=lambda total: "mean, to the last byte",
    ),
    "first": Measure(
        label="First content",
        unit="ms",
        sums=("first_count", "first_ms"),
        largest=("calls",),
        value=first,
        note=lambda total: "mean, of answered calls",
    ),
}
