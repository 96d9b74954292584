"""Google Cloud's speech: JSON that holds the sound."""

from __future__ import annotations

import base64
from typing import Any

import orjson

from gateway.wires.base import Answered, Outgoing, Target, UnaryWire
from gateway.wires.failures import UNREADABLE, failed, failure
from gateway.wires.rest import own_fields

from .ask import PCM_RATE, Speech, content_type, format_for, refuse, speed_for

NAME = "google-tts"
FORMATS = {"mp3": "MP3", "opus": "OGG_OPUS", "wav": "LINEAR16", "pcm": "PCM"}
SLOWEST, FASTEST = 0.25, 2.0
LANGUAGE = "en-US"  # of voices that speak many; they follow the text


def encode(ask: Speech, target: Target) -> Outgoing:
    """A name such as en-US-Chirp3-HD-Kore holds its language; a bare one is a voice of Gemini, which takes a model
    and, as its prompt, instructions.
    """
    own_fields(ask.rest, NAME)
    refuse(ask, NAME, "stream_format")
    language = language_of(ask.voice)
    voice = {"languageCode": language or LANGUAGE, "name": ask.voice}
    said = {"text": ask.text}
    if language:
        refuse(ask, NAME, "instructions")
    else:
        voice["modelName"] = target.model_id
        said |= {"prompt": ask.instructions} if ask.instructions else {}
    config: dict[str, Any] = {"audioEncoding": format_for(ask, NAME, FORMATS)}
    if ask.format == "pcm":
        config["sampleRateHertz"] = PCM_RATE
    if speed := speed_for(ask, NAME, SLOWEST, FASTEST):
        config["speakingRate"] = speed
    body = {"input": said, "voice": voice, "audioConfig": config}
    return Outgoing(path="/text:synthesize", body=orjson.dumps(body))


def language_of(voice: str) -> str:
    """Empty for a bare name."""
    language, *more = voice.split("-")
    return f"{language}-{more[0]}" if len(more) > 1 else ""


def decode(ask: Speech, kind: str, body: bytes) -> Answered:
    try:
        sound = base64.b64decode(orjson.loads(body)["audioContent"], validate=True)
    except UNREADABLE as error:
        raise failed(0, "its speech could not be read") from error
    if not sound:
        raise failed(0, "it sent no sound")
    return Answered(body=sound, content_type=content_type(ask), characters=len(ask.text))


WIRE = UnaryWire(name=NAME, encode=encode, decode=decode, error=failure)
