"""The whole product on a database of its own, for what needs real processes: SQLite in a file, or PostgreSQL."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
import uuid
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import ROOT, bare_environment

SECRETS = {name: os.environ[name] for name in ("SECRET_KEY", "ENCRYPTION_KEY", "ADMIN_API_KEY")}


@dataclass
class Product:
    """An installation: its environment, and what one does with it from outside."""

    database_url: str
    log: Path
    settings: dict[str, str] = field(default_factory=dict)
    port: int = 0

    @property
    def environment(self) -> dict[str, str]:
        named = {"DJANGO_SETTINGS_MODULE": "modelregistry.settings", "DATABASE_URL": self.database_url}
        return bare_environment(**SECRETS, **named, **self.settings)

    def start(self, *arguments: str) -> subprocess.Popen[bytes]:
        with self.log.open("ab") as log:
            return subprocess.Popen(
                [sys.executable, *arguments], cwd=ROOT, env=self.environment, stdout=log, stderr=log
            )

    def manage(self, *arguments: str) -> str:
        """Run a command to its end; what it printed."""
        done = subprocess.run(
            [sys.executable, "manage.py", *arguments],
            cwd=ROOT,
            env=self.environment,
            capture_output=True,
            text=True,
            timeout=60,
        )
        assert done.returncode in (0, 1), done.stderr
        return done.stdout

    def python(self, code: str) -> str:
        return self.manage("shell", "--no-imports", "-v", "0", "-c", code)

    def json(self, code: str) -> Any:
        """What an expression over the product's tables is."""
        lines = (
            "import json",
            "from catalog.models import *",
            "from discovery.models import *",
            f"print(json.dumps({code}))",
        )
        return json.loads(self.python("\n".join(lines)))

    @contextmanager
    def serving(self) -> Iterator[subprocess.Popen[bytes]]:
        with closing(socket.create_server(("127.0.0.1", 0))) as probe:
            self.port = probe.getsockname()[1]
        server = self.start("manage.py", "serve", "--port", str(self.port))
        try:
            wait_for(self.answers, 30)
            yield server
        finally:
            end(server)

    def answers(self) -> bool:
        try:
            return self.request("GET", "/health/live")[0] == 200
        except OSError:
            return False

    def request(self, method: str, path: str, body: Any = None) -> tuple[int, Any]:
        """Ask the running server with the admin key."""
        request = urllib.request.Request(
            f"http://127.0.0.1:{self.port}{path}",
            method=method,
            data=None if body is None else json.dumps(body).encode(),
            headers={"Authorization": f"Bearer {SECRETS['ADMIN_API_KEY']}", "Content-Type": "application/json"},
        )
        try:
            with urllib.request.urlopen(request, timeout=60) as answer:
                return answer.status, json.loads(answer.read() or "null")
        except urllib.error.HTTPError as error:
            with error:
                return error.code, json.loads(error.read() or "null")

    def add_provider(self, slug: str, base_url: str) -> None:
        """The one active provider, or one more."""
        self.python(
            "from catalog.models import Provider\n"
            "Provider.objects.exclude(slug__startswith='acme').update(is_active=False)\n"
            f"Provider.objects.create(slug={slug!r}, name={slug!r}, endpoint_type={slug!r}, base_url={base_url!r}, "
            "auth='none')"
        )


def wait_for(happened: Callable[[], Any], seconds: float = 20) -> Any:
    """What a function returns once that is true."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if found := happened():
            return found
        time.sleep(0.1)
    raise AssertionError(f"This did not happen within {seconds} seconds.")


def children_of(process: subprocess.Popen[bytes]) -> list[int]:
    """The ids of the processes it has started and that are alive."""
    lists = Path(f"/proc/{process.pid}/task").glob("*/children")
    return [int(pid) for found in lists for pid in found.read_text().split()]


def end(process: subprocess.Popen[bytes]) -> None:
    process.send_signal(signal.SIGINT)
    try:
        process.wait(20)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


@contextmanager
def own_database(folder: Path) -> Iterator[str]:
    """An address of an empty database."""
    server = os.environ.get("TEST_DATABASE_URL", "")
    if not server.startswith("postgres"):
        yield f"sqlite:///{folder / 'registry.sqlite3'}"
        return
    import psycopg  # only where PostgreSQL is tested

    name = f"test_product_{uuid.uuid4().hex[:12]}"
    base = server.rpartition("/")[0]
    with psycopg.connect(f"{base}/postgres", autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}")
        try:
            yield f"{base}/{name}"
        finally:
            connection.execute(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
def product(tmp_path: Path) -> Iterator[Product]:
    """Migrated, and otherwise empty but for the providers the code knows."""
    with own_database(tmp_path) as url:
        product = Product(database_url=url, log=tmp_path / "log")
        product.manage("migrate", "-v", "0")
        yield product
