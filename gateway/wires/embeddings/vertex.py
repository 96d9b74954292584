"""Embeddings of Google's models at Vertex AI: its older call takes several texts, the newer models' own takes one."""

from __future__ import annotations

from typing import Any

import orjson

from gateway.errors import Unsupported
from gateway.wires.base import Outgoing, Target
from gateway.wires.gemini.questions import place
from gateway.wires.openai.usage import number
from gateway.wires.rest import own_fields

from .ask import Embedding, texts_of

NAME = "gemini"
OWN = {"task_type": "taskType", "title": "title"}  # as the older call has them -> as the newer one does


def encode(ask: Embedding, target: Target) -> Outgoing:
    own, texts = own_fields(ask.rest, NAME, OWN), texts_of(ask, NAME)
    wanted = {} if ask.dimensions is None else {"outputDimensionality": ask.dimensions}
    if not takes_one(target.model_id):
        body: dict[str, Any] = {"instances": [{"content": text, **own} for text in texts], "parameters": wanted}
        return Outgoing(path=f"{place(target)}:predict", body=orjson.dumps(body))
    if len(texts) > 1:
        raise Unsupported("input", NAME, "at Vertex AI this model takes one text a call")
    body = {"content": {"parts": [{"text": texts[0]}]}, **{OWN[name]: value for name, value in own.items()}, **wanted}
    return Outgoing(path=f"{place(target)}:embedContent", body=orjson.dumps(body))


def takes_one(model_id: str) -> bool:
    """Whether it is a model after gemini-embedding-001: those have left the older call."""
    return "gemini" in model_id and "gemini-embedding-001" not in model_id


def vectors_in(payload: Any) -> tuple[list[list[float]], int | None]:
    """The vectors of either call, and how many tokens were read, if all are stated."""
    if "predictions" not in payload:
        return [payload["embedding"]["values"]], number(payload.get("usageMetadata") or {}, "promptTokenCount")
    found = [item["embeddings"] for item in payload["predictions"]]
    counts = [number(item.get("statistics") or {}, "token_count") for item in found]
    stated = [count for count in counts if count is not None]
    return [item["values"] for item in found], sum(stated) if len(stated) == len(counts) else None
