"""Providers' keys: written once, never read back, sent only to the address they were stored for."""

from __future__ import annotations

from .choice import CallKey, Choice, NoKey, Origin, choose, headers_in, key_for, key_for_call, key_in, opened
from .ready import ready
from .storing import (
    Secret,
    drop,
    drop_model_key,
    forget_key,
    forget_own_key,
    headers_of,
    keys_of,
    set_key,
    set_model_key,
)

__all__ = [
    "CallKey",
    "Choice",
    "NoKey",
    "Origin",
    "Secret",
    "choose",
    "drop",
    "drop_model_key",
    "forget_key",
    "forget_own_key",
    "headers_in",
    "headers_of",
    "key_for",
    "key_for_call",
    "key_in",
    "keys_of",
    "ready",
    "opened",
    "set_key",
    "set_model_key",
]
