"""Fields beyond OpenAI's own, which some providers know: those of the provider at hand reach it, others are refused."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from gateway.errors import Unsupported

HINTS = frozenset({"metadata", "safety_identifier", "user"})  # the answer is the same without them


def own_fields(rest: Mapping[str, Any], wire: str, known: Collection[str] = ()) -> dict[str, Any]:
    """What a wire knows of the rest of a body. Raises Unsupported, naming the first field it does not know."""
    foreign = next((name for name in rest if name not in known and name not in HINTS), None)
    if foreign is not None:
        raise Unsupported(foreign, wire)
    return {name: value for name, value in rest.items() if name in known}
