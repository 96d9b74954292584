"""Adding, changing and deleting models by people and by the default catalog. One function for every door."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

from django.db import IntegrityError, transaction
from django.forms.models import model_to_dict
from django.utils import timezone

from access.caller import ANONYMOUS, Caller
from catalog import credentials, facts, grants, history, lifecycle, pricing
from catalog.addresses import clean_base_url, refuse_inner
from catalog.credentials import Secret
from catalog.errors import Clash, Forbidden, IllegalMove, Invalid, NoModels, NotFound
from catalog.models import Action, AIModel, Category, ObjectType, Provider, Route, Status
from catalog.models.aimodel import AIModelQuerySet

LONGEST_ID = 255
CONTROL = re.compile(r"[\x00-\x1f\x7f]")
LARGEST_RATE = 1_000_000_000
LARGEST_PK = 2**63 - 1
NO_SECRET = Secret()

# What a person decides about a model beyond its facts, status and default.
DECISIONS = ("base_url", "requests_per_minute", "tokens_per_minute", "successor_id", "admin_notes")


def list_models(caller: Caller) -> AIModelQuerySet:
    """The models a caller may see, with what a list shows of them."""
    return AIModel.objects.visible_to(caller).select_related("provider", "price", "successor__provider").light()


def models_by_endpoint() -> dict[str, list[str]]:
    """The enabled text models open to everyone and callable now, by endpoint type: the default first, then by name.

    Raises NoModels if no endpoint has both a key and an enabled model.
    """
    callable_now = [row.pk for row in Provider.objects.active().with_stored_key() if row.key_configured]
    rows = (
        AIModel.objects.visible_to(ANONYMOUS)
        .enabled()
        .in_category(Category.TEXT)
        .filter(provider__in=callable_now)
        .order_by("provider__endpoint_type", "-is_default", "name", "id")
        .values_list("provider__endpoint_type", "model_id")
    )
    endpoints: dict[str, dict[str, None]] = {}  # two providers of one endpoint type may name the same model
    for endpoint_type, model_id in rows:
        endpoints.setdefault(endpoint_type, {})[model_id] = None
    if not endpoints:
        raise NoModels
    return {endpoint_type: list(model_ids) for endpoint_type, model_ids in endpoints.items()}


def clean_model_id(value: Any) -> str:
    """A model id as it is sent upstream. Raises ValueError for what no provider could mean."""
    if not isinstance(value, str) or not value.strip():
        raise ValueError("may not be blank")
    if len(value) > LONGEST_ID:
        raise ValueError(f"may have at most {LONGEST_ID} characters")
    if value != value.strip() or CONTROL.search(value):
        raise ValueError("may not begin or end with a space, nor hold control characters")
    return value


def add_model(
    *,
    provider: Provider,
    model_id: str,
    by: Caller,
    stated: Mapping[str, Any],
    decisions: Mapping[str, Any] | None = None,
    status: str = Status.ENABLED,
    source: str = facts.ADMIN,
    is_system: bool = False,
    owner_id: int | None = None,
    secret: Secret = NO_SECRET,
    reason: str = "",
) -> AIModel:
    """Add a model with the facts a source states. Raises Invalid, Forbidden, or Clash if it exists."""
    refuse_stranger(owner_id, by, decisions or ())
    try:
        model_id = clean_model_id(model_id)
    except ValueError as error:
        raise Invalid({"model_id": str(error)}) from error
    row = AIModel(
        provider=provider,
        model_id=model_id,
        owner_id=owner_id,
        is_system=is_system,
        updated_by=by.label,
        **clean_decisions(decisions or {}),
    )
    refuse_address(row)
    if owner_id is not None:
        grants.refuse_shut(provider, by)
    now = timezone.now()
    lifecycle.begin(row, status, by, now)
    told = facts.tell(row, source, facts.clean(stated), now)
    with history.change_set(by, reason) as changes:
        refuse_successor(row)
        try:
            with transaction.atomic():
                row.save(force_insert=True)
        except IntegrityError as error:
            raise already_there(row) from error
        pricing.write([told.price] if told.price else [])
        keep_secret(row, secret, changes)
        changes.record(ObjectType.MODEL, row.pk, str(row), {}, {"status": status, **told.after}, Action.CREATE)
    return row


def refuse_stranger(owner_id: int | None, by: Caller, decisions: Collection[str] = ()) -> None:
    """Personal models belong to their owner, global ones and all notes to the admins. Raises Forbidden."""
    if "admin_notes" in decisions and not by.is_admin:
        raise Forbidden("Only admins may keep notes on models.")
    if owner_id is None and not by.is_admin:
        raise Forbidden("Only admins may add, change or delete the organisation's models.")
    if owner_id is not None and owner_id != by.user_id and not by.is_admin:
        raise Forbidden("This model belongs to somebody else.")


def already_there(row: AIModel) -> Clash:
    if row.owner_id is not None:
        return Clash(f"You already have a model named {row.name}.", {"name": "already in use"})
    return Clash(
        f"{row} already exists in category {row.category}. Change that model instead.", {"model_id": "already exists"}
    )


@history.repeated
def change_model(
    model: AIModel,
    by: Caller,
    *,
    stated: Mapping[str, Any] | None = None,
    decisions: Mapping[str, Any] | None = None,
    reset: Iterable[str] = (),
    status: str = "",
    secret: Secret = NO_SECRET,
    reason: str = "",
) -> lifecycle.Moved:
    """Change facts, decisions, key and status of a model together, or nothing of it. Raises CatalogError."""
    decided = clean_decisions(decisions or {})
    with history.change_set(by, reason):
        refuse_stranger(facts.locked(model.pk).owner_id, by, decided)
        if stated:
            facts.state(model, stated, by, reason)
        if reset:
            facts.reset(model, reset, by, reason)
        if decided or not secret.is_empty:
            decide(model, decided, by, reason, secret=secret)
        moved = lifecycle.Moved()
        if status:
            moved = lifecycle.set_status(AIModel.objects.filter(pk=model.pk), status, by, reason)
        if status or stated or reset or decided or not secret.is_empty:
            model.refresh_from_db()
    return moved


@history.repeated
def set_statuses(ids: Collection[int], status: str, by: Caller, reason: str = "") -> lifecycle.Moved:
    """Bring models to a status, all or none. Raises Clash naming each that does not exist or may not move there."""
    with history.change_set(by, reason):
        models = AIModel.objects.visible_to(by).filter(pk__in=[pk for pk in ids if pk <= LARGEST_PK])
        known = set(models.values_list("pk", flat=True))
        unknown = [{"id": pk, "reason": "does not exist"} for pk in ids if pk not in known]
        try:
            moved = lifecycle.set_status(models, status, by, reason)
        except IllegalMove as error:
            if unknown:
                raise IllegalMove(error.message, [*unknown, *(error.details or [])]) from error
            raise
        if unknown:
            names = ", ".join(str(item["id"]) for item in unknown[:10])
            raise Clash(f"There is no model {names}{' …' if len(unknown) > 10 else ''}. Nothing was changed.", unknown)
        return moved


def decide(
    model: AIModel, decided: Mapping[str, Any], by: Caller, reason: str = "", *, secret: Secret = NO_SECRET
) -> None:
    """Write a person's decisions about a model and record them. Its key goes with the address it was stored for."""
    with history.change_set(by, reason) as changes:
        row = facts.locked(model.pk)
        before = {name: getattr(row, name) for name in decided}
        for name, value in decided.items():
            setattr(row, name, value)
        refuse_successor(row)
        changes.record(ObjectType.MODEL, row.pk, str(row), before, decided)
        if row.base_url != before.get("base_url", row.base_url):
            refuse_address(row)
        keep_secret(row, secret, changes)
        row.updated_by = by.label
        row.save(update_fields=[*(name.removesuffix("_id") for name in decided), "updated_at", "updated_by"])


