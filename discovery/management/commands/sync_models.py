from __future__ import annotations

import json
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from access.caller import command
from catalog.models import Category
from discovery import due, leases, sync
from discovery.errors import DiscoveryError
from discovery.models import SyncResult, SyncRun, SyncState
from discovery.report import details_of, table

ERASE_LINE = "\r\x1b[K"


class Command(BaseCommand):
    help = (
        "Ask providers which models they offer. Exits with 1 if any provider failed. For a schedule, have cron call it "
        "often with --due: */5 * * * * cd /srv/registry && .venv/bin/python manage.py sync_models --due"
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--providers", nargs="+", default=[], metavar="SLUG", help="only these; else all active")
        parser.add_argument("--category", default="", choices=Category.values, help="only models of this kind")
        parser.add_argument("--dry-run", action="store_true", help="say what would change, and change nothing")
        parser.add_argument("--force", action="store_true", help="also if refreshed less than five minutes ago")
        parser.add_argument(
            "--due", action="store_true", help="only those whose interval has passed; see the policy of each provider"
        )
        parser.add_argument("--run", type=int, metavar="ID", help="do a run that was made by a button or the API")
        parser.add_argument("--json", action="store_true", help="print the results as JSON")
        parser.add_argument("--verbose", action="store_true", help="name every entry left out, and why")

    def handle(self, *args: Any, **options: Any) -> None:
        self.quiet = options["json"]
        self.live = self.stdout.isatty() and options["run"] is None
        slugs = options["providers"]
        if options["due"]:
            slugs = [slug for slug in due.due_slugs() if not slugs or slug in slugs]
        try:
            results = self.results_of(options, slugs) if slugs or not options["due"] else []
        except DiscoveryError as error:
            raise CommandError(error.message) from error
        self.show(results, verbose=options["verbose"])
        if any(result.state == SyncState.FAILED for result in results):
            raise SystemExit(1)

    def results_of(self, options: dict[str, Any], slugs: list[str]) -> list[SyncResult]:
        run = self.existing(options["run"]) if options["run"] is not None else self.new(options, slugs)
        try:
            sync.execute(run, self.watch)
        except KeyboardInterrupt:
            leases.bury(run.results.all(), "It was interrupted before it was done.")
            raise
        return list(run.results.select_related("provider", "run").order_by("provider__slug"))

    def existing(self, pk: int) -> SyncRun:
        run = SyncRun.objects.filter(pk=pk).first()
        if run is None:
            raise CommandError(f"There is no sync run {pk}.")
        return run

    def new(self, options: dict[str, Any], slugs: list[str]) -> SyncRun:
        return sync.create_run(
            command("sync_models"),
            slugs,
            category=options["category"],
            dry_run=options["dry_run"],
            force=options["force"],
        )

    def show(self, results: list[SyncResult], *, verbose: bool) -> None:
        if self.quiet:
            run = results[0].run_id if results else None
            self.stdout.write(json.dumps({"run": run, "results": [details_of(result) for result in results]}))
            return
        self.clear_line()
        self.stdout.write(table(results) if results else "No provider is due.")
        for result in results:
            self.explain(result, verbose)

    def watch(self, slug: str, what: str) -> None:
        """A live line on a terminal, plain lines in a log."""
        if self.quiet:
            return
        if self.live:
            self.stdout.write(f"{ERASE_LINE}{slug}: {what}"[:110], ending="")
            self.stdout.flush()
        else:
            self.stdout.write(f"{slug}: {what}")

    def clear_line(self) -> None:
        if self.live:
            self.stdout.write(ERASE_LINE, ending="")

    def explain(self, result: SyncResult, verbose: bool) -> None:
        slug = result.provider.slug
        if result.state != SyncState.SUCCEEDED or not result.fetched:
            self.stdout.write(f"{slug}: {result.message}")
        for warning in result.warnings:
            self.stdout.write(f"{slug}: warning: {warning}")
        for reason in result.reasons if verbose else ():
            self.stdout.write(f"{slug}: left out: {reason}")
