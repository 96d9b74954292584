"""The protocols of providers for chat, by the name that catalog.providers gives them."""

from __future__ import annotations

from . import anthropic, cohere, gemini, ollama, openai, tgi
from .base import Wire

WIRES: dict[str, Wire] = {
    wire.name: wire
    for wire in (
        anthropic.WIRE,
        cohere.WIRE,
        gemini.WIRE,
        ollama.WIRE,
        openai.WIRE,
        tgi.WIRE,
    )
}

__all__ = ["WIRES"]
