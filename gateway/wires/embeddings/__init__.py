"""The protocols of providers for embeddings, by the name that catalog.providers gives them."""

from __future__ import annotations

from gateway.wires.base import UnaryWire

from . import cohere, gemini, ollama, openai
from .ask import Embedding, parse

EMBEDDINGS: dict[str, UnaryWire[Embedding]] = {
    wire.name: wire for wire in (cohere.WIRE, gemini.WIRE, ollama.WIRE, openai.TGI, openai.WIRE)
}

__all__ = ["EMBEDDINGS", "Embedding", "parse"]
