"""Secrets are planted through every door and used; then everything is searched for them."""

from __future__ import annotations

import base64
import os
import sqlite3
import sys
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from tests.access.canaries import World, a_world, canary, told, traces
from tests.access.walk import routes
from tests.fakes.provider import FakeProvider

pytestmark = pytest.mark.skipif(
    bool(os.environ.get("TEST_DATABASE_URL")), reason="its registry has a file of its own: once is enough"
)

SHOWN_ONCE = "First admin: user admin, password "


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with FakeProvider() as provider, a_world(tmp_path_factory.mktemp("canaries"), provider) as world:
        yield world


@pytest.mark.parametrize(
    "text",
    [
        "the key is {}.",
        "{:.22}…",
        "…{}",
        "https://x.example/?key={}&b",
    ],
)
def test_the_search_finds_what_is_there(text: str) -> None:
    known = {"key": canary("known"), "other": canary("other")}
    secret = known["key"]

    assert traces(text.format(secret), known) == ["key"]
    assert traces(text.format(secret).upper(), known) == ["key"]
    for shift in range(3):
        assert traces(base64.b64encode(b"x" * shift + secret.encode() + b"y"), known) == ["key"]
    assert traces(secret.encode().hex(), known) == ["key"]
    assert traces(f"…{secret[-4:]} {secret[:4]}", known) == []


def test_the_secrets_were_really_used(world: World) -> None:
    assert told(world) == {"provider key", "DEEPSEEK_API_KEY", "model key", "header", "tested key"}
    assert len(world.provider.seen) >= 6
    assert any("It said" in said for said in world.refusals)
    assert {status for status, _ in world.calls} >= {200, 400, 502, 503}
    assert any("The provider answered 400: Key *** with *** is wrong." in said for _, said in world.calls)
    assert any("sync_models --run" in line for line in world.arguments) or sys.platform != "linux"


def test_no_answer_to_what_was_wrong_tells_one(world: World) -> None:
    found = {said[:300]: names for said in world.refusals if (names := traces(said, world.secrets))}

    assert found == {}


def test_no_page_of_the_admin_tells_one(world: World) -> None:
    pages = dict(world.signed_in().crawl("/admin/"))
    found = {path: names for path, said in pages.items() if (names := traces(said, world.secrets))}

    assert found == {}
    assert len(pages) > 60
    for kind in ("provider", "aimodel", "change", "voice", "apikey", "authevent", "syncrun"):
        assert any(f"/{kind}/" in path for path in pages), kind
    assert any("stored, ends in" in said for said in pages.values())


def test_no_route_tells_one_to_anybody(world: World) -> None:
    api_key = world.visitor(Authorization=f"Bearer {world.secrets['api key']}")
    people = {"nobody": world.visitor(), "admin key": world.admin(), "api key": api_key, "staff": world.signed_in()}
    paths = sorted({route.path.replace("999999", "1") for route in routes()} - {"/admin/logout/"})
    answers = {(name, path): who.get(path) for name, who in people.items() for path in paths}
    canary_model = next(
        said for (name, path), (_, said, _) in answers.items() if name == "admin key" and path == "/api/admin/models"
    )

    found = {place: names for place, (_, said, _) in answers.items() if (names := traces(said, world.secrets))}

    assert found == {}
    assert '"modelId":"canary"' in canary_model
    assert sum(status == 200 for status, _, _ in answers.values()) > 40


def test_the_log_tells_none_at_any_level(world: World) -> None:
    log = world.log.read_text()
    rest = "\n".join(line for line in log.splitlines() if not line.startswith(SHOWN_ONCE))

    assert log.count(SHOWN_ONCE) == 1
    assert traces(rest, world.secrets) == []
    assert " DEBUG " in log
    assert "/admin/model-sync/provider/openai 200" in log


def test_the_database_file_holds_none(world: World) -> None:
    deadline = time.monotonic() + 10
    while any(file.stat().st_size for file in world.folder.rglob("*.jsonl")) and time.monotonic() < deadline:
        time.sleep(0.2)  # calls are on their way from the spool
    files = [file for file in world.folder.rglob("*") if file.is_file() and file != world.log]
    found = {file.name: names for file in files if (names := traces(file.read_bytes(), world.secrets))}

    assert found == {}
    assert {file.name for file in files} > {"registry.sqlite3"}
    with closing(sqlite3.connect(world.database)) as connection:
        sealed = connection.execute("SELECT ciphertext, headers_ciphertext FROM catalog_credential").fetchall()
        calls = connection.execute("SELECT count(*) FROM gateway_usage").fetchone()[0]
    assert sum(bool(value) for row in sealed for value in row) == 3
    assert calls >= len(world.calls)


@pytest.mark.parametrize(
    "arguments",
    [
        ("dumpdata",),
        ("export_catalog",),
        ("export_catalog", "--personal"),
        ("export_catalog", "--format", "litellm"),
        ("export_catalog", "--format", "modelsdev"),
        ("export_catalog", "--format", "csv"),
        ("check", "--deploy"),
    ],
    ids=" ".join,
)
def test_no_command_writes_one(world: World, arguments: tuple[str, ...], tmp_path: Path) -> None:
    done = world.manage(*arguments)

    assert done.returncode == 0, done.stderr
    assert len(done.stdout + done.stderr) > 50
    assert traces(done.stdout + done.stderr, world.secrets) == []


def test_no_process_is_started_with_one(world: World) -> None:
    assert traces("\n".join(world.arguments), world.secrets) == []
