"""A served gateway: the real application on a real port, over the test's own database, with providers on loopback."""

from __future__ import annotations

import asyncio
import socket
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import httpx2
import pytest
import uvicorn
from django.contrib.auth.models import User

from access import keys
from access.caller import command
from access.snapshot import KEYS
from catalog import connections
from catalog.models import AIModel, Provider
from gateway.models import Usage
from tests.builders import ADMIN, a_model, a_provider
from tests.fakes.provider import FakeProvider
from tests.fakes.upstream import Upstream

SOON = 5.0  # seconds


def eventually(happens: Callable[[], Any], within: float = SOON) -> Any:
    """What a question answers once it answers something true."""
    end = time.monotonic() + within
    while not (found := happens()):
        assert time.monotonic() < end, "it did not happen in time"
        time.sleep(0.02)
    return found


@dataclass(kw_only=True)
class Served:
    """The registry as clients reach it."""

    url: str
    key: str
    gateway: Any

    def client(self, key: str | None = None, **more: Any) -> httpx2.Client:
        headers = {"Authorization": f"Bearer {self.key if key is None else key}"}
        return httpx2.Client(base_url=self.url, headers=headers, timeout=30, **more)

    def post(self, path: str, body: Any, *, key: str | None = None, headers: Any = None) -> httpx2.Response:
        with self.client(key) as client:
            return client.post(path, json=body, headers=headers)

    def chat(self, model: str, text: str = "Hello", *, key: str | None = None, **more: Any) -> httpx2.Response:
        body = {"model": model, "messages": [{"role": "user", "content": text}], **more}
        return self.post("/v1/chat/completions", body, key=key)

    def new_key(self, name: str, **terms: Any) -> str:
        made = keys.make(name, by=command("test"), terms=keys.Terms(**terms))
        KEYS.refresh()
        return made.plaintext

    def refresh(self) -> None:
        """Let the gateway see what was just changed, as it does by itself within a second."""
        self.gateway.watcher.build()

    def usage(self, count: int = 1) -> list[Usage]:
        return usage(count)


def usage(count: int = 1) -> list[Usage]:
    """The rows of this many calls, oldest first, once they are written."""
    eventually(lambda: Usage.objects.count() >= count)
    rows = list(Usage.objects.order_by("at", "id"))
    assert len(rows) == count
    return rows


@pytest.fixture
def served(transactional_db: None) -> Iterator[Served]:
    """The application as uvicorn serves it, in a thread with an event loop of its own."""
    from gateway.app import App
    from gateway.runtime import Gateway
    from modelregistry import asgi

    asgi.gateway = Gateway()
    asgi.v1 = App(asgi.gateway)
    asgi.django_slots = asyncio.Semaphore(16)
    server = uvicorn.Server(uvicorn.Config(asgi.application, log_config=None, ws="none", timeout_graceful_shutdown=2))
    with socket.create_server(("127.0.0.1", 0), backlog=2048) as listener:
        thread = threading.Thread(target=server.run, args=([listener],), daemon=True)
        thread.start()
        try:
            eventually(lambda: server.started, 60)
            found = Served(url=f"http://127.0.0.1:{listener.getsockname()[1]}", key="", gateway=asgi.gateway)
            found.key = found.new_key("service", scopes=["gateway", "catalog:read"])
            yield found
        finally:
            server.should_exit = True
            thread.join(40)
        assert not thread.is_alive()


@dataclass(kw_only=True)
class Place:
    """A provider on loopback, as the catalog knows it, with what it was asked."""

    row: Provider
    upstream: Upstream
    fake: FakeProvider

    @property
    def asked(self) -> list[Any]:
        return [seen for seen in self.fake.seen if seen.method == "POST"]


MakePlace = Callable[..., Place]


@pytest.fixture
def place() -> Iterator[Callable[..., Place]]:
    """Make a provider that speaks a protocol, with the organisation's key."""
    fakes: list[FakeProvider] = []

    def make(
        slug: str = "acme",
        protocol: str = "openai",
        *,
        wire: str = "",
        auth: str = "bearer",
        key: str = "sk-upstream-key-1234",
    ) -> Place:
        fake = FakeProvider()
        fakes.append(fake)
        upstream = Upstream(fake)
        base_url = upstream.play(protocol)
        row = a_provider(slug, base_url=base_url, wire=wire or protocol, auth=auth)
        if key and auth != "none":
            connections.change_provider(row, {}, ADMIN, key=key)
        return Place(row=row, upstream=upstream, fake=fake)

    yield make
    for fake in fakes:
        fake.close()


def a_served_model(place: Place, model_id: str = "m", **stated: Any) -> AIModel:
    usual: dict[str, Any] = {"price": {"input_mtok": "2", "output_mtok": "8"}}
    return a_model(model_id, provider=place.row, status="enabled", **{**usual, **stated})


@pytest.fixture
def bob(transactional_db: None) -> User:
    return User.objects.create_user("bob", password="password")
