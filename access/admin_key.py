"""The one key of the environment that may do everything: when it is strong enough, and whether it was presented."""

from __future__ import annotations

import hmac

from django.conf import settings

MIN_LENGTH = 32
EXAMPLES = (
    *("changeme", "change-me", "change_me", "example", "placeholder", "insecure", "12345678", "abcdefgh"),
    *(f"your{dash}{noun}" for dash in "-_" for noun in ("secret", "admin", "token", "key", "api")),
)


def weakness(secret: str, min_length: int = MIN_LENGTH) -> str:
    """Why anyone could guess this secret, in words that do not repeat it; empty if nobody could."""
    if not secret:
        return "is not set."
    if len(secret) < min_length:
        return f"is shorter than {min_length} characters."
    if any(example in secret.lower() for example in EXAMPLES):
        return "is a known example."
    if len(set(secret)) < 8 or any(secret[n:] == secret[:-n] for n in range(1, len(secret) // 2 + 1)):
        return "repeats itself."
    return ""


def matches(presented: str) -> bool:
    """Whether this is the admin key, in constant time. A weak one opens nothing, even if the checks were skipped."""
    expected = settings.ADMIN_API_KEY
    same = hmac.compare_digest(presented.encode(), expected.encode())
    return same and not weakness(expected)
