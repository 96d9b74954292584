"""Speech as callers ask for it: OpenAI's dialect."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from gateway.dialects import reading
from gateway.errors import BadRequest, Unsupported
from gateway.wires.base import Answered

FORMATS = ("mp3", "opus", "aac", "flac", "wav", "pcm")
CONTENT_TYPES = {
    "mp3": "audio/mpeg",
    "opus": "audio/ogg",  # that is what the opus stands in
    "aac": "audio/aac",
    "flac": "audio/flac",
    "wav": "audio/wav",
    "pcm": "audio/pcm",  # 16 bits, 24,000 samples a second, one channel, without a header
}
PCM_RATE = 24_000
STREAM_FORMATS = ("audio", "sse")
KNOWN = frozenset({"model", "input", "voice", "response_format", "speed", "instructions", "stream_format"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Speech:
    """One text to be spoken. Empty and None mean: not said."""

    model: str
    text: str
    voice: str = ""  # an id or a name
    owns_voice: bool = False  # whether that is the id of a voice the caller made at OpenAI
    format: str = ""
    speed: float | None = None  # 1 is as fast as usual
    instructions: str = ""
    stream_format: str = ""  # "sse": pieces of sound in events
    rest: Mapping[str, Any] = field(default_factory=dict)  # what only some providers know, as sent
    sent: Mapping[str, Any] = field(default_factory=dict)  # the whole body

    @property
    def wanted_format(self) -> str:
        return self.format or "mp3"


def parse(body: Mapping[str, Any]) -> Speech:
    """Raises BadRequest, naming the field."""
    voice, owns_voice = voice_of(body.get("voice"))
    return Speech(
        model=reading.some(body.get("model"), "model"),
        text=reading.some(body.get("input"), "input"),
        voice=voice,
        owns_voice=owns_voice,
        format=reading.choice(body, "response_format", FORMATS),
        speed=reading.within(reading.number(body, "speed"), "speed", 0.25, 4.0),
        instructions=reading.said(body, "instructions"),
        stream_format=reading.choice(body, "stream_format", STREAM_FORMATS),
        rest=reading.rest(body, KNOWN),
        sent=body,
    )


def voice_of(value: Any) -> tuple[str, bool]:
    if isinstance(value, Mapping) and isinstance(value.get("id"), str) and value["id"]:
        return value["id"], True
    if value is None or isinstance(value, str):
        return value or "", False
    raise BadRequest("voice must be the id or name of a voice, such as those of GET /v1/audio/voices.", param="voice")


def format_for(ask: Speech, wire: str, known: Mapping[str, str], default: str = "mp3") -> str:
    """What a wire calls the format that is asked for. Raises Unsupported, naming those it has."""
    wanted = ask.format or default
    if wanted not in known:
        raise Unsupported("response_format", wire, f"it makes {', '.join(known)}")
    return known[wanted]


def speed_for(ask: Speech, wire: str, slowest: float, fastest: float) -> float | None:
    """None for the usual speed."""
    if ask.speed is None or ask.speed == 1:
        return None
    if not slowest <= ask.speed <= fastest:
        raise Unsupported("speed", wire, f"it speaks {slowest:g} to {fastest:g} times as fast as usual")
    return ask.speed


def refuse(ask: Speech, wire: str, *names: str) -> None:
    """Raise Unsupported for these fields, if they are said."""
    for name in names:
        value = getattr(ask, name)
        if value and (name, value) != ("stream_format", "audio"):
            raise Unsupported(name, wire)


def content_type(ask: Speech) -> str:
    return CONTENT_TYPES[ask.wanted_format]


def by_characters(ask: Speech, tail: bytes) -> Answered:
    """What was spoken, where only that is known."""
    return Answered(body=b"", characters=len(ask.text))
