from __future__ import annotations

import json
from datetime import timedelta
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from catalog import connections
from catalog.errors import Invalid
from catalog.models import Provider
from discovery import due, results, sync
from discovery.models import SyncRun
from tests.builders import ADMIN
from tests.discovery.doors import acme, entries, serve
from tests.fakes import faults
from tests.fakes.provider import FakeProvider

__all__ = ["acme"]

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def hourly(acme: Provider) -> Provider:
    connections.change_provider(acme, {"policy": {"interval_minutes": 60}}, ADMIN)
    return acme


def run(*options: str) -> str:
    told = StringIO()
    call_command("sync_models", *options, stdout=told)
    return told.getvalue()


@pytest.mark.parametrize(
    ("interval", "synced", "asked", "expected"),
    [
        (0, None, None, False),
        (60, None, None, True),
        (60, 59, None, False),
        (60, 61, None, True),
        (60, 61, 5, False),  # failed five minutes ago
        (1_440, 3_000, 59, False),
        (1_440, 3_000, 61, True),  # failed more than an hour ago
        (1_440, 200, 200, False),
    ],
)
def test_a_provider_is_due_when_its_interval_has_passed(
    interval: int, synced: int | None, asked: int | None, expected: bool
) -> None:
    now = timezone.now()

    def before(minutes: int | None) -> Any:
        return None if minutes is None else now - timedelta(minutes=minutes)

    provider = Provider(slug="acme", policy={"interval_minutes": interval}, last_synced_at=before(synced))
    assert due.is_due(provider, before(asked), now) is expected


def test_the_clock_syncs_what_is_due_and_nothing_else(hourly: Provider, fake_provider: FakeProvider) -> None:
    Provider.objects.filter(slug__in=["openai", "groq"]).update(is_active=True)
    serve(fake_provider, entries(2))

    first, second = run("--due"), run("--due")
    Provider.objects.filter(pk=hourly.pk).update(last_synced_at=timezone.now() - timedelta(minutes=61))
    SyncRun.objects.all().delete()
    third = run("--due", "--json")

    assert "acme      succeeded" in first
    assert "openai" not in first
    assert second == "No provider is due.\n"
    assert json.loads(third)["results"][0]["unchanged"] == 2


def test_a_failed_provider_is_not_asked_at_every_tick(hourly: Provider, fake_provider: FakeProvider) -> None:
    fake_provider.serve("/v1/models", faults.refused())

    with pytest.raises(SystemExit):
        run("--due")

    assert due.due_slugs() == []
    assert json.loads(run("--due", "--json")) == {"run": None, "results": []}


def test_a_skipped_or_dry_run_does_not_count(hourly: Provider, fake_provider: FakeProvider) -> None:
    serve(fake_provider, entries(2))
    sync.sync(ADMIN, ["acme"], dry_run=True)
    results.skip(sync.create_run(ADMIN, ["acme"]).results.get(), "Refreshed a moment ago.")

    assert due.due_slugs() == ["acme"]


def test_what_waits_in_a_queue_is_not_due_once_more(hourly: Provider) -> None:
    sync.create_run(ADMIN, ["acme"])

    assert due.due_slugs() == []


@pytest.mark.parametrize("minutes", [-1, 4, 10**6, "60", True, 1.5])
def test_an_interval_that_makes_no_sense_is_refused(acme: Provider, minutes: Any) -> None:
    with pytest.raises(Invalid, match="interval_minutes"):
        connections.change_provider(acme, {"policy": {"interval_minutes": minutes}}, ADMIN)


def test_a_run_that_is_not_there_is_said() -> None:
    with pytest.raises(CommandError, match="no sync run 7"):
        run("--run", "7")
