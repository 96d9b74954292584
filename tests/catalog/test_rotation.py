"""Changing the encryption key while the registry runs."""

from __future__ import annotations

import base64
import http.client
import os
import signal
import subprocess
import sys
import threading
import time
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.checks import run_checks
from django.core.management import CommandError, call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext
from pytest_django import Settings

from catalog import credentials, rotation, secrets
from catalog.models import Credential, Provider
from tests.builders import ADMIN, a_provider
from tests.conftest import ROOT, bare_environment
from tests.console.test_serve import serving
from tests.ports import free_port

pytestmark = pytest.mark.django_db

KEYS = [base64.urlsafe_b64encode(bytes([n] * 31 + [0])).decode() for n in (1, 2, 3)]
OLD, NEW, OTHER = KEYS
OLD_ID, NEW_ID, OTHER_ID = (secrets.key_id(base64.urlsafe_b64decode(key)) for key in KEYS)


def a_key(slug: str, **more: Any) -> Credential:
    return credentials.set_key(a_provider(slug), f"sk-of-{slug}-0123456789", ADMIN, **more)


@pytest.fixture
def stored(settings: Settings) -> list[Credential]:
    """Three keys, one with a header, on the old encryption key; the new one is first in line."""
    settings.ENCRYPTION_KEY = OLD
    rows = [a_key("one"), a_key("two", headers={"X-Team": "blue"}), a_key("three")]
    settings.ENCRYPTION_KEY = f"{NEW},{OLD}"
    return rows


def rotate(**options: Any) -> str:
    out = StringIO()
    call_command("rotate_encryption_key", stdout=out, stderr=out, **options)
    return out.getvalue()


def problems() -> list[Any]:
    return [error for error in run_checks(databases=["default"]) if error.id == "registry.E011"]


def test_every_key_and_header_moves_to_the_newest_key(stored: list[Credential], settings: Settings) -> None:
    before = rotation.secrets_per_key()

    said = rotate()

    settings.ENCRYPTION_KEY = NEW
    assert (before, rotation.secrets_per_key()) == ({OLD_ID: 4}, {NEW_ID: 4})
    assert [credentials.key_for(row.provider) for row in stored] == [
        f"sk-of-{slug}-0123456789" for slug in ("one", "two", "three")
    ]
    assert credentials.headers_in(Credential.objects.get(provider__slug="two")) == {"X-Team": "blue"}
    assert said.splitlines() == [
        f"Newest key: {NEW_ID}. Also configured: {OLD_ID}.",
        f"Moved 4 secrets to {NEW_ID}.",
        f"Key {NEW_ID}: 4 secrets.",
        f"None is left on another key. {OLD_ID} may be removed from ENCRYPTION_KEY.",
    ]


def test_a_second_rotation_writes_nothing(stored: list[Credential]) -> None:
    rotate()
    before = list(Credential.objects.order_by("pk").values())

    with CaptureQueriesContext(connection) as queries:
        said = rotate()

    assert "Moved 0 secrets" in said
    assert not any(query["sql"].startswith("UPDATE") for query in queries)
    assert list(Credential.objects.order_by("pk").values()) == before


def test_a_value_is_still_bound_to_its_row_and_column(stored: list[Credential]) -> None:
    rotate()
    one, two = Credential.objects.filter(provider__slug__in=("one", "two")).order_by("pk")
    Credential.objects.filter(pk=one.pk).update(ciphertext=two.ciphertext, headers_ciphertext=two.ciphertext)
    one.refresh_from_db()

    with pytest.raises(secrets.CannotDecrypt, match="belongs to another row"):
        credentials.key_in(one)
    with pytest.raises(secrets.CannotDecrypt, match="belongs to another row"):
        credentials.headers_in(one)


def test_a_key_that_is_stored_meanwhile_is_never_overwritten(
    stored: list[Credential], monkeypatch: pytest.MonkeyPatch, settings: Settings
) -> None:
    encrypt = secrets.encrypt
    waiting = [stored[0].pk, stored[2].pk]

    def interrupted(plaintext: str, *, bound_to: str) -> str:
        """Between the reading and the writing of a row its key is changed in place, or replaced."""
        if waiting and bound_to == f"credential:{waiting[0]}:key":
            pk = waiting.pop(0)
            if waiting:
                Credential.objects.filter(pk=pk).update(ciphertext=encrypt("sk-newer", bound_to=bound_to))
            else:
                credentials.set_key(stored[2].provider, "sk-replaced-0123456789", ADMIN)
        return encrypt(plaintext, bound_to=bound_to)

    monkeypatch.setattr(secrets, "encrypt", interrupted)

    said = rotate()

    settings.ENCRYPTION_KEY = NEW
    assert "2 were changed by others meanwhile; that stands." in said
    assert credentials.key_for(stored[0].provider) == "sk-newer"
    assert credentials.key_for(stored[2].provider) == "sk-replaced-0123456789"


