"""/metrics: what Prometheus reads of this process."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from prometheus_client import Metric
from prometheus_client.parser import text_string_to_metric_families
from rest_framework.test import APIClient

from access.snapshot import KEYS
from gateway.metering import metrics
from gateway.metering.flusher import Flusher
from gateway.metering.metrics import METRICS, observe
from gateway.metering.spool import Spool
from tests.access.conftest import a_key, alice, boss, program
from tests.gateway.records import a_record

__all__ = ["alice", "boss", "program"]


@pytest.fixture(autouse=True)
def nothing_counted() -> Iterator[None]:
    METRICS.clear()
    yield
    METRICS.clear()


def scraped() -> dict[str, Metric]:
    return {family.name: family for family in text_string_to_metric_families(METRICS.text().decode())}


def value(family: Metric, suffix: str = "", **labels: str) -> float:
    (found,) = [
        sample.value
        for sample in family.samples
        if sample.name == family.name + suffix and labels.items() <= sample.labels.items()
    ]
    return found


def test_calls_are_counted_by_provider_model_operation_and_outcome() -> None:
    observe(a_record(duration_ms=300, first_ms=40, input_tokens=1000, output_tokens=16))
    observe(a_record(duration_ms=500, first_ms=None, input_tokens=5, output_tokens=None))
    observe(a_record(outcome="error", duration_ms=100, first_ms=None, input_tokens=None, output_tokens=None, cost=None))

    found = scraped()

    seconds = found["gen_ai_client_operation_duration_seconds"]
    assert value(seconds, "_count", outcome="ok", gen_ai_request_model="acme/gpt-x") == 2
    assert value(seconds, "_sum", outcome="ok") == pytest.approx(0.8)
    assert value(seconds, "_bucket", outcome="ok", le="0.32") == 1
    assert value(seconds, "_count", outcome="error", gen_ai_operation_name="chat") == 1
    first = found["gen_ai_server_time_to_first_token_seconds"]
    assert [value(first, "_count"), value(first, "_bucket", le="0.04"), value(first, "_bucket", le="0.02")] == [1, 1, 0]
    tokens = found["gen_ai_client_token_usage"]
    assert value(tokens, "_sum", gen_ai_token_type="input") == 1005
    assert value(tokens, "_bucket", gen_ai_token_type="output", le="16.0") == 1


def test_costs_unpriced_calls_and_fallbacks_are_counted() -> None:
    observe(a_record(cost=Decimal("0.25")))
    observe(a_record(cost=Decimal("0.25"), tried=[{"model": "acme/other", "why": "503"}]))
    observe(a_record(cost=None, kind="embedding"))
    observe(a_record(cost=None, outcome="refused", first_ms=None))

    found = scraped()

    assert value(found["registry_cost_usd"], "_total", gen_ai_operation_name="chat", outcome="ok") == 0.5
    assert value(found["registry_unpriced_calls"], "_total", gen_ai_operation_name="embeddings") == 1
    assert value(found["registry_unpriced_calls"], "_total", outcome="refused") == 0
    assert value(found["registry_fallback_calls"], "_total", gen_ai_operation_name="chat", outcome="ok") == 1


def test_models_beyond_a_bound_are_counted_together(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(metrics, "MOST_SERIES", 3)
    for number in range(10):
        observe(a_record(model=f"acme/m-{number}"))

    seconds = scraped()["gen_ai_client_operation_duration_seconds"]

    models = {sample.labels["gen_ai_request_model"] for sample in seconds.samples}
    assert models == {"acme/m-0", "acme/m-1", "acme/m-2", "other"}
    assert value(seconds, "_count", gen_ai_request_model="other") == 7


def test_odd_names_are_escaped() -> None:
    observe(a_record(model='acme/"quoted"\nline'))

    seconds = scraped()["gen_ai_client_operation_duration_seconds"]
    assert value(seconds, "_count", gen_ai_request_model='acme/"quoted"\nline') == 1


def test_gauges_are_asked_when_somebody_looks_and_a_name_has_one_reader(tmp_path: Path) -> None:
    METRICS.gauge("registry_snapshot_age_seconds", "Its age.", lambda: 1.0)
    METRICS.gauge("registry_snapshot_age_seconds", "Its age.", lambda: 2.5)
    METRICS.gauge("registry_breaker_open", "1: not called.", lambda: {("acme", "none"): 1}, ("provider", "credential"))

    found = scraped()

    assert value(found["registry_snapshot_age_seconds"]) == 2.5
    assert value(found["registry_breaker_open"], provider="acme", credential="none") == 1


@pytest.mark.django_db
def test_the_backlog_of_the_spool_is_seen(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    spool = Spool(tmp_path / "spool")
    flusher = Flusher(spool)
    monkeypatch.setattr(flusher.thread, "start", lambda: None)  # its thread would have a database of its own
    flusher.start()
    spool.append(a_record())

    before = value(scraped()["registry_usage_spool_bytes"])
    flusher.flush()

    assert before > 100 and value(scraped()["registry_usage_spool_bytes"]) == 0
    assert value(scraped()["registry_usage_flush_lag_seconds"]) == 0
    spool.close()


class TestWhoMayRead:
    @pytest.mark.django_db
    def test_the_admin_key_admins_and_keys_made_for_it(
        self, admin_api: APIClient, program: Callable[[str], APIClient], alice: User, boss: User
    ) -> None:
        clients = [program(a_key(scope, name=scope).plaintext) for scope in ("metrics", "admin", "gateway")]
        KEYS.refresh()
        people = [Client(), Client()]
        for client, user in zip(people, (boss, alice), strict=True):
            client.force_login(user)

        found: list[Any] = [client.get("/metrics") for client in (admin_api, *clients, *people)]

        assert [answer.status_code for answer in found] == [200, 200, 200, 403, 200, 403]
        assert found[0]["Content-Type"] == "text/plain; version=0.0.4; charset=utf-8"

    def test_not_everyone_on_this_machine(self, api: APIClient) -> None:
        assert api.get("/metrics", REMOTE_ADDR="127.0.0.1").status_code == 401

    @pytest.mark.parametrize("accept", ["text/plain;version=0.0.4", "*/*", "application/openmetrics-text,*/*;q=0.1"])
    def test_whatever_scrapers_say_they_take(self, admin_api: APIClient, accept: str) -> None:
        assert admin_api.get("/metrics", HTTP_ACCEPT=accept).status_code == 200
