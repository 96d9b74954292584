"""What the other bodies ask for: many models at once, a default, a provider. Pure."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from catalog.models import Category, Status
from catalog.registration import row_id

from .intake import reason_of
from .naming import Sent, snake

BULK_STATUSES = (Status.ENABLED.value, Status.DISABLED.value, Status.DEPRECATED.value)
MOST_IDS = 30_000  # SQLite takes 32,766 values a statement

# What a provider shows beyond what can be set; a client that sends a whole object back may leave them in.
SHOWN = {"counts", "defaultModels", "keyConfigured", "note", "notes", "lastSyncedAt"} | {
    *("health", "healthSince", "healthReason", "createdAt", "updatedAt")
}
BLANK_AS_NULL = ("baseUrl", "listing", "apiKeyEnv", "siteUrl", "docsUrl", "statusUrl")
SHOWN_OF_ROUTES = {"stats", "notes", "createdAt", "updatedAt", "updatedBy"}
PROVIDER_ORDERS = ("apiKey", "confirmEnvKey", "reason")


@dataclass(frozen=True, kw_only=True)
class Bulk:
    """Which models to bring to which status: those with these ids, else those a filter finds."""

    ids: list[int] | None
    conditions: Sent
    status: str
    reason: str


def bulk_of(sent: Sent) -> Bulk:
    """Raises Invalid."""
    refuse_others(sent, ("modelIds", "filter", "status", "reason"))
    if ("modelIds" in sent.fields) == ("filter" in sent.fields):
        sent.refuse("model_ids" if "modelIds" not in sent.names else "modelIds", "give either these or a filter")
    ids = ids_of(sent) if "modelIds" in sent.fields else None
    conditions = conditions_of(sent)
    status = sent.fields.get("status")
    if status not in BULK_STATUSES:
        sent.refuse("status", f"must be one of {', '.join(BULK_STATUSES)}")
    reason = reason_of(sent)
    sent.raise_if_wrong()
    return Bulk(ids=ids, conditions=conditions, status=str(status), reason=reason)


def conditions_of(sent: Sent) -> Sent:
    """The filter in a body, whose refusals are named `filter.status` and so on."""
    conditions = sent.fields.get("filter", {})
    if "filter" in sent.fields and (not isinstance(conditions, dict) or not conditions):
        sent.refuse("filter", "must be an object with at least one condition")
        conditions = {}
    inner = Sent(conditions)
    inner.names = {name: f"filter.{called}" for name, called in inner.names.items()}
    inner.wrong = {f"filter.{name}": text for name, text in inner.wrong.items()}
    return inner


def ids_of(sent: Sent) -> list[int]:
    values = sent.fields["modelIds"]
    if not isinstance(values, list) or not 0 < len(values) <= MOST_IDS:
        sent.refuse("modelIds", f"must be a list of 1 to {MOST_IDS} ids")
        return []
    ids = [row_id(value) for value in values]
    wrong = [str(value)[:50] for value, pk in zip(values, ids, strict=True) if pk is None]
    if wrong:
        sent.refuse("modelIds", f"must hold row ids, integers or digits; not {', '.join(wrong[:10])}")
    return [pk for pk in dict.fromkeys(ids) if pk is not None]


@dataclass(frozen=True, kw_only=True)
class Default:
    provider: str
    category: str
    model_id: str
    reason: str


def default_of(sent: Sent) -> Default:
    """Raises Invalid."""
    refuse_others(sent, ("provider", "category", "modelId", "reason"))
    for name in ("provider", "modelId"):
        value = sent.fields.get(name)
        if not isinstance(value, str) or not value or "\x00" in value:
            sent.refuse(name if name in sent.names else snake(name), "is needed, as text")
    category = sent.fields.get("category")
    if category not in Category.values:
        sent.refuse("category", f"must be one of {', '.join(Category.values)}")
    reason = reason_of(sent)
    sent.raise_if_wrong()
    return Default(
        provider=sent.fields["provider"], category=str(category), model_id=sent.fields["modelId"], reason=reason
    )


@dataclass(frozen=True, kw_only=True)
class ProviderEdit:
    """What a body asks of a provider. `key`: "" leaves it, None deletes it."""

    fields: dict[str, Any] = field(default_factory=dict)
    key: str | None = field(default="", repr=False)
    confirm_env_key: bool = False
    reason: str = ""


def provider_edit_of(sent: Sent) -> ProviderEdit:
    """Raises Invalid. What a field may hold is the operation's to say."""
    key = sent.fields.get("apiKey", "")
    if key is not None and not isinstance(key, str):
        sent.refuse("apiKey", "must be text, or null to delete it")
    confirm = sent.fields.get("confirmEnvKey", False)
    if not isinstance(confirm, bool):
        sent.refuse("confirmEnvKey", "must be true or false")
    reason = reason_of(sent)
    sent.raise_if_wrong()
    left = {name: value for name, value in sent.fields.items() if name not in (*PROVIDER_ORDERS, *SHOWN)}
    left.update({name: "" for name in BLANK_AS_NULL if left.get(name, "") is None})
    if isinstance(left.get("policy"), dict):
        left["policy"] = {snake(rule): value for rule, value in left["policy"].items()}
    return ProviderEdit(
        fields={snake(name): value for name, value in left.items()},
        key=key,
        confirm_env_key=confirm,
        reason=reason,
    )


def route_edit_of(sent: Sent, pk: int | None = None) -> tuple[dict[str, Any], str]:
    """What a body asks of a route, and the reason. Raises Invalid. What a field may hold is the operation's to say."""
    if "id" in sent.fields and sent.fields.pop("id") != pk:
        sent.refuse("id", "is given by the registry")
    reason = reason_of(sent)
    sent.raise_if_wrong()
    left = {name: value for name, value in sent.fields.items() if name not in ("reason", *SHOWN_OF_ROUTES)}
    if isinstance(left.get("targets"), list):
        left["targets"] = [without_status(target) for target in left["targets"]]
    return {snake(name): value for name, value in left.items()}, reason


def without_status(target: Any) -> Any:
    """A target as it is written: its status is only shown."""
    return {name: value for name, value in target.items() if name != "status"} if isinstance(target, dict) else target


def refuse_others(sent: Sent, known: tuple[str, ...]) -> None:
    for name in sent.fields:
        if name not in known:
            sent.refuse(name, "is nothing this takes")
