from __future__ import annotations

from typing import Any

import pytest
from django.utils import timezone

from catalog import disagreements, facts, undo
from catalog.errors import Clash, Invalid
from catalog.models import AIModel, Change
from tests.builders import ADMIN, a_model

pytestmark = pytest.mark.django_db


def say(model: AIModel, source: str, **stated: Any) -> None:
    model.refresh_from_db()
    facts.save_many([facts.tell(model, source, stated, timezone.now())])
    model.refresh_from_db()


@pytest.fixture
def model() -> AIModel:
    """Its provider says 8,192 tokens and 2 USD, genai-prices 32,000 and 3."""
    model = a_model(context_window=8_192, price={"input_mtok": "2", "output_mtok": "8", "image": "1"})
    say(model, facts.ENRICHMENT, context_window=32_000, price={"input_mtok": "3", "output_mtok": "8"})
    return model


def seen(model: AIModel, fact: str = "context_window") -> str:
    return next(disagreements.mark_of(item) for item in model.conflicts if item["fact"] == fact)


def open_facts(model: AIModel) -> list[str]:
    model.refresh_from_db()
    return [item["fact"] for item in disagreements.open_in(model)]


def test_what_is_kept_is_settled_until_a_source_says_something_else(model: AIModel) -> None:
    disagreements.keep(model, "context_window", seen(model), ADMIN, "measured")
    kept = open_facts(model)
    say(model, facts.PROVIDER, context_window=8_192, name="Other", price={"input_mtok": "2", "output_mtok": "8"})
    still = open_facts(model)
    say(model, facts.PROVIDER, context_window=16_000)

    assert (kept, still) == (["price"], ["price"])
    assert open_facts(model) == ["context_window"]
    assert (model.context_window, facts.merge(model.claims).sources["context_window"]) == (16_000, "provider")


def test_the_other_word_is_taken_as_the_persons_own(model: AIModel) -> None:
    disagreements.take(model, "price", facts.ENRICHMENT, seen(model, "price"), ADMIN)

    assert open_facts(model) == ["context_window"]
    assert (model.price.input_mtok, model.price.image, model.price.source) == (3, None, "admin")


def test_what_is_pinned_holds_whatever_the_sources_say(model: AIModel) -> None:
    disagreements.pin(model, "context_window", seen(model), ADMIN)
    say(model, facts.PROVIDER, context_window=4)

    assert (model.context_window, open_facts(model)) == (8_192, [])


def test_nobody_settles_what_they_have_not_seen(model: AIModel) -> None:
    mark = seen(model)
    say(model, facts.PROVIDER, context_window=100_000)

    for decide in (disagreements.keep, disagreements.pin):
        with pytest.raises(Clash, match="Look again"):
            decide(model, "context_window", mark, ADMIN)
    with pytest.raises(Invalid):
        disagreements.take(model, "context_window", "nobody", seen(model), ADMIN)


def test_a_keeping_can_be_undone(model: AIModel) -> None:
    disagreements.keep(model, "context_window", seen(model), ADMIN)
    change = Change.objects.filter(object_id=model.pk).first()
    assert change is not None

    undo.undo(change, ADMIN)

    assert open_facts(model) == ["context_window", "price"]
