"""Every provider the product knows. Adding one means adding one entry below."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class ProviderSpec:
    """What the code must know of a provider; what an operator may change is a Provider row made from it."""

    slug: str
    name: str
    base_url: str  # with the version; listing and call paths are appended. "" = the operator enters it
    endpoint_type: str = ""  # the grouping key clients expect; "" = the slug
    key_env: str = ""  # the environment variable that may hold the key
    auth: str = "bearer"  # a name of catalog.models.provider.Auth
    listing: str = "generic"  # how discovery reads its model list: a name of discovery.listings.DIALECTS, "" = no list
    list_url: str = ""  # where the list is, if not under base_url; used only while base_url is this one
    list_needs_key: bool = True  # False: the list is public (a key is sent all the same if there is one)
    wire: str = "openai"  # how the gateway talks to it
    categories: tuple[str, ...] = ("text",)
    default_model: str = ""  # the curated default for text: the last resort of resolution
    site_url: str = ""
    docs_url: str = ""
    status_url: str = ""
    note: str = ""  # what an operator must know before using it, one sentence
    active: bool = True  # local servers start inactive


SPECS: dict[str, ProviderSpec] = {}
