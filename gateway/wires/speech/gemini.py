"""Speech of Gemini's models: they answer with bare samples, which are given a header where WAV is wanted."""

from __future__ import annotations

import re
import struct

from gateway.wires.base import Answered, Outgoing, Target, UnaryWire
from gateway.wires.gemini.answers import error
from gateway.wires.gemini.media import decoded, media_of, question
from gateway.wires.rest import own_fields

from .ask import CONTENT_TYPES, PCM_RATE, Speech, format_for, refuse, speed_for

NAME = "gemini"
FORMATS = {"wav": "wav", "pcm": "pcm"}
RATE = re.compile(r"rate=(\d+)")


def encode(ask: Speech, target: Target) -> Outgoing:
    """How to speak stands in the text itself there, so instructions are refused: they might be read out."""
    own_fields(ask.rest, NAME)
    refuse(ask, NAME, "instructions", "stream_format")
    speed_for(ask, NAME, 1, 1)
    format_for(ask, NAME, FORMATS, default="wav")
    voice = {"prebuiltVoiceConfig": {"voiceName": ask.voice}}
    return question(target, ask.text, {"responseModalities": ["AUDIO"], "speechConfig": {"voiceConfig": voice}})


def decode(ask: Speech, content_type: str, body: bytes) -> Answered:
    found, tokens = media_of(body, "audio")
    samples = b"".join(map(decoded, found))
    format = format_for(ask, NAME, FORMATS, default="wav")
    if format == "wav":
        rate = RATE.search(found[0].media_type)
        samples = header(len(samples), int(rate[1]) if rate else PCM_RATE) + samples
    return Answered(body=samples, content_type=CONTENT_TYPES[format], tokens=tokens, characters=len(ask.text))


def header(size: int, rate: int) -> bytes:
    """Of a WAV file of one channel with samples of 16 bits."""
    shape = struct.pack("<IHHIIHH", 16, 1, 1, rate, 2 * rate, 2, 16)
    return b"RIFF" + struct.pack("<I", 36 + size) + b"WAVEfmt " + shape + b"data" + struct.pack("<I", size)


WIRE = UnaryWire(name=NAME, encode=encode, decode=decode, error=error)
