"""The keyring: AES-256-GCM, with the row and the field bound in. Values read `v1$<key id>$<base64>`.

ENCRYPTION_KEY holds one or more keys of 32 bytes in url-safe base64, the newest first: it encrypts, all decrypt. The
key id is the first 8 hex digits of the key's SHA-256, so that a value says which key it needs without telling it.
"""

from __future__ import annotations

import binascii
import hashlib
import os
from base64 import urlsafe_b64decode, urlsafe_b64encode

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.conf import settings

from catalog.errors import CatalogError

KEY_BYTES = 32
NONCE_BYTES = 12


class CannotDecrypt(CatalogError):
    """A stored secret needs a key that is not configured, or was moved or altered."""

    status_code = 503
    code = "cannot_decrypt"


def parse_keys(text: str) -> list[bytes]:
    """The keys of ENCRYPTION_KEY, newest first. Raises ValueError without echoing any of it."""
    keys = []
    for position, part in enumerate(text.split(","), start=1):
        try:
            key = urlsafe_b64decode(part.strip())
        except (binascii.Error, ValueError):
            key = b""
        if len(key) != KEY_BYTES:
            raise ValueError(f"key {position} is not 32 bytes in url-safe base64")
        keys.append(key)
    return keys


def key_id(key: bytes) -> str:
    return hashlib.sha256(key).hexdigest()[:8]


def key_ids() -> list[str]:
    """The ids of the configured keys, newest first."""
    return [key_id(key) for key in parse_keys(settings.ENCRYPTION_KEY)]


def encrypt(plaintext: str, *, bound_to: str) -> str:
    """Encrypt a secret with the newest key, bound to a place such as `credential:7:key`."""
    key = parse_keys(settings.ENCRYPTION_KEY)[0]
    nonce = os.urandom(NONCE_BYTES)
    sealed = nonce + AESGCM(key).encrypt(nonce, plaintext.encode(), bound_to.encode())
    return f"v1${key_id(key)}${urlsafe_b64encode(sealed).decode()}"


def decrypt(value: str, *, bound_to: str) -> str:
    """The secret again, only where a call is made. Raises CannotDecrypt naming the missing key id."""
    version, _, rest = value.partition("$")
    wanted, _, sealed = rest.partition("$")
    keys = {key_id(key): key for key in parse_keys(settings.ENCRYPTION_KEY)}
    if version != "v1" or wanted not in keys:
        raise CannotDecrypt(f"A stored key needs encryption key {wanted or '?'}, which ENCRYPTION_KEY does not hold.")
    try:
        raw = urlsafe_b64decode(sealed)
        return AESGCM(keys[wanted]).decrypt(raw[:NONCE_BYTES], raw[NONCE_BYTES:], bound_to.encode()).decode()
    except (InvalidTag, ValueError):
        raise CannotDecrypt("A stored key was altered or belongs to another row. Enter it again.") from None
