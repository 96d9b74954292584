"""Cerebras: a list of ids for the key, and a public one that knows names, limits, abilities and prices."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from . import generic, reading
from .base import Dialect, Enrichment, Listing, Request
from .enrichment import facts_by_id
from .envelopes import rows


def entries(payload: Any) -> list[Any]:
    return rows(payload, "data", bare=True)


def listing(entry: Any) -> Listing:
    model_id = reading.identity(entry, "id")
    facts = generic.facts(entry, model_id)
    marks = [mark for mark in ("deprecated", "preview") if entry.get(mark) is True]
    return Listing(model_id=model_id, facts=facts | ({"tags": marks} if marks else {}), entry=entry)


def public_list(model_ids: list[str]) -> Iterable[Request]:
    return [Request(path="/public/v1/models", at_root=True)]


def further_facts(payload: Any, request: Request) -> dict[str, dict[str, Any]]:
    return facts_by_id(entries(payload), listing)


DIALECT = Dialect(
    request=Request(path="/models"),
    entries=entries,
    listing=listing,
    enrichments=(Enrichment(requests=public_list, facts=further_facts),),
)
