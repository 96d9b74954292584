from __future__ import annotations

import json
from argparse import ArgumentParser
from itertools import islice
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import IntegrityError
from django.utils import timezone

from access.caller import command
from catalog import facts, history, restoring
from catalog.errors import CatalogError
from discovery.apply import Applied
from discovery.importing import FORMATS, OURS, Read, format_of, read, registry, sources, taking
from discovery.listings.base import Listing, WrongShape

SHOWN = 10  # models of one provider, unless all are asked for


class Command(BaseCommand):
    help = (
        "Take in what a file or an address states of models: shows what would change, and changes it with --apply. "
        "With -v 2 everything is shown, also what is left out."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("source", help="a file, or an http(s) address")
        parser.add_argument("--format", choices=["auto", OURS, *FORMATS], default="auto")
        parser.add_argument("--as", dest="name", default="", help="the name of the source; else that of the format")
        parser.add_argument("--apply", action="store_true", help="do it; without, nothing is changed")
        parser.add_argument("--enable", action="store_true", help="enable new models instead of leaving them pending")

    def handle(self, *args: Any, **options: Any) -> None:
        self.limit = None if options["verbosity"] >= 2 else SHOWN
        try:
            payload = sources.load(options["source"])
            name = format_of(payload) if options["format"] == "auto" else options["format"]
            source = taking.source_named(options["name"] or name)
            if name == OURS:
                self.restore(payload, source, options)
            else:
                self.take(read(name, payload), source, options)
        except WrongShape as error:
            raise CommandError(f"{options['source']} {error}.") from error
        except CatalogError as error:
            raise CommandError(error.message) from error
        except IntegrityError as error:
            raise CommandError("The catalog changed in the meantime; nothing was imported. Try again.") from error

    def restore(self, payload: Any, source: str, options: dict[str, Any]) -> None:
        made = restoring.plan(payload)
        for fields in made.new_providers:
            self.stdout.write(f"provider {fields['slug']}: new")
        for provider, changed in made.changed_providers:
            self.stdout.write(f"provider {provider.slug}: {', '.join(changed)} as exported")
        self.write_some(made.notes)
        self.stdout.write(f"{len(made.models)} models come back as exported, {len(made.known)} are known here.")
        self.stdout.write(f"{len(made.routes)} routes are new.")
        if options["apply"]:
            by = command("import_catalog")
            with history.change_set(by, source):
                for note in restoring.restore(made, by, source):
                    self.stdout.write(note)
                self.take(Read(offers=registry.offers(made)), source, options)
        else:
            self.take(Read(offers=registry.offers(made)), source, options)

    def take(self, found: Read, source: str, options: dict[str, Any]) -> None:
        proposal = taking.propose(found.offers, source)
        self.stdout.write(f"{source}: {len(found.offers)} models read, {len(found.skipped)} entries left out.")
        if self.limit is None:
            self.write_some([f"left out: {reason}" for reason in found.skipped])
        if options["apply"]:
            done = taking.take(proposal, command("import_catalog"), timezone.now(), enable=options["enable"])
            for note in done.notes:
                self.stdout.write(note)
            self.say_held(done)
            self.stdout.write(f"{done.new} new, {done.changed} changed.")
        else:
            for part in proposal.parts:
                self.show(part, source)
        if proposal.unknown:
            unknown = ", ".join(f"{slug} ({count})" for slug, count in proposal.unknown.most_common())
            self.stdout.write(f"Left out, no provider here has that name: {unknown}")
        if not options["apply"]:
            self.stdout.write("Nothing was changed. Add --apply to do it.")

    def write_some(self, notes: list[str]) -> None:
        for note in islice(notes, self.limit):
            self.stdout.write(f"  {note}")
        if self.limit is not None and len(notes) > self.limit:
            self.stdout.write(f"  and {len(notes) - self.limit} more, shown with -v 2")

    def show(self, part: taking.Part, source: str) -> None:
        done = Applied()
        changes = list(taking.foresee(part, source, timezone.now(), done))
        self.stdout.write(
            f"{part.provider.slug}: {len(part.new)} new, {len(changes)} changed, "
            f"{part.unchanged + len(part.stated) - len(changes)} unchanged"
        )
        for listing in islice(part.new, self.limit):
            self.stdout.write(f"  + {listing.model_id}{described(listing)}")
        for told in islice(changes, self.limit):
            for name in told.after:
                self.stdout.write(
                    f"  ~ {told.row.model_id}: {name} {said(told.before[name])} -> {said(told.after[name])}"
                )
        self.say_held(done)

    def say_held(self, done: Applied) -> None:
        for item in done.held:
            self.stdout.write(f"  held: {item['model_id']}: {item['why']}")


def described(listing: Listing) -> str:
    parts = [f"{name} {said(listing.facts[name])}" for name in ("context_window", facts.PRICE) if name in listing.facts]
    return f": {', '.join(parts)}" if parts else ""


def said(value: Any) -> str:
    return "unknown" if value in (None, "") else json.dumps(value, ensure_ascii=False)
