"""OpenAI's images, and everybody who is compatible with them, such as Vercel's AI Gateway."""

from __future__ import annotations

import orjson

from gateway.wires.base import Answered, Outgoing, Target, UnaryWire
from gateway.wires.failures import UNREADABLE, failed, failure
from gateway.wires.openai.paths import path
from gateway.wires.openai.usage import counted, counted_at_the_end

from .ask import Image

NAME = "openai"
SMALLEST = {"size": "1024x1024", "quality": "low"}  # of gpt-image; others take other words


def encode(ask: Image, target: Target) -> Outgoing:
    """The caller's own body, with another model."""
    body = orjson.dumps({**ask.sent, "model": target.model_id})
    return Outgoing(path=path(target, "/images/generations"), body=body, passes=ask.stream)


def decode(ask: Image, content_type: str, body: bytes) -> Answered:
    try:
        payload = orjson.loads(body)
        usage = counted(payload.get("usage") or {})
        images = [item for item in payload["data"] if item.get("b64_json") or item.get("url")]
    except UNREADABLE as error:
        raise failed(0, "its images could not be read") from error
    if not images:
        raise failed(0, "it sent no image")
    return Answered(body=body, tokens=usage.tokens, images=len(images), provider_cost=usage.provider_cost)


def metered(ask: Image, tail: bytes) -> Answered:
    usage = counted_at_the_end(tail)
    return Answered(body=b"", tokens=usage.tokens, images=ask.n, provider_cost=usage.provider_cost)


WIRE = UnaryWire(name=NAME, encode=encode, decode=decode, error=failure, metered=metered)
