from __future__ import annotations

from contextlib import suppress
from datetime import UTC, datetime

import pytest
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from access.caller import SYNC
from catalog import facts, history
from catalog.errors import Clash, Invalid
from catalog.models import AIModel, Change, Price
from tests.builders import ADMIN, a_model, a_provider

GPT = {"input_mtok": "2", "output_mtok": "8"}


def claims(**by_source: dict) -> dict:
    return {name.replace("_", "-"): {"facts": stated, "changed_at": ""} for name, stated in by_source.items()}


def provider_says(model: AIModel, stated: dict) -> None:
    """What a sync does with one row."""
    row = AIModel.objects.select_related("provider").get(pk=model.pk)
    with history.change_set(SYNC):
        facts.save_many([facts.tell(row, facts.PROVIDER, facts.clean(stated), timezone.now())])
    model.refresh_from_db()


@pytest.mark.parametrize(
    ("sources", "name", "winner"),
    [
        ({"curated": {"name": "C"}, "provider": {"name": "P"}}, "P", "provider"),
        ({"curated": {"name": "C"}, "genai_prices": {"name": "G"}}, "G", "genai-prices"),
        ({"provider": {"name": "P"}, "admin": {"name": "A"}}, "A", "admin"),
        ({"provider": {}, "curated": {"name": "C"}}, "C", "curated"),
        ({"import:list": {"name": "I"}, "curated": {"name": "C"}}, "I", "import:list"),
        ({"import:list": {"name": "I"}, "genai_prices": {"name": "G"}}, "G", "genai-prices"),
    ],
)
def test_the_highest_source_that_states_a_fact_has_the_word(sources: dict, name: str, winner: str) -> None:
    merged = facts.merge(claims(**sources))

    assert (merged.values["name"], merged.sources["name"]) == (name, winner)


def test_a_person_can_say_that_a_value_is_unknown() -> None:
    merged = facts.merge(claims(admin={"context_window": None}, provider={"context_window": 4}))

    assert merged.values["context_window"] is None
    assert merged.sources["context_window"] == "admin"


def test_a_price_is_taken_whole_from_the_highest_source_that_states_input_and_output() -> None:
    partial, whole = {"cache_read_mtok": "0.1"}, {"input_mtok": "1", "output_mtok": "2"}

    merged = facts.merge(claims(provider={"price": partial}, genai_prices={"price": whole}))

    assert (merged.values["price"], merged.sources["price"]) == (whole, "genai-prices")


def test_a_price_without_tokens_is_taken_where_nobody_states_tokens() -> None:
    merged = facts.merge(claims(curated={"price": {"mchar": "15"}}))

    assert merged.values["price"] == {"mchar": "15"}


def test_sources_that_differ_on_a_limit_or_a_price_are_a_conflict_until_a_person_speaks() -> None:
    told = claims(provider={"context_window": 8, "price": GPT}, genai_prices={"context_window": 9, "price": GPT})

    assert [item["fact"] for item in facts.disagreements(told)] == ["context_window"]
    assert facts.disagreements(told | claims(admin={"context_window": 8})) == []


@pytest.mark.parametrize("names", [("import:a", "import:b"), ("import:b", "import:a")])
def test_of_two_imports_the_newer_is_believed_in_whatever_order_they_are_kept(names: tuple[str, str]) -> None:
    told = {name: {"facts": {"name": name}, "changed_at": "2030-01-01"} for name in names}
    told["import:b"]["changed_at"] = "2030-01-02"

    assert facts.merge(told).values == {"name": "import:b"}


@pytest.mark.parametrize(
    ("limit", "other", "count"), [(1_048_576, 1_000_000, 0), (131_072, 128_000, 0), (1_000_000, 200_000, 1)]
)
def test_limits_that_differ_by_rounding_are_no_conflict(limit: int, other: int, count: int) -> None:
    told = claims(provider={"context_window": limit}, genai_prices={"context_window": other})

    assert len(facts.disagreements(told)) == count


def test_prices_that_differ_by_rounding_are_no_conflict() -> None:
    close, far = {**GPT, "input_mtok": "2.001"}, {**GPT, "input_mtok": "2.5"}

    assert facts.disagreements(claims(provider={"price": GPT}, genai_prices={"price": close})) == []
    assert len(facts.disagreements(claims(provider={"price": GPT}, genai_prices={"price": far}))) == 1


