"""Two at once on one database, really at once: threads with connections of their own, which needs PostgreSQL."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

import pytest
from django.db import connection, connections
from rest_framework.test import APIClient

from catalog import facts, held, lifecycle, pricing
from catalog.errors import NotFound
from catalog.models import AIModel, Change, Price, Provider
from discovery import decisions, leases, sync
from discovery.errors import NothingToReview
from discovery.models import SyncResult, SyncState
from tests.builders import ADMIN, a_provider
from tests.discovery.doors import ONCE, acme, done_at_once, entries, entry, serve
from tests.fakes.provider import FakeProvider

__all__ = ["acme", "done_at_once"]

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def needs_a_database_for_many() -> None:
    if connection.vendor != "postgresql":
        pytest.skip("SQLite in memory has one writer and one connection")


def at_once(*works: Callable[[], Any]) -> list[Any]:
    """Do things in threads that begin together; what each returned or raised."""
    gate = threading.Barrier(len(works))

    def work(job: Callable[[], Any]) -> Any:
        gate.wait(10)
        try:
            return job()
        except Exception as error:
            return error
        finally:
            connections.close_all()

    with ThreadPoolExecutor(len(works)) as pool:
        return list(pool.map(work, works, timeout=60))


def synced(slugs: tuple[str, ...] = ("acme",), **options: Any) -> SyncResult:
    return sync.sync(ADMIN, slugs, force=True, pace=ONCE, **options).results.order_by("provider__slug")[0]


@contextmanager
def pausing_while_applying(monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[threading.Event, threading.Event]]:
    """Sync threads stop in the middle of their transaction, until told to go on."""
    reached, go_on = threading.Event(), threading.Event()
    write = pricing.write

    def pause(changed: Any) -> None:
        if threading.current_thread().name == "syncing":
            reached.set()
            assert go_on.wait(20)
        write(changed)

    monkeypatch.setattr(pricing, "write", pause)
    try:
        yield reached, go_on
    finally:
        go_on.set()


def in_thread(work: Callable[[], Any], name: str) -> threading.Thread:
    def and_close() -> None:
        try:
            work()
        finally:
            connections.close_all()

    thread = threading.Thread(target=and_close, name=name, daemon=True)
    thread.start()
    return thread


def test_of_many_syncs_of_one_provider_at_once_one_does_it(acme: Provider, fake_provider: FakeProvider) -> None:
    serve(fake_provider, entries(200))

    results = at_once(*[synced] * 6)

    states = [result.state for result in results]
    assert states.count("succeeded") >= 1
    assert set(states) <= {"succeeded", "skipped"}
    assert AIModel.objects.filter(provider=acme).count() == 200
    assert sum(result.new for result in results) == 200
    assert not SyncResult.objects.filter(lease_until__isnull=False).exists()


def test_one_lease_is_given_to_one_of_many(acme: Provider) -> None:
    results = [sync.create_run(ADMIN, ["acme"]).results.select_related("run").get() for _ in range(8)]

    claimed = at_once(*[lambda result=result: leases.claim(result) for result in results])

    assert sorted(claimed) == [False] * 7 + [True]
    assert SyncResult.objects.filter(state=SyncState.RUNNING).count() == 1


def test_a_dead_workers_provider_is_taken_over_by_one_of_many(acme: Provider) -> None:
    dead = sync.create_run(ADMIN, ["acme"])
    assert leases.claim(dead.results.select_related("run").get())
    SyncResult.objects.update(lease_until="2026-01-01T00:00:00Z")
    results = [sync.create_run(ADMIN, ["acme"]).results.select_related("run").get() for _ in range(6)]

    claimed = at_once(*[lambda result=result: leases.claim(result) for result in results])

    assert claimed.count(True) == 1
    assert dead.results.get().state == "failed"


def test_different_providers_are_synced_at_once_without_harm(acme: Provider, fake_provider: FakeProvider) -> None:
    a_provider("other", base_url=f"{fake_provider.url}/other", auth="none")
    serve(fake_provider, entries(300))
    serve(fake_provider, entries(300), "/other/models")

    results = at_once(synced, lambda: synced(("other",)), lambda: synced(("acme", "other"), dry_run=True))

    assert [result.state for result in results] == ["succeeded"] * 3
    assert AIModel.objects.filter(listed_at__isnull=False).count() == 600


def test_an_admin_who_decides_while_a_sync_applies_has_the_last_word(
    acme: Provider, fake_provider: FakeProvider, monkeypatch: pytest.MonkeyPatch
) -> None:
    serve(fake_provider, entries(5))
    synced()
    model = AIModel.objects.get(model_id="acme/m-0")
    dearer = {"prompt": "0.000003", "completion": "0.000008"}
    serve(fake_provider, entries(5, name="Theirs", pricing=dearer))

    def decide() -> None:
        lifecycle.move(AIModel.objects.filter(pk=model.pk), "approve", ADMIN)
        facts.state(AIModel.objects.get(pk=model.pk), {"name": "Ours", "price": {"input_mtok": "7"}}, ADMIN)

    with pausing_while_applying(monkeypatch) as (reached, go_on):
        syncing = in_thread(synced, "syncing")
        assert reached.wait(20)
        deciding = in_thread(decide, "deciding")
        deciding.join(0.5)
        waited = deciding.is_alive()
        go_on.set()
        syncing.join(20)
        deciding.join(20)

    model.refresh_from_db()
    assert waited  # the sync holds the rows until it is through
    assert (model.status, model.name, model.price.input_mtok, model.price.output_mtok) == ("enabled", "Ours", 7, 8)
    assert model.claims["provider"]["facts"]["name"] == "Theirs"
    assert AIModel.objects.get(model_id="acme/m-1").price.input_mtok == 3


def test_readers_are_not_delayed_while_a_sync_applies(
    acme: Provider, fake_provider: FakeProvider, monkeypatch: pytest.MonkeyPatch, admin_api: APIClient
) -> None:
    serve(fake_provider, entries(5))

    with pausing_while_applying(monkeypatch) as (reached, go_on):
        syncing = in_thread(synced, "syncing")
        assert reached.wait(20)
        during = admin_api.get("/api/admin/models?provider=acme").json()["count"]
        run = admin_api.get(f"/api/admin/runs/{SyncResult.objects.get().run_id}").json()
        go_on.set()
        syncing.join(20)

    assert (during, run["state"]) == (0, "running")
    assert admin_api.get("/api/admin/models?provider=acme").json()["count"] == 5


def test_a_worker_that_was_thought_dead_applies_nothing(
    acme: Provider, fake_provider: FakeProvider, monkeypatch: pytest.MonkeyPatch
) -> None:
    def slow(seen: Any) -> Any:
        if not fake_provider.seen[1:]:  # the first to ask sleeps through its lease
            SyncResult.objects.update(lease_until="2026-01-01T00:00:00Z")
            assert synced().new == 2
            connection.close()
        return reply

    serve(fake_provider, entries(2))
    reply = fake_provider.routes["/v1/models"](None)
    fake_provider.serve("/v1/models", slow)

    first = synced()

    assert (first.state, first.new) == ("failed", 0)
    assert "worker died" in first.message
    assert Change.objects.filter(action="create").count() == 2


def test_of_two_admins_who_decide_on_a_held_price_one_does(acme: Provider, fake_provider: FakeProvider) -> None:
    serve(fake_provider, [entry("acme/m")])
    synced()
    serve(fake_provider, [entry("acme/m", pricing={"prompt": "0.00002", "completion": "0.000008"})])
    synced()
    price = Price.objects.get(state="held")

    outcomes = at_once(lambda: held.accept(price, ADMIN), lambda: held.refuse(price, ADMIN))

    assert sum(isinstance(outcome, NotFound) for outcome in outcomes) == 1
    assert not Price.objects.filter(state="held").exists()


def test_of_two_admins_who_decide_on_a_held_list_one_does(
    acme: Provider, fake_provider: FakeProvider, done_at_once: None
) -> None:
    serve(fake_provider, entries(10))
    synced()
    serve(fake_provider, entries(2))
    result = synced()

    outcomes = at_once(
        lambda: decisions.apply_reviewed(SyncResult.objects.get(pk=result.pk), ADMIN),
        lambda: decisions.refuse_list(SyncResult.objects.get(pk=result.pk), ADMIN),
    )

    assert sum(isinstance(outcome, NothingToReview) for outcome in outcomes) == 1
