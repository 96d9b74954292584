"""Images as callers ask for them, and the answer in their shape: OpenAI's."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from time import time
from typing import Any

import orjson

from gateway.dialects import reading
from gateway.errors import BadRequest
from gateway.wires.base import Answered, Tokens

MOST_IMAGES = 10
MOST_PIXELS = 16_384  # a side
SIZE = re.compile(r"([1-9]\d{1,4})x([1-9]\d{1,4})")
FORMATS = ("url", "b64_json")
KNOWN = frozenset(
    {"model", "prompt", "n", "size", "quality", "background", "output_format", "response_format", "stream"}
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Image:
    """One call for images. Empty and None mean: not said, or "auto": as the model likes."""

    model: str
    prompt: str
    n: int = 1
    size: tuple[int, int] | None = None  # width and height in pixels
    quality: str = ""
    background: str = ""
    output_format: str = ""  # png, jpeg, webp, …
    response_format: str = ""  # url or b64_json
    stream: bool = False  # events with images that become clearer
    rest: Mapping[str, Any] = field(default_factory=dict)  # what only some providers know, as sent
    sent: Mapping[str, Any] = field(default_factory=dict)  # the whole body


def parse(body: Mapping[str, Any]) -> Image:
    """Raises BadRequest, naming the field."""
    return Image(
        model=reading.some(body.get("model"), "model"),
        prompt=reading.some(body.get("prompt"), "prompt"),
        n=reading.within(reading.whole(body, "n"), "n", 1, MOST_IMAGES) or 1,
        size=size_of(said(body, "size")),
        quality=said(body, "quality"),
        background=said(body, "background"),
        output_format=said(body, "output_format"),
        response_format=reading.choice(body, "response_format", FORMATS),
        stream=bool(reading.flag(body, "stream")),
        rest=reading.rest(body, KNOWN),
        sent=body,
    )


def said(body: Mapping[str, Any], name: str) -> str:
    value = reading.said(body, name)
    return "" if value == "auto" else value


def size_of(text: str) -> tuple[int, int] | None:
    if not text:
        return None
    found = SIZE.fullmatch(text)
    if found is None or max(int(found[1]), int(found[2])) > MOST_PIXELS:
        raise BadRequest("size must be auto, or width and height in pixels such as 1024x1024.", param="size")
    return int(found[1]), int(found[2])


def answer(images: Sequence[Mapping[str, str]], tokens: Tokens | None = None) -> Answered:
    """The answer of a provider that has another shape. Raises ValueError if there is no image in it."""
    if not images:
        raise ValueError("no image")
    tokens = tokens or Tokens()
    payload: dict[str, Any] = {"created": int(time()), "data": images}
    if tokens.input is not None and tokens.output is not None:
        payload["usage"] = {
            "input_tokens": tokens.input,
            "output_tokens": tokens.output,
            "total_tokens": tokens.input + tokens.output,
            "input_tokens_details": {"text_tokens": tokens.input, "image_tokens": 0},
        }
    return Answered(body=orjson.dumps(payload), tokens=tokens, images=len(images))
