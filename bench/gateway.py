"""What a call through `/v1` costs, beside the floor in the same run: CPU, latency, memory, and what stalls.

`python -m bench.gateway [--database URL] [--only WORD] [--check]`. CPU is that of the serving process, with all its
threads: the writing of usage is in it. Ratios are medians of interleaved pairs.
"""

from __future__ import annotations

import http.client
import json
import os
import statistics
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from decimal import Decimal
from functools import partial
from time import perf_counter, sleep
from typing import Any

from bench import scratch
from bench.processes import Server, cpu_a_call, gap, load, taken_in_turn, upstream, uvicorn
from bench.report import Report

OPTIONS = scratch.enter(__doc__)  # no model can be imported before

from django.db import connections  # noqa: E402

from access import keys  # noqa: E402
from access.caller import command  # noqa: E402
from access.models import ApiKey  # noqa: E402
from access.snapshot import digest_of  # noqa: E402
from catalog import lifecycle  # noqa: E402
from catalog.models import AIModel, Price, PriceState, Provider, Status  # noqa: E402
from gateway import snapshot  # noqa: E402

BENCH = command("bench")
MODELS = 10_000
PAIRS = 7
CALLS = 3_000
SLUG = "bench"
PLAIN: dict[str, Any] = {
    "model": f"{SLUG}/m-7",
    "messages": [{"role": "system", "content": "Be brief."}, {"role": "user", "content": "Say something. " * 20}],
}
STREAM = {**PLAIN, "stream": True}


def fill(base_url: str, count: int = MODELS) -> str:
    """One provider with so many enabled, priced models, and as many keys; the plaintext of one with every limit on."""
    Price.objects.all().delete()
    AIModel.objects.all().delete()
    ApiKey.objects.all().delete()
    provider, _ = Provider.objects.update_or_create(
        slug=SLUG, defaults={"name": "Bench", "endpoint_type": SLUG, "base_url": base_url, "auth": "none"}
    )
    names = [f"m-{number}" for number in range(count)]
    rows = AIModel.objects.bulk_create(
        [AIModel(provider=provider, model_id=name, name=name, status=Status.ENABLED) for name in names], batch_size=500
    )
    prices = [
        Price(model=row, source="bench", state=PriceState.IN_FORCE, input_mtok=1 + row.pk % 50, output_mtok=10)
        for row in rows
    ]
    Price.objects.bulk_create(prices, batch_size=500)
    other = [
        ApiKey(name=f"k{n}", prefix=f"{n:08d}", digest=digest_of(str(n)).hex(), scopes=["gateway"], created_by="bench")
        for n in range(count)
    ]
    ApiKey.objects.bulk_create(other, batch_size=500)
    terms = keys.Terms(
        requests_per_minute=10**9, tokens_per_minute=2 * 10**9, monthly_budget=Decimal(10**9), allow_unpriced=True
    )
    made = keys.make("bench", by=BENCH, terms=terms)
    scratch.settle()
    connections.close_all()
    return made.plaintext


@dataclass(frozen=True, kw_only=True)
class World:
    """Our gateway and the floor, side by side over one provider."""

    ours: Server
    floor: Server
    key: str
    upstream: int

    def cpu_pairs(self, body: dict[str, Any], clients: int, calls: int = CALLS) -> tuple[float, float, float]:
        """Our milliseconds a call, the floor's, and the median of their ratios."""
        measure = partial(cpu_a_call, key=self.key, body=body, clients=clients, calls=calls)
        ours, floor = taken_in_turn([partial(measure, self.ours), partial(measure, self.floor)], PAIRS)
        ratio = statistics.median(mine / least for mine, least in zip(ours, floor, strict=True))
        return statistics.median(ours), statistics.median(floor), ratio


