"""Images of Gemini's models: one a call, its proportions instead of its pixels."""

from __future__ import annotations

from math import gcd
from typing import Any

from gateway.errors import Unsupported
from gateway.wires.base import Answered, Outgoing, Target, UnaryWire
from gateway.wires.gemini.answers import error
from gateway.wires.gemini.media import media_of, question
from gateway.wires.rest import own_fields

from .ask import Image, answer

NAME = "gemini"
PROPORTIONS = ("1:1", "2:3", "3:2", "3:4", "4:3", "4:5", "5:4", "9:16", "16:9", "21:9")


def encode(ask: Image, target: Target) -> Outgoing:
    own_fields(ask.rest, NAME)
    for name in ("quality", "background", "output_format", "stream"):
        if getattr(ask, name):
            raise Unsupported(name, NAME)
    if ask.response_format == "url":
        raise Unsupported("response_format", NAME, "it sends the image itself; ask for b64_json")
    if ask.n > 1:
        raise Unsupported("n", NAME, "send n=1 as often as needed")
    config: dict[str, Any] = {"responseModalities": ["TEXT", "IMAGE"]}  # some refuse to draw without a word
    if ask.size:
        config["imageConfig"] = {"aspectRatio": proportion(*ask.size)}
    return question(target, ask.prompt, config)


def proportion(width: int, height: int) -> str:
    common = gcd(width, height)
    stated = f"{width // common}:{height // common}"
    if stated not in PROPORTIONS:
        raise Unsupported("size", NAME, f"it knows the proportions {', '.join(PROPORTIONS)}")
    return stated


def decode(ask: Image, content_type: str, body: bytes) -> Answered:
    found, tokens = media_of(body, "image")
    return answer([{"b64_json": media.data} for media in found], tokens)


WIRE = UnaryWire(name=NAME, encode=encode, decode=decode, error=error)
