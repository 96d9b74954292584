from __future__ import annotations

from decimal import Decimal

import pytest
from django.db import IntegrityError, transaction

from access.caller import ANONYMOUS, Caller
from catalog.models import AIModel, Price, Provider
from catalog.providers import SPECS
from tests.builders import ADMIN, a_model, a_provider

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("parameters", "factor"), [("70", 0.4), ("175", 1.0), ("7", 0.04), ("0.5", 0.5 / 175), (None, None)]
)
def test_the_complexity_factor_is_a_true_quotient_also_of_whole_numbers(
    parameters: str | None, factor: float | None
) -> None:
    model = a_model(parameters=parameters) if parameters else a_model()

    assert model.complexity_factor == pytest.approx(factor)


def test_the_complexity_factor_is_fresh_after_a_save() -> None:
    model = a_model(parameters="70")
    assert model.complexity_factor == pytest.approx(0.4)

    model.parameters = Decimal(140)
    model.save(update_fields=["parameters"])

    assert model.complexity_factor == pytest.approx(0.8)


@pytest.mark.parametrize(
    "wrong",
    [
        {"status": "gone"},
        {"category": "poetry"},
        {"model_id": ""},
        {"name": ""},
        {"parameters": -1},
        {"context_window": 0},
    ],
)
def test_the_database_refuses_what_cannot_be(wrong: dict) -> None:
    model = a_model()

    with pytest.raises(IntegrityError), transaction.atomic():
        AIModel.objects.filter(pk=model.pk).update(**wrong)


def test_the_database_keeps_one_global_model_per_provider_category_and_id() -> None:
    a_model("x")
    a_model("X")
    a_model("x", category="tts")
    with pytest.raises(IntegrityError), transaction.atomic():
        AIModel.objects.create(provider=a_provider(), model_id="x", name="x")


def test_the_database_refuses_negative_amounts_and_a_second_price_in_force() -> None:
    model = a_model(price={"input_mtok": "1", "output_mtok": "1"})
    with pytest.raises(IntegrityError), transaction.atomic():
        Price.objects.create(model=model, source="x", state="past", input_mtok=-1)
    with pytest.raises(IntegrityError), transaction.atomic():
        Price.objects.create(model=model, source="x", state="in_force")


def test_every_spec_has_a_row_after_migrate() -> None:
    assert set(SPECS) <= set(Provider.objects.values_list("slug", flat=True))


class TestQuestions:
    def test_models_are_asked_for_by_provider_category_capability_and_words(self) -> None:
        other = a_provider("other")
        a_model("gpt-4-vision", status="enabled", supports_vision=True, supports_tools=True)
        a_model("gpt-4", status="enabled", supports_tools=True)
        a_model("say", status="enabled", category="tts", provider=other)
        ask = AIModel.objects

        assert [m.model_id for m in ask.for_provider("acme").enabled()] == ["gpt-4", "gpt-4-vision"]
        assert [m.model_id for m in ask.with_capability("vision", "tools")] == ["gpt-4-vision"]
        assert [m.model_id for m in ask.in_category("tts")] == ["say"]
        assert [m.model_id for m in ask.search("GPT vis")] == ["gpt-4-vision"]
        with pytest.raises(ValueError, match="unknown capability flight"):
            ask.with_capability("flight")

    def test_a_caller_sees_global_models_in_use_and_their_own_an_admin_every_global_one(
        self, django_user_model
    ) -> None:
        user, other = (django_user_model.objects.create_user(name) for name in ("user", "other"))
        provider = a_provider()
        a_model("pending"), a_model("enabled", status="enabled"), a_model("deprecated", status="deprecated")
        for owner in (user, other):
            AIModel.objects.create(provider=provider, model_id="mine", name="mine", owner=owner, status="enabled")

        def seen(caller: Caller) -> list[str]:
            return sorted(m.model_id for m in AIModel.objects.visible_to(caller))

        assert seen(ANONYMOUS) == ["deprecated", "enabled"]
        assert seen(Caller(label="user", source="api", user_id=user.pk)) == ["deprecated", "enabled", "mine"]
        assert seen(ADMIN) == ["deprecated", "enabled", "pending"]

    def test_providers_count_their_models_by_status(self) -> None:
        a_model("a"), a_model("b", status="enabled"), a_model("c", status="enabled"), a_model("d", status="archived")

        acme = Provider.objects.with_statistics().get(slug="acme")

        assert (acme.pending_count, acme.enabled_count, acme.archived_count, acme.total_count) == (1, 2, 1, 3)
