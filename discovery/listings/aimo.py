"""AIMO Network: a model is called as host:name, so each host of each entry is a model of its own."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from . import generic, reading
from .base import Dialect, Listing, Request, Skip
from .envelopes import rows


def entries(payload: Any) -> Iterator[Any]:
    for entry in rows(payload, "data"):
        hosts = reading.items(entry, "providers")
        yield from ({**entry, "providers": [host]} for host in hosts) if hosts else (entry,)


def listing(entry: Any) -> Listing:
    name = reading.identity(entry, "name", "id")
    hosts = reading.items(entry, "providers")
    if not hosts:
        raise Skip(f"no host serves {name}")
    model_id = reading.usable_id(f"{reading.identity(hosts[0], 'id')}:{name}")
    facts = generic.facts(entry, model_id) | reading.stated(
        canonical_id=reading.canonical(name),
        price=generic.price(hosts[0].get("pricing")),
    )
    return Listing(model_id=model_id, facts=facts, entry=entry)


DIALECT = Dialect(request=Request(path="/models"), entries=entries, listing=listing)
