"""The whole product on a database of its own, for what needs real processes: SQLite in a file, or PostgreSQL."""

from __future__ import annotations

import json
import os
import shutil
import signal
import sqlite3
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
from tests.ports import free_port

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
        return bare_environment(**{**SECRETS, **named, **self.settings})

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

    def sql(self, statement: str) -> list[tuple[Any, ...]]:
        """Look into the database, or change it, without a process of the product."""
        if self.database_url.startswith("sqlite"):
            opened: Any = sqlite3.connect(self.database_url.removeprefix("sqlite:///"), timeout=20)
        else:
            import psycopg  # only where PostgreSQL is tested

            opened = psycopg.connect(self.database_url)
        with closing(opened) as connection:
            cursor = connection.execute(statement)
            rows = cursor.fetchall() if cursor.description else []
            connection.commit()
            return [tuple(row) for row in rows]

    def count(self, table: str) -> int:
        return int(self.sql(f"SELECT count(*) FROM {table}")[0][0])

    @contextmanager
    def serving(self) -> Iterator[subprocess.Popen[bytes]]:
        self.port = free_port()
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


@dataclass
class Databases:
    """Copies of one migrated database."""

    folder: Path
    server: str = ""  # of PostgreSQL; "" = files of SQLite
    names: list[str] = field(default_factory=list)

    def new(self) -> str:
        """An address of a database, migrated and otherwise empty but for the providers the code knows."""
        name = f"test_product_{uuid.uuid4().hex[:12]}"
        first = self.names[0] if self.names else ""
        self.names.append(name)
        if not self.server:
            url = f"sqlite:///{self.folder / name}"
            if first:
                shutil.copy(self.folder / first, self.folder / name)
        else:
            url = f"{self.server}/{name}"
            self.tell(f"CREATE DATABASE {name}" + (f" TEMPLATE {first}" if first else ""))
        if not first:
            Product(database_url=url, log=self.folder / "log").manage("migrate", "-v", "0")
        return url

    def drop(self) -> None:
        for name in self.names if self.server else ():
            self.tell(f"DROP DATABASE {name} WITH (FORCE)")

    def tell(self, statement: str) -> None:
        import psycopg  # only where PostgreSQL is tested

        with psycopg.connect(f"{self.server}/postgres", autocommit=True) as connection:
            connection.execute(statement)


@pytest.fixture(scope="session")
def databases(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Databases]:
    url = os.environ.get("TEST_DATABASE_URL", "")
    server = url.rpartition("/")[0] if url.startswith("postgres") else ""
    databases = Databases(folder=tmp_path_factory.mktemp("databases"), server=server)
    databases.new()  # the one that the others are copies of
    yield databases
    databases.drop()


@pytest.fixture
def product(databases: Databases, tmp_path: Path) -> Product:
    return Product(database_url=databases.new(), log=tmp_path / "log")
