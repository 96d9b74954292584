"""ElevenLabs: a bare list of models that speak, or change voices. Costs are credits, not money."""

from __future__ import annotations

from typing import Any

from . import kinds, reading
from .base import Dialect, Listing, Request
from .envelopes import rows


def entries(payload: Any) -> list[Any]:
    return rows(payload, "models", bare=True)


def listing(entry: Any) -> Listing:
    model_id = reading.identity(entry, "model_id")
    speaks = entry.get("can_do_text_to_speech")
    facts = reading.stated(
        name=reading.name(entry.get("name")),
        description=reading.text(entry.get("description")),
        category=category(entry, model_id),
        input_modalities=["text"] if speaks is True else None,
        output_modalities=["audio"] if speaks is True else None,
        tags=["alpha"] if entry.get("requires_alpha_access") is True else None,
    )
    return Listing(model_id=model_id, facts=facts, entry=entry)


def category(entry: dict[str, Any], model_id: str) -> str:
    if entry.get("can_do_text_to_speech") is True:
        return kinds.TTS
    if entry.get("can_do_voice_conversion") is True:
        return kinds.OTHER
    return kinds.by_id(model_id)


DIALECT = Dialect(request=Request(path="/models"), entries=entries, listing=listing)
