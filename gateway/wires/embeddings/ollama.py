"""Ollama's own embeddings."""

from __future__ import annotations

import orjson

from gateway.wires.base import Answered, Outgoing, Target, UnaryWire
from gateway.wires.failures import UNREADABLE, failed, failure
from gateway.wires.openai.usage import number
from gateway.wires.rest import own_fields

from .ask import Embedding, answer, texts_of

NAME = "ollama"
OWN = ("keep_alive", "options", "truncate")


def encode(ask: Embedding, target: Target) -> Outgoing:
    body = {**own_fields(ask.rest, NAME, OWN), "model": target.model_id, "input": texts_of(ask, NAME)}
    if ask.dimensions is not None:
        body["dimensions"] = ask.dimensions
    path = "/embed" if target.base_url.rstrip("/").endswith("/api") else "/api/embed"
    return Outgoing(path=path, body=orjson.dumps(body))


def decode(ask: Embedding, content_type: str, body: bytes) -> Answered:
    try:
        payload = orjson.loads(body)
        return answer(ask, payload["embeddings"], number(payload, "prompt_eval_count"))
    except UNREADABLE as error:
        raise failed(0, "its embeddings could not be read") from error


WIRE = UnaryWire(name=NAME, encode=encode, decode=decode, error=failure)
