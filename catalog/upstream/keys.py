"""How a key is presented to a provider: always in a header, never in a URL."""

from __future__ import annotations

import re
from typing import Final

from .errors import BadKey

SENDABLE = re.compile(r"[\x21-\x7e]+( [\x21-\x7e]+)*")

# A name of catalog.models.provider.Auth -> the header and what stands before the key.
AUTH_HEADERS: Final[dict[str, tuple[str, str]]] = {
    "bearer": ("Authorization", "Bearer "),
    "key": ("Authorization", "Key "),
    "x-api-key": ("x-api-key", ""),
    "x-goog-api-key": ("x-goog-api-key", ""),
    "api-key": ("api-key", ""),
    "xi-api-key": ("xi-api-key", ""),
    "ocp-apim-subscription-key": ("Ocp-Apim-Subscription-Key", ""),
}


def headers_for(auth: str, key: str) -> dict[str, str]:
    """The header that presents a key; none without a key. Raises BadKey for one that would break the header."""
    key = key.strip()
    if auth == "none" or not key:
        return {}
    if not SENDABLE.fullmatch(key):
        # Checked here because the client's own complaint would quote the key.
        raise BadKey
    name, prefix = AUTH_HEADERS[auth]
    return {name: f"{prefix}{key}"}
