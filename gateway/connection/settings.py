"""What is tested: a model or a provider as it is stored, or settings that are not."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from access.caller import PROGRAM, Caller
from catalog import credentials, grants, registration
from catalog.credentials import NoKey, Secret
from catalog.errors import Forbidden, Invalid
from catalog.models import AIModel, Category, Provider


@dataclass(frozen=True, kw_only=True)
class Settings:
    """Where a call would go, with the key opened for this test alone."""

    model: AIModel  # without model id: only its provider is tested
    is_stored: bool
    base_url: str
    private_allowed: bool
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    lacks_key: bool = False

    @property
    def provider(self) -> Provider:
        return self.model.provider

    @property
    def secrets(self) -> list[str]:
        """What no message may hold, the longest first."""
        return sorted((value.split()[-1] for value in self.headers.values() if value.split()), key=len, reverse=True)


def of_model(
    model: AIModel, by: Caller, secret: Secret = registration.NO_SECRET, *, is_entered: bool = False
) -> Settings:
    """The model, saved or not, with the key that was entered for it, else with the one that its calls take.

    `is_entered`: it is not as it is stored. Raises Forbidden for who may not use it, Invalid for what cannot be, and
    what opening a key raises.
    """
    refuse_stranger(model, by)
    address = model.base_url or model.provider.base_url
    if not address:
        raise Invalid({"base_url": "is needed: no address is known"})
    registration.refuse_address(model)
    lacks_key, at_provider = False, address == model.provider.base_url
    headers: Mapping[str, str] = {}
    if secret.key or secret.headers:
        headers = credentials.headers_of(secret, model.provider)
    else:
        try:
            headers = credentials.key_for_call(model, by).headers
        except NoKey:
            lacks_key = model.provider.needs_key and at_provider
    return Settings(
        model=model,
        is_stored=model.pk is not None and not is_entered,
        base_url=address,
        headers=headers,
        private_allowed=model.owner_id is None or at_provider,
        lacks_key=lacks_key,
    )


def refuse_stranger(model: AIModel, by: Caller) -> None:
    """The organisation's models are tested by admins, with its keys; one's own by oneself."""
    if model.owner_id is None and not by.is_admin:
        raise Forbidden("Only admins may test the organisation's models. Test one of your own.")
    if model.owner_id is not None:
        grants.refuse_shut(model.provider, by)


def of_provider(provider: Provider) -> Settings:
    """A provider with the organisation's key. Raises as `of_model` does."""
    return of_model(AIModel(provider=provider, category=Category.TEXT.value), PROGRAM)
