"""Writing what an export means into the catalog, in one transaction."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.contrib.auth import get_user_model

from access.caller import Caller
from catalog import connections, facts, history, pricing
from catalog.models import Action, AIModel, ObjectType, Price, Provider

from .comparing import Restoration
from .records import Key, Record
from .routes import restore_routes

BATCH = 500  # rows an insert


def restore(made: Restoration, by: Caller, reason: str = "") -> list[str]:
    """Do it, in one transaction. Returns what an operator must still do."""
    with history.change_set(by, reason) as changes:
        notes = restore_providers(made, by, reason)
        providers = Provider.objects.in_bulk({record.key.provider for record in made.models}, field_name="slug")
        owners = get_user_model().objects.in_bulk({r.owner for r in made.models if r.owner}, field_name="username")
        for record in made.models:
            record.row.provider = providers[record.key.provider]
            record.row.owner = owners[record.owner] if record.owner else None
        replacing = [record for record in made.models if record.replaces]
        put_in_place(replacing, changes)
        adding = [record for record in made.models if not record.replaces]
        AIModel.objects.bulk_create([record.row for record in adding], batch_size=BATCH)
        for record in adding:
            row = record.row
            changes.record(ObjectType.MODEL, row.pk, str(row), {}, {"status": row.status}, Action.CREATE)
        pricing.put_back(price for record in made.models for price in record.prices)
        link_successors(made.models, notes)
        notes += restore_routes(made.routes, by, reason)
        Provider.objects.filter(slug__in=providers).update(enriched="")  # the price book is to look again
    return notes


def restore_providers(made: Restoration, by: Caller, reason: str) -> list[str]:
    """Keys do not travel, and a key in the environment goes to no address that only a file named."""
    notes = []
    for fields in made.new_providers:
        variable = fields["api_key_env"]
        row = connections.add_provider({**fields, "api_key_env": ""}, by, reason=reason)
        if variable:
            connections.change_provider(row, {"api_key_env": variable}, by, reason=reason)
            notes.append(f"provider {row.slug}: {variable} is not sent to {row.base_url} until you confirm it")
    for row, changed in made.changed_providers:
        notes += [
            f"provider {row.slug}: {note}" for note in connections.change_provider(row, changed, by, reason=reason)
        ]
        if "api_key_env" in changed:
            Provider.objects.filter(pk=row.pk).update(env_key_base_url="")
            notes.append(f"provider {row.slug}: {changed['api_key_env']} is not sent until you confirm it")
    return notes


def put_in_place(records: list[Record], changes: history.Changes) -> None:
    """Write records over rows that the product had put there by itself."""
    old = AIModel.objects.select_related("provider").in_bulk([record.replaces for record in records])
    Price.objects.filter(model__in=old).delete()
    for record in records:
        before = old[record.replaces]
        record.row.pk, record.row.created_at = before.pk, before.created_at
        for price in record.prices:
            price.model = record.row
        was, now = told(before), told(record.row)
        touched = [name for name in {**was, **now} if was.get(name) != now.get(name)]
        changes.record(
            ObjectType.MODEL,
            before.pk,
            str(before),
            {name: was.get(name) for name in touched},
            {name: now.get(name) for name in touched},
        )
    fields = [field.name for field in AIModel._meta.concrete_fields if not (field.primary_key or field.generated)]
    AIModel.objects.bulk_create(
        [record.row for record in records],
        batch_size=BATCH,
        update_conflicts=True,
        unique_fields=["id"],
        update_fields=[name for name in fields if name != "created_at"],
    )


def told(row: AIModel) -> dict[str, Any]:
    return {**facts.merge(row.claims).values, "status": row.status}


def link_successors(records: list[Record], notes: list[str]) -> None:
    """Successors by name, as far as they are here and no chain comes back to where it began."""
    wanted = [(record.row, record.successor) for record in records if record.successor]
    if not wanted:
        return
    rows = AIModel.objects.global_().values_list("provider__slug", "category", "model_id", "pk")
    here = {Key(*values): pk for *values, pk in rows.iterator()}
    chain = dict(AIModel.objects.filter(successor__isnull=False).values_list("pk", "successor_id"))
    linked = []
    for row, successor in wanted:
        heir = here.get(successor)
        if heir is None or comes_back(chain, row.pk, heir):
            notes.append(f"{row}: its successor {successor.model_id} is not here, or leads back to it")
            continue
        chain[row.pk] = row.successor_id = heir
        linked.append(row)
    AIModel.objects.bulk_update(linked, ["successor"], batch_size=BATCH)


def comes_back(chain: Mapping[int, int], start: int, heir: int) -> bool:
    seen = {start}
    at: int | None = heir
    while at is not None:
        if at in seen:
            return True
        seen.add(at)
        at = chain.get(at)
    return False