@pytest.mark.parametrize(
    ("name", "value", "text"),
    [
        ("context_window", -1, "above 0"),
        ("context_window", 0, "above 0"),
        ("context_window", True, "whole number"),
        ("context_window", 10**12, "at most"),
        ("context_window", "8000", "whole number"),
        ("name", "", "blank"),
        ("name", None, "empty"),
        ("name", "x" * 256, "255"),
        ("knowledge_cutoff", "2025-03-01T00:00:00", "zone"),
        ("knowledge_cutoff", "soon", "date and time"),
        ("supports_tools", "yes", "true or false"),
        ("category", "poetry", "must be one of"),
        ("parameters", "-7", "between"),
        ("parameters", float("nan"), "number"),
        ("tags", "a,b", "list"),
        ("token_weights", {"prompt": 1}, "object with"),
        ("price", {"input_mtok": "-1"}, "negative"),
        ("price", {"input_mtok": "1e9"}, "above"),
        ("price", {"input": "1"}, "unknown amount"),
        ("price", {"input_mtok": "one"}, "not a number"),
        ("colour", "red", "no fact"),
    ],
)
def test_a_value_that_cannot_be_is_refused_by_name(name: str, value: object, text: str) -> None:
    with pytest.raises(Invalid) as refused:
        facts.clean({name: value})

    assert text in refused.value.details[name]


@given(st.recursive(st.none() | st.booleans() | st.floats() | st.integers() | st.text(), st.lists, max_leaves=5))
def test_cleaning_raises_nothing_but_invalid(value: object) -> None:
    for name in (*facts.FACTS, facts.PRICE):
        with suppress(Invalid):
            facts.clean({name: value})


@pytest.mark.django_db
class TestOnRows:
    def test_an_edit_is_the_admins_claim_and_survives_what_the_provider_says(self) -> None:
        model = a_model(context_window=8_000, description="theirs")

        facts.state(model, {"name": "Ours", "knowledge_cutoff": "2025-03-01T01:00:00+01:00"}, ADMIN)
        provider_says(model, {"name": "Theirs again", "context_window": 9_000})

        assert (model.name, model.context_window, model.description) == ("Ours", 9_000, "")
        assert model.knowledge_cutoff == datetime(2025, 3, 1, tzinfo=UTC)

    def test_a_reset_gives_the_field_back(self) -> None:
        model = a_model()
        facts.state(model, {"name": "Ours"}, ADMIN)

        facts.reset(model, ["name"], ADMIN)

        model.refresh_from_db()
        assert model.name == "m-1"
        assert "admin" not in model.claims

    def test_a_reset_of_an_unknown_field_is_refused(self) -> None:
        with pytest.raises(Invalid, match="colour"):
            facts.reset(a_model(), ["colour"], ADMIN)

    def test_an_edit_is_recorded_with_before_and_after(self) -> None:
        model = a_model(context_window=8_000)

        facts.state(model, {"context_window": 16_000}, ADMIN, "measured")

        change = Change.objects.of("model", model.pk).first()
        assert change is not None
        assert (change.before["context_window"], change.after["context_window"]) == (8_000, 16_000)
        assert change.change_set.reason == "measured"

    def test_an_edit_of_one_amount_keeps_the_others(self) -> None:
        model = a_model(price={**GPT, "cache_read_mtok": "0.5"})

        facts.state(model, {"price": {"input_mtok": 3}}, ADMIN)

        model.refresh_from_db()
        assert model.claims["admin"]["facts"]["price"] == {**GPT, "input_mtok": "3", "cache_read_mtok": "0.5"}
        assert (model.price.input_mtok, model.price.output_mtok, model.price.source) == (3, 8, "admin")

    def test_each_change_of_the_price_is_one_row_and_the_history_is_kept(self) -> None:
        model = a_model(price=GPT)
        provider_says(model, {"name": "m-1", "price": GPT})
        provider_says(model, {"name": "m-1", "price": {**GPT, "input_mtok": "3"}})
        provider_says(model, {"name": "m-1"})

        states = list(Price.objects.filter(model=model).order_by("id").values_list("state", "input_mtok"))
        assert states == [("past", 2), ("past", 3), ("past", None)]
        assert model.price is None

    def test_two_models_may_not_become_one_by_a_change_of_category(self) -> None:
        provider = a_provider()
        a_model("x", provider=provider)
        speech = a_model("x", provider=provider, category="tts")

        with pytest.raises(Clash, match="already exists"):
            facts.state(speech, {"category": "text"}, ADMIN)
