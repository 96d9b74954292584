"""The environment, read by the real command line: what is bad or missing is a check with a hint, never a traceback."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from modelregistry import settings as project
from tests.conftest import ROOT, bare_environment

GOOD = {name: os.environ[name] for name in ("SECRET_KEY", "ENCRYPTION_KEY", "ADMIN_API_KEY")}
ELSEWHERE = {"DATABASE_URL": "sqlite:////dev/null", "USAGE_SPOOL_DIR": os.environ["USAGE_SPOOL_DIR"]}
PRODUCTION = {"SECURE_SSL_REDIRECT": "true", "ALLOWED_HOSTS": "registry.example.org"}


def manage(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "manage.py", *arguments],
        cwd=ROOT,
        env=bare_environment(**{**ELSEWHERE, **environment}),
        capture_output=True,
        text=True,
        timeout=60,
    )


def test_an_empty_environment_is_three_problems() -> None:
    said = manage("check")

    assert said.returncode == 1
    assert [f"registry.E00{n}" in said.stderr for n in range(1, 5)] == [True, True, True, False]
    assert "Traceback" not in said.stderr


def test_every_variable_may_be_nonsense_at_once_without_being_repeated() -> None:
    nonsense = dict.fromkeys(
        ["SECRET_KEY", "ENCRYPTION_KEY", "ADMIN_API_KEY", "DATABASE_URL", "PORT", "DEBUG", "SECURE_SSL_REDIRECT"],
        "zebra/crossing",
    )

    said = manage("check", **nonsense, LOG_LEVEL="zebra/crossing", ALLOWED_HOSTS="zebra/crossing")

    assert [n for n in range(1, 11) if f"registry.E{n:03}" in said.stderr] == list(range(1, 10))
    assert said.stderr.count("HINT") == 9
    assert "Traceback" not in said.stderr and "zebra" not in said.stderr


def test_the_environment_beats_the_file_and_a_bad_line_is_named_but_not_shown(tmp_path: Path) -> None:
    file = tmp_path / ".env"
    file.write_text("# keys\nADMIN_API_KEY=changeme\nSECRET_KEY = open-sesame\n\nexport PORT=x\n")

    said = manage("check", ENV_FILE=str(file), **GOOD)

    assert "line 3 is not NAME=value" in said.stderr and "open-sesame" not in said.stderr
    assert "registry.E005" in said.stderr and "registry.E003" not in said.stderr


def test_production_settings_pass_djangos_own_deployment_checks() -> None:
    said = manage("check", "--deploy", "--fail-level", "WARNING", **GOOD, **PRODUCTION)

    assert (said.returncode, said.stderr) == (0, "")


def test_so_do_they_with_everything_switched_on() -> None:
    everything = {
        "OIDC_ISSUER": "https://login.example.org",
        "OIDC_AUDIENCE": "api://registry",
        "OIDC_CLIENT_ID": "registry",
        "OIDC_CLIENT_SECRET": "a-secret",
        "REDIS_URL": "redis://127.0.0.1:6379/0",
        "LOG_FORMAT": "json",
    }

    said = manage("check", "--deploy", "--fail-level", "WARNING", **GOOD, **PRODUCTION, **everything)

    assert (said.returncode, said.stderr) == (0, "")


def test_plain_http_works_unless_tls_is_demanded() -> None:
    assert not project.SECURE_SSL_REDIRECT and not project.SESSION_COOKIE_SECURE and project.SECURE_HSTS_SECONDS == 0


@pytest.mark.parametrize(
    ("url", "name"),
    [
        ("sqlite:///registry.sqlite3", ROOT / "registry.sqlite3"),
        ("sqlite:////var/lib/r%20x.sqlite3", Path("/var/lib/r x.sqlite3")),
        ("postgresql://u:p%40ss@db.example:5433/models", "models"),
        ("postgres://u@[::1]/models?sslmode=require", "models"),
    ],
)
def test_a_database_address_is_understood(url: str, name: object) -> None:
    assert project.database(url)["NAME"] == name


def test_postgresql_is_pooled_and_sqlite_waits_and_writes_ahead() -> None:
    pooled, file = project.database("postgresql://u:p%40ss@h/models?sslmode=require"), project.sqlite("x")

    assert pooled["OPTIONS"] == {"pool": {"min_size": 1, "max_size": 20, "timeout": 5}, "sslmode": "require"}
    assert pooled["PASSWORD"] == "p@ss"
    assert file["OPTIONS"]["transaction_mode"] == "IMMEDIATE" and file["OPTIONS"]["timeout"] == 20


@pytest.mark.parametrize(
    "url",
    [
        "",
        "x",
        "oracle://h/x",
        "sqlite://",
        "sqlite:///",
        "sqlite://:memory:",
        "sqlite://file",
        "postgresql://h",
        "postgres://h:x/y",
    ],
)
def test_a_database_address_that_means_nothing_is_refused_in_words(url: str) -> None:
    with pytest.raises(ValueError, match="must|names|cannot"):
        project.database(url)


@pytest.mark.parametrize("text", ["0", "65536", "-1", "8e3", "٨", "8000 "])
def test_a_port_is_a_number_within_bounds(text: str) -> None:
    with pytest.raises(ValueError, match="65535"):
        project.port(text)


def test_the_spool_stands_beside_the_database_file_and_else_here(monkeypatch: pytest.MonkeyPatch) -> None:
    for url, folder in (("sqlite:////var/lib/registry/r.sqlite3", Path("/var/lib/registry")), ("postgres://h/x", ROOT)):
        monkeypatch.setattr(project, "DATABASES", {"default": project.database(url)})
        assert project.beside_database() == folder / "usage-spool"


def test_a_folder_is_taken_from_the_project_and_a_file_is_none(tmp_path: Path) -> None:
    (tmp_path / "file").touch()

    assert project.folder("usage") == ROOT / "usage" and project.folder(str(tmp_path)) == tmp_path
    with pytest.raises(ValueError, match="no folder"):
        project.folder(str(tmp_path / "file"))


@pytest.mark.parametrize(("text", "days"), [("0", 0), ("90", 90), ("-1", None), ("1.5", None), ("36501", None)])
def test_a_retention_is_a_number_of_days(text: str, days: int | None) -> None:
    if days is None:
        with pytest.raises(ValueError, match="days"):
            project.days(text)
    else:
        assert project.days(text) == days