def refuse_address(row: AIModel) -> None:
    """The address of a personal model may not lead to this machine or the inner network. Raises Invalid."""
    if row.owner_id is None or not row.base_url:
        return
    try:
        refuse_inner(row.base_url)
    except ValueError as error:
        raise Invalid({"base_url": str(error)}) from error


def keep_secret(row: AIModel, secret: Secret, changes: history.Changes) -> None:
    """Store what came along for a saved model, and drop what was stored for an address it no longer has."""
    if row.credential_id is None and secret.is_empty:
        return
    before = row.credential_id
    credentials.set_model_key(row, secret, changes)
    if row.credential_id != before:
        AIModel.objects.filter(pk=row.pk).update(credential=row.credential_id)


def clean_decisions(decisions: Mapping[str, Any]) -> dict[str, Any]:
    """A person's decisions, checked one by one. Raises Invalid naming each that is wrong."""
    wrong = {name: "is nothing one can set" for name in decisions if name not in DECISIONS}
    cleaned = {
        name: "" if value is None and name in ("base_url", "admin_notes") else value
        for name, value in decisions.items()
    }
    for name in ("requests_per_minute", "tokens_per_minute"):
        value = cleaned.get(name)
        if value is not None and (
            isinstance(value, bool) or not isinstance(value, int) or not 0 < value <= LARGEST_RATE
        ):
            wrong[name] = f"must be a whole number between 1 and {LARGEST_RATE:,}"
    for name in ("base_url", "admin_notes"):
        if not isinstance(cleaned.get(name, ""), str) or "\x00" in cleaned.get(name, ""):
            wrong[name] = "must be text"
    if "base_url" in cleaned and "base_url" not in wrong:
        try:
            cleaned["base_url"] = clean_base_url(cleaned["base_url"])
        except ValueError as error:
            wrong["base_url"] = str(error)
    if wrong:
        raise Invalid(wrong)
    return cleaned


def row_id(value: Any) -> int | None:
    """A row id given as an integer or as digits; None for what is neither."""
    if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) <= LONGEST_ID:
        return int(value)
    return value if isinstance(value, int) and not isinstance(value, bool) and value >= 0 else None


