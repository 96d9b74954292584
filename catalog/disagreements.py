"""Sources that disagree on a limit or a price: a person keeps what holds, takes the other word, or pins.

`keep` settles it until one of the sources says something else; the field goes on following its source. `take` and
`pin` make the value a person's own word, which holds until it is reset.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any

import orjson

from access.caller import Caller
from catalog import facts, history
from catalog.errors import Clash, Invalid
from catalog.models import AMOUNTS, AIModel, ObjectType

FIELD = "disagreement"  # as the history calls it
KEPT = "kept"

Conflict = Mapping[str, Any]


def open_in(model: AIModel) -> list[Conflict]:
    """The conflicts that nobody has settled."""
    return [conflict for conflict in model.conflicts if KEPT not in conflict]


def mark_of(conflict: Conflict) -> str:
    """Names what the sources say, so that nobody settles what they have not seen."""
    values = orjson.dumps(conflict["values"], option=orjson.OPT_SORT_KEYS)
    return hashlib.blake2b(values, digest_size=8).hexdigest()


def keep(model: AIModel, fact: str, seen: str, by: Caller, reason: str = "") -> None:
    """Leave it as it is, until one of the sources says something else. Raises Clash if one did."""
    with history.change_set(by, reason) as changes:
        row = facts.locked(model.pk)
        conflict = seen_conflict(row, fact, seen)
        row.conflicts = [{**item, KEPT: by.label} if item == conflict else item for item in row.conflicts]
        row.save(update_fields=["conflicts", "updated_at"])
        changes.record(ObjectType.MODEL, row.pk, str(row), {FIELD: f"open: {fact}"}, {FIELD: f"kept: {fact}"})


def take(model: AIModel, fact: str, source: str, seen: str, by: Caller, reason: str = "") -> None:
    """Believe another source: its value becomes the person's word. Raises Clash, or Invalid for an unknown source."""
    with history.change_set(by, reason):
        conflict = seen_conflict(facts.locked(model.pk), fact, seen)
        if source not in conflict["values"]:
            raise Invalid({"source": "states nothing of it"})
        facts.state(model, {fact: whole(fact, conflict["values"][source])}, by, reason)


def pin(model: AIModel, fact: str, seen: str, by: Caller, reason: str = "") -> None:
    """Hold what is in force now, whatever the sources will say: it becomes the person's word. Raises Clash."""
    with history.change_set(by, reason):
        row = facts.locked(model.pk)
        seen_conflict(row, fact, seen)
        facts.state(model, {fact: whole(fact, facts.merge(row.claims).values[fact])}, by, reason)


def reopen(model: AIModel, fact: str, by: Caller, reason: str = "") -> None:
    """Undo a keeping."""
    with history.change_set(by, reason) as changes:
        row = facts.locked(model.pk)
        row.conflicts = [facts.without(item, [KEPT] if item["fact"] == fact else []) for item in row.conflicts]
        row.save(update_fields=["conflicts", "updated_at"])
        changes.record(ObjectType.MODEL, row.pk, str(row), {FIELD: f"kept: {fact}"}, {FIELD: f"open: {fact}"})


def seen_conflict(row: AIModel, fact: str, seen: str) -> Conflict:
    for conflict in open_in(row):
        if conflict["fact"] == fact and mark_of(conflict) == seen:
            return conflict
    raise Clash(f"The sources of {row} say something else by now, or somebody has settled it. Look again.")


def whole(fact: str, value: Any) -> Any:
    """A price with nothing left of the one in force: what the source does not state is unknown."""
    return {**dict.fromkeys(AMOUNTS), "tiers": [], **value} if fact == facts.PRICE else value
