from __future__ import annotations

import json
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from access.caller import command
from catalog.models import Category
from discovery import sync
from discovery.errors import DiscoveryError
from discovery.models import SyncRun, SyncState
from discovery.report import details_of, table

ERASE_LINE = "\r\x1b[K"


class Command(BaseCommand):
    help = "Ask providers which models they offer. Exits with 1 if any provider failed."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--providers", nargs="+", default=[], metavar="SLUG", help="only these; else all active")
        parser.add_argument("--category", default="", choices=Category.values, help="only models of this kind")
        parser.add_argument("--dry-run", action="store_true", help="say what would change, and change nothing")
        parser.add_argument("--force", action="store_true", help="also if refreshed less than five minutes ago")
        parser.add_argument("--run", type=int, metavar="ID", help="do a run that was made by a button or the API")
        parser.add_argument("--json", action="store_true", help="print the results as JSON")
        parser.add_argument("--verbose", action="store_true", help="name every entry left out, and why")

    def handle(self, *args: Any, **options: Any) -> None:
        self.quiet = options["json"]
        try:
            run = sync.execute(self.run_of(options), self.watch)
        except DiscoveryError as error:
            raise CommandError(error.message) from error
        results = list(run.results.select_related("provider", "run").order_by("provider__slug"))
        if options["json"]:
            self.stdout.write(json.dumps({"run": run.pk, "results": [details_of(result) for result in results]}))
        else:
            self.clear_line()
            self.stdout.write(table(results))
            for result in results:
                self.explain(result, options["verbose"])
        if any(result.state == SyncState.FAILED for result in results):
            raise SystemExit(1)

    def run_of(self, options: dict[str, Any]) -> SyncRun:
        if options["run"] is None:
            return sync.create_run(
                command("sync_models"),
                options["providers"],
                category=options["category"],
                dry_run=options["dry_run"],
                force=options["force"],
            )
        run = SyncRun.objects.filter(pk=options["run"]).first()
        if run is None:
            raise CommandError(f"There is no sync run {options['run']}.")
        return run

    def watch(self, slug: str, what: str) -> None:
        """A live line on a terminal, plain lines in a log."""
        if self.quiet:
            return
        if self.stdout.isatty():
            self.stdout.write(f"{ERASE_LINE}{slug}: {what}"[:110], ending="")
            self.stdout.flush()
        else:
            self.stdout.write(f"{slug}: {what}")

    def clear_line(self) -> None:
        if self.stdout.isatty():
            self.stdout.write(ERASE_LINE, ending="")

    def explain(self, result: Any, verbose: bool) -> None:
        slug = result.provider.slug
        if result.state != SyncState.SUCCEEDED or not result.fetched:
            self.stdout.write(f"{slug}: {result.message}")
        for warning in result.warnings:
            self.stdout.write(f"{slug}: warning: {warning}")
        for reason in result.reasons if verbose else ():
            self.stdout.write(f"{slug}: left out: {reason}")
