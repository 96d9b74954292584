from __future__ import annotations

from decimal import Decimal

import pytest
from django.utils import timezone

from access.caller import SYNC
from catalog import facts, held, pricing, undo
from catalog.errors import CannotUndo, NotFound
from catalog.models import AIModel, Change, Price
from tests.builders import ADMIN, a_model

pytestmark = pytest.mark.django_db

DEAR = {"input_mtok": "20", "output_mtok": "80"}


@pytest.fixture
def model() -> AIModel:
    """Its provider says 2 and 8 USD; 20 and 80 are held."""
    model = a_model(price={"input_mtok": "2", "output_mtok": "8"})
    pricing.hold([pricing.NewPrice(model=model, stated=DEAR, source=facts.PROVIDER)])
    return model


def held_price() -> Price:
    return Price.objects.get(state="held")


def test_an_accepted_price_becomes_its_sources_word_and_is_in_force(model: AIModel) -> None:
    held.accept(held_price(), ADMIN, "the page says so too")

    model.refresh_from_db()
    change = Change.objects.filter(object_id=model.pk).first()
    assert model.claims["provider"]["facts"]["price"] == DEAR
    assert (model.price.input_mtok, model.price.source) == (Decimal(20), "provider")
    assert [price.state for price in model.prices.order_by("id")] == ["past", "in_force"]
    assert change is not None
    assert (change.before["held_price"], change.after["held_price"]) == (DEAR, "accepted")
    assert (change.change_set.actor_label, change.change_set.reason) == ("alice", "the page says so too")


def test_an_accepted_price_does_not_beat_a_persons_word(model: AIModel) -> None:
    facts.state(model, {"price": {"input_mtok": "1"}}, ADMIN)

    held.accept(held_price(), ADMIN)

    model.refresh_from_db()
    assert model.price.input_mtok == 1


def test_a_refused_price_leaves_what_is_in_force_and_is_remembered(model: AIModel) -> None:
    held.refuse(held_price(), ADMIN, "a mistake of theirs")

    model.refresh_from_db()
    assert model.price.input_mtok == 2
    assert sorted(model.prices.values_list("state", flat=True)) == ["in_force", "refused"]


def test_what_is_decided_cannot_be_decided_again(model: AIModel) -> None:
    price = held_price()
    held.accept(price, ADMIN)

    with pytest.raises(NotFound, match="not held any more"):
        held.refuse(Price(pk=price.pk, model_id=model.pk), ADMIN)


def test_undoing_a_refusal_holds_the_price_again(model: AIModel) -> None:
    held.refuse(held_price(), ADMIN)
    change = Change.objects.filter(object_id=model.pk).first()
    assert change is not None

    undo.undo(change, ADMIN)

    assert held_price().input_mtok == 20
    with pytest.raises(CannotUndo, match="decide on the pages"):
        undo.undo(Change.objects.filter(object_id=model.pk)[0], ADMIN)


def test_undoing_an_acceptance_brings_the_old_price_back(model: AIModel) -> None:
    held.accept(held_price(), ADMIN)
    change = Change.objects.filter(object_id=model.pk).first()
    assert change is not None

    undo.undo(change, ADMIN)

    model.refresh_from_db()
    assert model.price.input_mtok == 2


def test_a_price_of_a_model_without_any_is_accepted_too() -> None:
    model = a_model("new")
    pricing.hold([pricing.NewPrice(model=model, stated=DEAR, source=facts.PROVIDER, effective_from=timezone.now())])

    told = held.accept(held_price(), SYNC)

    assert told.after["price"] == DEAR
