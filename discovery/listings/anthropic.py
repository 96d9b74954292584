"""Anthropic: since 2026 with limits and a tree of capabilities, before that only with names."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from . import kinds, reading
from .base import Dialect, Listing, Request
from .envelopes import rows

PATH = "/models"
FULL_PAGE = {"limit": "1000"}


def entries(payload: Any) -> list[Any]:
    return rows(payload, "data")


def listing(entry: Any) -> Listing:
    model_id = reading.identity(entry, "id")
    capabilities = reading.part(entry, "capabilities")
    vision = supported(capabilities, "image_input")
    facts = reading.stated(
        name=reading.name(entry.get("display_name")),
        category=kinds.TEXT,
        context_window=reading.whole(entry.get("max_input_tokens")),
        max_output_tokens=reading.whole(entry.get("max_tokens")),
        input_modalities=inputs(vision, supported(capabilities, "pdf_input")),
        supports_vision=vision,
        supports_reasoning=supported(capabilities, "thinking"),
        supports_structured_output=supported(capabilities, "structured_outputs"),
    )
    return Listing(model_id=model_id, facts=facts, entry=entry)


def supported(capabilities: dict[str, Any], name: str) -> bool | None:
    return reading.flag(reading.part(capabilities, name).get("supported"))


def inputs(vision: bool | None, pdf: bool | None) -> list[str] | None:
    """Known only where the list says whether images are taken; text always is."""
    if vision is None:
        return None
    return ["text", *(["image"] if vision else []), *(["file"] if pdf else [])]


def next_page(payload: Any, headers: Mapping[str, str]) -> Request | None:
    last = reading.token(payload, "last_id")
    return (
        Request(path=PATH, params=FULL_PAGE | {"after_id": last}) if last and payload.get("has_more") is True else None
    )


DIALECT = Dialect(
    request=Request(path=PATH, params=FULL_PAGE),
    entries=entries,
    listing=listing,
    next_page=next_page,
    headers={"anthropic-version": "2023-06-01"},
)
