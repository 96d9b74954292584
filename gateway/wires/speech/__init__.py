"""The protocols of providers for speech, by the name that catalog.providers gives them."""

from __future__ import annotations

from gateway.wires.base import UnaryWire

from . import azure, elevenlabs, gemini, google, openai
from .ask import Speech, parse

SPEECH: dict[str, UnaryWire[Speech]] = {
    wire.name: wire for wire in (azure.WIRE, elevenlabs.WIRE, gemini.WIRE, google.WIRE, openai.WIRE)
}

__all__ = ["SPEECH", "Speech", "parse"]
