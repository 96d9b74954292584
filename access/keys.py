"""Making, changing, rotating and revoking API keys. The plaintext leaves here once and is kept nowhere."""

from __future__ import annotations

import secrets
import string
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.contrib.auth import get_user_model
from django.db import IntegrityError, transaction
from django.db.models import QuerySet
from django.utils import timezone

from access import events, patterns
from access.caller import Caller, is_admin
from access.errors import BadRequest, Clash, Forbidden, NotFound
from access.models import ApiKey, Kind
from access.scopes import ALL_SCOPES, DEFAULT_SCOPES, PERSONAL_SCOPES, Scope
from access.snapshot import KEYS, START, digest_of

ALPHABET = string.ascii_lowercase + string.digits
PREFIX_LENGTH = 8
SECRET_BYTES = 32
MOST_KEYS = 100  # usable ones of a person
MADE_BEFORE = (
    "A key was made with this form already, and shown then. If you did not copy it, revoke it and make another one."
)
ROTATED_BEFORE = (
    "This key was rotated since you opened the page, and the new one shown then. If nobody copied it, rotate it again."
)


@dataclass(frozen=True, kw_only=True)
class Terms:
    """What a key opens, for how long and how much of it."""

    scopes: Iterable[str] = DEFAULT_SCOPES
    allowed_providers: Iterable[str] = ()
    allowed_models: Iterable[str] = ()
    allowed_routes: Iterable[str] = ()
    expires_at: datetime | None = None
    requests_per_minute: int | None = None
    tokens_per_minute: int | None = None
    monthly_budget: Decimal | None = None
    allow_unpriced: bool = False


@dataclass(frozen=True, kw_only=True)
class Made:
    """A key and its plaintext, for the one page or line that shows it."""

    key: ApiKey
    plaintext: str

    def __repr__(self) -> str:
        return f"Made(key={self.key!r})"


@transaction.atomic
def make(
    name: str, *, by: Caller, owner_id: int | None = None, terms: Terms | None = None, form_id: UUID | None = None
) -> Made:
    """A new key of a person, or of a service (no owner). The same form, by its `form_id`, makes no second one."""
    terms = terms or Terms()
    if not may_manage(by, owner_id):
        raise Forbidden("You can only make keys for yourself, and not with a key.")
    if owner_id is not None and ApiKey.objects.of(owner_id).usable().count() >= MOST_KEYS:
        raise Clash(f"{MOST_KEYS} keys are in use already. Revoke some first.")
    fields = checked(name, terms, by, owner_id)
    prefix, plaintext = new_secret()
    digest = digest_of(plaintext).hex()
    key = created(form_id, prefix=prefix, digest=digest, owner_id=owner_id, created_by=by.label[:150], **fields)
    tell(Kind.KEY_MADE, key, by, f"scopes {', '.join(fields['scopes'])}")
    return Made(key=key, plaintext=plaintext)


@transaction.atomic
def change(key_id: int, name: str, terms: Terms, *, by: Caller) -> ApiKey:
    """Give a key other terms; the key itself stays."""
    key = held(key_id, by)
    fields = checked(name, terms, by, key.owner_id, had=key)
    changed = [field for field, value in fields.items() if getattr(key, field) != value]
    if changed:
        for field in changed:
            setattr(key, field, fields[field])
        key.save(update_fields=changed)
        tell(Kind.KEY_CHANGED, key, by, f"changed {', '.join(changed)}")
    return key


@transaction.atomic
def rotate(key_id: int, *, by: Caller, seen: str | None = None) -> Made:
    """Replace a key's secret; the old one stops at once. Who needs both for a while makes a second key.

    `seen` is the prefix that whoever rotates saw: a page that is sent again saw the one before.
    """
    key = held(key_id, by)
    if key.state != "active":
        raise Clash(f"This key is {key.state}. Make a new one.")
    if seen is not None and seen != key.prefix:
        raise Clash(ROTATED_BEFORE)
    key.prefix, plaintext = new_secret()
    key.digest = digest_of(plaintext).hex()
    key.save(update_fields=["prefix", "digest"])
    tell(Kind.KEY_ROTATED, key, by)
    return Made(key=key, plaintext=plaintext)


