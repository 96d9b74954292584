"""Further lists whose entries are read by the same function as those of the main one."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from .base import Listing, Skip


def facts_by_id(entries: Iterable[Any], listing: Callable[[Any], Listing]) -> dict[str, dict[str, Any]]:
    """The facts of each entry that can be read."""
    found: dict[str, dict[str, Any]] = {}
    for entry in entries:
        try:
            read = listing(entry)
        except Skip:
            continue
        found[read.model_id] = read.facts
    return found
