"""What only real processes show: changes, deaths and outages in the middle of the load, and not one call too few."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import sqlite3
import time
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from threading import Thread
from typing import Any

import aiohttp
import orjson
import pytest

from tests.discovery.product import Databases, databases, wait_for
from tests.gateway.whole import PRICE, Placed, Whole, a_whole, upstreams

__all__ = ["databases"]

once = pytest.mark.skipif(bool(os.environ.get("TEST_DATABASE_URL")), reason="no matter of the database: once is enough")


@dataclass
class Load:
    """Clients that call again and again until they are told to stop; what they saw."""

    whole: Whole
    model: str
    key: str = "service"
    clients: int = 8
    streamed: tuple[bool, ...] = (False, True)
    prompt: str = "one two three"
    answers: list[dict[str, Any]] = field(default_factory=list)
    stopped: bool = False

    @contextmanager
    def running(self) -> Iterator[Load]:
        thread = Thread(target=lambda: asyncio.run(self.run()))
        thread.start()
        try:
            yield self
        finally:
            self.stopped = True
            thread.join(60)

    async def run(self) -> None:
        connector = aiohttp.TCPConnector(limit=0, force_close=True)  # so that both workers get their share
        async with aiohttp.ClientSession(connector=connector, timeout=aiohttp.ClientTimeout(30)) as session:
            await asyncio.gather(
                *(self.one(session, self.streamed[n % len(self.streamed)]) for n in range(self.clients))
            )

    async def one(self, session: aiohttp.ClientSession, streamed: bool) -> None:
        while not self.stopped:
            body: dict[str, Any] = {"model": self.model, "messages": [{"role": "user", "content": self.prompt}]}
            if streamed:
                body |= {"stream": True, "stream_options": {"include_usage": True}}
            self.answers.append(await self.call(session, body))

    async def call(self, session: aiohttp.ClientSession, body: dict[str, Any]) -> dict[str, Any]:
        """Whether the answer came whole, and what it says it took."""
        headers = {"Authorization": f"Bearer {self.whole.keys[self.key]}"}
        seen: dict[str, Any] = {"ok": False, "id": "", "streamed": "stream" in body, "at": time.monotonic()}
        try:
            async with session.post(f"{self.whole.url}/v1/chat/completions", json=body, headers=headers) as answer:
                seen |= {"status": answer.status, "id": answer.headers.get("x-request-id", "")}
                seen |= {name: answer.headers.get(f"x-registry-{name}") for name in ("model", "reason")}
                text = await answer.text()
        except (aiohttp.ClientError, TimeoutError) as error:
            return {**seen, "text": repr(error)}
        last = text.rpartition('"usage":')[2] if '"usage":{' in text else ""
        whole = text.endswith("data: [DONE]\n\n") if seen["streamed"] else answer.status == 200
        if not (whole and last):
            return {**seen, "text": text}
        usage = orjson.loads(last[: last.index("}") + 1].split(',"prompt_tokens_details"')[0].rstrip("}") + "}")
        tokens = usage["prompt_tokens"], usage["completion_tokens"]
        return {**seen, "ok": True, "tokens": tokens, "took": time.monotonic() - seen["at"]}

    def seen(self, count: int) -> None:
        """Wait for so many more answers."""
        wanted = len(self.answers) + count
        wait_for(lambda: len(self.answers) >= wanted, 60)

    @property
    def failed(self) -> list[dict[str, Any]]:
        return [answer for answer in self.answers if not answer["ok"]]


@pytest.fixture
def whole(databases: Databases, tmp_path: Path) -> Whole:
    return a_whole(databases, tmp_path)


def cost(tokens: tuple[int, int]) -> Decimal:
    return (Decimal(PRICE["input_mtok"]) * tokens[0] + Decimal(PRICE["output_mtok"]) * tokens[1]) / 10**6


def rows(whole: Whole) -> dict[str, tuple[Any, ...]]:
    found = whole.sql("SELECT call_id, outcome, input_tokens, output_tokens, cost, status FROM gateway_usage")
    assert len({row[0] for row in found}) == len(found)
    return {row[0]: row[1:] for row in found}


def accounted(whole: Whole, load: Load, *, lost: int) -> None:
    """Every answer that a client saw whole has its row, and what rows add up to is what clients saw."""
    answered = {answer["id"]: answer for answer in load.answers if answer["ok"]}
    found = wait_for(lambda: answered.keys() <= (rows_now := rows(whole)).keys() and rows_now, 30)
    mine = {call_id: row for call_id, row in found.items() if call_id in answered}
    assert all(row[0] == "ok" for row in mine.values())
    assert {call_id: row[1:3] for call_id, row in mine.items()} == {
        call_id: answer["tokens"] for call_id, answer in answered.items()
    }
    spent = sum((Decimal(str(row[3])) for row in mine.values()), Decimal(0)).quantize(Decimal("1e-10"))
    assert spent == sum((cost(answer["tokens"]) for answer in answered.values()), Decimal(0))
    assert len(found) - len(mine) <= lost  # calls that ended without their client seeing it
    sums = whole.sql("SELECT sum(calls), sum(input_tokens), sum(output_tokens), sum(cost) FROM gateway_usageday")[0]
    assert sums[0] == len(found)
    assert sums[1] == sum(row[1] or 0 for row in found.values())
    assert sums[2] == sum(row[2] or 0 for row in found.values())
    every = sum((Decimal(str(row[3] or 0)) for row in found.values()), Decimal(0))
    assert abs(Decimal(str(sums[3])) - every) < Decimal("1e-9")


@once
def test_a_model_retired_in_the_admin_while_clients_call_fails_no_call(whole: Whole) -> None:
    with upstreams("openai") as providers:
        whole.fill(Placed(slug="acme", base_url=providers.urls["openai"], models={"old": {"price": PRICE}, "new": {}}))
        ids = dict(whole.sql("SELECT model_id, id FROM catalog_aimodel WHERE model_id IN ('old', 'new')"))
        with whole.workers(2), Load(whole, "acme/old", clients=4).running() as load:
            load.seen(20)
            status, said = whole.request("PATCH", f"/api/admin/models/{ids['old']}", {"successor": ids["new"]})
            assert status == 200, said
            change = {"model_ids": [ids["old"]], "status": "deprecated", "reason": "too old"}
            status, said = whole.request("POST", "/api/admin/models/bulk-update", change)
            changed = time.monotonic()
            assert status == 200, said
            time.sleep(2.5)

    assert load.failed == []
    by_old = [answer["at"] for answer in load.answers if answer["model"] == "acme/old"]
    by_new = [answer for answer in load.answers if answer["model"] == "acme/new"]
    assert max(by_old) - changed < 1.5  # on both workers; a second, and what this machine is late
    assert by_new and {answer["reason"] for answer in by_new} == {"successor"}


@once
def test_a_provider_killed_under_load_is_stood_in_for(whole: Whole) -> None:
    with upstreams("openai") as first, upstreams("anthropic") as second:
        whole.fill(
            Placed(slug="first", base_url=first.urls["openai"]),
            Placed(slug="second", base_url=second.urls["anthropic"], wire="anthropic"),
            routes={"both": [{"model": "first/m", "weight": 1}, {"model": "second/m", "weight": 0}]},
        )
        slow = {"clients": 2, "streamed": (True,), "prompt": "[words 40] [slow 0.05] x"}
        with (
            whole.workers(),
            Load(whole, "both", clients=4).running() as load,
            Load(whole, "both", **slow).running() as slower,
        ):
            load.seen(20)
            time.sleep(1)  # the slow ones are in the middle
            killed = time.monotonic()
            first.kill()
            time.sleep(3)

    for answers in (load, slower):  # only streams that had begun could not be saved, and they say so
        for answer in answers.failed:
            assert answer["streamed"] and answer["at"] < killed
            assert '"error":' in answer["text"] and "broke off" in answer["text"] and "[DONE]" not in answer["text"]
    assert len(slower.failed) == 2
    later = [answer for answer in load.answers if answer["at"] > killed]
    assert len(later) > 20 and all(answer["ok"] for answer in later)
    assert {(answer["model"], answer["reason"]) for answer in later} == {("second/m", "fallback")}
    assert max(answer["took"] for answer in later) < 10


def test_of_two_workers_one_is_killed_and_nothing_is_lost_or_counted_twice(whole: Whole) -> None:
    with upstreams("openai") as providers:
        whole.fill(Placed(slug="acme", base_url=providers.urls["openai"]))
        with whole.workers(2):
            with Load(whole, "acme/m").running() as load:
                load.seen(100)
                killed = whole.worker_ids()[0]
                os.kill(killed, signal.SIGKILL)
                wait_for(lambda: len(whole.worker_ids()) == 2 and killed not in whole.worker_ids(), 30)
                load.seen(50)
            with whole.client() as client:
                refused = client.post("/v1/chat/completions", json={"model": "acme/no-such", "messages": []})
            accounted(whole, load, lost=load.clients + 1)
            wait_for(lambda: sum(map(Path.is_file, whole.spool.iterdir())) <= 2)  # those of the living

    assert rows(whole)[refused.headers["x-request-id"]][0] == "refused"
    assert len(load.failed) <= load.clients


@contextmanager
def away(whole: Whole) -> Iterator[None]:
    """The database takes no connection (PostgreSQL), or lets nobody write (SQLite, whose readers go on)."""
    if whole.database_url.startswith("sqlite"):
        with closing(sqlite3.connect(whole.database_url.removeprefix("sqlite:///"))) as holder:
            holder.execute("BEGIN IMMEDIATE")
            yield
            holder.rollback()
        return
    import psycopg

    server, _, name = whole.database_url.rpartition("/")
    with psycopg.connect(f"{server}/postgres", autocommit=True) as connection:
        connection.execute(f"ALTER DATABASE {name} ALLOW_CONNECTIONS false")
        connection.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s", [name])
        try:
            yield
        finally:
            connection.execute(f"ALTER DATABASE {name} ALLOW_CONNECTIONS true")


def test_while_the_database_is_away_no_call_fails_and_no_row_is_lost(whole: Whole) -> None:
    with upstreams("openai") as providers:
        limited = {"scopes": ["gateway"], "requests_per_minute": 100_000, "monthly_budget": 1000}
        keys = {"limited": limited, "carol's": {"scopes": ["gateway"], "owner": "carol"}}
        whole.fill(Placed(slug="acme", base_url=providers.urls["openai"]), keys=keys)
        model = whole.sql("SELECT id FROM catalog_aimodel WHERE model_id = 'm'")[0][0]
        with (
            whole.workers(),
            Load(whole, "acme/m", clients=3).running() as load,
            Load(whole, "acme/m", clients=3, key="limited").running() as counted,
        ):
            load.seen(20)
            counted.seen(20)
            assert whole.chat("acme/m", key="carol's").status_code == 200
            assert whole.request("PATCH", f"/api/admin/models/{model}", {"name": "Changed"})[0] == 200
            time.sleep(1)  # until the change is seen
            with away(whole):
                gone = time.monotonic()
                person = whole.chat("acme/m", key="carol's")
                stranger = whole.chat("acme/m", key="mr_" + "x" * 40)
                took = time.monotonic() - gone
                time.sleep(max(0.0, 6 - took))
                back = time.monotonic()
            load.seen(20)
            load.stopped = counted.stopped = True
            time.sleep(1)
            every = Load(whole, "", answers=[*load.answers, *counted.answers])
            accounted(whole, every, lost=1 + 2)  # and those of carol
            whole.chat("acme/m")

    assert every.failed == []
    assert (person.status_code, stranger.status_code, took < 25) == (200, 401, True)
    for answers in (load.answers, counted.answers):
        assert sum(gone < answer["at"] < back for answer in answers) > 10


def memory_of(pid: int) -> int:
    """Bytes in memory."""
    return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


@once
def test_slow_readers_hold_no_memory_and_hold_nobody_up(whole: Whole) -> None:
    question = {"model": "acme/m", "stream": True, "messages": [{"role": "user", "content": "[words 60000] x"}]}
    body = orjson.dumps(question)
    with upstreams("openai") as providers, ExitStack() as readers:
        whole.fill(Placed(slug="acme", base_url=providers.urls["openai"]))
        with whole.workers() as server:
            head = f"POST /v1/chat/completions HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {whole.keys['service']}\r\n"
            for _ in range(20):
                whole.chat("acme/m")
            before = memory_of(server.pid)
            slow = [readers.enter_context(socket.create_connection(("127.0.0.1", whole.port))) for _ in range(6)]
            for connection in slow:
                connection.sendall(f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body)
            took, memory = [], []
            while len(memory) < 20 or memory[-1] - memory[-10] > 2**20:  # until it stays as it is
                assert len(memory) < 300, memory
                for connection in slow:
                    connection.recv(1000)
                started = time.monotonic()
                assert whole.chat("acme/m").status_code == 200
                took.append(time.monotonic() - started)
                memory.append(memory_of(server.pid) - before)
                time.sleep(0.05)
            readers.close()
            wait_for(lambda: [row[0] for row in rows(whole).values()].count("cancelled") == len(slow))

    assert memory[-1] < 32 * 2**20, memory  # of 70 MB that they were promised
    assert sorted(took)[len(took) // 2] < 3
