"""Gemini's embeddings, several in one call; those of Vertex AI are asked for in another way."""

from __future__ import annotations

import orjson

from gateway.wires.base import Answered, Outgoing, Target, UnaryWire
from gateway.wires.failures import UNREADABLE, failed
from gateway.wires.gemini.answers import error
from gateway.wires.gemini.questions import is_vertex, place
from gateway.wires.openai.usage import number
from gateway.wires.rest import own_fields

from . import vertex
from .ask import Embedding, answer, texts_of

NAME = "gemini"
OWN = {"task_type": "taskType", "title": "title"}  # as compatible endpoints call them -> as Gemini does


def encode(ask: Embedding, target: Target) -> Outgoing:
    if is_vertex(target):
        return vertex.encode(ask, target)
    model = target.model_id.removeprefix("models/")
    common = {OWN[name]: value for name, value in own_fields(ask.rest, NAME, OWN).items()}
    if ask.dimensions is not None:
        common["outputDimensionality"] = ask.dimensions
    requests = [
        {"model": f"models/{model}", "content": {"parts": [{"text": text}]}, **common} for text in texts_of(ask, NAME)
    ]
    return Outgoing(path=f"{place(target)}:batchEmbedContents", body=orjson.dumps({"requests": requests}))


def decode(ask: Embedding, content_type: str, body: bytes) -> Answered:
    """It may not say how many tokens it read; then they are unknown."""
    try:
        payload = orjson.loads(body)
        if "embeddings" not in payload:
            return answer(ask, *vertex.vectors_in(payload))
        usage = payload.get("usageMetadata") or {}
        return answer(ask, [item["values"] for item in payload["embeddings"]], number(usage, "promptTokenCount"))
    except UNREADABLE as unreadable:
        raise failed(0, "its embeddings could not be read") from unreadable


WIRE = UnaryWire(name=NAME, encode=encode, decode=decode, error=error)
