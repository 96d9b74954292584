"""What a call is made with: whose key, to which address."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from django.db.models import Q

from access.caller import Caller
from catalog import grants, secrets
from catalog.errors import CatalogError, NotFound
from catalog.extra_headers import merged
from catalog.models import AIModel, Auth, Credential, Provider
from catalog.upstream import headers_for


class Origin(StrEnum):
    """Whose key a call is made with."""

    MODEL = "model"
    CALLER = "caller"
    ORGANISATION = "organisation"
    ENVIRONMENT = "environment"
    NOT_NEEDED = "not needed"
    MISSING = "missing"


@dataclass(frozen=True, kw_only=True)
class Choice:
    """Where a call goes and which stored credential goes with it, still sealed."""

    origin: Origin
    base_url: str
    auth: str = Auth.NONE.value
    credential: Credential | None = None


@dataclass(frozen=True, kw_only=True)
class CallKey:
    """What to present at one address, and nowhere else."""

    origin: Origin
    base_url: str
    private_allowed: bool  # whether an administrator chose the address
    headers: Mapping[str, str] = field(repr=False)
    credential_id: int | None = None


class NoKey(CatalogError):
    """The call needs a key that nobody stored."""

    status_code = 503
    code = "no_key"


def key_for_call(model: AIModel, caller: Caller) -> CallKey:
    """What a call of this model by this caller is made with.

    Raises NotFound for somebody else's model, Forbidden for one's own at a provider that is denied, NoKey, and
    secrets.CannotDecrypt. Whether a global model is open to the caller was asked before.
    """
    if model.owner_id is not None and model.owner_id != caller.user_id:
        raise NotFound(f"There is no model {model.pk}.")
    if model.owner_id is not None:
        grants.refuse_shut(model.provider, caller)
    own, shared = Q(pk=model.credential_id), Q(for_one_model=False)
    theirs = Q(owner=caller.user_id) if caller.user_id is not None else Q(pk=None)
    maybe = Credential.objects.usable().filter(own | shared & (Q(owner=None) | theirs), provider=model.provider_id)
    choice = choose(model, caller.user_id, maybe)
    if choice.origin is Origin.MISSING:
        raise NoKey(f"No key is stored that {model} could be called with.")
    return opened(choice, model)


def choose(model: AIModel, caller_id: int | None, stored: Iterable[Credential]) -> Choice:
    """The first that fits: the model's own key, the caller's, the organisation's, the environment's.

    A key fits only at the address it was stored for. A model with an address of its own takes its own key or its
    owner's. Personal models never use what is the organisation's: nobody approved them, nor their prices. Asks no
    database: `stored` are the credentials to choose from, and `model.provider` is at hand.
    """
    provider = model.provider
    address = model.base_url or provider.base_url
    at_provider = address == provider.base_url
    personal = model.owner_id is not None
    if not address or (personal and at_provider and not provider.needs_key):
        return Choice(origin=Origin.MISSING, base_url=address)
    fitting = [row for row in stored if row.provider_id == provider.pk and row.base_url == address]
    for row in fitting:
        if row.for_one_model and row.pk == model.credential_id and row.owner_id == model.owner_id:
            return chosen(Origin.MODEL, row, provider)
    whose = caller_id if at_provider else model.owner_id
    for row in fitting:
        if not row.for_one_model and whose is not None and row.owner_id == whose:
            return chosen(Origin.CALLER, row, provider)
    if not at_provider or not provider.needs_key:
        return Choice(origin=Origin.NOT_NEEDED, base_url=address)
    if not personal:
        for row in fitting:
            if not row.for_one_model and row.owner_id is None:
                return chosen(Origin.ORGANISATION, row, provider)
        if provider.environment_key:
            return Choice(origin=Origin.ENVIRONMENT, base_url=address, auth=provider.auth)
    return Choice(origin=Origin.MISSING, base_url=address)


def chosen(origin: Origin, row: Credential, provider: Provider) -> Choice:
    return Choice(origin=origin, base_url=row.base_url, auth=row.auth or provider.auth, credential=row)


def opened(choice: Choice, model: AIModel) -> CallKey:
    """A choice with its secrets decrypted, for the one call that is made now. Raises secrets.CannotDecrypt."""
    row = choice.credential
    key = key_in(row) if row else model.provider.environment_key if choice.origin is Origin.ENVIRONMENT else ""
    extra = headers_in(row) if row else {}
    return CallKey(
        origin=choice.origin,
        base_url=choice.base_url,
        private_allowed=model.owner_id is None or choice.base_url == model.provider.base_url,
        headers=merged(headers_for(choice.auth, key), extra),
        credential_id=row.pk if row else None,
    )


def key_for(provider: Provider) -> str:
    """The organisation's key for the provider's present address: the stored one, else the environment's, else "".

    Raises secrets.CannotDecrypt.
    """
    stored = Credential.objects.usable().for_address(provider).first()
    return provider.environment_key if stored is None else key_in(stored)


def key_in(row: Credential) -> str:
    return secrets.decrypt(row.ciphertext, bound_to=f"credential:{row.pk}:key") if row.ciphertext else ""


def headers_in(row: Credential) -> dict[str, str]:
    if not row.headers_ciphertext:
        return {}
    text = secrets.decrypt(row.headers_ciphertext, bound_to=f"credential:{row.pk}:headers")
    return dict(line.split(": ", 1) for line in text.splitlines())
