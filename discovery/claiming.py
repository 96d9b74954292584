"""Taking in what others than the provider's own list state of its models: guarded, recorded, in bulk."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import Any

from access.caller import Caller
from catalog import facts, history, lifecycle
from catalog.models import AIModel, ObjectType, Provider

from .apply import CHUNK, Applied, guarded, hold, insert, refuse_twins, refused_prices
from .listings.base import Listing

Stated = Mapping[int, Mapping[str, Any] | None]


def claim(source: str, stated: Stated, by: Caller, now: datetime) -> Applied:
    """Make what a source states of models of one provider, by row id, its claim; None: it knows nothing of one."""
    done = Applied()
    with history.change_set(by) as changes:
        for told in in_memory(source, stated, now, done):
            for item in told:
                item.row.updated_by = by.label
            facts.save_many(told)
            hold(done, {item.row.model_id: item.row for item in told}, source)
            done.changed += sum(item.is_change for item in told)
            for item in told:
                if item.row.discovered_at != now:  # of a model found just now its creation tells
                    changes.record(ObjectType.MODEL, item.row.pk, str(item.row), item.before, item.after)
    return done


def in_memory(source: str, stated: Stated, now: datetime, done: Applied) -> Iterator[list[facts.Told]]:
    """What the claims would change, some thousand rows at a time; nothing is written."""
    ids = list(stated)
    for start in range(0, len(ids), CHUNK):
        rows = AIModel.objects.select_related("provider").in_bulk(ids[start : start + CHUNK])
        refused = refused_prices(rows)
        told = []
        for pk, row in rows.items():
            old = row.claims.get(source, {"facts": {}})["facts"]
            new = guarded(row.model_id, stated[pk] or {}, old, refused.get(pk, []), done, row.category)
            told.append(facts.tell(row, source, new, now))
        yield list(refuse_twins(told, done))


def add(
    source: str, provider: Provider, listings: Iterable[Listing], status: str, by: Caller, now: datetime
) -> Applied:
    """Models of a provider that only this source names so far. They are not listed: no sync will miss them."""
    done = Applied()
    told = []
    for listing in listings:
        row = AIModel(provider=provider, model_id=listing.model_id, updated_by=by.label)
        lifecycle.begin(row, status, by, now)
        told.append(facts.tell(row, source, guarded(row.model_id, listing.facts, None, [], done), now))
    with history.change_set(by) as changes:
        insert(told, provider, changes, done, source)
    done.new = len(told)
    return done
