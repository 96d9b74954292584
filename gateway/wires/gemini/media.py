"""Sounds and images that Gemini's models answer with, asked for by the same call as chat."""

from __future__ import annotations

import base64
from dataclasses import dataclass
from typing import Any

import orjson

from gateway.errors import UpstreamFailed
from gateway.wires.base import Outgoing, Target, Tokens
from gateway.wires.failures import UNREADABLE, failed

from .answers import HELD_BACK, tokens
from .questions import path


@dataclass(frozen=True, slots=True, kw_only=True)
class Media:
    media_type: str
    data: str  # base64


def question(target: Target, text: str, config: dict[str, Any]) -> Outgoing:
    body = {"contents": [{"role": "user", "parts": [{"text": text}]}], "generationConfig": config}
    return Outgoing(path=path(target, stream=False), body=orjson.dumps(body))


def media_of(body: bytes, kind: str) -> tuple[list[Media], Tokens]:
    """What an answer holds of one kind, "audio" or "image", and what it took. Raises UpstreamFailed if it is none."""
    try:
        payload = orjson.loads(body)
        candidates = payload.get("candidates") or []
        parts = [part for candidate in candidates for part in (candidate.get("content") or {}).get("parts") or []]
        found = [
            Media(media_type=part["inlineData"]["mimeType"], data=part["inlineData"]["data"])
            for part in parts
            if "inlineData" in part and not part.get("thought")  # sketches on the way
        ]
        found = [media for media in found if media.media_type.startswith(f"{kind}/") and media.data]
        reason = next((candidate.get("finishReason") for candidate in candidates), None)
        reason = reason or (payload.get("promptFeedback") or {}).get("blockReason")
        counts = tokens(payload.get("usageMetadata") or {})
    except UNREADABLE as error:
        raise failed(0, f"its {kind} could not be read") from error
    if not found and reason in HELD_BACK:
        raise UpstreamFailed(
            f"The provider held its {kind} back ({reason}).", upstream_status=400, code="content_filter"
        )
    if not found:
        raise failed(0, f"it sent no {kind}")
    return found, counts


def decoded(media: Media) -> bytes:
    """Raises UpstreamFailed."""
    try:
        return base64.b64decode(media.data, validate=True)
    except UNREADABLE as error:
        raise failed(0, "its data could not be read") from error
