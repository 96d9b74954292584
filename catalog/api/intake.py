"""What a body means: facts, prices, decisions and status of a model. Pure: nothing is looked up, nothing is written."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from django.http import QueryDict

from catalog import facts, registration
from catalog.credentials import Secret
from catalog.errors import Invalid
from catalog.models import Status

from . import amounts, naming
from .amounts import is_number
from .naming import AMOUNT_FIELDS, FACT_OF, Sent

LONGEST_REASON = 500

DECISIONS = {
    "baseUrl": "base_url",
    "adminNotes": "admin_notes",
    "successor": "successor",
    "requestsPerMinute": "requests_per_minute",
    "tokensPerMinute": "tokens_per_minute",
}
NUMBERS = ("parameters", "default_temperature", "default_top_p")
FIXED = {
    "id": "is given by the registry",
    "modelId": "cannot be changed; add another model",
    "provider": "cannot be changed; add another model",
    "endpointType": "is its provider's and cannot be changed here",
    "isDefault": "is set by POST /api/admin/models/set-default",
    "isSystem": "cannot be set",
    "isPersonal": "cannot be set",
}
GIVEN_ON_CREATION = ("modelId", "provider", "endpointType")
# Shown, derived by the registry; a client that sends a whole object back may leave them in.
DERIVED = {"complexityFactor", "sources", "conflicts", "providerMetadata", "storedKey", "defaults", "notes"} | {
    *("discoveredAt", "enabledAt", "deprecatedAt", "lastUsedAt", "createdAt", "updatedAt")
}
KEYS = ("apiKey", "authType", "authHeaders")
OTHERS = {"status", "isActive", "reset", "reason", "pricing", *AMOUNT_FIELDS}
KNOWN = {*FACT_OF, *DECISIONS, *FIXED, *DERIVED, *KEYS, *OTHERS}


@dataclass(frozen=True, kw_only=True)
class Edit:
    """What a body asks of one model."""

    stated: dict[str, Any] = field(default_factory=dict)
    decisions: dict[str, Any] = field(default_factory=dict)
    status: str = ""
    reset: tuple[str, ...] = ()
    secret: Secret = registration.NO_SECRET
    reason: str = ""


@dataclass(frozen=True, kw_only=True)
class NewModel:
    """What a body asks for that adds a model."""

    provider: str  # "" = not said
    endpoint_type: str
    model_id: str
    edit: Edit


def edit_of(sent: Sent, shown: Mapping[str, Any]) -> Edit:
    """What a body asks of the model that is shown so. Raises Invalid."""
    edit = read(sent, shown)
    sent.raise_if_wrong()
    return edit


def new_model_of(sent: Sent, *, is_personal: bool) -> NewModel:
    """What a body asks for that adds a model. Raises Invalid."""
    if sent.fields.pop("reset", None):
        sent.refuse("reset", "a new model has nothing to reset")
    given = {name: sent.fields[name] for name in GIVEN_ON_CREATION if name in sent.fields}
    shown = {**given, "isDefault": False, "isSystem": False, "isPersonal": is_personal}
    edit = read(sent, shown)
    price = {name: amount for name, amount in (edit.stated.get(facts.PRICE) or {}).items() if amount}
    stated = {name: value for name, value in {**edit.stated, facts.PRICE: price or None}.items() if value is not None}
    texts = {name: a_word(sent, name) for name in GIVEN_ON_CREATION}
    if "name" not in stated:
        sent.refuse("name", "is needed")
    elif not texts["modelId"] and "parameters" not in stated:
        sent.refuse("modelId", "is needed, or parameters")
    elif not texts["modelId"] and not slug_of(stated["name"]):
        sent.refuse("modelId", "is needed: the name holds no letters to make one of")
    if edit.status not in ("", Status.ENABLED, Status.DISABLED):
        sent.refuse("status", "a new model can be enabled or disabled")
    sent.raise_if_wrong()
    return NewModel(
        provider=texts["provider"],
        endpoint_type=texts["endpointType"],
        model_id=texts["modelId"] or slug_of(stated["name"]),
        edit=replace(edit, stated=stated, status=edit.status or Status.ENABLED),
    )


def slug_of(name: str) -> str:
    """A model id made of a name: `GPT-4.1 Nano` gives `gpt-4.1-nano`."""
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9.]+", "-", plain).strip("-.")


def a_word(sent: Sent, name: str) -> str:
    value = sent.fields.get(name)
    if value is not None and not isinstance(value, str):
        sent.refuse(name, "must be text")
    return value if isinstance(value, str) else ""


def read(sent: Sent, shown: Mapping[str, Any]) -> Edit:
    """What a body asks; `sent.wrong` is told what cannot be."""
    for name in sent.fields:
        if name not in KNOWN:
            sent.refuse(name, "is nothing one can set")
        elif name in FIXED and (name not in shown or sent.fields[name] != shown[name]):
            sent.refuse(name, FIXED[name])
    stated = facts_of(sent, shown) | amounts.price_of(sent, shown)
    return Edit(
        stated=stated,
        decisions=decisions_of(sent),
        status=status_of(sent, shown),
        reset=reset_of(sent, stated),
        secret=secret_of(sent),
        reason=reason_of(sent),
    )


def facts_of(sent: Sent, shown: Mapping[str, Any]) -> dict[str, Any]:
    aliases: dict[str, list[str]] = {}
    for name, fact in names_in(sent).items():
        aliases.setdefault(fact, []).append(name)
    stated = {}
    for fact, names in aliases.items():
        said = sent.chosen(names, shown)
        if said is not None:
            try:
                stated[fact] = clean_fact(fact, sent.fields[said])
            except ValueError as error:
                sent.refuse(said, str(error))
    return stated


def names_in(sent: Sent) -> dict[str, str]:
    """Each name sent with the fact it means: beside a larger contextLength, contextWindow is the active window."""
    names = {name: FACT_OF[name] for name in sent.fields if name in FACT_OF}
    limit, window = sent.fields.get("contextLength"), sent.fields.get("contextWindow")
    if "activeWindow" not in names and is_number(limit) and is_number(window) and window < limit:
        names["contextWindow"] = "active_window"
    return names


def clean_fact(fact: str, value: Any) -> Any:
    """A fact, JSON-ready. Raises ValueError."""
    if value is None:
        if fact == "name":
            raise ValueError("may not be empty")
        return None
    if fact in NUMBERS and not is_number(value):
        raise ValueError("must be a number")
    if fact == "token_weights" and isinstance(value, dict):
        value = {naming.camel(kind): weight for kind, weight in value.items()}
        if not all(is_number(weight) for weight in value.values()):
            raise ValueError("must hold numbers")
    return facts.FACTS[fact].clean(value)


def decisions_of(sent: Sent) -> dict[str, Any]:
    decisions = {column: sent.fields[name] for name, column in DECISIONS.items() if name in sent.fields}
    try:
        registration.clean_decisions({name: value for name, value in decisions.items() if name != "successor"})
    except Invalid as error:
        for name, text in (error.details or {}).items():  # type: ignore[union-attr]  # Invalid always has a mapping
            sent.refuse(naming.camel(name), text)
    return decisions


def secret_of(sent: Sent) -> Secret:
    """A key and what goes along; what they may hold is for the operation to say."""
    key, auth, headers = (sent.fields.get(name, "") for name in KEYS)
    if key is not None and not isinstance(key, str):
        sent.refuse("apiKey", "must be text, or null to delete it")
    if auth is not None and not isinstance(auth, str):
        sent.refuse("authType", "must be text")
    if "authHeaders" not in sent.fields:
        headers = None
    elif headers is not None and not isinstance(headers, dict):
        sent.refuse("authHeaders", "must be an object, or null to delete them")
    elif headers is None:
        headers = {}
    return Secret(key=key, auth=auth or "", headers=headers)


def status_of(sent: Sent, shown: Mapping[str, Any]) -> str:
    """The status a body asks for, by name or by `isActive`; "" if it asks for none."""
    status, active = sent.fields.get("status"), sent.fields.get("isActive")
    if status is not None and status not in Status.values:
        sent.refuse("status", f"must be one of {', '.join(Status.values)}")
    elif active is not None and not isinstance(active, bool):
        sent.refuse("isActive", "must be true or false")
    elif active is not None and (status is None or is_news(sent, shown, active)):
        return status_when(active, shown)
    return status if isinstance(status, str) else ""


def is_news(sent: Sent, shown: Mapping[str, Any], active: bool) -> bool:
    """Whether `isActive` contradicts the `status` beside it and is the one of them that is news."""
    contradiction = (sent.fields["status"] == Status.ENABLED) != active
    return contradiction and sent.newest(["status", "isActive"], shown) == "isActive"


def status_when(active: bool, shown: Mapping[str, Any]) -> str:
    if active:
        return Status.ENABLED.value
    # An archived model is not active already, and disabling it would bring it back.
    return "" if shown.get("status") == Status.ARCHIVED else Status.DISABLED.value


def reset_of(sent: Sent, stated: Mapping[str, Any]) -> tuple[str, ...]:
    """The facts a body gives back to their sources."""
    names = sent.fields.get("reset")
    if names is None:
        return ()
    if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
        sent.refuse("reset", "must be a list of field names")
        return ()
    wanted = {}
    for name in names:
        field_name = naming.camel(name)
        fact = facts.PRICE if field_name in naming.PRICE_FIELDS else FACT_OF.get(field_name)
        if fact is None:
            sent.refuse("reset", f"{name[:100]} is no field that can be reset")
        elif fact in stated:
            sent.refuse("reset", f"{name} is also given a value")
        else:
            wanted[fact] = True
    return tuple(wanted)


def reason_of(sent: Sent) -> str:
    value = sent.fields.get("reason")
    if value is None:
        return ""
    try:
        return facts.a_text(LONGEST_REASON)(value)
    except ValueError as error:
        sent.refuse("reason", str(error))
        return ""


def reason_in(params: QueryDict) -> str:
    """The reason in an address, of a request that has no body. Raises Invalid."""
    sent = Sent(params.dict())
    reason = reason_of(sent)
    sent.raise_if_wrong()
    return reason
