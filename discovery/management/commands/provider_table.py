from __future__ import annotations

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from discovery import coverage


class Command(BaseCommand):
    help = "Print the table of providers: kinds of models, what their lists state, where the rest comes from."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--into", metavar="FILE", help=f"put it into a file, between {coverage.BEGIN} and its end")

    def handle(self, *args: Any, **options: Any) -> None:
        if not options["into"]:
            self.stdout.write(coverage.table())
            return
        path = Path(options["into"])
        try:
            path.write_text(coverage.put_into(path.read_text("utf-8")), "utf-8")
        except (OSError, ValueError) as error:
            raise CommandError(f"{path}: {error}") from error
