"""Embeddings as callers ask for them, and the answer in their shape: OpenAI's."""

from __future__ import annotations

import base64
import sys
from array import array
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import orjson

from gateway.dialects import reading
from gateway.errors import BadRequest, Unsupported
from gateway.wires.base import Answered, Tokens

FORMATS = ("float", "base64")
MOST_DIMENSIONS = 1_000_000
KNOWN = frozenset({"model", "input", "dimensions", "encoding_format"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Embedding:
    """One call for embeddings. Each input is a text, or tokens of the model's own tokenizer."""

    model: str
    inputs: Sequence[str | Sequence[int]]
    dimensions: int | None = None
    encoding_format: str = "float"
    rest: Mapping[str, Any] = field(default_factory=dict)  # what only some providers know, as sent
    sent: Mapping[str, Any] = field(default_factory=dict)  # the whole body


def parse(body: Mapping[str, Any]) -> Embedding:
    """Raises BadRequest, naming the field."""
    return Embedding(
        model=reading.some(body.get("model"), "model"),
        inputs=inputs_of(body.get("input")),
        dimensions=reading.within(reading.whole(body, "dimensions"), "dimensions", 1, MOST_DIMENSIONS),
        encoding_format=reading.choice(body, "encoding_format", FORMATS) or "float",
        rest=reading.rest(body, KNOWN),
        sent=body,
    )


def inputs_of(value: Any) -> Sequence[str | Sequence[int]]:
    inputs: Any = [value] if isinstance(value, str) or are_tokens(value) else value
    if not isinstance(inputs, list) or not inputs or not all(is_input(item) for item in inputs):
        raise BadRequest("input must be a text, a list of texts, or tokens; none may be empty.", param="input")
    return inputs


def is_input(value: Any) -> bool:
    return (isinstance(value, str) and value != "") or are_tokens(value)


def are_tokens(value: Any) -> bool:
    return isinstance(value, list) and bool(value) and all(type(item) is int for item in value)


def texts_of(ask: Embedding, wire: str) -> list[str]:
    """The inputs for a wire that takes texts alone."""
    if any(not isinstance(item, str) for item in ask.inputs):
        raise Unsupported("input", wire, "it takes texts, not tokens")
    return [item for item in ask.inputs if isinstance(item, str)]


def answer(ask: Embedding, vectors: Sequence[Sequence[float]], tokens: int | None) -> Answered:
    """The answer of a provider that has another shape. Raises ValueError if it does not fit the question."""
    if len(vectors) != len(ask.inputs):
        raise ValueError(f"{len(ask.inputs)} inputs, {len(vectors)} vectors")
    packed = ask.encoding_format == "base64"
    data = [
        {"object": "embedding", "index": index, "embedding": pack(vector) if packed else vector}
        for index, vector in enumerate(vectors)
    ]
    usage = {"prompt_tokens": tokens, "total_tokens": tokens}
    body = orjson.dumps({"object": "list", "data": data, "model": ask.model, "usage": usage})
    return Answered(body=body, tokens=Tokens(input=tokens))


def pack(vector: Sequence[float]) -> str:
    """Numbers of 32 bits, the smallest byte first, in base64. Raises TypeError for what is no number."""
    return base64.b64encode(little(array("f", vector)).tobytes()).decode()


def unpack(text: str) -> list[float]:
    """Raises ValueError for what was not packed."""
    numbers = array("f")
    numbers.frombytes(base64.b64decode(text, validate=True))
    return little(numbers).tolist()


def little(numbers: array[float]) -> array[float]:
    if sys.byteorder == "big":
        numbers.byteswap()
    return numbers
