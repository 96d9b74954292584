"""Featherless: some 22,000 open models with their limits, in one answer or in pages."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from . import generic, kinds, reading
from .base import Dialect, Listing, Request
from .envelopes import rows

PATH = "/models"


def entries(payload: Any) -> list[Any]:
    return rows(payload, "data")


def listing(entry: Any) -> Listing:
    model_id = reading.identity(entry, "id")
    facts = generic.facts(entry, model_id) | {"category": kinds.TEXT}  # it serves nothing else, whatever ids suggest
    marks = ["gated"] if entry.get("is_gated") is True else []
    if entry.get("available_on_current_plan") is False:
        marks.append("not-on-plan")
    return Listing(model_id=model_id, facts=facts | ({"tags": marks} if marks else {}), entry=entry)


def next_page(payload: Any, headers: Mapping[str, str]) -> Request | None:
    """Pages are counted only where the provider cuts the list."""
    place = reading.part(payload, "pagination")
    current, last = reading.whole(place.get("current_page")), reading.whole(place.get("total_pages"))
    return Request(path=PATH, params={"page": str(current + 1)}) if current and last and current < last else None


DIALECT = Dialect(request=Request(path=PATH), entries=entries, listing=listing, next_page=next_page)
