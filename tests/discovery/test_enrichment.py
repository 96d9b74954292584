from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from access.caller import SYNC
from catalog import connections, facts, lifecycle, registration
from catalog.models import AIModel, Change, Price, Provider
from discovery import enrichment
from tests.builders import ADMIN, a_model, a_provider

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 8, 17, 12, tzinfo=UTC)


@pytest.fixture
def openai() -> Provider:
    return a_provider("openai")


def claim_of(model: AIModel) -> dict[str, Any]:
    model.refresh_from_db()
    return model.claims.get(facts.ENRICHMENT, {}).get("facts", {})


def test_a_list_without_prices_gets_prices_and_limits(openai: Provider) -> None:
    model = a_model("gpt-4o", provider=openai)

    done = enrichment.enrich(openai, NOW)

    model.refresh_from_db()
    assert (done.changed, model.context_window, str(model.price.output_mtok.normalize())) == (1, 128_000, "1E+1")
    assert (model.price.source, model.name) == ("genai-prices", "gpt-4o")
    assert facts.merge(model.claims).sources["context_window"] == "genai-prices"
    assert "1 completed from genai-prices" in done.notes[0]
    assert Change.objects.get(action="update").after["context_window"] == 128_000


def test_the_word_of_a_person_and_of_the_provider_stand(openai: Provider) -> None:
    listed = a_model("gpt-4o", provider=openai, context_window=9, price={"input_mtok": "3", "output_mtok": "12"})
    edited = a_model("gpt-5", provider=openai)
    facts.state(edited, {"context_window": 7}, ADMIN)

    enrichment.enrich(openai, NOW)

    listed.refresh_from_db()
    edited.refresh_from_db()
    assert (listed.context_window, listed.price.input_mtok, edited.context_window) == (9, 3, 7)
    assert {conflict["fact"] for conflict in listed.conflicts} == {"context_window", "price"}
    assert edited.conflicts == []


def test_a_better_source_than_the_curated_list(openai: Provider) -> None:
    stated = {"name": "Our GPT-4o", "context_window": 8_000}
    model = registration.add_model(provider=openai, model_id="gpt-4o", by=ADMIN, stated=stated, source=facts.CURATED)

    enrichment.enrich(openai, NOW)

    model.refresh_from_db()
    assert (model.context_window, model.name, model.status) == (128_000, "Our GPT-4o", "enabled")


def test_a_second_time_writes_nothing_and_reads_only_ids(openai: Provider) -> None:
    for name in ("gpt-4o", "gpt-5", "unheard-of"):
        a_model(name, provider=openai)
    enrichment.enrich(openai, NOW)
    before = [list(table.objects.order_by("pk").values()) for table in (AIModel, Price, Change, Provider)]

    with CaptureQueriesContext(
        connection,
    ) as queries:
        done = enrichment.enrich(openai, NOW + timedelta(hours=1))

    assert [list(table.objects.order_by("pk").values()) for table in (AIModel, Price, Change, Provider)] == before
    assert (len(queries), done.changed) == (1, 0)


def test_another_day_is_looked_at_again_but_writes_only_what_changed(openai: Provider) -> None:
    model = a_model("gpt-4o", provider=openai)
    enrichment.enrich(openai, NOW)
    updated = AIModel.objects.get(pk=model.pk).updated_at

    enrichment.enrich(openai, NOW + timedelta(days=1))

    assert AIModel.objects.get(pk=model.pk).updated_at == updated
    assert Price.objects.count() == 1


def test_a_price_that_begins_on_a_day_replaces_the_old_one() -> None:
    deepseek = a_provider("deepseek")
    model = a_model("deepseek-v4-flash", provider=deepseek)
    enrichment.enrich(deepseek, NOW - timedelta(days=2))
    enrichment.enrich(deepseek, NOW)

    amounts = [str(price.input_mtok.normalize()) for price in model.prices.order_by("id")]
    assert amounts == ["0.14", "0.22"]


def test_a_price_that_jumps_from_one_edition_to_the_next_is_held(openai: Provider) -> None:
    model = a_model("gpt-4o", provider=openai)
    old = facts.tell(model, facts.ENRICHMENT, {"price": {"input_mtok": "0.1", "output_mtok": "10"}}, NOW)
    facts.save_many([old])

    done = enrichment.enrich(openai, NOW)

    model.refresh_from_db()
    assert (len(done.held), str(model.price.input_mtok.normalize())) == (1, "0.1")
    assert model.prices.get(state="held").source == "genai-prices"


def test_what_the_data_set_no_longer_knows_is_forgotten(openai: Provider) -> None:
    model = a_model("unheard-of", provider=openai)
    facts.save_many([facts.tell(model, facts.ENRICHMENT, {"context_window": 5}, NOW)])

    enrichment.enrich(openai, NOW)

    model.refresh_from_db()
    assert (claim_of(model), model.context_window) == ({}, None)


def test_models_whose_price_only_the_data_set_knows_count_as_priced(openai: Provider) -> None:
    connections.change_provider(openai, {"policy": {"new": "enabled_if_priced"}}, ADMIN)
    for name in ("gpt-4o", "unheard-of"):
        a_model(name, provider=openai)
    AIModel.objects.update(discovered_at=NOW)
    lifecycle.move(AIModel.objects.filter(model_id="unheard-of"), "reject", SYNC)

    enrichment.enrich(openai, NOW)

    assert dict(AIModel.objects.values_list("model_id", "status")) == {"gpt-4o": "enabled", "unheard-of": "disabled"}


def test_a_model_that_waits_for_a_person_since_before_is_not_enabled(openai: Provider) -> None:
    connections.change_provider(openai, {"policy": {"new": "enabled_if_priced"}}, ADMIN)
    a_model("gpt-4o", provider=openai)

    enrichment.enrich(openai, NOW)

    assert AIModel.objects.get().status == "pending"


def test_providers_the_data_set_does_not_speak_of_cost_nothing() -> None:
    acme = a_provider("acme")
    a_model("gpt-4o", provider=acme)

    with CaptureQueriesContext(connection) as queries:
        enrichment.enrich(acme, NOW)

    assert len(queries) == 0
