from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catalog.admin import display

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("age", "words"),
    [
        (timedelta(0), "just now"),
        (timedelta(seconds=59), "just now"),
        (timedelta(minutes=1), "1 minute ago"),
        (timedelta(minutes=3, seconds=50), "3 minutes ago"),
        (timedelta(hours=23), "23 hours ago"),
        (timedelta(days=2), "2 days ago"),
        (timedelta(days=70), "2 months ago"),
        (timedelta(days=800), "2 years ago"),
        (timedelta(days=-3), "in 3 days"),
        (timedelta(seconds=-3), "in a moment"),
    ],
)
def test_times_are_told_in_one_unit_and_exactly_on_hover(age: timedelta, words: str) -> None:
    shown = display.ago(NOON - age, NOON)

    exact = NOON - age
    assert shown == (
        f'<time datetime="{exact:%Y-%m-%dT%H:%M:%SZ}" title="{exact:%Y-%m-%d %H:%M:%S} UTC">{words}</time>'
    )


def test_what_never_happened_is_never() -> None:
    assert display.ago(None) == "never"


@pytest.mark.parametrize(
    ("amounts", "words"),
    [
        (None, "unknown"),
        ({}, "unknown"),
        ({"input_mtok": None}, "unknown"),
        ({"input_mtok": "2.5", "output_mtok": "10"}, "USD 2.50 in / 10.00 out"),
        ({"input_mtok": Decimal("0E-10"), "output_mtok": Decimal("0")}, "free"),
        ({"input_mtok": "0", "output_mtok": "10"}, "USD free in / 10.00 out"),
        ({"input_mtok": "2.5"}, "USD 2.50 in / unknown out"),
        ({"input_mtok": "0.075", "output_mtok": "1234.5"}, "USD 0.075 in / 1,234.50 out"),
        ({"input_mtok": "1", "output_mtok": "2", "cache_read_mtok": "0.1"}, "USD 1.00 in / 2.00 out, 0.10 cache read"),
        ({"mchar": "15"}, "USD 15.00 per million characters"),
        ({"image": Decimal("0.0400000000")}, "USD 0.04 per image"),
    ],
)
def test_a_price_in_a_line(amounts: Any, words: str) -> None:
    assert display.price(amounts) == words


def test_a_list_shows_input_and_output_where_they_are_known() -> None:
    assert display.headline({"input_mtok": "1", "output_mtok": "2", "cache_read_mtok": "3"}) == "USD 1.00 in / 2.00 out"
    assert display.headline({"image": "0.04"}) == "USD 0.04 per image"


@given(st.decimals(min_value=0, max_value=1_000_000, places=10))
def test_money_is_shown_to_the_last_place(amount: Decimal) -> None:
    shown = display.money(amount)

    assert Decimal(shown.replace(",", "")) == amount
    assert len(shown.partition(".")[2]) >= 2


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("context_window", 200_000, "200,000"),
        ("context_window", None, "unknown"),
        ("parameters", "1000", "1,000 billion"),
        ("parameters", "0.35", "0.35 billion"),
        ("parameters", None, "unknown"),
        ("successor_id", None, "none"),
        ("supports_tools", False, "no"),
        ("tags", ["a", "b"], "a, b"),
        ("price", {"input_mtok": "1", "output_mtok": "2"}, "USD 1.00 in / 2.00 out"),
        ("knowledge_cutoff", "2026-03-01T00:00:00Z", "2026-03-01 00:00 UTC"),
        ("name", "2026-03-01T00:00:00Z", "2026-03-01T00:00:00Z"),
        ("policy", {"new": "enabled", "misses": 5}, "new: enabled, misses: 5"),
    ],
)
def test_recorded_values_as_words(name: str, content: Any, words: str) -> None:
    assert display.value(name, content) == words


def test_ids_are_escaped() -> None:
    assert "<b>" not in display.code("<b>")
