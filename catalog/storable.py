"""JSON that both databases can keep."""

from __future__ import annotations

from typing import Any

import orjson

NUL = rb"\u0000"


def storable(value: Any) -> Any:
    """JSON without the one character that PostgreSQL keeps in no text."""
    return without_nul(value) if NUL in orjson.dumps(value) else value


def without_nul(value: Any) -> Any:
    if isinstance(value, str):
        return value.replace("\x00", "")
    if isinstance(value, list):
        return [without_nul(item) for item in value]
    if isinstance(value, dict):
        return {without_nul(name): without_nul(item) for name, item in value.items()}
    return value
