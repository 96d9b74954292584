"""The protocols of providers for images, by the name that catalog.providers gives them."""

from __future__ import annotations

from collections.abc import Mapping

from gateway.wires.base import UnaryWire

from . import fal, gemini, openai
from .ask import Image, parse

IMAGES: dict[str, UnaryWire[Image]] = {wire.name: wire for wire in (fal.WIRE, gemini.WIRE, openai.WIRE)}


def smallest(wire: str, model_id: str) -> Mapping[str, str]:
    """The fields that ask for the cheapest image, where they are known: other models draw it without."""
    if wire == fal.NAME:
        return fal.SMALLEST
    return openai.SMALLEST if wire == openai.NAME and model_id.startswith("gpt-image") else {}


__all__ = ["IMAGES", "Image", "parse", "smallest"]
