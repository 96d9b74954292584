"""Syncs from lists on loopback, step by step and as a whole."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from django.db import connection

from access.caller import command
from catalog.models import Provider
from discovery import sync
from discovery.models import SyncRun, SyncState

BENCH = command("bench")


def add_provider(slug: str, address: str, listing: str) -> Provider:
    return Provider.objects.create(
        slug=slug, name=slug, endpoint_type=slug, base_url=address, listing=listing, auth="none"
    )


def new_run(*slugs: str) -> SyncRun:
    return sync.create_run(BENCH, slugs, force=True)


def execute(run: SyncRun) -> SyncRun:
    """Raises AssertionError unless every provider was synced."""
    sync.execute(run)
    failed = run.results.exclude(state=SyncState.SUCCEEDED)
    assert not failed, [result.message for result in failed]
    return run


def counted(run: SyncRun) -> Counter[str]:
    """What a run did, over all its providers."""
    total: Counter[str] = Counter()
    for result in run.results.values("new", "changed", "unchanged", "missing", "skipped"):
        total.update(result)
    return total


@contextmanager
def statements() -> Iterator[list[str]]:
    """The SQL of every statement made inside."""
    made: list[str] = []

    def note(execute: Callable[..., Any], sql: str, params: Any, many: bool, context: Any) -> Any:
        made.append(sql)
        return execute(sql, params, many, context)

    with connection.execute_wrapper(note):
        yield made