def successor_named(name: Any, category: str, by: Caller) -> int | None:
    """The id of the model that a row id or "provider/model_id" names, of this category first. Raises Invalid."""
    if name in (None, ""):
        return None
    visible = AIModel.objects.visible_to(by)
    pk = row_id(name)
    if pk is not None:
        found = visible.filter(pk=pk)
    elif isinstance(name, str) and "/" in name and not CONTROL.search(name):
        slug, _, model_id = name.partition("/")
        found = visible.for_provider(slug).filter(model_id=model_id)
    else:
        raise Invalid({"successor": "must be a model's id or provider/model_id"})
    rows = sorted(found.values_list("category", "pk"), key=lambda row: (row[0] != category, row[1]))
    if not rows:
        raise Invalid({"successor": f"there is no model {name}"})
    return rows[0][1]


def refuse_successor(row: AIModel) -> None:
    """A successor must be another global model (or one's own), and the chain may not come back. Raises Invalid."""
    seen = {row.pk}
    heir_id = row.successor_id
    while heir_id is not None:
        if heir_id in seen:
            raise Invalid({"successor": "the chain of successors comes back to this model"})
        seen.add(heir_id)
        heir = AIModel.objects.filter(pk=heir_id).only("successor_id", "owner_id", "status").first()
        if heir is None or heir.owner_id not in (None, row.owner_id):
            raise Invalid({"successor": f"there is no model {heir_id}"})
        heir_id = heir.successor_id


def delete_model(model: AIModel, by: Caller, reason: str = "") -> None:
    """Delete a hand-made or personal model; the history keeps the whole row.

    Raises Forbidden for a system model, Clash for one its provider listed (archive it) or that is still a default.
    """
    with history.change_set(by, reason) as changes:
        row = facts.locked(model.pk)
        refuse_stranger(row.owner_id, by)
        refuse_delete(row)
        changes.record(ObjectType.MODEL, row.pk, str(row), whole(row), {}, Action.DELETE)
        credentials.drop_model_key(row, changes)
        row.delete()


def refuse_delete(row: AIModel) -> None:
    """Only what a person made and nothing depends on may go. Raises Forbidden or Clash saying what to do instead."""
    routes = list(Route.objects.leading_to(row).values_list("name", flat=True))
    why = why_kept(row, routes)
    if why:
        raise Forbidden(f"{row} {why}.") if row.is_system else Clash(f"{row} {why}.", routes or None)


def why_kept(row: AIModel, routes: Sequence[str]) -> str:
    """Why a model to which these routes lead cannot be deleted, and what to do instead; empty if it can."""
    if row.is_system:
        return "is a system model and cannot be deleted: disable or archive it instead"
    if row.listed_at is not None or row.discovered_at is not None:
        instead = "disable and archive it" if row.status == Status.ENABLED else "archive it"
        return f"was discovered at its provider, and a sync would find it again: {instead} instead"
    if row.is_default:
        return "is the default of its provider: make another model the default first"
    if routes:
        return f"is a target of {', '.join(routes)}: take it out of there first, or disable it"
    return ""


def whole(row: AIModel) -> dict[str, Any]:
    """Every column of a row, JSON-ready, so that a delete can be undone; its prices go along as claims."""
    fields = model_to_dict(row, fields=[field.name for field in row._meta.concrete_fields if field.editable])
    fields |= {"claims": row.claims, "status_source": row.status_source}
    for name in ("provider", "credential", "successor", "owner"):
        fields[f"{name}_id"] = fields.pop(name, None)
    for name in ("price", "complexity_factor"):
        fields.pop(name, None)
    return {name: jsonable(value) for name, value in fields.items()}


def jsonable(value: Any) -> Any:
    if hasattr(value, "isoformat"):
        return value.isoformat()
    return value if value is None or isinstance(value, bool | int | str | list | dict) else str(value)


def restore_deleted(pk: int, row: Mapping[str, Any], by: Caller, reason: str = "") -> AIModel:
    """Undo a delete: the row comes back under its old id, not as a default. Raises Clash if it was replaced."""
    columns = {field.attname: field for field in AIModel._meta.concrete_fields}
    fields = {
        name: columns[name].to_python(value) if isinstance(value, str) else value
        for name, value in row.items()
        if name in columns and name not in facts.FACTS and name != "is_default"
    }
    claims = fields.pop("claims")
    restored = AIModel(**{**fields, "id": pk})
    if restored.successor_id and not AIModel.objects.filter(pk=restored.successor_id).exists():
        restored.successor_id = None
    restored.credential_id = None  # its key went with it
    with history.change_set(by, reason) as changes:
        if not Provider.objects.filter(pk=restored.provider_id).exists():
            raise NotFound("Its provider is gone.")
        told = [facts.tell(restored, source, claim["facts"], timezone.now()) for source, claim in claims.items()]
        try:
            with transaction.atomic():
                restored.save(force_insert=True)
        except IntegrityError as error:
            raise already_there(restored) from error
        prices = [item.price for item in told if item.price]
        pricing.write(prices[-1:])
        changes.record(ObjectType.MODEL, pk, str(restored), {}, {"status": restored.status}, Action.CREATE)
    return restored
