"""Results of syncs as people and programs read them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from .models import SyncResult, SyncState

COLUMNS = ("fetched", "skipped", "new", "changed", "unchanged", "missing", "returned", "deprecated", "held")


COUNTED = ("models_fetched", "models_transformed", "models_skipped", "models_synced")


def details_of(result: SyncResult) -> dict[str, Any]:
    """One result, as the sync API and `sync_models --json` give it. The duration is in seconds."""
    return {
        "provider": result.provider.slug,
        "provider_id": result.provider_id,
        "state": result.state,
        "message": result.message,
        "models_fetched": result.fetched,
        "models_transformed": result.transformed,
        "models_skipped": result.skipped,
        "models_synced": 0 if result.run.dry_run else result.new + result.changed + result.unchanged,
        **{name: getattr(result, name) for name in COLUMNS if name not in ("fetched", "skipped")},
        "skipped": result.reasons,
        "warnings": result.warnings,
        "duration": result.duration,
    }


def totals_of(results: Iterable[SyncResult]) -> dict[str, int]:
    """The counts of several results together."""
    details = [details_of(result) for result in results]
    names = (*COUNTED, *(name for name in COLUMNS if name not in ("fetched", "skipped")))
    return {name: sum(item[name] for item in details) for name in names}


def words_of(results: Iterable[SyncResult]) -> str:
    """Several results in one sentence, or one in its own words."""
    listed = list(results)
    if len(listed) == 1:
        return listed[0].message
    totals = totals_of(listed)
    verb = "Would sync" if listed and listed[0].run.dry_run else "Synced"
    sentences = [
        f"{verb} {totals['models_synced'] or totals['models_transformed']} models from {len(listed)} providers. "
        f"Fetched: {totals['models_fetched']}, Transformed: {totals['models_transformed']}, "
        f"Skipped: {totals['models_skipped']}"
    ]
    for state in (SyncState.FAILED, SyncState.HELD, SyncState.SKIPPED):
        slugs = [result.provider.slug for result in listed if result.state == state]
        if slugs:
            sentences.append(f"{state.label}: {', '.join(slugs)}")
    return ". ".join(sentences)


def table(results: Iterable[SyncResult]) -> str:
    """The results as a table of plain text, a line for each provider."""
    rows = [["provider", "state", *COLUMNS, "seconds"], *map(cells, results)]
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    return "\n".join(
        "  ".join(
            cell.ljust(width) if position < 2 else cell.rjust(width)
            for position, (cell, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in rows
    )


def cells(result: SyncResult) -> list[str]:
    duration = "" if result.duration is None else f"{result.duration:.1f}"
    return [result.provider.slug, result.state, *(str(getattr(result, name)) for name in COLUMNS), duration]
