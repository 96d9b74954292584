"""`manage.py create_api_key NAME`: a key for a service or a person, on the last line."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.contrib.auth import get_user_model
from django.core.management.base import BaseCommand, CommandError

from access import keys
from access.caller import command
from access.errors import AccessError
from access.scopes import DEFAULT_SCOPES, Scope


class Command(BaseCommand):
    help = "Make an API key. It is shown once, alone on the last line of the output."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("name", help="what it is for")
        parser.add_argument("--user", metavar="NAME", help="the owner; without, the key is a service's")
        parser.add_argument(
            "--scopes",
            nargs="+",
            metavar="SCOPE",
            default=sorted(DEFAULT_SCOPES),
            help=f"some of {', '.join(Scope.values)} (default: {' '.join(sorted(DEFAULT_SCOPES))})",
        )

    def handle(self, *, name: str, user: str | None, scopes: list[str], **options: Any) -> None:
        wanted = [scope for words in scopes for scope in words.split(",") if scope]
        try:
            made = keys.make(
                name, by=command("create_api_key"), owner_id=owner_id(user), terms=keys.Terms(scopes=wanted)
            )
        except AccessError as error:
            raise CommandError(error.message) from error
        self.stderr.write(f"{made.key}: {', '.join(made.key.scopes)}. It cannot be shown again.")
        self.stdout.write(made.plaintext)


def owner_id(name: str | None) -> int | None:
    if name is None:
        return None
    users = get_user_model()
    try:
        return int(users.objects.get_by_natural_key(name).pk)
    except users.DoesNotExist as error:
        raise CommandError(f"There is no user {name}.") from error
