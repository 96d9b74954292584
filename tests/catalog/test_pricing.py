from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from catalog import pricing, schedule
from catalog.errors import Invalid
from catalog.models import Price
from catalog.pricing import Tokens
from tests.builders import ADMIN, a_model

AMOUNT = st.decimals(min_value=0, max_value=1000, places=6)
COUNT = st.integers(min_value=0, max_value=10_000_000)


def price(**amounts: str) -> Price:
    return Price(**{name: Decimal(text) for name, text in amounts.items()})


@pytest.mark.parametrize(
    ("amounts", "tokens", "cost"),
    [
        ({"input_mtok": "3", "output_mtok": "15"}, Tokens(input=1000, output=500), "0.0105"),
        (
            {"input_mtok": "3", "output_mtok": "15", "cache_read_mtok": "0.3"},
            Tokens(input=1000, cache_read=900),
            "0.00057",
        ),
        ({"input_mtok": "3", "output_mtok": "15"}, Tokens(input=1000, cache_read=900), "0.003"),
        ({"input_mtok": "0", "output_mtok": "0"}, Tokens(input=1000, output=500), "0"),
        ({"input_mtok": "1", "output_mtok": "1", "request": "0.012"}, Tokens(input=1_000_000), "1.012"),
        ({"input_mtok": "1"}, Tokens(input=1_000_000), "1"),
        ({"input_mtok": "1"}, Tokens(input=1, output=1), None),
        ({}, Tokens(input=1), None),
    ],
)
def test_a_call_costs_its_tokens_times_the_amounts_and_unknown_stays_unknown(
    amounts: dict[str, str], tokens: Tokens, cost: str | None
) -> None:
    assert pricing.cost(price(**amounts), tokens) == (None if cost is None else Decimal(cost))


def test_no_price_is_no_cost_of_zero() -> None:
    assert pricing.cost(None, Tokens(input=1)) is None


def test_from_a_tier_on_its_amounts_hold_for_the_whole_call() -> None:
    tiered = price(input_mtok="1", output_mtok="2")
    tiered.tiers = [{"from": 200_000, "input_mtok": "2"}]

    assert pricing.cost(tiered, Tokens(input=199_999)) == Decimal("0.199999")
    assert pricing.cost(tiered, Tokens(input=200_000, output=1_000_000)) == Decimal("2.4")


@pytest.mark.parametrize("tokens", [Tokens(input=-1), Tokens(input=1, cache_read=2)])
def test_impossible_counts_are_refused(tokens: Tokens) -> None:
    with pytest.raises(ValueError, match="negative"):
        pricing.cost(price(input_mtok="1", output_mtok="1"), tokens)


@given(AMOUNT, AMOUNT, COUNT, COUNT)
def test_costs_add_up_exactly(into: Decimal, out: Decimal, first: int, second: int) -> None:
    one = price(input_mtok=str(into), output_mtok=str(out))

    whole = pricing.cost(one, Tokens(input=first + second, output=first))
    parts = (pricing.cost(one, Tokens(input=first, output=first)), pricing.cost(one, Tokens(input=second)))

    assert whole == sum(part or 0 for part in parts)


@given(st.decimals(min_value=0, max_value=1_000_000, places=10))
def test_an_amount_reads_the_same_after_it_was_written_plainly(amount: Decimal) -> None:
    text = pricing.plain(amount)

    assert Decimal(text) == amount
    assert "E" not in text


def test_binary_noise_of_a_float_is_rounded_away() -> None:
    assert pricing.clean({"input_mtok": 2.5999999999999996}) == {"input_mtok": "2.6"}


@pytest.mark.django_db
class TestScheduled:
    def test_a_scheduled_price_holds_from_its_day_on_and_is_then_the_admins_word(self) -> None:
        model = a_model(price={"input_mtok": "2", "output_mtok": "8"})
        begins = timezone.now() + timedelta(days=1)
        schedule.schedule_price(model, {"input_mtok": "3"}, begins, ADMIN, "announced")

        assert pricing.price_at(model, timezone.now()).input_mtok == 2
        assert pricing.price_at(model, begins).input_mtok == 3
        assert schedule.apply_due() == 0

        began = timezone.now() - timedelta(seconds=1)
        Price.objects.filter(state="scheduled").update(effective_from=began)
        assert schedule.apply_due() == 1
        model.refresh_from_db()
        assert (model.price.input_mtok, model.price.output_mtok, model.price.effective_from) == (3, 8, began)
        assert schedule.apply_due() == 0

    def test_a_scheduled_price_can_be_cancelled(self) -> None:
        model = a_model()
        waiting = schedule.schedule_price(model, {"input_mtok": "3"}, timezone.now() + timedelta(days=1), ADMIN)

        schedule.cancel(waiting, ADMIN)

        assert not Price.objects.filter(model=model).exists()

    def test_a_price_cannot_be_scheduled_for_the_past(self) -> None:
        with pytest.raises(Invalid, match="future"):
            schedule.schedule_price(a_model(), {"input_mtok": "3"}, timezone.now(), ADMIN)
