"""OpenAI's speech, and everybody who is compatible with it. The sound passes as it comes."""

from __future__ import annotations

import orjson

from gateway.wires.base import Answered, Outgoing, Target, UnaryWire
from gateway.wires.failures import failure
from gateway.wires.openai.paths import path
from gateway.wires.openai.usage import counted_at_the_end

from .ask import Speech


def encode(ask: Speech, target: Target) -> Outgoing:
    """The caller's own body, with another model and the voice that was chosen."""
    voice = {"id": ask.voice} if ask.owns_voice else ask.voice
    return Outgoing(
        path=path(target, "/audio/speech"),
        body=orjson.dumps({**ask.sent, "model": target.model_id, "voice": voice}),
    )


def metered(ask: Speech, tail: bytes) -> Answered:
    """Tokens are stated in events alone."""
    usage = counted_at_the_end(tail) if ask.stream_format == "sse" else None
    if usage is None:
        return Answered(body=b"", characters=len(ask.text))
    return Answered(body=b"", characters=len(ask.text), tokens=usage.tokens, provider_cost=usage.provider_cost)


WIRE = UnaryWire(name="openai", encode=encode, decode=None, error=failure, metered=metered)
