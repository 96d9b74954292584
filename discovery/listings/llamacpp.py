"""llama.cpp: two lists in one answer, one like OpenAI's and one like Ollama's, which knows abilities."""

from __future__ import annotations

from typing import Any

from . import capabilities, generic, kinds, reading
from .base import Dialect, Listing, Request
from .envelopes import rows


def entries(payload: Any) -> list[Any]:
    """The first list; where the second has the abilities of the same model, they are put to it."""
    found = rows(payload, "data", "models")
    twins = {
        twin.get("name"): twin["capabilities"]
        for twin in reading.items(payload, "models")
        if isinstance(twin, dict) and isinstance(twin.get("name"), str) and isinstance(twin.get("capabilities"), list)
    }
    return [with_abilities(entry, twins) for entry in found]


def with_abilities(entry: Any, twins: dict[Any, list[Any]]) -> Any:
    model_id = entry.get("id") if isinstance(entry, dict) else None
    return {**entry, "capabilities": twins[model_id]} if isinstance(model_id, str) and model_id in twins else entry


def listing(entry: Any) -> Listing:
    model_id = reading.identity(entry, "id", "name")
    words = reading.words(entry.get("capabilities"))
    facts = generic.facts(entry, model_id)
    if words and "completion" not in words and "embedding" in words:
        facts["category"] = kinds.EMBEDDING
    if "multimodal" in words:
        facts[capabilities.VISION] = True
    return Listing(model_id=model_id, facts=facts, entry=entry)


DIALECT = Dialect(request=Request(path="/models"), entries=entries, listing=listing)
