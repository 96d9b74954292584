"""Syncs as processes: the one executor behind command, button and API; killed ones; two at once."""

from __future__ import annotations

import os
import signal
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.discovery.doors import entries, serve
from tests.discovery.product import Product, children_of, databases, product, wait_for
from tests.fakes import faults
from tests.fakes.provider import FakeProvider

__all__ = ["databases", "product"]

RESULTS = "SELECT state, message FROM discovery_syncresult ORDER BY id"
EXPIRE = "UPDATE discovery_syncresult SET lease_until = '2026-01-01 00:00:00+00:00' WHERE state = 'running'"

# A worker that stops in the middle of its transaction, after it has written models and before it writes prices.
STOPPING_WORKER = """
import pathlib, sys, time
import django
django.setup()
from access.caller import command
from catalog import pricing
from discovery import sync

def stop(changed):
    pathlib.Path(sys.argv[1]).touch()
    time.sleep(60)

pricing.write = stop
sync.sync(command("test"), ["acme"], force=True)
"""


@pytest.fixture
def acme(product: Product, fake_provider: FakeProvider) -> None:
    serve(fake_provider, entries(50))
    product.add_provider("acme", f"{fake_provider.url}/v1")


@pytest.mark.usefixtures("acme")
def test_the_api_syncs_in_a_process_of_its_own(product: Product, fake_provider: FakeProvider) -> None:
    with product.serving():
        first = product.request("POST", "/api/admin/models/discover", {"provider": "acme"})
        second = product.request("POST", "/api/admin/models/discover", {"provider": "acme"})
        third = product.request("POST", "/admin/model-sync/provider/acme")
        listed = product.request("GET", "/api/admin/models?provider=acme")

    assert (first[0], first[1]["totalNew"], first[1]["totalErrors"]) == (200, 50, 0)
    assert (second[0], second[1]["error"]["code"]) == (429, "too_soon")
    assert (third[0], third[1]["details"]["unchanged"]) == (200, 50)
    assert listed[1]["count"] == 50
    log = product.log.read_text()
    assert "acme: Synced 50 models from acme." in log
    assert "\x1b" not in log


@pytest.mark.usefixtures("acme")
def test_a_process_that_is_killed_is_seen_at_once_and_the_next_sync_does_the_work(
    product: Product, fake_provider: FakeProvider
) -> None:
    good = fake_provider.routes["/v1/models"]
    fake_provider.serve("/v1/models", faults.hang())
    with product.serving() as server, ThreadPoolExecutor() as pool:
        asked = pool.submit(product.request, "POST", "/admin/model-sync/provider/acme")
        wait_for(lambda: fake_provider.seen)
        during = product.request("POST", "/admin/model-sync/provider/acme")
        (worker,) = children_of(server)
        os.kill(worker, signal.SIGKILL)
        told = asked.result(30)
        fake_provider.serve("/v1/models", good)
        again = product.request("POST", "/admin/model-sync/provider/acme")

    assert (during[0], during[1]["error"]["code"]) == (409, "already_running")
    assert (told[0], told[1]["success"]) == (200, False)
    assert told[1]["message"].startswith("Its process was killed (SIGKILL) before it was done.")
    assert (again[0], again[1]["details"]["new"]) == (200, 50)


@pytest.mark.usefixtures("acme")
def test_a_sync_outlives_the_server_that_started_it(product: Product, fake_provider: FakeProvider) -> None:
    good = fake_provider.routes["/v1/models"](None)
    go_on = threading.Event()
    fake_provider.serve("/v1/models", lambda seen: go_on.wait(20) and good)
    with product.serving() as server, ThreadPoolExecutor() as pool:
        asked = pool.submit(product.request, "POST", "/api/admin/models/discover", {"provider": "acme"})
        wait_for(lambda: fake_provider.seen)
        server.kill()
        server.wait()
        assert isinstance(asked.exception(20), OSError)
    go_on.set()

    wait_for(lambda: product.sql(RESULTS)[0][0] == "succeeded")
    assert product.count("catalog_aimodel WHERE listed_at IS NOT NULL") == 50


@pytest.mark.usefixtures("acme")
def test_a_worker_killed_in_the_middle_of_applying_leaves_nothing_half_written(
    product: Product, fake_provider: FakeProvider, tmp_path: Path
) -> None:
    reached = tmp_path / "reached"
    worker = product.start("-c", STOPPING_WORKER, str(reached))
    wait_for(reached.exists)

    worker.kill()
    worker.wait()
    left = [product.count(f"catalog_{table}") for table in ("aimodel", "price", "changeset", "change")]
    ((state, _),) = product.sql(RESULTS)
    held = product.manage("sync_models", "--providers", "acme", "--force")
    product.sql(EXPIRE)
    again = product.manage("sync_models", "--providers", "acme", "--force")

    assert left == [0, 0, 0, 0]
    assert state == "running"
    assert "Another sync of this provider is running." in held
    assert "acme      succeeded       50" in again
    assert product.count("catalog_aimodel WHERE price_id IS NOT NULL") == 50
    assert "The worker died before it was done." in product.sql(RESULTS)[0][1]


@pytest.mark.usefixtures("acme")
def test_of_two_commands_at_once_one_syncs_and_the_other_says_so(product: Product, fake_provider: FakeProvider) -> None:
    good = fake_provider.routes["/v1/models"](None)
    go_on = threading.Event()
    fake_provider.serve("/v1/models", lambda seen: go_on.wait(20) and good)
    first = product.start("manage.py", "sync_models", "--providers", "acme")
    wait_for(lambda: fake_provider.seen)

    second = product.manage("sync_models", "--providers", "acme")
    go_on.set()

    assert first.wait(30) == 0
    assert "acme: Another sync of this provider is running." in second
    assert [state for state, _ in product.sql(RESULTS)] == ["succeeded", "skipped"]
    assert len(fake_provider.seen) == 1
