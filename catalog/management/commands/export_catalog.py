from __future__ import annotations

import os
from argparse import ArgumentParser
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import transaction

from catalog.export import FORMATS, registry


class Command(BaseCommand):
    help = (
        "Write the catalog to a file or to the terminal. json is our own format, from which import_catalog brings "
        "everything back; litellm is a model_list, modelsdev an api.json, csv a table. Keys are never written."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--format", choices=list(FORMATS), default="json")
        parser.add_argument("--output", default="", metavar="FILE", help="else to the terminal")
        parser.add_argument("--personal", action="store_true", help="with json: the models of users too")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["personal"] and options["format"] != "json":
            raise CommandError("--personal goes with --format json.")
        lines = registry.written(personal=True) if options["personal"] else FORMATS[options["format"]]()
        with transaction.atomic():  # one state of the catalog, however long it takes
            if options["output"]:
                self.write_file(Path(options["output"]), lines)
            else:
                for line in lines:
                    self.stdout.write(line, ending="")

    def write_file(self, path: Path, lines: Iterator[str]) -> None:
        """Under another name until it is whole, so that no half of an export is taken for one."""
        unfinished = path.with_name(f"{path.name}.part")
        try:
            with unfinished.open("w", encoding="utf-8", newline="") as file:
                file.writelines(lines)
            os.replace(unfinished, path)
        except OSError as error:
            raise CommandError(f"{path} cannot be written: {error.strerror}.") from error
        finally:
            unfinished.unlink(missing_ok=True)