@transaction.atomic
def revoke(key_id: int, *, by: Caller) -> bool:
    """Close a key for good; False if it was closed before."""
    key = held(key_id, by)
    if not ApiKey.objects.filter(pk=key.pk, revoked_at=None).update(revoked_at=timezone.now()):
        return False
    tell(Kind.KEY_REVOKED, key, by)
    return True


def may_manage(by: Caller, owner_id: int | None) -> bool:
    """Admins manage all keys, people their own, and a key never makes another."""
    return by.is_admin or (by.proof in ("session", "token") and owner_id is not None and owner_id == by.user_id)


def held(key_id: int, by: Caller) -> ApiKey:
    """A key, locked, if this caller may manage it."""
    return found(key_id, by, ApiKey.objects.select_for_update())


def found(key_id: int, by: Caller, among: QuerySet[ApiKey] | None = None) -> ApiKey:
    """A key to look at, if this caller may manage it; those of others do not exist for them."""
    rows = ApiKey.objects.all() if among is None else among
    key = rows.filter(pk=key_id).first()
    if key is None or not may_manage(by, key.owner_id):
        raise NotFound("There is no such key.")
    return key


def created(form_id: UUID | None, **columns: Any) -> ApiKey:
    """The row of a new key. The database refuses a form's second one, also when two clicks come at once."""
    try:
        with transaction.atomic():
            return ApiKey.objects.create(form_id=form_id, **columns)
    except IntegrityError as error:
        if form_id is None:
            raise
        raise Clash(MADE_BEFORE) from error


def new_secret() -> tuple[str, str]:
    """A prefix to speak of the key by, and the whole key."""
    prefix = "".join(secrets.choice(ALPHABET) for _ in range(PREFIX_LENGTH))
    return prefix, f"{START}{prefix}_{secrets.token_urlsafe(SECRET_BYTES)}"


def checked(name: str, terms: Terms, by: Caller, owner_id: int | None, had: ApiKey | None = None) -> dict[str, Any]:
    """The columns these terms make. Raises BadRequest or Forbidden for what cannot be."""
    name = " ".join(name.split())
    if not 0 < len(name) <= 100 or not name.isprintable():
        raise BadRequest("A key needs a name of at most 100 characters.")
    fields = {**asdict(terms), "name": name, "scopes": checked_scopes(terms.scopes, by, owner_id)}
    for field in ("allowed_providers", "allowed_models", "allowed_routes"):
        fields[field] = list(fields[field])
        if problem := patterns.problem(fields[field]):
            raise BadRequest(f"{field} {problem}")
    expires_at = terms.expires_at
    if expires_at is not None and expires_at <= timezone.now() and (had is None or had.expires_at != expires_at):
        raise BadRequest("The key would expire in the past.")
    for field in ("requests_per_minute", "tokens_per_minute"):
        if fields[field] is not None and not 0 < fields[field] < 2**31:
            raise BadRequest(f"{field} must be at least 1; leave it empty for no limit.")
    if terms.monthly_budget is not None and not 0 <= terms.monthly_budget < 10**10:
        raise BadRequest("monthly_budget must not be negative; leave it empty for no limit.")
    return fields


def checked_scopes(scopes: Iterable[str], by: Caller, owner_id: int | None) -> list[str]:
    wanted = set(scopes)
    if not wanted or not wanted <= ALL_SCOPES:
        raise BadRequest(f"Scopes are one or more of {', '.join(Scope.values)}.")
    if not by.is_admin and not wanted <= PERSONAL_SCOPES:
        raise Forbidden(f"Only admins can give the scope {', '.join(sorted(wanted - PERSONAL_SCOPES))}.")
    if Scope.ADMIN in wanted and owner_id is not None and not is_admin(get_user_model().objects.get(pk=owner_id)):
        raise Forbidden("The owner of a key with the scope admin must be an admin.")
    return [scope for scope in Scope.values if scope in wanted]


def tell(kind: Kind, key: ApiKey, by: Caller, detail: str = "") -> None:
    """Write the event, which is also how other workers hear of it."""
    events.record(kind, by, api_key_id=key.pk, detail=f"{key}{': ' if detail else ''}{detail}")
    KEYS.expire()
    transaction.on_commit(KEYS.expire)
