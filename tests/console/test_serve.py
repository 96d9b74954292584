"""`manage.py serve` as an operator meets it: a process, its lines, its exit code."""

from __future__ import annotations

import http.client
import os
import re
import signal
import socket
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from tests.conftest import ROOT, bare_environment
from tests.ports import free_port

GOOD = {name: os.environ[name] for name in ("SECRET_KEY", "ENCRYPTION_KEY", "ADMIN_API_KEY")}


def start(database: Path, port: int, **environment: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "manage.py", "serve", "--port", str(port)],
        cwd=ROOT,
        env=bare_environment(**{**GOOD, "DATABASE_URL": f"sqlite:///{database}", **environment}),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


@contextmanager
def serving(database: Path, port: int) -> Iterator[list[str]]:
    """A running server and the lines it said until it was ready; it must end cleanly."""
    process = start(database, port)
    assert process.stdout
    lines = []
    try:
        for line in process.stdout:
            lines.append(line.rstrip())
            if "http://" in line:
                break
        yield lines
    finally:
        process.send_signal(signal.SIGINT)
        lines.extend(process.communicate(timeout=20)[0].splitlines())
    assert process.returncode == 0, lines


def get(port: int, path: str) -> http.client.HTTPResponse:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    connection.request("GET", path)
    response = connection.getresponse()
    response.read()
    connection.close()
    return response


def rows(database: Path) -> dict[str, int]:
    with closing(sqlite3.connect(database)) as connection:
        tables = [name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        return {table: connection.execute(f'SELECT count(*) FROM "{table}"').fetchone()[0] for table in tables}


def test_a_first_run_prepares_everything_and_a_second_changes_nothing_and_is_quick(tmp_path: Path) -> None:
    database, port = tmp_path / "registry.sqlite3", free_port()

    with serving(database, port) as first:
        statuses = [get(port, path).status for path in ("/health/ready", "/admin/login/", "/static/admin/css/base.css")]
        version = get(port, "/health/live").version
    before = rows(database)
    began = time.monotonic()
    with serving(database, port) as second:
        took = time.monotonic() - began

    assert statuses == [200, 200, 200] and version == 11
    assert re.search(r"First admin: user admin, password \S{12,}", "\n".join(first))
    assert f"http://127.0.0.1:{port}/admin/" in "\n".join(first)
    assert len(second) == 1 and took < 10
    assert rows(database) == before
    assert database.stat().st_mode & 0o077 == 0
    assert not [line for line in first + second if "Warning" in line or "Traceback" in line]


def test_a_taken_port_is_one_line_that_names_another(tmp_path: Path) -> None:
    with closing(socket.create_server(("127.0.0.1", 0))) as other:
        port = other.getsockname()[1]
        process = start(tmp_path / "registry.sqlite3", port)
        said = process.communicate(timeout=20)[0].splitlines()

    assert process.returncode == 1
    assert said == [f"CommandError: Port {port} is taken. Choose another: PORT={port + 1} make run"]
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("place", ["no/such/folder/registry.sqlite3", "."])
def test_a_database_that_cannot_be_written_is_one_line(tmp_path: Path, place: str) -> None:
    process = start(tmp_path / place, free_port())
    said = process.communicate(timeout=20)[0].splitlines()

    assert process.returncode == 1
    assert len(said) == 1 and "cannot be used (unable to open database file)" in said[0] and "DATABASE_URL" in said[0]


def test_a_bad_environment_stops_it_before_anything_is_made(tmp_path: Path) -> None:
    process = start(tmp_path / "registry.sqlite3", free_port(), ADMIN_API_KEY="changeme")
    said = process.communicate(timeout=20)[0]

    assert process.returncode == 1
    assert "registry.E003" in said and "changeme" not in said and "Traceback" not in said
    assert not list(tmp_path.iterdir())


def test_the_asgi_application_refuses_to_start_with_a_bad_environment() -> None:
    said = subprocess.run(
        [sys.executable, "-m", "uvicorn", "modelregistry.asgi:application", "--port", str(free_port())],
        cwd=ROOT,
        env=bare_environment(**{**GOOD, "ENCRYPTION_KEY": "zebra"}),
        capture_output=True,
        text=True,
        timeout=20,
    )

    assert said.returncode == 1
    assert "registry.E002" in said.stderr and "Traceback" not in said.stderr and "zebra" not in said.stderr
