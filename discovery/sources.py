"""From a provider's row to what fetching must know of it."""

from __future__ import annotations

from catalog import credentials
from catalog.models import Provider

from .fetch import Source
from .listings import DIALECTS


def source_of(provider: Provider, *, use_etag: bool) -> Source:
    """Where and how a provider's list is asked for. The key is decrypted here. Raises catalog.secrets.CannotDecrypt."""
    spec = provider.spec
    return Source(
        slug=provider.slug,
        base_url=provider.base_url,
        list_url=spec.list_url if spec and provider.at_spec_address else "",
        dialect=DIALECTS[provider.listing],
        auth=provider.auth,
        key=credentials.key_for(provider) if provider.needs_key else "",
        etag=provider.etag if use_etag else "",
    )


def why_curated(provider: Provider, source: Source | None) -> str:
    """Why a provider's own list cannot be asked for, so that the curated one is used; "" if it can."""
    if source is None:
        return "the provider has no list of models"
    spec = provider.spec
    if provider.needs_key and not source.key and (spec is None or spec.list_needs_key):
        variable = f" or {provider.api_key_env}" if provider.api_key_env else ""
        return f"no key is configured; set one on the provider's page{variable}"
    return ""
