"""The whole gateway in real processes, over a database of its own, with providers that speak every wire."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx2

from tests.conftest import ROOT
from tests.discovery.product import Databases, Product, children_of, wait_for
from tests.ports import free_port

WIRES = ("openai", "anthropic", "gemini", "ollama", "tgi", "cohere")
PRICE = {"input_mtok": "2", "output_mtok": "8"}

# In a process of the product: providers with the models and keys that are wanted, and nothing else.
FILL = """
import json
from django.contrib.auth.models import User
from access import keys
from access.caller import SYNC, Caller
from access.models import ApiKey
from catalog import connections, routes
from catalog.models import Provider
from catalog.registration import add_model
said = json.loads({said!r})
admin = Caller(label="alice", source="admin", is_admin=True)
Provider.objects.update(is_active=False)
for one in said["places"]:
    row = Provider.objects.create(slug=one["slug"], name=one["slug"], endpoint_type=one["slug"],
                                  base_url=one["base_url"], wire=one["wire"])
    connections.change_provider(row, {{}}, admin, key=one["key"])
    for model_id, stated in one["models"].items():
        add_model(provider=row, model_id=model_id, by=SYNC, status="enabled", stated={{"name": model_id, **stated}})
for name, targets in said["routes"].items():
    routes.add_route({{"name": name, "targets": targets}}, admin)
made = {{}}
for name, terms in said["keys"].items():
    owner = User.objects.create_user(terms.pop("owner")).pk if "owner" in terms else None
    made[name] = keys.make(name, by=admin, owner_id=owner, terms=keys.Terms(**terms)).plaintext
print(json.dumps(made))
"""


@dataclass(frozen=True, kw_only=True)
class Placed:
    """A provider to be, and its models with what is stated of them."""

    slug: str
    base_url: str
    wire: str = "openai"
    key: str = "sk-upstream-key-1234"
    models: Mapping[str, Mapping[str, Any]] = field(default_factory=lambda: {"m": {"price": PRICE}})


@dataclass
class Whole(Product):
    """An installation that serves /v1 with any number of workers."""

    keys: dict[str, str] = field(default_factory=dict)
    process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def spool(self) -> Path:
        return Path(self.settings["USAGE_SPOOL_DIR"])

    def fill(
        self, *places: Placed, keys: Mapping[str, Any] | None = None, routes: Mapping[str, Any] | None = None
    ) -> None:
        """Terms by name for keys, with the `owner` of a person's, lists of targets by name for routes.

        There is always a key `service`.
        """
        said = {
            "places": [vars(place) for place in places],
            "keys": {"service": {"scopes": ["gateway", "catalog:read"]}, **(keys or {})},
            "routes": routes or {},
        }
        self.keys.update(json.loads(self.python(FILL.format(said=json.dumps(said)))))

    @contextmanager
    def workers(self, count: int = 1, *options: str) -> Iterator[subprocess.Popen[bytes]]:
        """Served by uvicorn as an operator would start it."""
        self.port = free_port()
        arguments = ("--port", str(self.port), "--workers", str(count), "--log-level", "warning", *options)
        self.process = self.start("-m", "uvicorn", "modelregistry.asgi:application", *arguments)
        try:
            wait_for(self.answers, 60)
            yield self.process
        finally:
            stop(self.process)

    def worker_ids(self) -> list[int]:
        """The processes that serve, of several."""
        assert self.process is not None
        found = []
        for pid in children_of(self.process):
            line = Path(f"/proc/{pid}/cmdline").read_bytes()
            if b"spawn_main" in line:  # not the one that tracks resources
                found.append(pid)
        return found

    def client(self, key: str = "service", **more: Any) -> httpx2.Client:
        headers = {"Authorization": f"Bearer {self.keys.get(key, key)}"}
        return httpx2.Client(base_url=self.url, headers=headers, timeout=60, trust_env=False, **more)

    def chat(self, model: str, text: str = "Hello", *, key: str = "service", **more: Any) -> httpx2.Response:
        body = {"model": model, "messages": [{"role": "user", "content": text}], **more}
        with self.client(key) as client:
            return client.post("/v1/chat/completions", json=body)


def stop(process: subprocess.Popen[bytes], patience: float = 30) -> None:
    process.send_signal(signal.SIGINT)
    try:
        process.wait(patience)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def a_whole(databases: Databases, folder: Path, **settings: str) -> Whole:
    """A new installation with a spool of its own; its log is beside it."""
    spool = {"USAGE_SPOOL_DIR": str(folder / "spool")}
    return Whole(database_url=databases.new(), log=folder / "log", settings={**spool, **settings})


@dataclass
class Upstreams:
    """A process that plays providers, by their wires, and that can be killed."""

    process: subprocess.Popen[str]
    urls: Mapping[str, str]

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()


@contextmanager
def upstreams(*wires: str) -> Iterator[Upstreams]:
    command = [sys.executable, "-m", "tests.gateway.upstreams", *wires]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stdin=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            yield Upstreams(process, json.loads(process.stdout.readline()))
        finally:
            process.kill()
