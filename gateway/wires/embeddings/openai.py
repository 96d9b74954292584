"""OpenAI's embeddings, and everybody who is compatible with them; Text Embeddings Inference too."""

from __future__ import annotations

from typing import Any

import orjson

from gateway.wires.base import Answered, Outgoing, Target, UnaryWire
from gateway.wires.failures import UNREADABLE, failed, failure
from gateway.wires.openai.paths import path
from gateway.wires.openai.usage import counted

from .ask import Embedding, pack, unpack


def encode(ask: Embedding, target: Target, root: str = "") -> Outgoing:
    """The caller's own body, with another model."""
    return Outgoing(path=root + path(target, "/embeddings"), body=orjson.dumps({**ask.sent, "model": target.model_id}))


def encode_at_root(ask: Embedding, target: Target) -> Outgoing:
    return encode(ask, target, "" if target.base_url.rstrip("/").endswith("/v1") else "/v1")


def decode(ask: Embedding, content_type: str, body: bytes) -> Answered:
    """The body as it is, unless its vectors are written another way than was asked for: many know one only."""
    try:
        payload = orjson.loads(body)
        usage = counted(payload.get("usage") or {})
        rewritten = [rewrite(item, ask.encoding_format) for item in payload["data"]]
    except UNREADABLE as error:
        raise failed(0, "its embeddings could not be read") from error
    return Answered(
        body=orjson.dumps(payload) if any(rewritten) else body,
        tokens=usage.tokens,
        provider_cost=usage.provider_cost,
    )


def rewrite(item: dict[str, Any], wanted: str) -> bool:
    """Write one embedding the wanted way; whether it was written otherwise."""
    vector = item["embedding"]
    if isinstance(vector, str) == (wanted == "base64"):
        return False
    item["embedding"] = unpack(vector) if isinstance(vector, str) else pack(vector)
    return True


WIRE = UnaryWire(name="openai", encode=encode, decode=decode, error=failure)
TGI = UnaryWire(name="tgi", encode=encode_at_root, decode=decode, error=failure)
