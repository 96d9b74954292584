from __future__ import annotations

from collections.abc import Callable
from contextlib import nullcontext
from typing import Any

from django.core.management.base import BaseCommand
from django.db import connection

from access.caller import command
from catalog.populate import populate


class Command(BaseCommand):
    help = "Add the default models that are not in the catalog yet; with -v 2 also show the SQL and its bindings."

    def handle(self, *args: Any, **options: Any) -> None:
        shown = connection.execute_wrapper(self.show) if options["verbosity"] >= 2 else nullcontext()
        with shown:
            results = populate(command("populate_models"))
        for result in results:
            said = f"created, id {result.pk}" if result.pk else "skipped: already exists"
            self.stdout.write(f"{result.provider}/{result.model_id} ({result.category}): {said}")
        created = sum(result.pk is not None for result in results)
        self.stdout.write(f"{created} created, {len(results) - created} skipped, {len(results)} in all.")

    def show(self, execute: Callable, sql: str, params: Any, many: bool, context: dict[str, Any]) -> Any:
        self.stdout.write(f"{sql}\n  bindings: {params}")
        return execute(sql, params, many, context)
