"""manage.py reprice_usage: costs computed again from the history of prices, rows and sums of days together."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db.models import Sum

from catalog.models import AIModel, Price, PriceState
from gateway.metering import ledger, repricing
from gateway.metering.spool import encoded
from gateway.models import Usage, UsageDay
from tests.builders import a_model
from tests.gateway.records import a_record

pytestmark = pytest.mark.django_db

MARCH = datetime(2026, 3, 1, 12, tzinfo=UTC)


def priced(model: AIModel, since: datetime, state: str = PriceState.PAST, **amounts: str) -> Price:
    return Price.objects.create(
        model=model,
        source="test",
        state=state,
        effective_from=since,
        **{name: Decimal(amount) for name, amount in amounts.items()},
    )


@pytest.fixture
def model() -> AIModel:
    """One dollar a million tokens in March, two from April on; before, nobody knew."""
    made = a_model()
    priced(made, MARCH, input_mtok="1", output_mtok="1")
    priced(made, MARCH + timedelta(days=31), PriceState.IN_FORCE, input_mtok="2", output_mtok="2")
    priced(made, MARCH, PriceState.REFUSED, input_mtok="99", output_mtok="99")
    return made


def note(served_by: AIModel | None, days: int, cost: str | None = None, **fields: Any) -> None:
    usual = {"model_row": served_by and served_by.pk, "at": MARCH + timedelta(days=days), "input_tokens": 10**6}
    ledger.write([encoded(a_record(**{**usual, "output_tokens": 0, "cost": cost, **fields}))])


def reprice(*arguments: str) -> list[str]:
    said = StringIO()
    call_command("reprice_usage", *arguments, stdout=said)
    return said.getvalue().splitlines()


def costs() -> list[Decimal | None]:
    return list(Usage.objects.order_by("at").values_list("cost", flat=True))


def sums_agree() -> bool:
    of_calls = Usage.objects.aggregate(cost=Sum("cost"))["cost"] or 0
    of_days = UsageDay.objects.aggregate(cost=Sum("cost"), calls=Sum("calls"), priced=Sum("priced"))
    priced = Usage.objects.exclude(cost=None).count()
    return (round(of_calls, 9), Usage.objects.count(), priced) == (
        round(of_days["cost"], 9),
        of_days["calls"],
        of_days["priced"],
    )


def test_each_call_costs_what_the_price_of_its_time_says(model: AIModel) -> None:
    note(model, 1, "7")
    note(model, 40, None)
    in_force = Price.objects.get(state=PriceState.IN_FORCE)

    said = reprice()

    assert said == [
        "2 calls looked at: 2 changed, 0 have no price at their time.",
        "before: 7 USD, 1 unpriced",
        "after:  3 USD, 0 unpriced",
    ]
    assert costs() == [1, 2] and Usage.objects.latest("at").price_id == in_force.pk
    assert sums_agree()
    day = UsageDay.objects.latest("day")
    assert (day.cost, day.priced, day.unpriced, day.cost_squares, day.calls) == (2, 1, 0, 4, 1)
    assert reprice()[0] == "2 calls looked at: 0 changed, 0 have no price at their time."


def test_a_dry_run_says_the_same_and_changes_nothing(model: AIModel) -> None:
    note(model, 1, None)
    before = list(UsageDay.objects.values())

    said = reprice("--dry-run")

    assert said[0] == "1 calls looked at: 1 would change, 0 have no price at their time."
    assert said[2] == "after:  1 USD, 0 unpriced"
    assert costs() == [None] and list(UsageDay.objects.values()) == before


def test_a_call_without_a_price_at_its_time_keeps_what_it_has(model: AIModel) -> None:
    note(model, -1, "5")
    note(model, -1, None)
    note(None, 1, "6")
    note(a_model("never-priced"), 1, None)

    said = reprice()

    assert said[0] == "4 calls looked at: 0 changed, 4 have no price at their time."
    assert sorted(costs(), key=lambda cost: cost or 0) == [None, None, 5, 6] and sums_agree()


def test_calls_older_than_the_first_price_take_it_if_told_so(model: AIModel) -> None:
    note(model, -400, None)

    assert reprice("--before-first-price")[2] == "after:  1 USD, 0 unpriced"
    assert costs() == [1] and sums_agree()


def test_where_the_price_of_the_time_was_unknown_so_is_the_cost(model: AIModel) -> None:
    priced(model, MARCH + timedelta(days=10))
    note(model, 11, "5")

    assert reprice("--before-first-price")[2] == "after:  0 USD, 1 unpriced"
    assert costs() == [None] and sums_agree()


@pytest.mark.parametrize(
    ("arguments", "changed"),
    [
        ([], 4),
        (["--since", "2026-03-02"], 3),
        (["--until", "2026-03-02"], 2),
        (["--since", "2026-03-02", "--until", "2026-03-02"], 1),
        (["--model", "acme/other"], 1),
        (["--model", "acme/none"], 0),
        (["--only-unpriced"], 2),
    ],
)
def test_only_what_is_asked_for_is_looked_at(model: AIModel, arguments: list[str], changed: int) -> None:
    note(model, 0, "7")
    note(model, 1, "7")
    note(model, 2, None)
    note(model, 40, None, model="acme/other")

    assert reprice(*arguments)[0].startswith(f"{changed} calls looked at: {changed} changed")
    assert sums_agree()


def test_many_calls_are_repriced_in_small_transactions(model: AIModel, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(repricing, "BATCH", 3)
    for day in range(10):
        note(model, day, None, key_id=day % 2)

    assert reprice()[2] == "after:  10 USD, 0 unpriced"
    assert costs() == [1] * 10 and sums_agree()


def test_an_old_name_does_not_come_back(model: AIModel) -> None:
    note(model, 1, None, key_name="old")
    note(model, 1, None, key_name="new")

    reprice()

    assert UsageDay.objects.get().key_name == "new"


def test_a_day_that_is_none_is_refused() -> None:
    with pytest.raises(CommandError, match="yesterday is no day"):
        reprice("--since", "yesterday")
