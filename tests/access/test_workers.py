"""Keys at a registry that really runs: made and revoked by other processes, seen within a second."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
import time
from contextlib import closing
from pathlib import Path

import httpx2

from tests.conftest import ROOT, bare_environment
from tests.console.test_serve import GOOD, serving
from tests.ports import free_port

REVOKE = """
import time
from access import keys
from access.caller import command
from access.models import ApiKey
keys.revoke(ApiKey.objects.get(name="{name}").pk, by=command("test"))
print(time.time())
"""


def manage(database: Path, *arguments: str) -> str:
    environment = bare_environment(**GOOD, DATABASE_URL=f"sqlite:///{database}")
    command = [sys.executable, "manage.py", *arguments]
    said = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=True)
    return said.stdout.strip().splitlines()[-1]


def status(port: int, key: str) -> int:
    headers = {"authorization": f"Bearer {key}"}
    return httpx2.get(f"http://127.0.0.1:{port}/api/config/models", headers=headers, trust_env=False).status_code


def test_a_key_works_is_remembered_and_stops_within_a_second(tmp_path: Path) -> None:
    database, port = tmp_path / "registry.sqlite3", free_port()
    with serving(database, port):
        first = manage(database, "create_api_key", "first")
        second = manage(database, "create_api_key", "second")
        time.sleep(1)
        assert status(port, first) == status(port, second) == 200

        revoked_at = float(manage(database, "shell", "-c", REVOKE.format(name="first")))
        time.sleep(max(0.0, revoked_at + 1 - time.time()))

        assert status(port, first) == 401
        assert status(port, second) == 200
        time.sleep(1)
        with closing(sqlite3.connect(database)) as connection:
            used = dict(connection.execute("SELECT name, last_used_at FROM access_apikey"))
            events = [kind for (kind,) in connection.execute("SELECT kind FROM access_authevent ORDER BY id")]
    assert used["first"] and used["second"]
    assert events == ["key_made", "key_made", "key_revoked", "refused"]
