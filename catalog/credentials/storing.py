"""What people store: keys, and headers that go along with them. Nothing of it is read back."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from access.caller import Caller
from catalog import grants, history, secrets
from catalog.addresses import clean_base_url, refuse_inner
from catalog.errors import Forbidden, Invalid, NotFound
from catalog.extra_headers import clean_headers, merged
from catalog.models import Action, AIModel, Auth, Credential, ObjectType, Provider
from catalog.upstream import headers_for

LONGEST_KEY = 5_000
WITH_KEY = "goes with a key: send apiKey along"
AUTH_WORDS = {"api_key": Auth.API_KEY.value, "apikey": Auth.API_KEY.value}


@dataclass(frozen=True, kw_only=True)
class Secret:
    """What somebody sends to be stored. `key`: "" leaves what is there, None deletes it; `headers`: None leaves."""

    key: str | None = field(default="", repr=False)
    headers: Mapping[str, Any] | None = field(default=None, repr=False)
    auth: str = ""

    @property
    def is_empty(self) -> bool:
        return self.key == "" and self.headers is None and not self.auth


def set_key(
    provider: Provider,
    key: str,
    by: Caller,
    reason: str = "",
    *,
    owner_id: int | None = None,
    base_url: str = "",
    headers: Mapping[str, Any] | None = None,
    auth: str = "",
) -> Credential:
    """Store a key for calls to one address of a provider, in place of an older one for it.

    The organisation's goes to the provider's own address; a person's may go to one of theirs. Raises Invalid.
    """
    refuse_other(owner_id, by)
    if owner_id is not None:
        grants.refuse_shut(provider, by)
    address = address_of(provider, base_url if owner_id is not None else "", owner_id)
    with history.change_set(by, reason) as changes:
        if owner_id is None:
            drop(provider, changes)
        else:
            delete(Credential.objects.of(owner_id).filter(provider=provider, base_url=address), changes)
        row = Credential(provider=provider, base_url=address, owner_id=owner_id)
        seal(row, Secret(key=clean_key(key), headers=headers, auth=auth))
        record_stored(row, changes)
    return row


def forget_key(provider: Provider, by: Caller, reason: str = "") -> bool:
    """Delete the organisation's stored keys of a provider; whether there was one."""
    with history.change_set(by, reason) as changes:
        return drop(provider, changes)


def forget_own_key(pk: int, by: Caller, reason: str = "") -> None:
    """Delete one key a person stored for a provider. Raises NotFound for any that is not theirs."""
    with history.change_set(by, reason) as changes:
        if by.user_id is None or not delete(Credential.objects.of(by.user_id).filter(pk=pk), changes):
            raise NotFound("You have no such key.")


def keys_of(caller: Caller) -> list[Credential]:
    """The keys a person stored, to be shown by provider, address and last four characters."""
    if caller.user_id is None:
        return []
    rows = Credential.objects.of(caller.user_id).select_related("provider")
    return list(rows.order_by("provider__name", "base_url"))


def drop(provider: Provider, changes: history.Changes) -> bool:
    return delete(Credential.objects.of(None).filter(provider=provider), changes)


def delete(found: Iterable[Credential], changes: history.Changes) -> bool:
    rows = list(found)
    for row in rows:
        before = {"key": f"ended in {row.last_four}"}
        changes.record(ObjectType.CREDENTIAL, row.pk, label_of(row), before, {}, Action.DELETE)
        row.delete()
    return bool(rows)


def set_model_key(model: AIModel, secret: Secret, changes: history.Changes) -> bool:
    """Store, change or delete the key of one model, already locked. Whether a key was lost to a new address.

    What was stored for another address than the model has now is gone, whether or not something new is sent along.
    """
    address = model.base_url or model.provider.base_url
    # Locked and read anew: a rotation of the encryption key may be at work on it.
    old = Credential.objects.select_for_update().filter(models=model).first() if model.credential_id else None
    moved = old is not None and old.base_url != address
    if old is not None and moved:
        delete([old], changes)
    kept = None if old is None or moved else old
    if secret.key or secret.headers or (kept is not None and not secret.is_empty):
        if not address:
            raise Invalid({"base_url": "enter the model's address first: a key is stored for one address"})
        kept = kept or Credential(for_one_model=True, provider=model.provider, base_url=address, owner=model.owner)
        seal(kept, secret)
        keep_or_delete(kept, changes)
    elif clean_auth(secret.auth) not in ("", Auth.NONE):
        raise Invalid({"auth_type": WITH_KEY})
    model.credential = kept if kept is not None and kept.pk else None
    return moved and not secret.key


