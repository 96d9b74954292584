"""ElevenLabs' speech. The sound passes as it comes."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

import orjson

from gateway.wires.base import Outgoing, Target, UnaryWire
from gateway.wires.failures import failure
from gateway.wires.rest import own_fields

from .ask import Speech, by_characters, content_type, format_for, refuse, speed_for

NAME = "elevenlabs"
# As good as every plan may have; 24,000 samples a second is what OpenAI's clients expect of pcm.
FORMATS = {"mp3": "mp3_44100_128", "opus": "opus_48000_64", "wav": "wav_24000", "pcm": "pcm_24000"}
SLOWEST, FASTEST = 0.7, 1.2
OWN = (
    "apply_text_normalization",
    "language_code",
    "next_text",
    "previous_text",
    "pronunciation_dictionary_locators",
    "seed",
    "voice_settings",
)


def encode(ask: Speech, target: Target) -> Outgoing:
    refuse(ask, NAME, "instructions", "stream_format")
    body: dict[str, Any] = {**own_fields(ask.rest, NAME, OWN), "text": ask.text, "model_id": target.model_id}
    if speed := speed_for(ask, NAME, SLOWEST, FASTEST):
        settings = body.get("voice_settings")
        body["voice_settings"] = {**(settings if isinstance(settings, dict) else {}), "speed": speed}
    path = f"/text-to-speech/{quote(ask.voice, safe='')}?output_format={format_for(ask, NAME, FORMATS)}"
    return Outgoing(path=path, body=orjson.dumps(body))


WIRE = UnaryWire(name=NAME, encode=encode, decode=None, error=failure, content_type=content_type, metered=by_characters)
