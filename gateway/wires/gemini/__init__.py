"""Google's own protocol, of the Gemini API and of Vertex."""

from __future__ import annotations

from gateway.wires.base import Wire

from .answers import Decoder, decode, error
from .questions import encode

WIRE = Wire(name="gemini", framing="sse", encode=encode, decode=decode, decoder=Decoder, error=error)

__all__ = ["WIRE"]
