"""What a call costs by our prices; what is unknown costs nothing known."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from catalog.models import Price
from gateway.metering.costs import cost_of
from tests.gateway.records import a_record

TEXT = {"input_mtok": "3", "output_mtok": "15"}


@pytest.mark.parametrize(
    ("amounts", "counts", "cost"),
    [
        (TEXT, {"input_tokens": 1000, "output_tokens": 100}, "0.0045"),
        (TEXT, {"input_tokens": 1000, "output_tokens": 0}, "0.003"),
        (TEXT, {"input_tokens": 1000, "output_tokens": None}, None),
        (TEXT, {"input_tokens": None, "output_tokens": 100}, None),
        (TEXT, {"input_tokens": 10, "output_tokens": 0, "cache_read_tokens": 11}, None),
        ({"input_mtok": "0.0000333333"}, {"input_tokens": 1, "output_tokens": 0}, "0"),
        ({"input_mtok": "0.1"}, {"kind": "embedding", "input_tokens": 1000, "output_tokens": None}, "0.0001"),
        ({"input_mtok": "0.1"}, {"kind": "embedding", "input_tokens": None, "output_tokens": None}, None),
        ({"mchar": "15"}, {"kind": "speech", "characters": 1000, "input_tokens": None, "output_tokens": None}, "0.015"),
        ({"mchar": "15"}, {"kind": "speech", "characters": 1000, "input_tokens": 9, "output_tokens": None}, "0.015"),
        (TEXT, {"kind": "speech", "characters": 1000, "input_tokens": 9, "output_tokens": None}, None),
        (TEXT, {"kind": "speech", "characters": 1000, "input_tokens": 0, "output_tokens": 100}, "0.0015"),
        (TEXT, {"kind": "speech", "characters": 1000, "input_tokens": None, "output_tokens": None}, None),
        ({"image": "0.04"}, {"kind": "image", "images": 2, "input_tokens": None, "output_tokens": None}, "0.08"),
        ({"request": "0.5"}, {"kind": "image", "images": 2, "input_tokens": None, "output_tokens": None}, "0.5"),
    ],
)
def test_a_call_costs_what_was_counted_and_nothing_known_where_it_was_not(
    amounts: dict[str, str], counts: dict[str, Any], cost: str | None
) -> None:
    price = Price(**{name: Decimal(value) for name, value in amounts.items()})

    assert cost_of(price, a_record(**counts)) == (None if cost is None else Decimal(cost))


def test_a_call_without_a_price_has_no_known_cost() -> None:
    assert cost_of(None, a_record()) is None