def drop_model_key(model: AIModel, changes: history.Changes) -> None:
    """Delete what one model's key is, before the model itself goes."""
    if model.credential is not None and model.credential.for_one_model:
        delete([model.credential], changes)


def keep_or_delete(row: Credential, changes: history.Changes) -> None:
    if row.ciphertext or row.headers_ciphertext:
        record_stored(row, changes)
    else:
        delete([row], changes)


def seal(row: Credential, secret: Secret) -> None:
    """Put what was sent into a row, encrypted, and save it. Raises Invalid, without echoing any of it."""
    auth = clean_auth(secret.auth)
    key, headers = wanted_key(secret, auth), wanted_headers(secret)
    row.auth = auth or row.auth
    if key and row.auth in ("", Auth.NONE) and not auth and not row.provider.needs_key:
        row.auth = Auth.BEARER
    if row.pk is None:
        row.save()
    if key != "":
        row.ciphertext = secrets.encrypt(key, bound_to=f"credential:{row.pk}:key") if key else ""
        row.last_four = tail(key or "")
    if headers is not None:
        text = "\n".join(f"{name}: {value}" for name, value in headers.items())
        row.headers_ciphertext = secrets.encrypt(text, bound_to=f"credential:{row.pk}:headers") if text else ""
        row.header_names = list(headers)
    if auth and auth != Auth.NONE and not row.ciphertext:
        raise Invalid({"auth_type": WITH_KEY})
    row.save()


def wanted_key(secret: Secret, auth: str) -> str | None:
    if auth == Auth.NONE and secret.key:
        raise Invalid({"auth_type": "none goes without apiKey"})
    if auth == Auth.NONE:
        return None
    return clean_key(secret.key) if secret.key else secret.key


def wanted_headers(secret: Secret) -> dict[str, str] | None:
    try:
        return None if secret.headers is None else clean_headers(secret.headers)
    except ValueError as error:
        raise Invalid({"auth_headers": str(error)}) from error


def headers_of(secret: Secret, provider: Provider) -> dict[str, str]:
    """What would be sent with what somebody entered, which is not stored. Raises Invalid, without echoing any of it."""
    auth = clean_auth(secret.auth)
    key, headers = wanted_key(secret, auth), wanted_headers(secret)
    usual = auth or (provider.auth if provider.needs_key else Auth.BEARER.value)
    return merged(headers_for(usual, key or ""), headers or {})


def record_stored(row: Credential, changes: history.Changes) -> None:
    """The history says that a key was stored and how it ends; the organisation's belongs to its provider."""
    after = {"key": row.ending, **({"headers": ", ".join(row.header_names)} if row.header_names else {})}
    if row.owner_id is None and not row.for_one_model:
        changes.record(ObjectType.PROVIDER, row.provider.pk, row.provider.slug, {"key": None}, after)
    else:
        changes.record(ObjectType.CREDENTIAL, row.pk, label_of(row), {}, after, Action.CREATE)


def label_of(row: Credential) -> str:
    whose = "" if row.owner_id is None else f" of {row.owner}"
    return f"{row}{whose}"


def refuse_other(owner_id: int | None, by: Caller) -> None:
    if owner_id is None and not by.is_admin:
        raise Forbidden("Only admins may store the organisation's keys.")
    if owner_id is not None and owner_id != by.user_id:
        raise Forbidden("Keys are stored by those they belong to.")


def address_of(provider: Provider, base_url: str, owner_id: int | None) -> str:
    """Where a key may be sent: the provider's address, or one a person names. Raises Invalid."""
    try:
        address = clean_base_url(base_url) or provider.base_url
        if owner_id is not None and address != provider.base_url:
            refuse_inner(address)
    except ValueError as error:
        raise Invalid({"base_url": str(error)}) from error
    if not address:
        raise Invalid({"base_url": "enter the provider's address first: a key is stored for one address"})
    return address


def clean_auth(value: str) -> str:
    """How a key is presented, "" as at the provider; "api_key" is taken for the header of that name."""
    auth = AUTH_WORDS.get(value, value) if isinstance(value, str) else None
    if auth not in ("", *Auth.values):
        raise Invalid({"auth_type": f"must be one of {', '.join(Auth.values)}"})
    return auth or ""


def clean_key(key: str) -> str:
    """A key as it can stand in a header. Raises Invalid, without echoing it."""
    text = key.strip() if isinstance(key, str) else ""
    if not text or len(text) > LONGEST_KEY or not text.isascii() or not text.isprintable() or " " in text:
        raise Invalid({"apiKey": "must be a key of printable ASCII characters without spaces"})
    return text


def tail(key: str) -> str:
    """The last four characters of a key long enough not to be told by them."""
    return key[-4:] if len(key) >= 16 else ""
