"""An interval as a small drawing: a whisker from its low to its high end, and a dot where the value is. Pure.

Drawings of one measure share a scale, so that one sees at a glance whether intervals lie apart.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from django.utils.html import format_html
from django.utils.safestring import SafeString

from gateway.experiments import Measured

EDGE = 4  # per cent of the width left free at both ends, so that dots are whole


@dataclass(frozen=True, slots=True)
class Scale:
    """What the left and the right end of the drawings stand for."""

    low: float
    high: float

    def place(self, value: float) -> float:
        """In per cent from the left."""
        width = self.high - self.low
        share = 0.5 if width <= 0 else (min(max(value, self.low), self.high) - self.low) / width
        return EDGE + share * (100 - 2 * EDGE)


def scale_of(measured: Iterable[Measured]) -> Scale:
    """From the least to the most that any of the intervals reaches."""
    ends = [end for one in measured if one.value is not None for end in ends_of(one, one.value)]
    return Scale(min(ends, default=0.0), max(ends, default=0.0))


def ends_of(measured: Measured, value: float) -> tuple[float, ...]:
    return (measured.interval.low, value, measured.interval.high) if measured.interval else (value,)


def drawing(measured: Measured, scale: Scale) -> SafeString | str:
    """Empty while nothing is known. The words beside it say the same."""
    if measured.value is None:
        return ""
    places = [scale.place(end) for end in ends_of(measured, measured.value)]
    return format_html(
        '<svg class="interval" aria-hidden="true"><line class="axis" x1="0" x2="100%" y1="8" y2="8"/>'
        '<line class="whisker" x1="{0}%" x2="{1}%" y1="8" y2="8"/>'
        '<line class="end" x1="{0}%" x2="{0}%" y1="4" y2="12"/><line class="end" x1="{1}%" x2="{1}%" y1="4" y2="12"/>'
        '<circle cx="{2}%" cy="8" r="4"/></svg>',
        f"{places[0]:.2f}",
        f"{places[-1]:.2f}",
        f"{scale.place(measured.value):.2f}",
    )
