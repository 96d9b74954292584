"""Reading single records of an export: a model as a row with its prices, not saved."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from django.utils.dateparse import parse_datetime

from catalog import facts, lifecycle, pricing, registration
from catalog.export import registry
from catalog.models import AIModel, ChangeSet, Price, PriceState, Status
from catalog.storable import storable

LONGEST = {"digest": 32, "updated_by": 150}
LONGEST_SOURCE = 60
UNREADABLE = (LookupError, TypeError, ValueError, AttributeError, ArithmeticError)


class Key(NamedTuple):
    """What names a model of the organisation, here and elsewhere."""

    provider: str
    category: str
    model_id: str


@dataclass(kw_only=True)
class Record:
    """A model of an export, made but not saved; `replaces` is the row it takes the place of."""

    key: Key
    row: AIModel
    prices: list[Price]
    successor: Key | None = None
    owner: str = ""
    replaces: int | None = None


def read_model(record: Mapping[str, Any]) -> Record:
    """A record as rows that are not saved. Raises Invalid, or one of UNREADABLE."""
    claims = {clean_source(source): clean_claim(claim) for source, claim in record["claims"].items()}
    decided = registration.clean_decisions({name: record[name] for name in registry.DECISIONS})
    row = AIModel(
        model_id=registration.clean_model_id(record["model_id"]),
        claims=claims,
        conflicts=facts.disagreements(claims),
        is_system=bool(record["is_system"]),
        misses=max(0, int(record["misses"])),
        provider_metadata=storable(record["provider_metadata"]),
        **decided,
        **{name: str(record[name])[:longest] for name, longest in LONGEST.items()},
        **{name: instant(record[name]) for name in ("discovered_at", "listed_at", "missing_since", "last_used_at")},
    )
    facts.set_columns(row, facts.merge(claims))
    lifecycle.resume(
        row,
        Status(record["status"]).value,
        ChangeSet.Source(record["status_source"]).value if record["status_source"] else "",
        {name: instant(record[name]) for name in lifecycle.STAMPS.values()},
        is_default=record["is_default"] is True and "owner" not in record,
    )
    successor = record["successor"]
    return Record(
        key=Key(str(record["provider"]), row.category, row.model_id),
        row=row,
        prices=read_prices(row, record["prices"]),
        successor=Key(successor["provider"], successor["category"], successor["model_id"]) if successor else None,
        owner=str(record.get("owner", "")),
    )


def clean_source(source: str) -> str:
    if source not in facts.RANKS and not source.startswith(facts.IMPORT):
        raise ValueError(f"{source[:60]} is no source")
    if len(source) > LONGEST_SOURCE:
        raise ValueError("the name of a source is too long")
    return source


def clean_claim(claim: Mapping[str, Any]) -> dict[str, Any]:
    changed_at = instant(claim["changed_at"])
    if changed_at is None:
        raise ValueError("a claim without a time")
    return {"facts": facts.clean(claim["facts"]), "changed_at": changed_at.isoformat()}


def instant(value: str | None) -> datetime | None:
    if value is None:
        return None
    moment = parse_datetime(value)
    if moment is None or moment.tzinfo is None:
        raise ValueError(f"{value[:40]} is no time with a zone")
    return moment


def read_prices(row: AIModel, records: Iterable[Mapping[str, Any]]) -> list[Price]:
    prices = []
    for record in records:
        began = instant(record["effective_from"])
        if began is None:
            raise ValueError("a price without a time")
        stated = pricing.clean(record["amounts"])
        new = pricing.NewPrice(model=row, stated=stated, source=clean_source(record["source"]))
        prices.append(pricing.row(new, PriceState(record["state"]).value, began))
    for state in (PriceState.IN_FORCE, PriceState.HELD):
        if sum(price.state == state for price in prices) > 1:
            raise ValueError(f"two prices that are {state.label.lower()}")
    return prices
