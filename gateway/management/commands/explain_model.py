from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.contrib.auth import get_user_model
from django.core.management.base import BaseCommand, CommandError

from access.caller import Caller, command, of_user
from catalog.models import Category
from gateway.explaining import explain


class Command(BaseCommand):
    help = "Say step by step which models serve a name, or why none does. Exits with 1 if none does."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("name", help="what a caller sends as model")
        parser.add_argument("--user", default="", metavar="U", help="a user name; else as the organisation sees it")
        parser.add_argument("--category", choices=Category.values, default=Category.TEXT.value, help="of the call")

    def handle(self, *args: Any, **options: Any) -> None:
        caller = self.caller(options["user"])
        found = explain(options["name"], caller, options["category"])
        whom = f" for {options['user']}" if options["user"] else ""
        self.stdout.write(f"{options['name']}{whom} ({options['category']}):")
        for number, step in enumerate(found.steps, 1):
            self.stdout.write(f"  {number}. {step}")
        if found.refusal:
            raise CommandError(f"Not served: {found.refusal}")
        first, *later = found.served
        self.stdout.write(f"Served by {first}.")
        for model in later:
            self.stdout.write(f"If that fails, by {model}.")

    def caller(self, username: str) -> Caller:
        if not username:
            return command("explain_model")
        user = get_user_model().objects.filter(username=username).first()
        if user is None:
            raise CommandError(f"There is no user {username}.")
        return of_user(user, "command")
