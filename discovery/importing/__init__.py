"""The foreign formats of files by name. Our own export is read by catalog.restoring."""

from __future__ import annotations

from typing import Any

from discovery.listings.base import WrongShape

from . import litellm, modelsdev, openrouter
from .base import Format, Offer, Read

FORMATS: dict[str, Format] = {
    "litellm": litellm.FORMAT,
    "modelsdev": modelsdev.FORMAT,
    "openrouter": openrouter.FORMAT,
}

__all__ = ["FORMATS", "Format", "Offer", "Read", "format_of"]


def format_of(payload: Any) -> str:
    """The format a file is in. Raises WrongShape."""
    for name, known in FORMATS.items():
        if known.recognises(payload):
            return name
    raise WrongShape(f"is in none of the formats {', '.join(FORMATS)}")
