"""A database and keys of the bench's own, gone when it ends: what an operator has is neither read nor written."""

from __future__ import annotations

import atexit
import base64
import os
import secrets
import shutil
import tempfile
from argparse import ArgumentParser, Namespace
from pathlib import Path
from urllib.parse import urlsplit

import django
from django.core.management import call_command
from django.db import connection, connections


def enter(description: str) -> Namespace:
    """Read the command line and prepare Django. To be called before any model is imported."""
    parser = ArgumentParser(description=description)
    parser.add_argument(
        "--database",
        default="sqlite",
        metavar="URL",
        help="sqlite, or a PostgreSQL server: postgresql://user@host:5432/; a scratch database is made there",
    )
    parser.add_argument("--check", action="store_true", help="exit with 1 if a target is missed")
    parser.add_argument("--only", default="", metavar="WORD", help="only the measurements whose name holds this word")
    options = parser.parse_args()
    os.environ.update(
        ENV_FILE=os.devnull,
        SECRET_KEY=secrets.token_urlsafe(48),
        ENCRYPTION_KEY=base64.urlsafe_b64encode(secrets.token_bytes(32)).decode(),
        ADMIN_API_KEY=secrets.token_urlsafe(32),
        DATABASE_URL=on_disk() if options.database == "sqlite" else on_server(options.database),
        DJANGO_SETTINGS_MODULE="modelregistry.settings",
        LOG_LEVEL="ERROR",
    )
    for name in ("ALLOWED_HOSTS", "DEBUG", "PORT", "SECURE_SSL_REDIRECT", "USAGE_SPOOL_DIR", "USAGE_RETENTION_DAYS"):
        os.environ.pop(name, None)
    django.setup()
    call_command("migrate", verbosity=0)
    return options


def on_disk() -> str:
    folder = tempfile.mkdtemp(prefix="registry-bench-")
    atexit.register(shutil.rmtree, folder)
    return f"sqlite:///{Path(folder) / 'bench.sqlite3'}"


def on_server(url: str) -> str:
    import psycopg  # only those who name a PostgreSQL server need its driver

    name = f"registry_bench_{os.getpid()}"
    with psycopg.connect(url, autocommit=True) as server:
        server.execute(f"CREATE DATABASE {name}")

    def drop() -> None:
        connections.close_all()
        with psycopg.connect(url, autocommit=True) as server:
            server.execute(f"DROP DATABASE {name} WITH (FORCE)")

    atexit.register(drop)
    return urlsplit(url)._replace(path=f"/{name}").geturl()


def empty() -> None:
    """Every table as after `migrate`, and what the database does on its own by and by done now."""
    call_command("flush", verbosity=0, interactive=False)
    settle()


def settle() -> None:
    """What PostgreSQL does by itself within a minute of a large change."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("VACUUM ANALYZE")
