"""Routes of an export: read without writing, then added once the models they lead to are here."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from access.caller import Caller
from catalog import routes
from catalog.errors import CatalogError, Invalid
from catalog.export import registry
from catalog.models import AIModel, Route
from catalog.routes.definition import COLUMNS, PARTS, Wanted, clean

from .records import UNREADABLE

LONGEST_SALT, LONGEST_NAME = 16, 150


@dataclass(frozen=True, kw_only=True)
class RouteRecord:
    """A route of an export, not saved, and where it leads: each target with the kind of its model."""

    row: Route
    targets: list[tuple[Wanted, str]]

    @property
    def others(self) -> set[str]:
        """The routes it leads to."""
        return {str(wanted.route) for wanted, _ in self.targets if wanted.route is not None}


def read_routes(records: Iterable[Any], notes: list[str]) -> list[RouteRecord]:
    """The routes that are not here yet. Of those that stay or cannot be read, it is noted why."""
    here = {row.name: registry.route_record(row) for row in Route.objects.with_targets()}
    found = []
    for record in records:
        try:
            known = here.get(record["name"])
            if known is None:
                found.append(read_route(record))
            elif known != record:
                notes.append(f"route {record['name']}: stays as it is here")
        except Invalid as error:
            notes.append(f"route {str(record['name'])[:100]}: left out: {error.message}")
        except UNREADABLE as error:
            notes.append(f"a route: left out: unreadable ({error})"[:200])
    return found


def read_route(record: Mapping[str, Any]) -> RouteRecord:
    """Raises Invalid, or one of UNREADABLE."""
    row = Route(**clean({name: record[name] for name in COLUMNS}))
    row.salt = str(record["salt"])[:LONGEST_SALT] or row.salt
    row.updated_by = str(record["updated_by"])[:LONGEST_NAME]
    targets = [{part: target[part] for part in PARTS if part in target} for target in record["targets"]]
    kinds = [str(target.get("category", "")) for target in record["targets"]]
    return RouteRecord(row=row, targets=list(zip(clean({"targets": targets})["targets"], kinds, strict=True)))


def restore_routes(records: Sequence[RouteRecord], by: Caller, reason: str) -> list[str]:
    """Add the routes, those first that others lead to. Returns which were left out, and why."""
    notes = []
    waiting = list(records)
    while waiting:
        names = {record.row.name for record in waiting}
        ready = [record for record in waiting if not record.others & names]
        if not ready:
            notes += [f"route {record.row.name}: left out: it leads back to itself" for record in waiting]
            break
        for record in ready:
            try:
                wanted = [by_id(*target) for target in record.targets]
                routes.insert(record.row, wanted, by, reason, may_be_retired=True)
            except CatalogError as error:
                notes.append(f"route {record.row.name}: left out: {error.message}")
        waiting = [record for record in waiting if record not in ready]
    return notes


def by_id(wanted: Wanted, category: str) -> Wanted:
    """A target whose model is named by its row, since a name may belong to models of two kinds."""
    slug, _, model_id = str(wanted.model or "").partition("/")
    found = AIModel.objects.global_().for_provider(slug).filter(model_id=model_id, category=category)
    pk = found.values_list("pk", flat=True).first() if model_id else None
    return wanted if pk is None else replace(wanted, model=pk)
