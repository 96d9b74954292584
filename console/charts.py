"""Charts drawn on the server, as pure functions: lines over time and bars, each with its numbers as a table.

Nothing in them needs a script or an inline style; the colours and patterns are in static/charts.css. A chart is as wide
as its place and its words never shrink: what must stretch stands in per cent, only the lines are in a stretched box.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from decimal import Decimal
from itertools import pairwise

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.text import slugify

UNKNOWN = "unknown"
SINGULAR = {"calls": "call", "errors": "error", "models": "model", "tokens": "token"}
MONEY = "USD"
PATTERNS = 6  # colours with a dash pattern each, in charts.css; more lines begin again
STRETCHED = 1_000  # units of the box of the lines, both ways
TICKS = 4
STEPS = (Decimal(1), Decimal(2), Decimal("2.5"), Decimal(5), Decimal(10))
SHORT = ((Decimal(10) ** 9, "G"), (Decimal(10) ** 6, "M"), (Decimal(10) ** 3, "k"))

ROOM, ROOM_WITH_YEAR = 26, 34  # per cent of the width that a date needs

Amount = Decimal | float | None
Moment = date | datetime
Row = tuple[Moment, list[Amount]]


@dataclass(frozen=True, kw_only=True, slots=True)
class Series:
    """One line: a value at each moment, None where it is unknown. The note stands beside its name, such as a sum."""

    name: str
    points: Sequence[tuple[Moment, Amount]]
    note: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Bar:
    """One bar; a value of None is unknown and has no length. The note stands under its label."""

    label: str
    value: Amount
    url: str = ""
    note: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Strip:
    """A place in the plot and the part that belongs to it, in per cent from the left."""

    place: float
    left: float
    width: float


def line_chart(series: Sequence[Series], *, title: str, unit: str, stepped: bool = False) -> SafeString:
    """Lines over time from 0 up, with the values of a moment on hover and all of them as a table.

    Moments are dates or aware datetimes, values 0 or more. A line is interrupted where it has no value; a stepped
    one holds its value until the next, as prices do.
    """
    rows = rows_of(series, stepped)
    known = [number(value) for _, values in rows for value in values if value is not None]
    if not known:
        return empty(title)
    places = places_of([moment for moment, _ in rows])
    top = nice_top(max(known), is_whole=unit in SINGULAR)
    lines = (
        (index % PATTERNS, path(places, [values[index] for _, values in rows], top, stepped))
        for index in range(len(series))
    )
    return format_html(
        '<figure class="chart"><figcaption>{}</figcaption>'
        '<svg class="plot" role="img" aria-label="{}">{}{}<svg class="lines" viewBox="0 0 {} {}" '
        'preserveAspectRatio="none">{}</svg>{}{}</svg>{}{}</figure>',
        title,
        f"{title}. The table below has the numbers.",
        grid(top, unit),
        dates(rows, places),
        STRETCHED,
        STRETCHED,
        format_html_join("", '<path class="series-{}" d="{}"/>', lines),
        format_html_join("", "{}", ((lone(index, rows, places, top),) for index in range(len(series)))),
        format_html_join(
            "", "{}", ((spot(series, row, strip, top, unit),) for row, strip in zip(rows, strips(places), strict=True))
        ),
        legend(series),
        numbers(series, rows, title, unit),
    )


def bar_chart(bars: Sequence[Bar], *, title: str, unit: str) -> SafeString:
    """Bars side by side from 0 on, as a table: each with its label and its value in words."""
    known = [number(bar.value) for bar in bars if bar.value is not None]
    if not bars:
        return empty(title)
    top = max(known, default=Decimal(0)) or Decimal(1)
    rows = (
        (
            format_html('<a href="{}">{}</a>', bar.url, bar.label) if bar.url else bar.label,
            format_html('<span class="quiet note">{}</span>', bar.note) if bar.note else "",
            f"{max(number(bar.value) / top * 100, Decimal(0)):.2f}" if bar.value is not None else "0",
            words(bar.value, unit),
        )
        for bar in bars
    )
    return format_html(
        '<figure class="chart"><figcaption>{}</figcaption><table class="bars"><tbody>{}</tbody></table></figure>',
        title,
        format_html_join(
            "",
            '<tr><th scope="row">{}{}</th><td class="length"><svg aria-hidden="true" class="beam">'
            '<rect width="{}%" height="100%" rx="2"/></svg></td><td class="number">{}</td></tr>',
            rows,
        ),
    )


def words(value: Amount, unit: str) -> str:
    """A value with its unit; an unknown one is said to be so."""
    if value is None:
        return UNKNOWN
    amount = number(value)
    if unit == MONEY:
        return f"USD {money(amount)}"
    if amount == 1 and unit in SINGULAR:
        unit = SINGULAR[unit]
    return f"{plain(amount)} {unit}".strip()


def rows_of(series: Sequence[Series], stepped: bool) -> list[Row]:
    """Each moment with the value of every line at it."""
    found = [dict(one.points) for one in series]
    rows: list[Row] = []
    for moment in sorted({moment for points in found for moment in points}, key=seconds):
        before = rows[-1][1] if rows and stepped else [None] * len(found)
        rows.append((moment, [points.get(moment, held) for points, held in zip(found, before, strict=True)]))
    return rows


def seconds(moment: Moment) -> float:
    if isinstance(moment, datetime):
        return moment.timestamp()
    return datetime.combine(moment, time(), UTC).timestamp()


def number(value: Decimal | float) -> Decimal:
    return value if isinstance(value, Decimal) else Decimal(str(value))


def places_of(moments: Sequence[Moment]) -> list[float]:
    """Where moments lie from left to right, in per cent."""
    first, last = seconds(moments[0]), seconds(moments[-1])
    if first == last:
        return [50.0]
    return [(seconds(moment) - first) / (last - first) * 100 for moment in moments]


def height_of(value: Amount, top: Decimal) -> float:
    """Where a value lies from the upper edge down, in per cent."""
    return 100 - float(number(value or 0) / top * 100)


def nice_top(largest: Decimal, *, is_whole: bool = False) -> Decimal:
    """The end of the axis: a round number that TICKS round steps make up; of what is counted, whole steps."""
    if largest <= 0:
        return Decimal(TICKS)
    rough = max(largest / TICKS, Decimal(is_whole))
    power = Decimal(10) ** rough.adjusted()
    steps = (factor * power for factor in STEPS if factor * power >= rough)
    return TICKS * next(step for step in steps if not is_whole or step % 1 == 0)


def grid(top: Decimal, unit: str) -> SafeString:
    marks = [top * index / TICKS for index in range(TICKS + 1)]
    return format_html_join(
        "",
        '<line class="grid" x1="0" x2="100%" y1="{0}%" y2="{0}%"/><text class="tick" x="-8" y="{0}%" dy="4">{1}</text>',
        ((f"{height_of(mark, top):.2f}", short(mark, unit)) for mark in marks),
    )


def dates(rows: Sequence[Row], places: Sequence[float]) -> SafeString:
    """Dates (UTC) below the plot: the last, and before it as many as have room."""
    years = rows[0][0].year != rows[-1][0].year
    room = ROOM_WITH_YEAR if years else ROOM
    kept: list[int] = []
    for index in reversed(range(len(rows))):
        if not kept or places[kept[-1]] - places[index] >= room:
            kept.append(index)
    return format_html_join(
        "",
        '<text class="date {}" x="{}%" y="100%" dy="18">{}</text>',
        ((side(places[index]), f"{places[index]:.2f}", day(rows[index][0], years)) for index in reversed(kept)),
    )


def side(place: float) -> str:
    """Towards where a word must grow to stay on the page."""
    return "first" if place < ROOM / 4 else "last" if place > 100 - ROOM / 4 else "between"


def day(moment: Moment, with_year: bool) -> str:
    at = moment.astimezone(UTC) if isinstance(moment, datetime) else moment
    return f"{at.day} {at:%b %Y}" if with_year else f"{at.day} {at:%b}"


def path(places: Sequence[float], values: Sequence[Amount], top: Decimal, stepped: bool) -> str:
    """A line that is interrupted where a value is unknown."""
    steps: list[str] = []
    drawing = False
    for place, value in zip(places, values, strict=True):
        x, y = place * STRETCHED / 100, height_of(value, top) * STRETCHED / 100
        if value is not None:
            steps.append(
                (f"H{x:.1f}V{y:.1f}" if stepped else f"L{x:.1f} {y:.1f}") if drawing else f"M{x:.1f} {y:.1f}h0"
            )
        drawing = value is not None
    return "".join(steps)


def lone(index: int, rows: Sequence[Row], places: Sequence[float], top: Decimal) -> SafeString:
    """A dot for each value of a line that has no neighbours, of which one would see no line."""
    values = [None, *(values[index] for _, values in rows), None]
    alone = (
        (index % PATTERNS, f"{place:.2f}", f"{height_of(value, top):.2f}")
        for before, value, after, place in zip(values, values[1:], values[2:], places, strict=False)
        if value is not None and before is None and after is None
    )
    return format_html_join("", '<circle class="lone series-{}" cx="{}%" cy="{}%" r="3.5"/>', alone)


def strips(places: Sequence[float]) -> list[Strip]:
    """Each place with the part of the plot that is nearest to it."""
    edges = [0.0, *((one + other) / 2 for one, other in pairwise(places)), 100.0]
    return [
        Strip(place=place, left=left, width=right - left)
        for place, (left, right) in zip(places, pairwise(edges), strict=True)
    ]


def spot(series: Sequence[Series], row: Row, strip: Strip, top: Decimal, unit: str) -> SafeString:
    """The strip around a moment: on hover it says what every line is there, and marks it."""
    moment, values = row
    told = [f"{one.name}: {words(value, unit)}" for one, value in zip(series, values, strict=True)]
    dots = (
        (index % PATTERNS, f"{strip.place:.2f}", f"{height_of(value, top):.2f}")
        for index, value in enumerate(values)
        if value is not None
    )
    return format_html(
        '<g class="spot"><title>{}</title><rect x="{}%" width="{}%" height="100%"/>{}</g>',
        "\n".join([named(moment), *told]),
        f"{strip.left:.2f}",
        f"{strip.width:.2f}",
        format_html_join("", '<circle class="series-{}" cx="{}%" cy="{}%" r="3.5"/>', dots),
    )


def legend(series: Sequence[Series]) -> SafeString:
    return format_html(
        '<ul class="legend">{}</ul>',
        format_html_join(
            "",
            '<li><svg aria-hidden="true" class="sample"><line class="series-{}" x1="1" x2="25" y1="6" y2="6"/></svg> '
            '{} <span class="quiet">{}</span></li>',
            ((index % PATTERNS, one.name, one.note) for index, one in enumerate(series)),
        ),
    )


def numbers(series: Sequence[Series], rows: Sequence[Row], title: str, unit: str) -> SafeString:
    """The same to read, the newest first."""
    lines = (
        (named(moment), format_html_join("", '<td class="number">{}</td>', ((words(value, unit),) for value in values)))
        for moment, values in reversed(rows)
    )
    return format_html(
        '<details id="numbers-{}" class="numbers"><summary>Show as table</summary><div class="results" tabindex="0" '
        'role="region" aria-label="{}"><table><thead><tr><th scope="col">When</th>{}</tr></thead><tbody>{}</tbody>'
        "</table></div></details>",
        slugify(title),
        f"{title}, as a table",
        format_html_join("", '<th scope="col" class="number">{}</th>', ((one.name,) for one in series)),
        format_html_join("", '<tr><th scope="row">{}</th>{}</tr>', lines),
    )


def empty(title: str) -> SafeString:
    return format_html(
        '<figure class="chart"><figcaption>{}</figcaption><p class="quiet">Nothing to show yet.</p></figure>', title
    )


def named(moment: Moment) -> str:
    if isinstance(moment, datetime):
        return f"{moment.astimezone(UTC):%Y-%m-%d %H:%M} UTC"
    return f"{moment:%Y-%m-%d}"


def plain(amount: Decimal) -> str:
    """Whole numbers with separators; others with three significant digits at least."""
    if amount == amount.to_integral_value():
        return f"{amount:,.0f}"
    places = max(1, 2 - amount.adjusted())
    return f"{amount:,.{places}f}".rstrip("0").rstrip(".")


def money(amount: Decimal) -> str:
    """With two places at least, and three significant digits of small amounts."""
    if amount == 0 or amount >= 1:
        return f"{amount:,.2f}"
    whole, _, places = f"{amount:.{max(2, 2 - amount.adjusted())}f}".partition(".")
    return f"{whole}.{places.rstrip('0').ljust(2, '0')}"


def short(amount: Decimal, unit: str) -> str:
    """A number of the axis, as short as can be."""
    for size, letter in SHORT:
        if amount >= size:
            return f"{(amount / size).normalize():f}{letter}"
    if unit == MONEY and amount:
        return money(amount) if amount < 1 else f"{amount.normalize():f}"
    return f"{amount.normalize():f}"
