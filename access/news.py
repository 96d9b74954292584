"""Hearing of rows that others write, by their ids, without a lock and without missing one that is committed late."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

SETTLED = 60.0  # seconds; a transaction that commits later than this after its first write is found by a full load


class News:
    """Which rows of a table came since the last look. Ids are not committed in order: young ones stay under watch."""

    def __init__(self, floor: int = 0) -> None:
        self.floor = floor  # every row up to here was seen
        self.seen: dict[int, float] = {}  # those above, and when we saw them

    def fresh(self, rows: Iterable[tuple[int, Any]], now: float) -> list[Any]:
        """What came with the new ones among these rows above the floor: pairs of an id and something, by id."""
        new = [(pk, about) for pk, about in rows if pk not in self.seen]
        self.seen.update((pk, now) for pk, _ in new)
        settled = [pk for pk, at in self.seen.items() if now - at > SETTLED]
        if settled:
            self.floor = max(settled)
            self.seen = {pk: at for pk, at in self.seen.items() if pk > self.floor}
        return [about for _, about in new]