def test_what_another_process_stores_on_the_old_key_meanwhile_is_moved_too(
    stored: list[Credential], settings: Settings
) -> None:
    def late(moved: int) -> None:
        if not Provider.objects.filter(slug="late").exists():
            settings.ENCRYPTION_KEY = OLD
            a_key("late")
            settings.ENCRYPTION_KEY = f"{NEW},{OLD}"

    done = rotation.rotate(late)

    assert (done.moved, done.left, done.is_done) == (5, {}, True)


def test_what_cannot_be_decrypted_is_named_and_the_rest_is_moved(stored: list[Credential], settings: Settings) -> None:
    settings.ENCRYPTION_KEY = OTHER
    lost = a_key("lost")
    Credential.objects.filter(pk=stored[0].pk).update(ciphertext=f"v1${OLD_ID}$not base64 at all!")
    settings.ENCRYPTION_KEY = f"{NEW},{OLD}"
    out = StringIO()

    with pytest.raises(CommandError, match=f"2 secrets are left on .*{OLD_ID}"):
        call_command("rotate_encryption_key", stdout=out, stderr=out)

    assert f"Credential {lost.pk}: A stored key needs encryption key {OTHER_ID}" in out.getvalue()
    assert f"Credential {stored[0].pk}: A stored key was altered" in out.getvalue()
    assert rotation.secrets_per_key() == {NEW_ID: 3, OLD_ID: 1, OTHER_ID: 1}


def test_nothing_of_a_key_is_printed(stored: list[Credential]) -> None:
    said = rotate(verbosity=3)

    assert not any(secret in said for secret in (*KEYS, "sk-of", "0123456789", "blue"))


def test_a_key_in_use_that_is_not_configured_is_a_problem_with_its_id(
    stored: list[Credential], settings: Settings
) -> None:
    fine = problems()
    settings.ENCRYPTION_KEY = NEW

    (problem,) = problems()

    assert fine == []
    assert problem.msg == f"4 stored secrets need encryption key {OLD_ID}, which ENCRYPTION_KEY does not hold."
    assert "ENCRYPTION_KEY=new,old" in problem.hint
    with CaptureQueriesContext(connection) as queries:
        problems()
    assert len(queries) <= 4


def test_the_check_asks_the_database_only_where_that_is_asked_for(stored: list[Credential], settings: Settings) -> None:
    settings.ENCRYPTION_KEY = NEW

    with CaptureQueriesContext(connection) as queries:
        found = [error.id for error in run_checks()]

    assert "registry.E011" not in found
    assert len(queries) == 0


def test_without_the_old_key_only_what_needs_it_fails(stored: list[Credential], settings: Settings) -> None:
    rotate()
    settings.ENCRYPTION_KEY = OTHER
    other = a_key("other")

    with pytest.raises(secrets.CannotDecrypt, match=f"needs encryption key {NEW_ID}"):
        credentials.key_for(stored[0].provider)
    assert credentials.key_for(other.provider) == "sk-of-other-0123456789"


class Registry:
    """A registry of its own in a file, worked on by processes of their own."""

    def __init__(self, folder: Path) -> None:
        self.database = folder / "registry.sqlite3"

    def environment(self, keys: str) -> dict[str, str]:
        given = {name: os.environ[name] for name in ("SECRET_KEY", "ADMIN_API_KEY")}
        return bare_environment(**given, ENCRYPTION_KEY=keys, DATABASE_URL=f"sqlite:///{self.database}")

    def start(self, keys: str, *arguments: str) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [sys.executable, "-u", "manage.py", *arguments],
            cwd=ROOT,
            env=self.environment(keys),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def run(self, keys: str, *arguments: str) -> tuple[int, str]:
        process = self.start(keys, *arguments)
        said = process.communicate(timeout=120)[0]
        return process.returncode, said


