"""fal's image models, asked and answered in one call. What an endpoint takes beside the prompt is its own affair."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

import orjson

from gateway.errors import Unsupported
from gateway.wires.base import Answered, Outgoing, Target, UnaryWire
from gateway.wires.failures import UNREADABLE, failed, failure
from gateway.wires.rest import HINTS

from .ask import Image, answer

NAME = "fal"
OPENAIS_OWN = frozenset({"moderation", "output_compression", "partial_images", "style"})
PICTURE = "data:image/"
SMALLEST = {"size": "512x512"}


def encode(ask: Image, target: Target) -> Outgoing:
    """Fields that OpenAI does not have reach the endpoint as they are: seed, guidance_scale, loras, …"""
    for name in ("quality", "background", "stream"):
        if getattr(ask, name):
            raise Unsupported(name, NAME)
    for name in ask.rest:
        if name in OPENAIS_OWN:
            raise Unsupported(name, NAME)
    body: dict[str, Any] = {name: value for name, value in ask.rest.items() if name not in HINTS}
    body |= {"prompt": ask.prompt, "num_images": ask.n}
    if ask.size:
        body["image_size"] = {"width": ask.size[0], "height": ask.size[1]}
    if ask.output_format:
        body["output_format"] = ask.output_format
    if ask.response_format == "b64_json":
        body["sync_mode"] = True  # the images themselves instead of their addresses
    return Outgoing(path=f"/{quote(target.model_id.strip('/'), safe='/')}", body=orjson.dumps(body))


def decode(ask: Image, content_type: str, body: bytes) -> Answered:
    try:
        payload = orjson.loads(body)
        found = payload["images"] if "images" in payload else [payload["image"]]
        return answer([rendered(image["url"], ask.response_format) for image in found])
    except UNREADABLE as error:
        raise failed(0, "its images could not be read") from error


def rendered(url: str, wanted: str) -> dict[str, str]:
    """Raises ValueError for an image that stands elsewhere, if it was asked for itself."""
    if wanted != "b64_json":
        return {"url": url}
    head, _, data = url.partition(",")
    if not head.startswith(PICTURE) or not head.endswith(";base64") or not data:
        raise ValueError("not the image itself")
    return {"b64_json": data}


WIRE = UnaryWire(name=NAME, encode=encode, decode=decode, error=failure)