@contextmanager
def world(*, models: int = MODELS, workers: int = 1) -> Iterator[World]:
    with ExitStack() as stack:
        port = stack.enter_context(upstream())
        base_url = f"http://127.0.0.1:{port}/v1"
        key = fill(base_url, models)
        ours = stack.enter_context(uvicorn("modelregistry.asgi:application", {}, workers=workers))
        settings = {"FLOOR_KEY": key, "FLOOR_UPSTREAM": base_url, "FLOOR_MODELS": str(models)}
        floor = stack.enter_context(uvicorn("bench.floor:application", settings, workers=workers, path="/"))
        for server in (ours, floor):  # connections are made, caches filled
            for body in (PLAIN, STREAM):
                load(server.port, key, body=body, calls=500, clients=16)
        yield World(ours=ours, floor=floor, key=key, upstream=port)


def costs(report: Report) -> None:
    with world() as found:
        for clients in (16, 1, 64):
            ours, floor, ratio = found.cpu_pairs(PLAIN, clients)
            report.add(f"chat, {clients} clients: CPU", ours, "ms")
            report.add(f"chat, {clients} clients: the floor's", floor, "ms")
            report.add(f"chat, {clients} clients: in floors", ratio, "x", 2.0 if clients == 16 else None)
            ours, floor, ratio = found.cpu_pairs(STREAM, clients, CALLS // 2)
            report.add(f"stream of 67 events, {clients} clients: in floors", ratio, "x")
            report.add(
                f"the same: beyond its floor, {floor:.3g} ms", ours - floor, "ms", 0.3 if clients == 16 else None
            )
        report.add("memory of the worker after that", found.ours.memory(), "MiB", 150)
        latencies(report, found)
        large_bodies(report, found)


def latencies(report: Report, found: World) -> None:
    ask = partial(load, key=found.key, calls=400, clients=1)
    ports = (found.ours.port, found.upstream)

    def median_of(body: dict[str, Any], what: str) -> float:
        ours, direct = taken_in_turn([lambda port=port: ask(port, body=body)[what] for port in ports], PAIRS)
        return statistics.median(a - b for a, b in zip(ours, direct, strict=True))

    report.add("added latency at one client, median", median_of(PLAIN, "latency"), "ms", 0.7)
    report.add("added time to a stream's first byte", median_of(STREAM, "first"), "ms", 1.2)


def large_bodies(report: Report, found: World) -> None:
    image = {"type": "image_url", "image_url": {"url": "data:image/png;base64," + "iVBORw0K" * 655_360}}
    body = {**PLAIN, "messages": [{"role": "user", "content": [image]}]}
    ports = (found.ours.port, found.upstream)
    ask = partial(load, key=found.key, body=body, calls=5, clients=1)
    ours, direct = taken_in_turn([lambda port=port: ask(port)["latency"] for port in ports], PAIRS)
    added = statistics.median(a - b for a, b in zip(ours, direct, strict=True))
    report.add("5 MB image in the body: added latency", added, "ms", 15)


def workers(report: Report) -> None:
    with world(workers=2) as found:
        for clients in (16, 64):
            _, _, ratio = found.cpu_pairs(PLAIN, clients)
            report.add(f"two workers, chat, {clients} clients: in floors", ratio, "x", 2.0)


def catalog_size(report: Report) -> None:
    with world() as many:
        large = [cpu_a_call(many.ours, many.key, body=PLAIN, clients=16, calls=CALLS) for _ in range(PAIRS)]
    with world(models=10) as few:
        small = [cpu_a_call(few.ours, few.key, body=PLAIN, clients=16, calls=CALLS) for _ in range(PAIRS)]
    report.add("CPU with 10,000 models against 10", statistics.median(large) / statistics.median(small), "x", 1.1)


def listings(report: Report) -> None:
    with world() as found:
        report.add("start to first answer", found.ours.ready_after, "s", 2)
        connection = http.client.HTTPConnection("127.0.0.1", found.ours.port)
        seconds, etag, size = listed(connection, found.key)
        report.add(f"/v1/models of {MODELS:,}, made ({size / 1e6:.1f} MB)", seconds * 1000, "ms")
        report.add(
            "/v1/models, kept", statistics.median(listed(connection, found.key)[0] for _ in range(50)) * 1000, "ms", 5
        )
        times = [listed(connection, found.key, etag)[0] for _ in range(50)]
        report.add("/v1/models, 304", statistics.median(times) * 1000, "ms", 1)


def listed(connection: http.client.HTTPConnection, key: str, etag: str = "") -> tuple[float, str, int]:
    started = perf_counter()
    headers = {"Authorization": f"Bearer {key}", **({"If-None-Match": etag} if etag else {})}
    connection.request("GET", "/v1/models", headers=headers)
    answer = connection.getresponse()
    body = answer.read()
    assert answer.status == (304 if etag else 200), body[:300]
    return perf_counter() - started, answer.headers["ETag"], len(body)


def rebuilds(report: Report) -> None:
    """A catalog that changes all the time, and what that and readers of the admin do to calls."""
    with world() as found:
        times = []
        for _ in range(PAIRS):
            started = perf_counter()
            snapshot.build()
            times.append(perf_counter() - started)
        report.add(f"snapshot of {MODELS:,} models", statistics.median(times) * 1000, "ms", 300)
        report.add("change visible, slowest of 5", max(seen_after(found) for _ in range(5)), "s", 1)
        report.add("gap in the event loop, p99, nothing going on", gap(found.ours.port), "ms")
        with busy(lambda stop: change_on_and_on(stop)):
            report.add("the same while the catalog changes all the time", gap(found.ours.port), "ms", 10)
        with busy(*[lambda stop: read_on_and_on(found, stop)] * 4):
            report.add("the same with four admin readers", gap(found.ours.port), "ms", 10)


@contextmanager
def busy(*work: Callable[[threading.Event], None]) -> Iterator[None]:
    """Let some threads work on and on meanwhile."""
    stop = threading.Event()
    threads = [threading.Thread(target=one, args=(stop,)) for one in work]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        stop.set()
        for thread in threads:
            thread.join()


def seen_after(found: World) -> float:
    """Seconds until a model that is disabled is refused."""
    models = AIModel.objects.filter(model_id="m-9")
    lifecycle.move(models, "disable", BENCH)
    started = perf_counter()
    connection = http.client.HTTPConnection("127.0.0.1", found.ours.port)
    body = json.dumps({**PLAIN, "model": f"{SLUG}/m-9"})
    status = 200
    while status == 200:
        connection.request("POST", "/v1/chat/completions", body, {"Authorization": f"Bearer {found.key}"})
        answer = connection.getresponse()
        answer.read()
        status = answer.status
        sleep(0.005)
    taken = perf_counter() - started
    lifecycle.move(models, "enable", BENCH)
    sleep(1.6)
    return taken


def change_on_and_on(stop: threading.Event) -> None:
    while not stop.wait(0.3):
        for name in ("disable", "enable"):
            lifecycle.move(AIModel.objects.filter(model_id="m-9"), name, BENCH)
    connections.close_all()


def read_on_and_on(found: World, stop: threading.Event) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", found.ours.port)
    headers = {"Authorization": f"Bearer {os.environ['ADMIN_API_KEY']}"}
    while not stop.is_set():
        connection.request("GET", "/api/config/models?pageSize=100", headers=headers)
        connection.getresponse().read()


def endurance(report: Report) -> None:
    """Memory must not grow with the calls that were served."""
    with world() as found:
        load(found.ours.port, found.key, body=PLAIN, calls=20_000, clients=64)
        before = found.ours.memory()
        load(found.ours.port, found.key, body=PLAIN, calls=180_000, clients=64)
        report.add("memory after 20,000 calls", before, "MiB", 150)
        report.add("memory after 200,000 calls, against that", found.ours.memory() / before, "x", 1.1)


PARTS = (costs, workers, catalog_size, listings, rebuilds, endurance)


def main() -> None:
    report = Report("Gateway")
    for part in PARTS:
        if OPTIONS.only in part.__name__:
            part(report)
    report.end(check=OPTIONS.check)


if __name__ == "__main__":
    main()
