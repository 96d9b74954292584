"""Azure's speech: SSML in, sound out, which passes as it comes."""

from __future__ import annotations

import re
from xml.sax.saxutils import escape, quoteattr

from gateway.wires.base import Outgoing, Target, UnaryWire
from gateway.wires.failures import failure
from gateway.wires.rest import own_fields

from .ask import Speech, by_characters, content_type, format_for, refuse, speed_for

NAME = "azure-tts"
FORMATS = {
    "mp3": "audio-24khz-96kbitrate-mono-mp3",
    "opus": "ogg-24khz-16bit-mono-opus",
    "wav": "riff-24khz-16bit-mono-pcm",
    "pcm": "raw-24khz-16bit-mono-pcm",
}
SLOWEST, FASTEST = 0.5, 2.0
LANGUAGE = "en-US"
UNSPEAKABLE = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")  # no XML may hold them


def encode(ask: Speech, target: Target) -> Outgoing:
    own_fields(ask.rest, NAME)
    refuse(ask, NAME, "instructions", "stream_format")
    headers = {
        "Content-Type": "application/ssml+xml",
        "X-Microsoft-OutputFormat": format_for(ask, NAME, FORMATS),
        "User-Agent": "model-registry",  # it insists on one
    }
    return Outgoing(path="/v1", body=ssml(ask, speed_for(ask, NAME, SLOWEST, FASTEST)).encode(), headers=headers)


def ssml(ask: Speech, speed: float | None) -> str:
    spoken = escape(UNSPEAKABLE.sub(" ", ask.text), {"\r": "&#13;"})
    if speed:
        spoken = f'<prosody rate="{speed:g}">{spoken}</prosody>'
    language = "-".join(ask.voice.split("-")[:2]) if ask.voice.count("-") > 1 else LANGUAGE
    return (
        '<speak version="1.0" xmlns="http://www.w3.org/2001/10/synthesis"'
        f" xml:lang={attribute(language)}><voice name={attribute(ask.voice)}>{spoken}</voice></speak>"
    )


def attribute(text: str) -> str:
    return quoteattr(UNSPEAKABLE.sub(" ", text))


WIRE = UnaryWire(name=NAME, encode=encode, decode=None, error=failure, content_type=content_type, metered=by_characters)