COUNT = 600
STORE = f"""
from access.caller import command
from catalog import credentials, history
from catalog.models import Provider
with history.change_set(command("test")):
    for number in range({COUNT}):
        slug = f"p-{{number}}"
        row = Provider.objects.create(slug=slug, name=slug, endpoint_type=slug, base_url=f"https://{{slug}}.example")
        credentials.set_key(row, f"sk-of-{{slug}}-0123456789", command("test"))
"""
KEYS_IN_USE = "from catalog import rotation; print(*rotation.secrets_per_key())"

READ_FOR_EVER = """
import itertools, random
from catalog import credentials
from catalog.models import Provider
rows = list(Provider.objects.filter(slug__startswith="p-"))
print("reading", flush=True)
wrong = 0
for turn in itertools.count(1):
    row = random.choice(rows)
    try:
        wrong += credentials.key_for(row) != f"sk-of-{row.slug}-0123456789"
    except Exception as error:
        print(type(error).__name__, error, flush=True)
        wrong += 1
    if turn % 200 == 0:
        print(turn, wrong, flush=True)
"""


@pytest.fixture(scope="module")
def registry(tmp_path_factory: pytest.TempPathFactory) -> Registry:
    """With some hundred keys stored on the old encryption key."""
    made = Registry(tmp_path_factory.mktemp("rotation"))
    for arguments in (("migrate", "-v0"), ("shell", "-v0", "-c", STORE)):
        code, said = made.run(OLD, *arguments)
        assert code == 0, said
    return made


def test_a_rotation_that_was_killed_is_simply_started_again(registry: Registry) -> None:
    killed = registry.start(f"{NEW},{OLD}", "rotate_encryption_key", "-v2")
    assert killed.stdout
    for line in killed.stdout:
        if line.endswith("moved\n"):
            killed.send_signal(signal.SIGKILL)
            break
    rest = killed.communicate(timeout=20)[0]
    between = registry.run(f"{NEW},{OLD}", "shell", "-v0", "-c", KEYS_IN_USE)

    code, said = registry.run(f"{NEW},{OLD}", "rotate_encryption_key")
    only_new = registry.run(NEW, "check", "--database", "default")

    assert "None is left" not in rest
    assert killed.returncode == -signal.SIGKILL
    assert code == 0, said
    assert set(between[1].split()) == {NEW_ID, OLD_ID}
    assert f"Key {NEW_ID}: {COUNT} secrets." in said
    assert f"Moved {COUNT} " not in said
    assert only_new[0] == 0, only_new


def test_calls_and_the_api_are_served_while_the_key_changes(
    registry: Registry, monkeypatch: pytest.MonkeyPatch
) -> None:
    """From the key of the test before to a third one, and the configuration changes only around it."""
    keys, port, statuses, stop = f"{OTHER},{NEW},{OLD}", free_port(), [], threading.Event()
    monkeypatch.setitem(os.environ, "ENCRYPTION_KEY", keys)
    monkeypatch.setattr("tests.console.test_serve.GOOD", registry.environment(keys))
    reader = registry.start(keys, "shell", "-v0", "-c", READ_FOR_EVER)

    def ask() -> None:
        while not stop.is_set():
            for path in ("/api/admin/providers", "/api/admin/models", "/health/ready"):
                connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
                connection.request("GET", path, headers={"Authorization": f"Bearer {os.environ['ADMIN_API_KEY']}"})
                statuses.append(connection.getresponse().status)
                connection.close()

    with serving(registry.database, port):
        assert reader.stdout and reader.stdout.readline() == "reading\n"
        asking = threading.Thread(target=ask)
        asking.start()
        code, said = registry.run(keys, "rotate_encryption_key")
        time.sleep(0.2)
        stop.set()
        asking.join()
    reader.kill()
    read = reader.communicate(timeout=20)[0].splitlines()
    settled = registry.run(OTHER, "check", "--database", "default")

    assert (code, f"Moved {COUNT} secrets" in said) == (0, True), said
    assert len(statuses) > 20 and set(statuses) == {200}
    turns, wrong = map(int, read[-1].split())
    assert turns >= 200 and wrong == 0, read[-5:]
    assert settled[0] == 0, settled


def test_the_check_is_silent_before_the_first_migration(tmp_path: Path) -> None:
    code, said = Registry(tmp_path).run(OLD, "check", "--database", "default")

    assert (code, said) == (0, "System check identified no issues (0 silenced).\n")
