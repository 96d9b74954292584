"""Syncs as tasks of real workers, with Redis and with RabbitMQ, and what is left of a worker that is killed."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import threading
import time
import uuid
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from tests.conftest import ROOT
from tests.discovery.doors import entries, serve
from tests.discovery.product import Product, databases, end, product, wait_for
from tests.discovery.test_processes import EXPIRE, RESULTS
from tests.fakes import faults
from tests.fakes.provider import FakeProvider

__all__ = ["databases", "product"]

BROKERS = {
    "redis": os.environ.get("TEST_REDIS_URL", "redis://127.0.0.1:6379/15"),
    "rabbitmq": os.environ.get("TEST_AMQP_URL", "amqp://guest:guest@127.0.0.1:5672//"),
}


ASK = """
from access.caller import command
from discovery import runs
runs.sync_now(command("test"))
"""


@pytest.fixture(params=BROKERS)
def queued(request: pytest.FixtureRequest, product: Product, fake_provider: FakeProvider) -> Iterator[Product]:
    """An installation with a queue of its own, and the provider acme."""
    url = BROKERS[request.param]
    refuse_silent_service(request.param, url)
    queue = f"test-{uuid.uuid4().hex[:12]}"
    product.settings = {
        "CELERY_BROKER_URL": url,
        "TEST_QUEUE": queue,
        "DJANGO_SETTINGS_MODULE": "tests.discovery.impatient",
    }
    serve(fake_provider, entries(50))
    product.add_provider("acme", f"{fake_provider.url}/v1")
    yield product
    drop(url, queue)


def refuse_silent_service(name: str, url: str) -> None:
    address = urlsplit(url)
    try:
        socket.create_connection((address.hostname, address.port), timeout=2).close()
    except OSError:
        if os.environ.get("SERVICES_REQUIRED") == "1":
            pytest.fail(f"SERVICES_REQUIRED=1, but no {name} answers at {address.hostname}:{address.port}.")
        pytest.skip(f"no {name} answers")


def drop(url: str, queue: str) -> None:
    from kombu import Connection  # only where there is a broker

    with Connection(url) as connection:
        connection.channel().queue_delete(queue)


@contextmanager
def worker(product: Product, *more: str) -> Iterator[subprocess.Popen[bytes]]:
    """A worker with a process for its tasks, in a group of its own so that all of it can be killed."""
    command = [
        "celery",
        "-A",
        "modelregistry",
        "worker",
        "-c",
        "1",
        "-l",
        "INFO",
        "-n",
        f"{uuid.uuid4().hex}@%h",
        *more,
    ]
    with product.log.open("ab") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", *command],
            cwd=ROOT,
            env=product.environment,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
    try:
        yield process
    finally:
        if process.poll() is None:
            end(process)


def kill(process: subprocess.Popen[bytes]) -> None:
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def test_the_api_hands_a_sync_to_a_worker(queued: Product, fake_provider: FakeProvider) -> None:
    with queued.serving(), worker(queued):
        first = queued.request("POST", "/admin/model-sync/provider/acme")
        second = queued.request("POST", "/admin/model-sync/all?dry_run=true")

    assert (first[0], first[1]["message"].split(".")[0]) == (200, "Synced 50 models from acme")
    assert second[1]["details"]["totals"]["unchanged"] == 50


def test_a_worker_that_is_killed_is_followed_by_another(queued: Product, fake_provider: FakeProvider) -> None:
    good = fake_provider.routes["/v1/models"]
    fake_provider.serve("/v1/models", faults.hang())
    with worker(queued) as first:
        queued.python(ASK)
        wait_for(lambda: fake_provider.seen, 40)
        kill(first)
    fake_provider.serve("/v1/models", good)
    during = queued.sql(RESULTS)

    queued.sql(EXPIRE)  # two minutes later
    time.sleep(4)  # as long as Redis keeps the task for the dead worker; the next looks for it when it starts
    with worker(queued):
        wait_for(lambda: queued.sql(RESULTS)[0][0] == "succeeded", 90)

    assert during[0][0] == "running"
    assert queued.sql("SELECT attempts, new FROM discovery_syncresult") == [(2, 50)]


def test_two_workers_share_the_providers_of_a_run(queued: Product, fake_provider: FakeProvider) -> None:
    """Each waits for the other to be asked as well: together they end, one alone never would."""
    both = threading.Barrier(2)
    good = fake_provider.routes["/v1/models"](None)

    def meet(seen: object) -> object:
        both.wait(40)
        return good

    for slug in ("acme-1", "acme-2"):
        fake_provider.serve(f"/{slug}/models", meet)
        queued.add_provider(slug, f"{fake_provider.url}/{slug}")
    queued.sql("UPDATE catalog_provider SET is_active = false WHERE slug = 'acme'")
    with ExitStack() as stack:
        for _ in range(2):
            stack.enter_context(worker(queued))
        queued.python(ASK)
        wait_for(lambda: [state for state, _ in queued.sql(RESULTS)] == ["succeeded"] * 2, 60)


def test_the_clock_syncs_what_is_due(queued: Product, tmp_path: Path) -> None:
    queued.sql("""UPDATE catalog_provider SET policy = '{"interval_minutes": 5}' WHERE slug = 'acme'""")

    with worker(queued, "--beat", "--schedule", str(tmp_path / "beat")):
        wait_for(lambda: queued.count("catalog_aimodel") == 50, 60)

    assert queued.sql("SELECT requested_by FROM discovery_syncrun") == [("schedule",)]


def test_a_queue_that_does_not_answer_is_said(product: Product, fake_provider: FakeProvider) -> None:
    product.settings = {"CELERY_BROKER_URL": faults.closed_port_url().replace("http", "redis")}
    product.add_provider("acme", f"{fake_provider.url}/v1")

    product.python(ASK)

    ((state, message),) = product.sql(RESULTS)
    assert (state, message.split(".")[0]) == ("failed", "The queue of tasks does not answer")
