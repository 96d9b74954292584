"""Cohere's embeddings, version 2."""

from __future__ import annotations

import orjson

from gateway.wires.base import Answered, Outgoing, Target, UnaryWire
from gateway.wires.failures import UNREADABLE, failed, failure
from gateway.wires.openai.usage import number
from gateway.wires.rest import own_fields

from .ask import Embedding, answer, texts_of

NAME = "cohere"
OWN = ("input_type", "truncate")
# It insists on one; this is what a store of documents is filled with. Callers may send input_type themselves.
INPUT_TYPE = "search_document"


def encode(ask: Embedding, target: Target) -> Outgoing:
    body = {
        "input_type": INPUT_TYPE,
        **own_fields(ask.rest, NAME, OWN),
        "model": target.model_id,
        "texts": texts_of(ask, NAME),
        "embedding_types": ["float"],
    }
    if ask.dimensions is not None:
        body["output_dimension"] = ask.dimensions
    return Outgoing(path="/embed", body=orjson.dumps(body))


def decode(ask: Embedding, content_type: str, body: bytes) -> Answered:
    try:
        payload = orjson.loads(body)
        billed = (payload.get("meta") or {}).get("billed_units") or {}
        return answer(ask, payload["embeddings"]["float"], number(billed, "input_tokens"))
    except UNREADABLE as error:
        raise failed(0, "its embeddings could not be read") from error


WIRE = UnaryWire(name=NAME, encode=encode, decode=decode, error=failure)
