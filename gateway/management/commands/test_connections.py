from __future__ import annotations

import json
from argparse import ArgumentParser
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from access.caller import command
from catalog.errors import CatalogError
from catalog.models import AIModel, Provider
from gateway import connection
from gateway.connection import Settings, Tested

OPERATOR = command("test_connections")
COLUMNS = ("reached", "key", "model", "answers")
WORDS = {True: "yes", False: "NO", None: "?"}  # unknown: only a call tells


@dataclass(frozen=True, kw_only=True)
class Subject:
    """One thing to test, or why that is not possible."""

    name: str
    settings: Settings | None = None
    refusal: str = ""


class Command(BaseCommand):
    help = (
        "Test whether providers are reached, their keys accepted, models there, and whether they answer. Makes no call "
        "that costs anything, unless told to. Exits with 1 if any test failed."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--providers", nargs="+", default=[], metavar="SLUG", help="these, whether active or not")
        parser.add_argument(
            "--models", nargs="+", default=[], metavar="NAME", help="such as openai/gpt-4.1, or row ids"
        )
        parser.add_argument(
            "--bill",
            action="store_true",
            help="make a real call of a few tokens, or for one small image; to a provider's default",
        )
        parser.add_argument("--json", action="store_true", help="print the results as JSON")

    def handle(self, *args: Any, **options: Any) -> None:
        bill = options["bill"]
        subjects = [*providers(options, bill), *models(options["models"])]
        looked = iter(connection.look_at_all([one.settings for one in subjects if one.settings is not None]))
        results = []
        for one in subjects:
            tested = Tested(has_trouble=True, said=(one.refusal,))
            if one.settings is not None:
                tested = next(looked)
                tested = connection.with_call(one.settings, tested, OPERATOR) if bill else tested
            results.append((one.name, tested))
        self.show(results, as_json=options["json"])
        if any(tested.has_failed for _, tested in results):
            raise SystemExit(1)

    def show(self, results: list[tuple[str, Tested]], *, as_json: bool) -> None:
        if as_json:
            self.stdout.write(json.dumps([{"name": name, **tested.json} for name, tested in results]))
            return
        width = max((len(name) for name, _ in results), default=0)
        self.stdout.write("  ".join([" " * width, *COLUMNS]))
        for name, tested in results:
            facts = (tested.reachable, tested.authorised, tested.model_exists, tested.answers)
            words = [WORDS[fact].ljust(len(column)) for fact, column in zip(facts, COLUMNS, strict=True)]
            self.stdout.write("  ".join([name.ljust(width), *words, tested.message]))


def providers(options: dict[str, Any], bill: bool) -> Iterator[Subject]:
    """Those named; if nothing is, the active ones that have a key or need none."""
    slugs = options["providers"]
    rows = {row.slug: row for row in Provider.objects.with_stored_key()}
    if unknown := [slug for slug in slugs if slug not in rows]:
        raise CommandError(f"There is no provider {', '.join(unknown)}.")
    if not slugs and not options["models"]:
        slugs = [slug for slug, row in rows.items() if row.is_active and row.key_configured]
    for slug in slugs:
        default = AIModel.objects.select_related("provider").default_for(slug) if bill else None
        yield subject(slug, default, rows[slug])


def models(names: list[str]) -> Iterator[Subject]:
    for name in names:
        slug, _, model_id = name.partition("/")
        found = AIModel.objects.global_().select_related("provider")
        row = found.filter(pk=int(name)) if name.isdigit() else found.filter(provider__slug=slug, model_id=model_id)
        if (model := row.first()) is None:
            raise CommandError(f"There is no model {name}. Name one as provider/model_id, or by the id of its row.")
        yield subject(str(model), model, model.provider)


def subject(name: str, model: AIModel | None, provider: Provider) -> Subject:
    try:
        settings = connection.of_provider(provider) if model is None else connection.of_model(model, OPERATOR)
    except CatalogError as error:
        return Subject(name=name, refusal=error.message)
    return Subject(name=name, settings=settings)
