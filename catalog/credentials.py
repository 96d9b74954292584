"""Providers' keys: written once, never read back, sent only to the address they were stored for."""

from __future__ import annotations

from access.caller import Caller
from catalog import history, secrets
from catalog.errors import Invalid
from catalog.models import Action, Credential, ObjectType, Provider

LONGEST_KEY = 5_000


def set_key(provider: Provider, key: str, by: Caller, reason: str = "") -> Credential:
    """Store the organisation's key for the provider's present address, in place of an older one. Raises Invalid."""
    key = clean_key(key)
    if not provider.base_url:
        raise Invalid({"base_url": "enter the provider's address first: a key is stored for one address"})
    with history.change_set(by, reason) as changes:
        drop(provider, changes)
        row = Credential.objects.create(provider=provider, base_url=provider.base_url, last_four=tail(key))
        row.ciphertext = secrets.encrypt(key, bound_to=f"credential:{row.pk}:key")
        row.save(update_fields=["ciphertext"])
        changes.record(
            ObjectType.PROVIDER, provider.pk, provider.slug, {"key": None}, {"key": f"stored, ends in {row.last_four}"}
        )
    return row


def forget_key(provider: Provider, by: Caller, reason: str = "") -> bool:
    """Delete the organisation's stored keys of a provider; whether there was one."""
    with history.change_set(by, reason) as changes:
        return drop(provider, changes)


def drop(provider: Provider, changes: history.Changes) -> bool:
    rows = list(Credential.objects.filter(provider=provider, owner=None))
    for row in rows:
        changes.record(ObjectType.CREDENTIAL, row.pk, str(row), {"key": f"ended in {row.last_four}"}, {}, Action.DELETE)
        row.delete()
    return bool(rows)


def key_for(provider: Provider) -> str:
    """The organisation's key for the provider's present address: the stored one, else the environment's, else "".

    Raises secrets.CannotDecrypt.
    """
    stored = Credential.objects.usable().for_address(provider).first()
    if stored is None:
        return provider.environment_key
    return secrets.decrypt(stored.ciphertext, bound_to=f"credential:{stored.pk}:key")


def clean_key(key: str) -> str:
    """A key as it can stand in a header. Raises Invalid, without echoing it."""
    text = key.strip() if isinstance(key, str) else ""
    if not text or len(text) > LONGEST_KEY or not text.isascii() or not text.isprintable() or " " in text:
        raise Invalid({"apiKey": "must be a key of printable ASCII characters without spaces"})
    return text


def tail(key: str) -> str:
    """The last four characters of a key long enough not to be told by them."""
    return key[-4:] if len(key) >= 16 else ""
