"""What stands between the server and Django: the lifespan, the body, the slots."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from django.conf import settings

from modelregistry import asgi

LIMIT = settings.DATA_UPLOAD_MAX_MEMORY_SIZE


def chunk(body: bytes, more: bool = False) -> dict[str, Any]:
    return {"type": "http.request", "body": body, "more_body": more}


def http(*headers: tuple[bytes, bytes], path: str = "/health/live", method: str = "GET") -> dict[str, Any]:
    return {
        "type": "http",
        "method": method,
        "path": path,
        "query_string": b"",
        "headers": [(b"host", b"localhost"), *headers],
        "http_version": "1.1",
    }


def receiving(*messages: dict[str, Any]) -> Callable[[], Awaitable[dict[str, Any]]]:
    """A client that sends these and then keeps the line open."""
    pending = list(messages)

    async def receive() -> dict[str, Any]:
        if not pending:
            await asyncio.Event().wait()
        return pending.pop(0)

    return receive


def ask(scope: dict[str, Any], *messages: dict[str, Any]) -> list[dict[str, Any]]:
    answer: list[dict[str, Any]] = []

    async def send(message: Any) -> None:
        answer.append(message)

    asyncio.run(asgi.application(scope, receiving(*messages), send))
    return answer


@pytest.mark.django_db(transaction=True)
def test_the_server_hears_that_it_may_start_and_stop() -> None:
    events = ({"type": "lifespan.startup"}, {"type": "lifespan.shutdown"})

    answer = ask({"type": "lifespan"}, *events)

    assert [message["type"] for message in answer] == ["lifespan.startup.complete", "lifespan.shutdown.complete"]


def test_a_request_reaches_django() -> None:
    start, body = ask(http(), chunk(b""))

    assert start["status"] == 200
    assert body["body"] == b'{"status": "ok"}'


@pytest.mark.parametrize(
    ("headers", "messages"),
    [
        ([(b"content-length", b"10000000")], [chunk(b"x" * 65536, more=True)] * 3),
        ([(b"transfer-encoding", b"chunked")], [chunk(b"x" * 65536, more=True)] * (LIMIT // 65536 + 2)),
    ],
)
def test_a_body_too_large_is_refused_without_being_read_to_its_end(
    headers: list[tuple[bytes, bytes]], messages: list[dict[str, Any]]
) -> None:
    start, body = ask(http(*headers, path="/api/schema", method="POST"), *messages)

    assert start["status"] == 413
    assert b"too_large" in body["body"]


def test_a_chunked_body_gets_the_length_that_rest_framework_needs(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[Any] = []

    async def django(scope: dict[str, Any], receive: Any, send: Any) -> None:
        seen.extend([dict(scope["headers"]).get(b"content-length"), await receive()])

    monkeypatch.setattr(asgi, "django", django)
    ask(http(), chunk(b"{}", more=True), chunk(b"\n"))

    assert seen == [b"3", {"type": "http.request", "body": b"{}\n"}]


def test_threads_take_short_turns_while_django_works(monkeypatch: pytest.MonkeyPatch) -> None:
    turns: list[float] = []

    async def django(scope: Any, receive: Any, send: Any) -> None:
        await asyncio.sleep(0.01)  # until both are at work
        turns.append(sys.getswitchinterval())
        await asyncio.sleep(0.01 if scope["path"] == "/short" else 0.03)
        turns.append(sys.getswitchinterval())
        if scope["path"] != "/short":
            raise ConnectionAbortedError

    async def two() -> list[Any]:
        calls = [asgi.application(http(path=path), receiving(chunk(b"")), unsent) for path in ("/short", "/long")]
        return await asyncio.gather(*calls, return_exceptions=True)

    async def unsent(message: Any) -> None:
        raise AssertionError(message)

    monkeypatch.setattr(asgi, "django", django)
    _, failed = asyncio.run(two())

    assert isinstance(failed, ConnectionAbortedError)
    assert turns == pytest.approx([asgi.SHORT_TURNS] * 4)
    assert sys.getswitchinterval() == pytest.approx(asgi.LONG_TURNS)


def test_a_client_that_leaves_early_is_noticed() -> None:
    assert ask(http(), chunk(b"half", more=True), {"type": "http.disconnect"}) == []


def test_sixteen_requests_are_worked_on_at_once_and_slow_readers_keep_nobody_waiting(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    working, most, served = 0, 0, 0

    async def django(scope: Any, receive: Any, send: Any) -> None:
        nonlocal working, most
        working += 1
        most = max(most, working)
        await asyncio.sleep(0.005)
        working -= 1
        await send({"type": "http.response.start"})

    async def slow_reader(message: Any) -> None:
        nonlocal served
        served += 1
        await asyncio.sleep(60)

    async def crowd() -> None:
        tasks = [asyncio.create_task(asgi.application(http(), receiving(chunk(b"")), slow_reader)) for _ in range(50)]
        await asyncio.wait(tasks, timeout=1)
        for task in tasks:
            task.cancel()

    monkeypatch.setattr(asgi, "django", django)
    asyncio.run(crowd())

    assert (most, served) == (16, 50)


@pytest.mark.parametrize("path", ["/v1/realtime", "/admin/"])
def test_websockets_are_refused(path: str) -> None:
    answer = ask({"type": "websocket", "path": path, "headers": []}, {"type": "websocket.connect"})

    assert [message["type"] for message in answer] == ["websocket.close"]
