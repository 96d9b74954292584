"""`manage.py serve`: prepare the database, make sure there is an admin, and serve everything in one process."""

from __future__ import annotations

import contextlib
import errno
import os
import secrets
import socket
from argparse import ArgumentParser
from typing import Any

import uvicorn
from django.conf import settings
from django.contrib.auth import get_user_model
from django.core.checks import Tags, run_checks
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError
from django.db import DEFAULT_DB_ALIAS, DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor

from access.caller import command
from catalog.populate import populate


class Command(BaseCommand):
    help = "Migrate, populate, create the first admin if there is none, and serve the registry."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--host", default="127.0.0.1")
        parser.add_argument("--port", type=int, default=settings.PORT)

    def handle(self, *, host: str, port: int, **options: Any) -> None:
        os.umask(0o077)  # the database holds sessions, password hashes and sealed keys
        with listen(host, port) as listener:
            try:
                self.prepare()
            except DatabaseError as error:
                raise CommandError(database_trouble(error)) from error
            self.serve(listener, host, port)

    def prepare(self) -> None:
        """Bring the database to what this version needs; a second time changes nothing."""
        if applied := migrate():
            self.stdout.write(f"Database: {applied} migrations applied.")
        if added := sum(result.status == "created" for result in populate(command("serve"))):
            self.stdout.write(f"Catalog: {added} default models added.")
        if password := create_first_admin():
            self.stdout.write(f"First admin: user admin, password {password}  (shown only now)")
        for problem in run_checks(tags=[Tags.database], databases=[DEFAULT_DB_ALIAS]):
            self.stderr.write(str(problem))  # what does not need it works

    def serve(self, listener: socket.socket, host: str, port: int) -> None:
        shown = f"[{host}]" if ":" in host else host
        server = Server(
            uvicorn.Config(
                "modelregistry.asgi:application",
                log_config=None,  # the settings' own lines
                log_level="warning",
                access_log=False,  # access.middleware logs each request with its id
                server_header=False,
                ws="none",
                timeout_graceful_shutdown=10,
            )
        )
        server.greeting = (
            f"Model Registry: http://{shown}:{port}/admin/  API: http://{shown}:{port}/api/docs  (stop: Ctrl+C)"
        )
        with contextlib.suppress(KeyboardInterrupt):
            server.run(sockets=[listener])
        if not server.started:
            raise CommandError("The server did not start; the lines above say why.")


class Server(uvicorn.Server):
    """Says where it is once it answers."""

    greeting = ""

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if self.started:
            print(self.greeting, flush=True)


def listen(host: str, port: int) -> socket.socket:
    """The address, taken before anything else is done."""
    listener = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
    except (OSError, OverflowError) as error:
        listener.close()
        if isinstance(error, OSError) and error.errno == errno.EADDRINUSE:
            raise CommandError(f"Port {port} is taken. Choose another: PORT={port + 1} make run") from error
        raise CommandError(f"Cannot listen on {host} port {port}: {error}. Choose others: --host, --port.") from error
    return listener


def migrate() -> int:
    """Apply what is missing, and let every room see to its rows; how many migrations that were."""
    executor = MigrationExecutor(connection)
    missing = executor.migration_plan(executor.loader.graph.leaf_nodes())
    call_command("migrate", verbosity=0, interactive=False)
    return len(missing)


def create_first_admin() -> str:
    """The password of the admin just created; empty if there is a superuser already."""
    users = get_user_model().objects
    if users.filter(is_superuser=True).exists():
        return ""
    password = secrets.token_urlsafe(12)
    users.create_superuser("admin", password=password)
    return password


def database_trouble(error: DatabaseError) -> str:
    name, said = connection.settings_dict["NAME"], str(error).strip().splitlines() or ["no answer"]
    return f"The database {name} cannot be used ({said[0]}). Check DATABASE_URL and who may write there."
