"""Mistral: abilities as flags, and every alias as an entry of its own whose `name` is that of the model."""

from __future__ import annotations

from typing import Any

from . import capabilities, kinds, reading
from .base import Dialect, Listing, Request
from .envelopes import rows

KINDS = {  # of the first flag here that is set: an OCR model also has vision, a chat model may also hear
    "completion_chat": kinds.TEXT,
    "completion_fim": kinds.TEXT,
    "ocr": kinds.OTHER,
    "audio_speech": kinds.TTS,
    "audio_transcription": kinds.TRANSCRIPTION,
    "audio_transcription_realtime": kinds.TRANSCRIPTION,
    "moderation": kinds.MODERATION,
    "classification": kinds.MODERATION,
}


def entries(payload: Any) -> list[Any]:
    return rows(payload, "data")


def listing(entry: Any) -> Listing:
    model_id = reading.identity(entry, "id")
    flags = reading.part(entry, "capabilities")
    facts = reading.stated(
        description=reading.text(entry.get("description")),
        category=kind(model_id, flags),
        context_window=reading.whole(entry.get("max_context_length")),
        input_modalities=inputs(flags),
        canonical_id=reading.canonical(entry.get("name")),
        tags=reading.tags(["fine-tuned"]) if entry.get("type") == "fine-tuned" else None,
        retires_at=reading.instant(entry.get("deprecation")),
    )
    return Listing(model_id=model_id, facts=facts | capabilities.flagged(flags), entry=entry)


def kind(model_id: str, flags: dict[str, Any]) -> str:
    return next((found for flag, found in KINDS.items() if flags.get(flag) is True), kinds.by_id(model_id))


def inputs(flags: dict[str, Any]) -> list[str] | None:
    """Of chat models, whose flags say what they take besides text."""
    if flags.get("completion_chat") is not True:
        return None
    return [
        "text",
        *(["image"] if flags.get("vision") is True else []),
        *(["audio"] if flags.get("audio") is True else []),
    ]


DIALECT = Dialect(request=Request(path="/models"), entries=entries, listing=listing)
