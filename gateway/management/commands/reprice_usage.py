from __future__ import annotations

from argparse import ArgumentParser, ArgumentTypeError
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from django.core.management.base import BaseCommand

from catalog.pricing import plain
from gateway.metering.repricing import Repriced, reprice
from gateway.models import Usage


def day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise ArgumentTypeError(f"{text} is no day, such as 2026-01-31") from None


class Command(BaseCommand):
    help = (
        "Compute again what calls cost, each by the price in force at its time, and move the difference into the sums "
        "by day. Calls whose price at their time is unknown keep the cost they have."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--since", type=day, metavar="DATE", help="the first day (UTC)")
        parser.add_argument("--until", type=day, metavar="DATE", help="the last day (UTC), included")
        parser.add_argument("--model", metavar="PROVIDER/ID", help="only calls this model served")
        parser.add_argument("--only-unpriced", action="store_true", help="only calls of unknown cost")
        parser.add_argument(
            "--before-first-price",
            action="store_true",
            help="charge calls older than the first known price of their model by that price",
        )
        parser.add_argument("--dry-run", action="store_true", help="change nothing, only say what would change")

    def handle(self, *args: Any, **options: Any) -> None:
        calls = Usage.objects.all()
        if options["since"]:
            calls = calls.filter(at__gte=datetime.combine(options["since"], time(), UTC))
        if options["until"]:
            calls = calls.filter(at__lt=datetime.combine(options["until"] + timedelta(days=1), time(), UTC))
        if options["model"]:
            calls = calls.filter(model=options["model"])
        if options["only_unpriced"]:
            calls = calls.filter(cost=None)
        found = reprice(calls, before_first=options["before_first_price"], dry_run=options["dry_run"])
        self.tell(found, dry_run=options["dry_run"])

    def tell(self, found: Repriced, *, dry_run: bool) -> None:
        would = "would change" if dry_run else "changed"
        self.stdout.write(
            f"{found.calls:,} calls looked at: {found.changed:,} {would}, "
            f"{found.without_price:,} have no price at their time."
        )
        self.stdout.write(f"before: {plain(found.cost_before)} USD, {found.unpriced_before:,} unpriced")
        self.stdout.write(f"after:  {plain(found.cost_after)} USD, {found.unpriced_after:,} unpriced")
