"""Further lists whose entries are read by the same function as those of the main one."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any

from .base import UNREADABLE, Listing


def facts_by_id(entries: Iterable[Any], listing: Callable[[Any], Listing]) -> dict[str, dict[str, Any]]:
    """The facts of each entry that can be read."""
    return {read.model_id: read.facts for read in read_all(entries, listing)}


def read_all(entries: Iterable[Any], listing: Callable[[Any], Listing]) -> Iterator[Listing]:
    """Each entry that can be read; a bad one keeps no other out."""
    for entry in entries:
        try:
            read = listing(entry)
        except UNREADABLE:
            continue
        yield read
