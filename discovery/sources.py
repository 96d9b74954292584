"""From a provider's row to what fetching must know of it."""

from __future__ import annotations

from catalog import credentials
from catalog.models import Provider

from .fetch import Source
from .listings import DIALECTS
from .listings.voices import VOICES

NO_LIST = "the provider has no list of models"


def source_of(provider: Provider, *, use_etag: bool, with_voices: bool = True) -> Source | None:
    """Where and how a provider's lists are asked for; None if it has none.

    The key is decrypted here. Raises catalog.secrets.CannotDecrypt.
    """
    spec = provider.spec
    voices = VOICES[spec.voices] if spec and spec.voices and with_voices else None
    if not provider.listing and voices is None:
        return None
    return Source(
        slug=provider.slug,
        base_url=provider.base_url,
        list_url=spec.list_url if spec and provider.at_spec_address else "",
        dialect=DIALECTS[provider.listing] if provider.listing else None,
        voices=voices,
        auth=provider.auth,
        key=credentials.key_for(provider) if provider.needs_key else "",
        etag=provider.etag if use_etag else "",
    )


def why_curated(provider: Provider, source: Source | None) -> str:
    """Why a provider's own list cannot be asked for, so that the curated one is used; "" if it can."""
    if source is None:
        return NO_LIST
    if list_needs_key(provider) and not source.key:
        variable = f" or {provider.api_key_env}" if provider.api_key_env else ""
        return f"no key is configured; set one on the provider's page{variable}"
    return ""


def list_needs_key(provider: Provider) -> bool:
    """Whether its list cannot be asked for without a key."""
    spec = provider.spec
    return provider.needs_key and (spec is None or spec.list_needs_key)
