"""Doing what a plan says, in bulk: some statements, not one per model. Runs in the caller's transaction."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from copy import copy
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db.models import F, Q, Value
from django.db.models.functions import Coalesce

from access.caller import SYNC
from catalog import facts, history, lifecycle, pricing, registration, successors
from catalog.canonical import canonical_id
from catalog.errors import Invalid
from catalog.models import AIModel, ObjectType, Price, PriceState, Provider
from catalog.policy import Policy
from catalog.storable import storable

from .plan import Found, Known, Plan, suspicion

KNOWN = Known._fields
CHUNK = 2_000
BATCH = 500  # rows an insert
FROM_ID = ("category", "canonical_id")  # facts that a list of ids alone seems to state too
EXTRA = ("model_id", "digest", "provider_metadata", "listed_at", "missing_since", "misses")


@dataclass(kw_only=True)
class Applied:
    """What was done, counted, and what a person should know."""

    new: int = 0
    changed: int = 0
    held: list[dict[str, Any]] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


def known_rows(provider: Provider) -> list[Known]:
    """What is known of a provider's global models, locked where the database can."""
    rows = AIModel.objects.global_().filter(provider=provider).order_by("pk").select_for_update()
    asked = rows.annotate(  # answers instead of times: reading three times a row takes as long as all the rest
        listed=Q(listed_at__isnull=False),
        missing=Q(missing_since__isnull=False),
        enabled_while_missing=Q(enabled_at__gte=F("missing_since")),
    )
    return [Known(*values) for values in asked.values_list(*KNOWN).iterator(chunk_size=CHUNK)]


def apply(plan: Plan, provider: Provider, policy: Policy, now: datetime, *, partial: bool) -> Applied:
    """Write new, changed, returned and missing models. `partial`: further lists failed, so keep what they stated."""
    done = Applied()
    with history.change_set(SYNC) as changes:
        add(plan.new, provider, policy, now, changes, done)
        for start in range(0, len(plan.changed), CHUNK):
            change(plan.changed[start : start + CHUNK], now, changes, done, partial=partial)
        note_returned(plan)
        note_missing(plan, now)
        if plan.restore:
            lifecycle.move(in_ids(plan.restore), "restore", SYNC, f"{provider.slug} lists it again")
        if plan.deprecate:
            name_successors(plan.deprecate, provider)
            moved = lifecycle.move(in_ids(plan.deprecate), "deprecate", SYNC, f"{provider.slug} lists it no more")
            done.notes += map(str, moved.defaults)
    return done


def name_successors(ids: Iterable[int], provider: Provider) -> None:
    """Let the models answer that the provider names as replacements, where nobody chose a successor."""
    rows = {row.pk: row for row in in_ids(ids).select_related("provider")}
    for pk, heir in successors.named_by_provider(rows.values()).items():
        with suppress(Invalid):  # the other way round somebody has chosen it already
            registration.decide(rows[pk], {"successor_id": heir.pk}, SYNC, f"{provider.slug} names it the replacement")


def in_ids(ids: Iterable[int]) -> Any:
    return AIModel.objects.filter(pk__in=list(ids))


def add(
    found: list[Found], provider: Provider, policy: Policy, now: datetime, changes: history.Changes, done: Applied
) -> None:
    usual = usual_row(provider, now)
    for start in range(0, len(found), CHUNK):
        told = [new_row(item, usual, policy, now, done) for item in found[start : start + CHUNK]]
        insert(told, provider, changes, done)
    done.new = len(found)


def insert(
    told: list[facts.Told], provider: Provider, changes: history.Changes, done: Applied, source: str = facts.PROVIDER
) -> None:
    """Save new rows with their prices; a creation records its status only."""
    AIModel.objects.bulk_create([item.row for item in told], batch_size=BATCH)
    pricing.write(item.price for item in told if item.price)
    hold(done, {item.row.model_id: item.row for item in told}, source)
    for item in told:
        changes.record(
            ObjectType.MODEL, item.row.pk, label(provider, item.row), {}, {"status": item.row.status}, "create"
        )


def usual_row(provider: Provider, now: datetime) -> AIModel:
    """What all models found now have in common."""
    return AIModel(provider=provider, discovered_at=now, listed_at=now, updated_by=SYNC.label)


def new_row(item: Found, usual: AIModel, policy: Policy, now: datetime, done: Applied) -> facts.Told:
    row = copy(usual)  # five times faster than asking each column for its default
    row.model_id = item.listing.model_id
    stated = named(usual.provider.slug, row.model_id, guarded(row.model_id, item.listing.facts, None, [], done))
    row.digest = item.digest
    row.provider_metadata = storable(item.listing.entry)
    priced = pricing.is_whole(stated.get(facts.PRICE))
    lifecycle.begin(row, policy.status_of_new(row.model_id, priced), SYNC, now)
    return facts.tell(row, facts.PROVIDER, stated, now)


def label(provider: Provider, row: AIModel) -> str:
    return f"{provider.slug}/{row.model_id}"


