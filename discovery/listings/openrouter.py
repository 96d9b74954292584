"""OpenRouter: limits, modalities, abilities and prices (texts in USD per token) of every model it routes to."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from . import kinds, money, reading
from .base import Dialect, Listing, Request
from .envelopes import rows

PATH = "/models"
EVERY_OUTPUT = {"output_modalities": "all"}  # the default lists only what puts out text


def entries(payload: Any) -> list[Any]:
    return rows(payload, "data")


def listing(entry: Any) -> Listing:
    model_id = reading.identity(entry, "id")
    architecture = reading.part(entry, "architecture")
    inputs = reading.modalities(architecture.get("input_modalities"))
    outputs = reading.modalities(architecture.get("output_modalities"))
    parameters = entry.get("supported_parameters")
    if parameters.__class__ is not list or not parameters:  # an empty list: a router, or nothing known
        parameters = None
    category = kind(model_id, outputs)
    facts = reading.stated(
        name=reading.name(entry.get("name")),
        description=reading.text(entry.get("description")),
        category=category,
        context_window=reading.whole(entry.get("context_length")),
        max_output_tokens=reading.whole(reading.part(entry, "top_provider").get("max_completion_tokens")),
        input_modalities=inputs,
        output_modalities=outputs,
        supports_tools="tools" in parameters if parameters else None,
        supports_vision="image" in inputs if inputs else None,
        supports_reasoning=reasoning(entry, parameters),
        supports_structured_output="structured_outputs" in parameters if parameters else None,
        knowledge_cutoff=reading.instant(entry.get("knowledge_cutoff")),
        canonical_id=canonical_id(entry),
        retires_at=reading.instant(entry.get("expiration_date")),
        price=price(reading.part(entry, "pricing"), category),
    )
    return Listing(model_id=model_id, facts=facts, entry=entry)


def kind(model_id: str, outputs: list[str] | None) -> str:
    """Embeddings and rankings have words of their own here: what puts out text is neither, whatever it is called."""
    found = kinds.by_modalities(model_id, outputs)
    return kinds.TEXT if outputs == ["text"] and found in (kinds.EMBEDDING, kinds.RERANK) else found


def price(pricing: dict[str, Any], category: str) -> dict[str, Any] | None:
    """USD per token; of speech and transcription whose output costs nothing, `prompt` is of a character or a second."""
    if category in (kinds.TTS, kinds.TRANSCRIPTION) and money.usd(pricing.get("completion")) in (None, "0"):
        return money.price_of_speech(pricing) if category == kinds.TTS else None
    return money.per_token(pricing)


def reasoning(entry: dict[str, Any], parameters: list[Any] | None) -> bool | None:
    if isinstance(entry.get("reasoning"), dict):
        return True
    return "reasoning" in parameters if parameters else None


def canonical_id(entry: dict[str, Any]) -> str | None:
    """What an alias such as ~vendor/name-latest stands for now, else where the weights are. No other has its slugs."""
    target = reading.part(entry, "alias_target").get("slug")
    return reading.first(reading.canonical, target, entry.get("hugging_face_id"))


def next_page(payload: Any, headers: Mapping[str, str]) -> Request | None:
    """Only the query of the next link is taken: a link may lead anywhere."""
    link = reading.token(reading.part(payload, "links"), "next")
    query = dict(parse_qsl(urlsplit(link).query)) if link else {}
    return Request(path=PATH, params=EVERY_OUTPUT | query) if query else None


DIALECT = Dialect(
    request=Request(path=PATH, params=EVERY_OUTPUT), entries=entries, listing=listing, next_page=next_page
)
