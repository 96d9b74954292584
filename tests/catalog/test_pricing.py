from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from fractions import Fraction
from types import MappingProxyType
from typing import Any

import pytest
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from catalog import pricing, schedule
from catalog.errors import Invalid
from catalog.models import AMOUNTS, Price
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
        ({"input_mtok": "1", "output_mtok": "10"}, Tokens(output=1_000_000, reasoning=900_000), "10"),
        ({"output_mtok": "10", "reasoning_mtok": "3"}, Tokens(output=1_000_000, reasoning=900_000), "3.7"),
        ({"reasoning_mtok": "3"}, Tokens(output=1_000_000, reasoning=900_000), None),
        ({"input_mtok": "1", "audio_input_mtok": "40"}, Tokens(input=1_000_000, audio_input=100_000), "4.9"),
        ({"input_mtok": "1"}, Tokens(input=1_000_000, audio_input=100_000), "1"),
        ({"output_mtok": "2", "audio_output_mtok": "80"}, Tokens(output=1_000_000, audio_output=500_000), "41"),
        (
            {"input_mtok": "2", "cache_read_mtok": "1", "audio_input_mtok": "9"},
            Tokens(input=1_000_000, cache_read=800_000, audio_input=500_000),
            "2.6",  # of the audio, what was not cached
        ),
        ({"mchar": "15"}, Tokens(characters=2_000), "0.03"),
        ({"mchar": "15"}, Tokens(characters=2_000, input=500), "0.03"),
        ({"mchar": "15", "input_mtok": "2"}, Tokens(characters=1_000_000, input=1_000_000), "17"),
        ({"input_mtok": "0.6", "audio_output_mtok": "12"}, Tokens(characters=9, input=10**6, output=0), "0.6"),
        ({"input_mtok": "1", "output_mtok": "1"}, Tokens(characters=2_000), None),
        ({"image": "0.04"}, Tokens(images=3), "0.12"),
        ({"image": "0"}, Tokens(images=3), "0"),
        ({"request": "0.05"}, Tokens(images=3), "0.05"),
        ({"input_mtok": "5", "output_mtok": "40"}, Tokens(images=1, input=100_000, output=50_000), "2.5"),
        ({"output_mtok": "40"}, Tokens(images=1, input=100_000, output=50_000), None),
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


@pytest.mark.parametrize(
    "tokens",
    [
        Tokens(input=-1),
        Tokens(input=1, cache_read=2),
        Tokens(output=1, reasoning=2),
        Tokens(input=1, audio_input=-1),
        Tokens(input=1, cache_read=2, audio_input=1),
        Tokens(images=-1),
        Tokens(input=1, output=1, characters=-1),
    ],
)
def test_impossible_counts_are_refused(tokens: Tokens) -> None:
    with pytest.raises(ValueError, match="negative"):
        pricing.cost(price(input_mtok="1", output_mtok="1"), tokens)


@given(AMOUNT, AMOUNT, COUNT, COUNT)
def test_costs_add_up_exactly(into: Decimal, out: Decimal, first: int, second: int) -> None:
    one = price(input_mtok=str(into), output_mtok=str(out))

    whole = pricing.cost(one, Tokens(input=first + second, output=first))
    parts = (pricing.cost(one, Tokens(input=first, output=first)), pricing.cost(one, Tokens(input=second)))

    assert whole == sum(part or 0 for part in parts)


COUNTS = st.fixed_dictionaries(
    {
        "cache_read": st.integers(0, 6),
        "cache_write": st.integers(0, 6),
        "audio_input": st.integers(0, 6),
        "reasoning": st.integers(0, 6),
        "audio_output": st.integers(0, 6),
        "characters": st.integers(0, 3),
        "images": st.integers(0, 3),
    }
)
AMOUNTS_KNOWN = st.fixed_dictionaries({name: st.one_of(st.none(), AMOUNT) for name in AMOUNTS})


@given(COUNTS, st.integers(0, 9), st.integers(0, 9), AMOUNTS_KNOWN)
def test_a_cost_is_that_of_every_token_by_itself(
    counts: dict[str, int], more_input: int, more_output: int, amounts: dict[str, Decimal | None]
) -> None:
    tokens = Tokens(
        input=counts["cache_read"] + counts["cache_write"] + more_input,
        output=counts["reasoning"] + more_output,
        **counts,
    )

    assert pricing.cost(Price(**amounts), tokens) == one_by_one(tokens, amounts)


def one_by_one(tokens: Tokens, amounts: dict[str, Decimal | None]) -> Decimal | None:
    """The same in fractions, each token with its own kind: the cached first, then audio, then plain ones."""
    into = ["cache_read"] * tokens.cache_read + ["cache_write"] * tokens.cache_write
    into += (["audio_input"] * tokens.audio_input)[: tokens.input - len(into)]
    into += ["input"] * (tokens.input - len(into))
    out = ["reasoning"] * tokens.reasoning
    out += (["audio_output"] * tokens.audio_output)[: tokens.output - len(out)]
    out += ["output"] * (tokens.output - len(out))
    charged: list[Decimal | None] = []
    for kinds, whole in ((into, "input_mtok"), (out, "output_mtok")):
        for kind in kinds:
            own = amounts[f"{kind}_mtok"]
            charged.append(amounts[whole] if own is None else own)
    units = [amounts["mchar"]] * tokens.characters + [amounts["image"]] * tokens.images
    paid_by_unit = any(amount is not None for amount in units)
    if None in charged and not paid_by_unit:
        return None
    if None in units and not charged and amounts["request"] is None:
        return None
    total = Fraction(amounts["request"] or 0)
    if None not in charged:
        total += sum((Fraction(amount) for amount in charged), Fraction(0)) / 10**6
    if amounts["mchar"] is not None:
        total += Fraction(amounts["mchar"]) * tokens.characters / 10**6
    if amounts["image"] is not None:
        total += Fraction(amounts["image"]) * tokens.images
    return Decimal(total.numerator) / Decimal(total.denominator)


@given(AMOUNT, COUNT)
def test_a_frozen_copy_of_a_price_costs_the_same(amount: Decimal, count: int) -> None:
    row = price(input_mtok=str(amount), output_mtok="1")
    row.tiers = [{"from": 1000, "input_mtok": "7"}]

    assert pricing.cost(Copy(MappingProxyType(row.amounts), tuple(row.tiers)), Tokens(input=count)) == pricing.cost(
        row, Tokens(input=count)
    )


@dataclass(frozen=True)
class Copy:
    amounts: Mapping[str, Decimal | None]
    tiers: Sequence[Mapping[str, Any]]


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
