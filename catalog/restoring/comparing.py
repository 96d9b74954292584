"""What an export means here: what is new, what may be changed, what stays, and why. Writes nothing."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from django.contrib.auth import get_user_model

from catalog import connections, facts
from catalog.curated import default_catalog
from catalog.errors import Invalid
from catalog.export import registry
from catalog.models import Action, AIModel, Change, ChangeSet, ObjectType, Provider, Status

from .records import UNREADABLE, Key, Record, read_model
from .routes import RouteRecord, read_routes

OURS = {facts.CURATED, facts.ENRICHMENT}  # sources that speak without being asked


@dataclass(frozen=True, kw_only=True)
class Known:
    """A model that people here know already, and what the export says of it."""

    provider: str
    model_id: str
    facts: dict[str, Any]


@dataclass(kw_only=True)
class Restoration:
    """What an export means here."""

    new_providers: list[dict[str, Any]] = field(default_factory=list)
    changed_providers: list[tuple[Provider, dict[str, Any]]] = field(default_factory=list)
    models: list[Record] = field(default_factory=list)
    same: int = 0
    known: list[Known] = field(default_factory=list)
    routes: list[RouteRecord] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)  # what is left out or stays, and why


def recognises(document: Any) -> bool:
    return isinstance(document, Mapping) and document.get("format") == registry.NAME


def plan(document: Mapping[str, Any]) -> Restoration:
    """Compare an export with the catalog. Writes nothing. Raises Invalid if it is none that can be read."""
    if not recognises(document):
        raise Invalid({"format": f"this is no {registry.NAME} export"})
    if document.get("version") != registry.VERSION:
        raise Invalid({"version": f"is {document.get('version')}; this release reads {registry.VERSION}"})
    providers, models = document.get("providers"), document.get("models")
    routes = document.get("routes", [])  # exports of the first releases have none
    if not isinstance(providers, list) or not isinstance(models, list) or not isinstance(routes, list):
        raise Invalid({"providers, models, routes": "must be lists"})
    made = Restoration()
    plan_providers(providers, made)
    plan_models(models, made)
    made.routes = read_routes(routes, made.notes)
    return made


def plan_providers(records: Iterable[Any], made: Restoration) -> None:
    rows = {row.slug: row for row in Provider.objects.all()}
    for record in records:
        try:
            fields = connections.clean({name: record[name] for name in ("slug", *connections.EDITABLE)})
            wanted = {name: fields[name] for name in record["set"] if name in fields}
        except Invalid as error:
            made.notes.append(f"provider {shown(record, 'slug')}: left out: {error.message}")
        except UNREADABLE as error:
            made.notes.append(f"provider {shown(record, 'slug')}: left out: unreadable ({type(error).__name__})")
        else:
            row = rows.get(fields["slug"])
            if row is None:
                made.new_providers.append(fields)
            else:
                plan_change(row, wanted, made)


def plan_change(row: Provider, wanted: Mapping[str, Any], made: Restoration) -> None:
    """What an operator here has not set may become what was set elsewhere."""
    usual = connections.row_of(row.spec) if row.spec else None
    changed = {}
    for name, value in wanted.items():
        here = getattr(row, name)
        if here == value:
            continue
        if usual is not None and here == getattr(usual, name):
            changed[name] = value
        else:
            made.notes.append(f"provider {row.slug}: {name} stays as it was set here")
    if changed:
        made.changed_providers.append((row, changed))


def shown(record: Any, *names: str) -> str:
    """What names a record, for people, also if little of it can be read."""
    if not isinstance(record, Mapping):
        return "that is no object"
    return "/".join(str(record.get(name, "?"))[:100] for name in names)


def plan_models(records: Iterable[Any], made: Restoration) -> None:
    here = Here.read(made)
    for record in records:
        name = shown(record, "provider", "model_id")
        try:
            made_record = read_model(record)
            why = here.refuses(made_record)
        except Invalid as error:
            why = error.message
        except UNREADABLE as error:
            why = f"unreadable ({error})"[:200]
        if why:
            made.notes.append(f"{name}: left out: {why}")
        elif made_record.owner:
            made.models.append(made_record)
        else:
            place(made_record, here, made)
    for made_record in made.models:
        if made_record.row.is_default and not here.frees_default(made_record.key):
            made_record.row.is_default = False
            made.notes.append(f"{made_record.key.provider}: another default is set here and stays")


def place(record: Record, here: Here, made: Restoration) -> None:
    """A model that nobody here dealt with gives way to the record; of another the record is one more opinion."""
    pk = here.row_of(record.key)
    if pk in here.untouched:
        row = here.untouched.pop(pk)  # it gives way once
        if is_same(record, row):
            made.same += 1
            return
        record.replaces = pk
    elif pk is not None:
        stated = {name: value for name, value in facts.merge(record.row.claims).values.items() if value is not None}
        made.known.append(Known(provider=record.key.provider, model_id=record.key.model_id, facts=stated))
        return
    made.models.append(record)


def is_same(record: Record, row: AIModel) -> bool:
    """Whether nothing would come back but what the price book said."""
    plain = ("status", "is_default", *registry.DECISIONS)
    old, new = (facts.without(item.claims, [facts.ENRICHMENT]) for item in (row, record.row))
    return (
        old == new and not record.successor and all(getattr(row, name) == getattr(record.row, name) for name in plain)
    )


@dataclass(kw_only=True)
class Here:
    """What of the catalog stands in the way of an export."""

    providers: set[str]
    models: dict[tuple[str, str], dict[str, int]]  # provider, model id -> row id by category
    untouched: dict[int, AIModel]
    defaults: set[tuple[str, str]]
    users: set[str]
    personal: set[tuple[str, str]]

    @classmethod
    def read(cls, made: Restoration) -> Here:
        untouched = rows_nobody_touched()
        models: dict[tuple[str, str], dict[str, int]] = {}
        defaults = set()
        rows = AIModel.objects.global_().order_by("-pk")
        for slug, category, model_id, pk, is_default in rows.values_list(
            "provider__slug", "category", "model_id", "pk", "is_default"
        ).iterator():
            models.setdefault((slug, model_id), {})[category] = pk
            if is_default and pk not in untouched:
                defaults.add((slug, category))
        providers = {*Provider.objects.values_list("slug", flat=True), *(new["slug"] for new in made.new_providers)}
        owned = AIModel.objects.filter(owner__isnull=False).values_list("owner__username", "name")
        users = get_user_model().objects.values_list("username", flat=True)
        return cls(
            providers=providers,
            models=models,
            untouched=untouched,
            defaults=defaults,
            users=set(users),
            personal=set(owned),
        )

    def refuses(self, record: Record) -> str:
        if record.key.provider not in self.providers:
            return "no provider here has that name"
        if record.owner and record.owner not in self.users:
            return f"it belongs to {record.owner}, who has no account here"
        if record.owner and (record.owner, record.row.name) in self.personal:
            return f"{record.owner} has a model of that name already"
        return ""

    def row_of(self, key: Key) -> int | None:
        """The row of that model, of its category first."""
        rows = self.models.get((key.provider, key.model_id), {})
        return rows.get(key.category, next(iter(rows.values()), None))

    def frees_default(self, key: Key) -> bool:
        place = (key.provider, key.category)
        if place in self.defaults:
            return False
        self.defaults.add(place)
        return True


def rows_nobody_touched() -> dict[int, AIModel]:
    """Models that are as the product put them there, and of whom the history tells no deed of a person but that."""
    usual = {(curated.provider, curated.model_id): curated.status for curated in default_catalog()}
    curated = AIModel.objects.global_().filter(
        claims__has_key=facts.CURATED, listed_at=None, discovered_at=None, is_default=False, successor=None,
        base_url="", admin_notes="", requests_per_minute=None, tokens_per_minute=None,
    )  # fmt: skip
    rows = {
        row.pk: row
        for row in curated.select_related("provider")
        if set(row.claims) <= OURS and row.status in (usual.get((row.provider.slug, row.model_id)), Status.PENDING)
    }
    changes = Change.objects.filter(object_type=ObjectType.MODEL, object_id__in=rows).exclude(action=Action.CREATE)
    touched = set(changes.exclude(change_set__source=ChangeSet.Source.SYNC).values_list("object_id", flat=True))
    return {pk: row for pk, row in rows.items() if pk not in touched}
