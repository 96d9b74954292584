"""Adding, changing and deleting routes. One function for every door."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction

from access.caller import Caller
from catalog import history
from catalog.errors import Clash, Forbidden, Invalid, NotFound
from catalog.models import Action, AIModel, ObjectType, Provider, Route, RouteTarget

from .definition import COLUMNS, Wanted, clean, definition
from .rules import Routes, find, read, refuse_wrong


@history.repeated
def add_route(fields: Mapping[str, Any], by: Caller, *, reason: str = "") -> tuple[Route, list[str]]:
    """Add a route. Returns it, and what its name hides. Raises Forbidden, Invalid, or Clash if the name is taken."""
    refuse_stranger(by)
    cleaned = clean({"name": "", "targets": [], **fields})
    wanted = cleaned.pop("targets")
    row = Route(**cleaned, updated_by=by.label)
    insert(row, wanted, by, reason)
    return row, hidden_by(row)


@history.repeated
def change_route(route: Route, fields: Mapping[str, Any], by: Caller, *, reason: str = "") -> list[str]:
    """Change what is named of a route. Returns what else that means. Raises Forbidden, Invalid, NotFound, Clash."""
    refuse_stranger(by)
    cleaned = clean(fields)
    wanted = cleaned.pop("targets", None)
    with history.change_set(by, reason) as changes:
        routes = read(locked=True)
        row = there(route.pk, routes)
        old = definition(row, row.targets.all())
        for name, value in cleaned.items():
            setattr(row, name, value)
        validate(row)
        targets = targets_after(row, wanted, routes, was_active=old["is_active"])
        if old["is_active"] and not row.is_active:
            refuse_used(row, routes, "deactivated")
        row.updated_by = by.label
        update(row)
        if targets is not None:
            replace(row, targets)
        new = definition(row, row.targets.all() if targets is None else targets)
        touched = [name for name in new if new[name] != old[name]]
        before, after = ({name: side[name] for name in touched} for side in (old, new))
        changes.record(ObjectType.ROUTE, row.pk, row.name, before, after)
    route.refresh_from_db()
    return [*renamed(old["name"], row), *(hidden_by(row) if old["name"] != row.name else ())]


def targets_after(
    row: Route, wanted: Sequence[Wanted] | None, routes: Routes, *, was_active: bool
) -> list[RouteTarget] | None:
    """The targets to write, or None to leave those there are. What leads on again is checked. Raises Invalid."""
    old = list(row.targets.all())
    new = old if wanted is None else find(wanted, routes)
    same = [written(target) for target in new] == [written(target) for target in old]
    if not same or (row.is_active and not was_active):
        refuse_wrong(row, new, routes)
    return None if same else new


def written(target: RouteTarget) -> tuple[Any, ...]:
    return target.model_id, target.to_route_id, target.weight, target.variant


@history.repeated
def delete_route(route: Route, by: Caller, reason: str = "") -> None:
    """Delete a route; the history keeps all of it. Raises Forbidden, or Clash naming the routes that lead to it."""
    refuse_stranger(by)
    with history.change_set(by, reason) as changes:
        routes = read(locked=True)
        row = there(route.pk, routes)
        refuse_used(row, routes, "deleted", also_inactive=True)
        before = {**definition(row, row.targets.all()), "salt": row.salt}
        changes.record(ObjectType.ROUTE, row.pk, row.name, before, {}, Action.DELETE)
        row.delete()


def restore_deleted(pk: int, before: Mapping[str, Any], by: Caller, reason: str = "") -> Route:
    """Undo a delete: the route comes back under its old id, with the same variant for every conversation."""
    fields = {name: value for name, value in before.items() if name != "salt"}
    cleaned = clean(fields)
    wanted = cleaned.pop("targets")
    row = Route(**cleaned, pk=pk, salt=before["salt"], updated_by=by.label)
    return insert(row, wanted, by, reason)


def insert(
    row: Route, wanted: Sequence[Wanted], by: Caller, reason: str = "", *, may_be_retired: bool = False
) -> Route:
    """Write a new route with its targets. Raises Invalid, or Clash if its name is taken."""
    with history.change_set(by, reason) as changes:
        routes = read(locked=True)
        validate(row)
        targets = find(wanted, routes)
        refuse_wrong(row, targets, routes, may_be_retired=may_be_retired)
        create(row)
        replace(row, targets)
        changes.record(ObjectType.ROUTE, row.pk, row.name, {}, definition(row, targets), Action.CREATE)
    return row


def create(row: Route) -> None:
    try:
        with transaction.atomic():
            row.save(force_insert=True)
    except IntegrityError as error:
        raise taken(row) from error


def update(row: Route) -> None:
    try:
        with transaction.atomic():
            row.save(update_fields=[*COLUMNS, "updated_at", "updated_by"])
    except IntegrityError as error:
        raise taken(row) from error


def replace(row: Route, targets: Sequence[RouteTarget]) -> None:
    """Write all targets of a route anew; nothing refers to their rows."""
    RouteTarget.objects.filter(route=row).delete()
    for target in targets:
        target.route = row
    RouteTarget.objects.bulk_create(targets)


def taken(row: Route) -> Clash:
    return Clash(f"There is already a route {row.name}.", {"name": "already exists"})


def there(pk: int, routes: Routes) -> Route:
    if pk not in routes:
        raise NotFound(f"There is no route {pk} any more.")
    return routes[pk]


def validate(row: Route) -> None:
    """Django's own checks of the columns, as one Invalid."""
    try:
        row.clean_fields()
    except ValidationError as error:
        raise Invalid({name: " ".join(texts) for name, texts in error.message_dict.items()}) from error


def refuse_stranger(by: Caller) -> None:
    if not by.is_admin:
        raise Forbidden("Only admins may add, change or delete routes.")


def refuse_used(row: Route, routes: Routes, deed: str, *, also_inactive: bool = False) -> None:
    """Raises Clash if other routes lead here."""
    users = [
        other.name
        for other in routes.values()
        if (other.is_active or also_inactive) and any(target.to_route_id == row.pk for target in other.targets.all())
    ]
    if users:
        raise Clash(f"{row.name} cannot be {deed}: {', '.join(sorted(users))} leads to it. Change that first.")


def renamed(old: str, row: Route) -> list[str]:
    if old == row.name:
        return []
    return [f"Callers that send {old} do not reach this route any more, and its numbers so far stay under that name."]


def hidden_by(row: Route) -> list[str]:
    """What the name meant before: a route is looked up first."""
    slug, _, model_id = row.name.partition("/")
    models = AIModel.objects.global_().unarchived().select_related("provider")
    found = [
        *(models.for_provider(slug).filter(model_id=model_id) if model_id else ()),
        *models.filter(model_id=row.name)[:2],
    ]
    notes = [f"{model} has this name too. Callers that send {row.name} reach the route from now on." for model in found]
    if Provider.objects.filter(slug=row.name).exists():
        notes.append(
            f"{row.name} is a provider too. Callers that send {row.name} reach the route, not the provider's default."
        )
    return notes
