"""A measure over time: a line for each of the largest groups, and one for all others. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, timedelta

from django.utils import timezone
from django.utils.safestring import SafeString

from console.charts import Series, line_chart, words
from console.usage.measures import Measure
from gateway.metering.questions import Period
from gateway.metering.totals import Total, added

LINES = 5  # with names; all others are one line
OTHERS = "others"
ALL = "all calls"
MOST_DAYS, MOST_WEEKS = 92, 731  # of a chart by day or week: longer ones are by week or month

Sums = Mapping[tuple[date, int | None], Total]


def chart(names: Sequence[str], found: Sums, period: Period, measure: Measure, by: str) -> SafeString:
    """Of the groups of these names, by the days of each by its place among them; what is in none stands at None."""
    part = shown(period, [day for day, _ in found])
    step, moments = steps(part)
    places: dict[int | None, str] = dict(enumerate(names))
    if not names or any(place is None for _, place in found):
        places[None] = OTHERS if names else ALL
    lines = (line(name, place, found, moments, part, measure) for place, name in places.items())
    series = [one for one in lines if one is not None]
    return line_chart(series, title=f"{measure.label} by {by}{step}", unit=measure.unit)


def line(
    name: str, place: int | None, found: Sums, moments: Sequence[date], period: Period, measure: Measure
) -> Series | None:
    """None for calls that have no such measure: what was refused cost nothing, which is not USD 0."""
    parts: dict[date, list[Total]] = {moment: [] for moment in moments}
    for (day, where), total in found.items():
        if where == place:
            parts[start_of(day, period)].append(total)
    whole = added([total for totals in parts.values() for total in totals], measure.sums)
    if not measure.applies(whole):
        return None
    points = [(moment, measure.value(added(totals, measure.sums))) for moment, totals in parts.items()]
    return Series(name=name, points=points, note=words(measure.value(whole), measure.unit))


def shown(period: Period, called: Sequence[date]) -> Period:
    """The period; of a very long one the part in which something was called, up to today."""
    if length_of(period) <= MOST_WEEKS:
        return period
    today = timezone.now().date()
    last = max([min(period.until, today), *called])
    return Period(since=min([last, *called]), until=last)


def length_of(period: Period) -> int:
    return (period.until - period.since).days + 1


def steps(period: Period) -> tuple[str, list[date]]:
    """What the chart steps by, in words, and where each step begins."""
    days = [period.since + timedelta(days=number) for number in range(length_of(period))]
    step = "" if len(days) <= MOST_DAYS else ", by week" if len(days) <= MOST_WEEKS else ", by month"
    return step, list(dict.fromkeys(start_of(day, period) for day in days))


def start_of(day: date, period: Period) -> date:
    """Of the step that a day belongs to; the first begins with the period."""
    length = length_of(period)
    if length <= MOST_DAYS:
        return day
    start = day - timedelta(days=day.weekday()) if length <= MOST_WEEKS else day.replace(day=1)
    return max(start, period.since)