def change(found: list[Found], now: datetime, changes: history.Changes, done: Applied, *, partial: bool) -> None:
    """Give known rows what their provider states now. Columns that stay the same leave no trace in the history."""
    rows = AIModel.objects.select_related("provider").in_bulk([item.row.pk for item in found if item.row])
    refused = refused_prices(rows)
    told = [
        tell(rows[item.row.pk], item, refused.get(item.row.pk, []), now, done, partial=partial)
        for item in found
        if item.row
    ]
    changed = list(refuse_twins(told, done))
    Price.objects.filter(model__in=rows, state=PriceState.HELD).delete()
    facts.save_many(changed, EXTRA)
    hold(done, {item.row.model_id: item.row for item in changed})
    for new in changed:
        changes.record(ObjectType.MODEL, new.row.pk, str(new.row), new.before, new.after)
    done.changed += sum(new.is_change for new in changed)


def tell(
    row: AIModel, item: Found, refused: list[dict[str, Any]], now: datetime, done: Applied, *, partial: bool
) -> facts.Told:
    old = row.claims.get(facts.PROVIDER, {"facts": {}})["facts"]
    model_id = item.listing.model_id
    stated = named(row.provider.slug, model_id, guarded(model_id, item.listing.facts, old, refused, done))
    told = facts.tell(row, facts.PROVIDER, with_old(stated, old) if partial else stated, now)
    row.model_id = model_id
    row.digest = item.digest
    row.provider_metadata = storable(item.listing.entry)
    row.listed_at = row.listed_at or now
    row.missing_since, row.misses = None, 0
    row.updated_by = SYNC.label
    return told


def with_old(stated: Mapping[str, Any], old: Mapping[str, Any]) -> dict[str, Any]:
    """What the main list states, and what further lists stated before: of what is only told from an id, the latter."""
    return {**old, **stated, **{name: old[name] for name in FROM_ID if name in old}}


def named(slug: str, model_id: str, stated: dict[str, Any]) -> dict[str, Any]:
    """What is stated, with the name the model has across providers instead of the provider's own word for it."""
    name = canonical_id(slug, model_id, stated)
    kept = facts.without(stated, ["canonical_id"]) if "canonical_id" in stated else stated
    return {**kept, "canonical_id": name} if name else kept


def guarded(
    model_id: str,
    new: Mapping[str, Any],
    old: Mapping[str, Any] | None,
    refused: list[dict[str, Any]],
    done: Applied,
    category: str = "text",
) -> dict[str, Any]:
    """What a source states, with the old price where the new one must be looked at by a person first."""
    stated: dict[str, Any] = storable(new)
    price, before = stated.get(facts.PRICE), (old or {}).get(facts.PRICE)
    why = suspicion(before, price, stated.get("category", category))
    if not why:
        return stated
    if price not in refused:
        done.held.append({"model_id": model_id, "price": price, "before": before, "why": why})
    kept = {name: value for name, value in stated.items() if name != facts.PRICE}
    return {**kept, facts.PRICE: before} if before else kept


def refused_prices(rows: Mapping[int, AIModel]) -> dict[int, list[dict[str, Any]]]:
    """What people have refused before: it is not proposed again."""
    prices: dict[int, list[dict[str, Any]]] = {}
    for price in Price.objects.filter(model__in=rows, state=PriceState.REFUSED):
        prices.setdefault(price.model_id, []).append(pricing.stated_by(price))
    return prices


def hold(done: Applied, rows: Mapping[str, AIModel], source: str = facts.PROVIDER) -> None:
    """Keep the suspicious prices of these rows for an admin to accept or refuse."""
    waiting = [(rows[item["model_id"]], item) for item in done.held if item["model_id"] in rows]
    pricing.hold(pricing.NewPrice(model=row, stated=item["price"], source=source) for row, item in waiting)


def refuse_twins(told: list[facts.Told], done: Applied) -> Iterator[facts.Told]:
    """Leave out rows that a changed category would make the same as another row."""
    moved = [item for item in told if "category" in item.after]
    if not moved:
        yield from told
        return
    provider = moved[0].row.provider_id
    ids = [item.row.model_id for item in moved]
    others = (
        AIModel.objects.global_().filter(provider=provider, model_id__in=ids).values_list("pk", "category", "model_id")
    )
    taken = {(category, model_id): pk for pk, category, model_id in others}
    for item in told:
        if taken.get((item.row.category, item.row.model_id), item.row.pk) != item.row.pk:
            done.notes.append(
                f"{item.row} is now listed as {item.row.category}, where that id exists already: left as it is."
            )
        else:
            yield item


def note_returned(plan: Plan) -> None:
    """Models that are listed again and otherwise unchanged; bookkeeping, no change."""
    for start in range(0, len(plan.returned), CHUNK):
        ids = [row.pk for row in plan.returned[start : start + CHUNK]]
        AIModel.objects.filter(pk__in=ids).update(missing_since=None, misses=0)


def note_missing(plan: Plan, now: datetime) -> None:
    for start in range(0, len(plan.missing), CHUNK):
        ids = [row.pk for row in plan.missing[start : start + CHUNK]]
        AIModel.objects.filter(pk__in=ids).update(
            missing_since=Coalesce("missing_since", Value(now)), misses=F("misses") + 1
        )
