"""Bulk moves: what would change is shown first, a reason is asked for, and only what was shown is applied."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

from django.db.models import QuerySet

from access.caller import Caller
from catalog import history, lifecycle
from catalog.errors import Clash, IllegalMove
from catalog.models import AIModel

SHOWN = 20


class SelectionChanged(Clash):
    def __init__(self) -> None:
        super().__init__("The selected models have changed since. Look again at what would change.")


@dataclass(frozen=True, kw_only=True)
class Preview:
    """What a move would do with a selection, without the names of all its models."""

    name: str
    count: int
    digest: str
    kinds: list[tuple[str, str, int]]  # before, after, how many
    rows: list[tuple[str, str, str]]  # model, before, after: the first of them
    refusal: str = ""
    refused: list[dict[str, object]] = field(default_factory=list)
    defaults: list[lifecycle.DefaultMoved] = field(default_factory=list)

    @property
    def more(self) -> int:
        return self.count - len(self.rows)


def preview(models: QuerySet[AIModel], name: str) -> Preview:
    """Look at a selection in one question, or two where defaults would be lost."""
    rows = [lifecycle.Row(*values) for values in models.order_by("pk").values_list(*lifecycle.FIELDS)]
    ways = lifecycle.MOVES[name]
    refusal, refused = "", []
    try:
        lifecycle.refuse((row for row in rows if row.status not in ways), f"be {lifecycle.DONE[name]}")
    except IllegalMove as error:
        refusal, refused = error.message, list(error.details or [])
    moving = [row for row in rows if row.status in ways]
    kinds = Counter((row.status, ways[row.status]) for row in moving)
    return Preview(
        name=name,
        count=len(rows),
        digest=digest(rows),
        kinds=[(before, after, count) for (before, after), count in kinds.most_common()],
        rows=[(row.label, row.status, ways[row.status]) for row in moving[:SHOWN]],
        refusal=refusal,
        refused=refused[:SHOWN],
        defaults=defaults_lost([row for row in moving if row.is_default and ways[row.status] != lifecycle.ENABLED]),
    )


def digest(rows: Iterable[lifecycle.Row]) -> str:
    """Names a selection and its states, so that nothing else is applied than what was shown."""
    text = ",".join(f"{row.pk}:{row.status}" for row in rows)
    return hashlib.blake2b(text.encode(), digest_size=16).hexdigest()


def defaults_lost(leaving: list[lifecycle.Row]) -> list[lifecycle.DefaultMoved]:
    """Which defaults would pass to which successor, or to none."""
    if not leaving:
        return []
    wanted = [row.successor_id for row in leaving if row.successor_id]
    heirs = AIModel.objects.global_().enabled().filter(pk__in=wanted).values_list(*lifecycle.FIELDS)
    found = {row.pk: row for row in (lifecycle.Row(*values) for values in heirs)}
    lost = []
    for row in leaving:
        heir = found.get(row.successor_id or 0)
        passes = heir and (heir.provider_id, heir.category) == (row.provider_id, row.category)
        lost.append(
            lifecycle.DefaultMoved(
                category=row.category,
                provider=row.provider_slug,
                previous=row.label,
                current=heir.label if heir and passes else None,
            )
        )
    return lost


def apply(
    models: QuerySet[AIModel], name: str, by: Caller, reason: str, seen: str
) -> tuple[lifecycle.Moved, history.Changes]:
    """Move what a preview showed, and nothing else. Raises SelectionChanged, or IllegalMove."""
    with history.change_set(by, reason) as changes:
        rows = lifecycle.lock(models)
        if digest(rows) != seen:
            raise SelectionChanged
        moved = lifecycle.move(models, name, by, reason)
        if moved.changed != len(rows):  # something slipped in between the two questions
            raise SelectionChanged
    return moved, changes
