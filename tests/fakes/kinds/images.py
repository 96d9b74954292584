"""Pictures of one colour: OpenAI, fal, Gemini."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import orjson

from tests.fakes.chat.mind import Refused, count, fields
from tests.fakes.chat.openai import CREATED
from tests.fakes.provider import Reply, Seen, json_reply

from .media import encoded, png

IMAGE_TOKENS = 1_000  # a picture
OPENAI_KNOWN = fields(
    "background model moderation n output_compression output_format partial_images prompt quality response_format "
    "safety_identifier size stream style user"
)


def openai(seen: Seen) -> Reply:
    """The models named gpt-image send data and usage; the older ones a URL unless told otherwise."""
    body = seen.json
    newer = "gpt-image" in body["model"]
    known = OPENAI_KNOWN - {"response_format", "style"} if newer else OPENAI_KNOWN
    if unknown := set(body) - known:
        raise Refused(f"Unknown parameter: '{min(unknown)}'.", param=min(unknown))
    prompt, number = body["prompt"], body.get("n") or 1
    if newer or body.get("response_format") == "b64_json":
        data: list[dict[str, Any]] = [{"b64_json": encoded(png(prompt))} for _ in range(number)]
    else:
        data = [{"url": url(n), "revised_prompt": prompt} for n in range(number)]
    read, drawn = count(prompt), IMAGE_TOKENS * number
    usage = {
        "input_tokens": read,
        "output_tokens": drawn,
        "total_tokens": read + drawn,
        "input_tokens_details": {"text_tokens": read, "image_tokens": 0},
    }
    if body.get("stream"):
        return Reply(headers={"Content-Type": "text/event-stream"}, body=events(prompt, body, usage))
    return json_reply({"created": CREATED, "data": data, **({"usage": usage} if newer else {})})


def events(prompt: str, body: dict[str, Any], usage: dict[str, Any]) -> Iterator[bytes]:
    picture = {"b64_json": encoded(png(prompt)), "created_at": CREATED}
    for index in range(body.get("partial_images", 0)):
        yield event("image_generation.partial_image", partial_image_index=index, **picture)
    yield event("image_generation.completed", **picture, usage=usage)


def event(kind: str, **fields: Any) -> bytes:
    return f"event: {kind}\ndata: ".encode() + orjson.dumps({"type": kind, **fields}) + b"\n\n"


def url(number: int) -> str:
    return f"https://images.example.com/{number}.png"


def fal(seen: Seen) -> Reply:
    body = seen.json
    if not body.get("prompt"):
        place = {"loc": ["body", "prompt"], "msg": "field required", "type": "value_error.missing"}
        return json_reply({"detail": [place]}, 422)
    size = body.get("image_size") or {"width": 1024, "height": 768}
    data = f"data:image/png;base64,{encoded(png(body['prompt']))}"
    images = [
        {"url": data if body.get("sync_mode") else url(n), "content_type": "image/png", **size}
        for n in range(body.get("num_images", 1))
    ]
    return json_reply({"images": images, "timings": {"inference": 0.1}, "seed": 1, "prompt": body["prompt"]})


def gemini(seen: Seen) -> Reply:
    body = seen.json
    prompt = body["contents"][0]["parts"][0]["text"]
    inline = {"mimeType": "image/png", "data": encoded(png(prompt))}
    parts = [{"text": "Here it is."}, {"inlineData": inline}]
    read, drawn = count(prompt), IMAGE_TOKENS
    return json_reply(
        {
            "candidates": [{"content": {"parts": parts, "role": "model"}, "finishReason": "STOP", "index": 0}],
            "usageMetadata": {"promptTokenCount": read, "candidatesTokenCount": drawn, "totalTokenCount": read + drawn},
        }
    )
