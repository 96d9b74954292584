"""Charts are drawn from the numbers they are given, and say them in words as well."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from console.charts import Bar, Series, bar_chart, line_chart, nice_top, words

DAY = date(2026, 11, 1)


def days(*values: Decimal | int | None) -> list[tuple[date, Decimal | int | None]]:
    return [(DAY + timedelta(days=index), value) for index, value in enumerate(values)]


def paths(chart: str) -> list[str]:
    return re.findall(r'<path class="series-\d" d="([^"]*)"', chart)


def test_a_line_goes_from_the_lower_left_to_the_top_of_the_axis() -> None:
    chart = line_chart([Series(name="acme", points=days(0, 50, 100))], title="Calls", unit="calls")

    assert paths(chart) == ["M0.0 1000.0h0L500.0 500.0L1000.0 0.0"]
    assert "2026-11-02\nacme: 50 calls" in chart


def test_an_unknown_value_interrupts_the_line_and_is_said_to_be_unknown() -> None:
    chart = line_chart([Series(name="acme", points=days(4, None, 4))], title="Latency", unit="ms")

    assert paths(chart) == ["M0.0 0.0h0M1000.0 0.0h0"]
    assert '<td class="number">unknown</td>' in chart


def test_a_value_without_neighbours_is_a_dot() -> None:
    lines = [Series(name="acme", points=days(2, None, 4)), Series(name="other", points=days(1, 1, None))]

    chart = line_chart(lines, title="Latency", unit="ms")

    found = re.findall(r'<circle class="lone (series-\d)" cx="([^"]*)%" cy="([^"]*)%"', chart)
    assert found == [("series-0", "0.00", "50.00"), ("series-0", "100.00", "0.00")]
    assert 'class="lone series-0" cx="50.00%"' in line_chart(
        [Series(name="acme", points=days(3))], title="Calls", unit="calls"
    )


@pytest.mark.parametrize(
    ("largest", "unit", "ticks"),
    [
        (1, "calls", ["0", "1", "2", "3", "4"]),
        (6, "errors", ["0", "2", "4", "6", "8"]),
        (10, "models", ["0", "5", "10", "15", "20"]),
        (100, "tokens", ["0", "25", "50", "75", "100"]),
        (1, "ms", ["0", "0.25", "0.5", "0.75", "1"]),
    ],
)
def test_the_axis_of_what_is_counted_has_whole_steps(largest: int, unit: str, ticks: list[str]) -> None:
    chart = line_chart([Series(name="acme", points=days(largest, 0))], title="Some", unit=unit)

    assert re.findall(r'<text class="tick"[^>]*>([^<]*)<', chart) == ticks


def test_a_price_holds_until_the_next() -> None:
    first, second = datetime(2026, 1, 1, tzinfo=UTC), datetime(2026, 1, 11, tzinfo=UTC)
    series = [
        Series(name="input", points=[(first, Decimal("2")), (second, Decimal("4"))]),
        Series(name="output", points=[(first, Decimal("8"))]),
    ]

    chart = line_chart(series, title="Price", unit="USD", stepped=True)

    assert paths(chart) == ["M0.0 750.0h0H1000.0V500.0", "M0.0 0.0h0H1000.0V0.0"]
    assert "2026-01-11 00:00 UTC\ninput: USD 4.00\noutput: USD 8.00" in chart


def test_names_are_words_and_never_markup() -> None:
    chart = line_chart([Series(name="<b>", points=days(1))], title='"><script>', unit="calls")
    bars = bar_chart([Bar(label="<b>", value=1, note="<i>")], title="<u>", unit="calls")

    for text in (chart, bars):
        ElementTree.fromstring(text)
        assert not {"<b>", "<i>", "<u>", "<script>"} & set(re.findall(r"<\w+>", text))


def test_bars_are_as_long_as_their_values_and_an_unknown_one_has_no_length() -> None:
    chart = bar_chart(
        [
            Bar(label="a", value=Decimal("0.5")),
            Bar(label="b", value=Decimal("2"), url="/b"),
            Bar(label="c", value=None),
        ],
        title="Cost",
        unit="USD",
    )

    assert re.findall(r'<rect width="([^"]*)%"', chart) == ["25.00", "100.00", "0"]
    assert re.findall(r'<td class="number">([^<]*)<', chart) == ["USD 0.50", "USD 2.00", "unknown"]
    assert '<a href="/b">b</a>' in chart


@pytest.mark.parametrize("chart", [line_chart([], title="Calls", unit=""), bar_chart([], title="Calls", unit="")])
def test_nothing_is_said_to_be_nothing(chart: str) -> None:
    assert "Nothing to show yet." in chart


@pytest.mark.parametrize(
    ("value", "unit", "said"),
    [
        (None, "calls", "unknown"),
        (0, "calls", "0 calls"),
        (1234567, "tokens", "1,234,567 tokens"),
        (1, "errors", "1 error"),
        (Decimal("0.000123"), "USD", "USD 0.000123"),
        (Decimal("1234.5"), "USD", "USD 1,234.50"),
        (0, "USD", "USD 0.00"),
        (12.5, "%", "12.5 %"),
    ],
)
def test_values_read_with_their_unit(value: Decimal | float | None, unit: str, said: str) -> None:
    assert words(value, unit) == said


@given(st.decimals(min_value="0.000001", max_value=10**15, places=6))
def test_the_axis_ends_a_little_above_the_largest_value(largest: Decimal) -> None:
    assert largest <= nice_top(largest) <= largest * 4


AMOUNTS = st.none() | st.integers(0, 10**12) | st.decimals(0, 10**6, places=8)


@given(st.lists(st.lists(st.tuples(st.dates(), AMOUNTS), max_size=5), max_size=8), st.booleans())
def test_every_chart_is_well_formed_and_stays_within_its_plot(lines: list, stepped: bool) -> None:
    series = [Series(name=f"line {index}", points=points) for index, points in enumerate(lines)]

    chart = line_chart(series, title="Anything", unit="USD", stepped=stepped)

    ElementTree.fromstring(chart)
    assert "style=" not in chart and "<script" not in chart
    for path in paths(chart):
        assert all(0 <= float(number) <= 1000 for number in re.findall(r"[\d.]+", path))
