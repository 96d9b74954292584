"""OpenAI's Chat Completions, and everybody who is compatible with it."""

from __future__ import annotations

from gateway.wires.base import Wire
from gateway.wires.failures import failure

from .decoding import Decoder, decode, tally, whole_answer
from .encoding import body_of, encode
from .paths import path

WIRE = Wire(
    name="openai",
    framing="sse",
    encode=encode,
    decode=decode,
    decoder=Decoder,
    error=failure,
    dialect="openai",
    path=path,
    tally=tally,
)

__all__ = ["WIRE", "Decoder", "body_of", "whole_answer"]
