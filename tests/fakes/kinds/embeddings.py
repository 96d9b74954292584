"""Texts become vectors: OpenAI, Gemini, Vertex, Cohere, Ollama, Text Embeddings Inference."""

from __future__ import annotations

import struct
import zlib
from typing import Any

from tests.fakes.chat.mind import Refused, count, fields
from tests.fakes.provider import Reply, Seen, json_reply

from .media import encoded

DIMENSIONS = 8
OPENAI_KNOWN = fields("dimensions encoding_format input model user")


def vector(text: str, dimensions: int | None = None) -> list[float]:
    """The same for the same text; every number is exact in 32 bits."""
    return [zlib.crc32(f"{n}{text}".encode()) % 256 / 128 - 1 for n in range(dimensions or DIMENSIONS)]


def text_of(item: Any) -> str:
    """Tokens given as numbers count as words."""
    return item if isinstance(item, str) else " ".join(map(str, item))


def openai(seen: Seen) -> Reply:
    body = seen.json
    if unknown := set(body) - OPENAI_KNOWN:
        raise Refused(f"Unknown parameter: '{min(unknown)}'.", param=min(unknown))
    given = body["input"]
    whole = isinstance(given, str) or isinstance(given[0], int)
    texts = [text_of(item) for item in ([given] if whole else given)]
    vectors = [vector(text, body.get("dimensions")) for text in texts]
    packed = body.get("encoding_format") == "base64"
    data = [
        {"object": "embedding", "index": n, "embedding": pack(numbers) if packed else numbers}
        for n, numbers in enumerate(vectors)
    ]
    read = sum(map(count, texts))
    usage = {"prompt_tokens": read, "total_tokens": read}
    return json_reply({"object": "list", "data": data, "model": body["model"], "usage": usage})


def pack(numbers: list[float]) -> str:
    return encoded(struct.pack(f"<{len(numbers)}f", *numbers))


def gemini(seen: Seen) -> Reply:
    requests = seen.json["requests"]
    model = seen.path.rpartition("/models/")[2].partition(":")[0]
    if any(request["model"] != f"models/{model}" for request in requests):
        raise Refused("Model in the request does not match the model in the URL.")
    vectors = [
        vector(request["content"]["parts"][0]["text"], request.get("outputDimensionality")) for request in requests
    ]
    return json_reply({"embeddings": [{"values": numbers} for numbers in vectors]})


def vertex(seen: Seen) -> Reply:
    """The older call, of several texts."""
    wanted = seen.json.get("parameters") or {}
    predictions = [
        {
            "embeddings": {
                "values": vector(instance["content"], wanted.get("outputDimensionality")),
                "statistics": {"token_count": count(instance["content"]), "truncated": False},
            }
        }
        for instance in seen.json["instances"]
    ]
    return json_reply({"predictions": predictions, "metadata": {"billableCharacterCount": 1}})


def vertex_one(seen: Seen) -> Reply:
    """The newer call, of one text."""
    [part] = seen.json["content"]["parts"]
    return json_reply(
        {
            "embedding": {"values": vector(part["text"], seen.json.get("outputDimensionality"))},
            "usageMetadata": {"promptTokenCount": count(part["text"])},
            "truncated": False,
        }
    )


def cohere(seen: Seen) -> Reply:
    body = seen.json
    if body.get("input_type") not in ("search_document", "search_query", "classification", "clustering", "image"):
        raise Refused("invalid request: valid input_type must be provided with the provided model.")
    texts = body["texts"]
    return json_reply(
        {
            "id": "fake",
            "texts": texts,
            "embeddings": {"float": [vector(text, body.get("output_dimension")) for text in texts]},
            "meta": {"api_version": {"version": "2"}, "billed_units": {"input_tokens": sum(map(count, texts))}},
            "response_type": "embeddings_by_type",
        }
    )


def ollama(seen: Seen) -> Reply:
    body = seen.json
    texts = [body["input"]] if isinstance(body["input"], str) else body["input"]
    vectors = [vector(text, body.get("dimensions")) for text in texts]
    read = sum(map(count, texts))
    return json_reply(
        {"model": body["model"], "embeddings": vectors, "total_duration": 1_000_000, "prompt_eval_count": read}
    )
