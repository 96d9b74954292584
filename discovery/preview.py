"""A plan as a page or an API can show it: what would be new, changed (before and after), missing or held."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.utils import timezone

from catalog import facts
from catalog.models import AIModel, Provider
from catalog.policy import Policy

from .apply import Applied, new_row, tell, usual_row
from .plan import Found, Known, Plan

SHOWN = ("name", "category", "context_window", "max_output_tokens", facts.PRICE)


def preview(made: Plan, provider: Provider, policy: Policy) -> dict[str, Any]:
    """The plan as JSON. Writes nothing: rows are changed in memory only."""
    done, now = Applied(), timezone.now()
    usual = usual_row(provider, now)
    return {
        "new": [shown_new(item, usual, policy, now, done) for item in made.new],
        "changed": shown_changes(made.changed, done),
        "missing": [shown_row(row) for row in made.missing],
        "returned": [shown_row(row) for row in made.returned],
        "deprecate": made.deprecate,
        "restore": made.restore,
        "held": done.held,
        "held_list": made.held,
        "unchanged": made.unchanged,
        "digests": {item.listing.model_id: item.digest for item in (*made.new, *made.changed)},
    }


def shown_new(item: Found, usual: AIModel, policy: Policy, now: datetime, done: Applied) -> dict[str, Any]:
    row = new_row(item, usual, policy, now, done).row
    return {
        "model_id": item.listing.model_id,
        "status": row.status,
        **{name: item.listing.facts.get(name) for name in SHOWN},
    }


def shown_changes(found: list[Found], done: Applied) -> list[dict[str, Any]]:
    rows = AIModel.objects.select_related("provider").in_bulk([item.row.pk for item in found if item.row])
    shown = []
    for item in found:
        if item.row is None or item.row.pk not in rows:
            continue
        told = tell(rows[item.row.pk], item, [], timezone.now(), done, partial=False)
        if told.is_change:
            shown.append({"id": item.row.pk, "model_id": item.row.model_id, "before": told.before, "after": told.after})
    return shown


def shown_row(row: Known) -> dict[str, Any]:
    return {"id": row.pk, "model_id": row.model_id, "status": row.status, "misses": row.misses}
