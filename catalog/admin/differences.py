"""Recorded changes as people read them: a line for each field, before and after, without what only undo needs."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.core.exceptions import FieldDoesNotExist
from django.urls import reverse
from django.utils.text import Truncator

from catalog import lifecycle, routes
from catalog.admin import display
from catalog.models import Action, AIModel, Change, ChangeSet, ObjectType, Provider, Route

TABLES = {ObjectType.MODEL.value: AIModel, ObjectType.PROVIDER.value: Provider, ObjectType.ROUTE.value: Route}
TECHNICAL = {"admin_claim", "claims", "conflicts", "digest", "etag", "id", "provider_metadata", "salt"}
BOOKKEEPING = {"created_at", "updated_at", "updated_by", "status_source", "misses", "last_used_at"}
MOMENTS = set(lifecycle.STAMPS.values())  # a move is shown with its own time
REFERENCES = {"successor_id": AIModel, "provider_id": Provider}
LABELS = {"key": "key", "env_key_base_url": "environment key is for", "price": "price", "targets": "leads to"}


@dataclass(frozen=True, kw_only=True)
class Line:
    field: str
    before: Any
    after: Any


@dataclass(frozen=True, kw_only=True)
class Entry:
    """One change with its lines, and where its object and itself are shown."""

    change: Change
    lines: list[Line]
    object_url: str
    url: str
    can_undo: bool

    @property
    def summary(self) -> str:
        """The change in one line; its page has the rest."""
        if self.change.action != Action.UPDATE:
            return self.change.get_action_display()
        first = "; ".join(f"{line.field}: {cut(line.before)} → {cut(line.after)}" for line in self.lines[:2])
        return f"{first} (and {len(self.lines) - 2} more)" if len(self.lines) > 2 else first


def described(changes: Iterable[Change]) -> list[Entry]:
    """The changes with their lines. Rows they refer to are named with one query a table, not one a change."""
    listed = list(changes)
    names = names_of(listed)
    return [
        Entry(
            change=change,
            lines=list(lines_of(change, names)),
            object_url=object_url(change),
            url=reverse("admin:catalog_change_change", args=[change.pk]),
            can_undo=can_undo(change),
        )
        for change in listed
    ]


def cut(content: Any) -> str:
    return Truncator(str(content)).chars(60)


def names_of(changes: Iterable[Change]) -> dict[tuple[str, int], str]:
    wanted: dict[str, set[int]] = {}
    for change in changes:
        for field in REFERENCES:
            found = {side.get(field) for side in (change.before, change.after)} - {None}
            wanted.setdefault(field, set()).update(found)
    named = {}
    for field, ids in wanted.items():
        if ids:
            rows = REFERENCES[field].objects.filter(pk__in=ids)  # type: ignore[attr-defined]
            rows = rows.select_related("provider").light() if field == "successor_id" else rows
            named.update({(field, row.pk): str(row) for row in rows})
    return named


def lines_of(change: Change, names: dict[tuple[str, int], str]) -> Iterable[Line]:
    hidden = TECHNICAL | (MOMENTS if change.action == Action.UPDATE else BOOKKEEPING)
    for field in dict.fromkeys([*change.after, *change.before]):
        before, after = change.before.get(field), change.after.get(field)
        # A whole row has many empty columns that tell nothing.
        if field in hidden or (change.action != Action.UPDATE and not before and not after):
            continue
        absent_before, absent_after = change.action == Action.CREATE, change.action == Action.DELETE
        yield Line(
            field=label(change.object_type, field),
            before="" if absent_before else named(field, before, names),
            after="" if absent_after else named(field, after, names),
        )
    yield from lines_of_claim(change)


def lines_of_claim(change: Change) -> Iterable[Line]:
    """Fields a person took over, or gave back, without another value holding for it."""
    before, after = change.before.get("admin_claim", {}), change.after.get("admin_claim", {})
    for field in dict.fromkeys([*after, *before]):
        if field not in change.after and field not in change.before:
            words = ["set by hand" if field in claim else "as its sources say" for claim in (before, after)]
            yield Line(field=label(change.object_type, field), before=words[0], after=words[1])


def named(field: str, content: Any, names: dict[tuple[str, int], str]) -> Any:
    if field in REFERENCES and content is not None:
        return names.get((field, content), f"number {content}")
    if field == "targets":
        return targets_in_words(content)
    return display.value(field, content)


def targets_in_words(targets: list[dict[str, Any]] | None) -> str:
    """Where a route leads, with what experiments call it."""
    variants = [
        f"{item['variant']} is {item.get('model') or item.get('route')}" for item in targets or () if item["variant"]
    ]
    return "; ".join(
        [routes.in_words(targets or []) or "none", *([f"called: {', '.join(variants)}"] if variants else [])]
    )


def label(object_type: str, field: str) -> str:
    if field in LABELS or object_type not in TABLES:
        return LABELS.get(field, field)
    try:
        column: Any = TABLES[object_type]._meta.get_field(field.removesuffix("_id"))
    except FieldDoesNotExist:
        return field.replace("_", " ")
    return str(column.verbose_name)


def table(object_type: str) -> str:
    """The table an object of the history stands in, as permissions name it. Keys belong to their provider."""
    return {ObjectType.MODEL: "aimodel", ObjectType.CREDENTIAL: "provider"}.get(ObjectType(object_type), object_type)


def object_url(change: Change) -> str:
    if change.object_type not in TABLES or change.action == Action.DELETE:
        return ""
    return reverse(f"admin:catalog_{TABLES[change.object_type]._meta.model_name}_change", args=[change.object_id])


def can_undo(change: Change) -> bool:
    """Whether a button is worth showing; `undo` itself decides."""
    if change.object_type == ObjectType.MODEL:  # what a sync found it would find again
        return change.action != Action.CREATE or change.change_set.source != ChangeSet.Source.SYNC
    if change.object_type == ObjectType.ROUTE:
        return True
    return change.object_type == ObjectType.PROVIDER and change.action == Action.UPDATE and "key" not in change.after
