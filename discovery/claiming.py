"""Taking in what others than the provider's own list state of models that are there: guarded, recorded, in bulk."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from access.caller import Caller
from catalog import facts, history
from catalog.models import AIModel, ObjectType

from .apply import CHUNK, Applied, guarded, hold, refuse_twins, refused_prices

Stated = Mapping[int, Mapping[str, Any] | None]


def claim(source: str, stated: Stated, by: Caller, now: datetime) -> Applied:
    """Make what a source states of models of one provider, by row id, its claim; None: it knows nothing of one."""
    done = Applied()
    ids = list(stated)
    with history.change_set(by) as changes:
        for start in range(0, len(ids), CHUNK):
            rows = AIModel.objects.select_related("provider").in_bulk(ids[start : start + CHUNK])
            told = tell(source, rows, stated, now, done)
            for item in told:
                item.row.updated_by = by.label
            facts.save_many(told)
            hold(done, {item.row.model_id: item.row for item in told}, source)
            for item in told:
                if item.row.discovered_at != now:  # of a model found just now its creation tells
                    changes.record(ObjectType.MODEL, item.row.pk, str(item.row), item.before, item.after)
    return done


def tell(source: str, rows: Mapping[int, AIModel], stated: Stated, now: datetime, done: Applied) -> list[facts.Told]:
    refused = refused_prices(rows)
    told = []
    for pk, row in rows.items():
        old = row.claims.get(source, {"facts": {}})["facts"]
        new = guarded(row.model_id, stated[pk] or {}, old, refused.get(pk, []), done, row.category)
        told.append(facts.tell(row, source, new, now))
    kept = list(refuse_twins(told, done))
    done.changed += sum(item.is_change for item in kept)
    return kept
