"""Anthropic's Messages API."""

from __future__ import annotations

from gateway.wires.base import Wire
from gateway.wires.failures import failure

from .decoding import Decoder, decode
from .encoding import encode, path

WIRE = Wire(
    name="anthropic",
    framing="sse",
    encode=encode,
    decode=decode,
    decoder=Decoder,
    error=failure,
    dialect="anthropic",
    path=path,
)

__all__ = ["WIRE"]
