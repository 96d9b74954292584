"""Ollama: the list has names and sizes; what a model can do must be asked for each one."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from . import capabilities, kinds, reading
from .base import Dialect, Enrichment, Listing, Request, WrongShape
from .envelopes import refuse_failure, rows

EMBEDDING_FAMILIES = {"bert", "nomic-bert", "xlm-roberta"}
SETTLED = (capabilities.TOOLS, capabilities.VISION, capabilities.REASONING)


def entries(payload: Any) -> list[Any]:
    return rows(payload, "models", "data")


def listing(entry: Any) -> Listing:
    model_id = reading.identity(entry, "model", "name", "id")
    details = reading.part(entry, "details")
    embeds = details.get("family") in EMBEDDING_FAMILIES if isinstance(details.get("family"), str) else False
    facts = reading.stated(
        category=kinds.EMBEDDING if embeds else kinds.by_id(model_id),
        parameters=reading.billions(details.get("parameter_size")),
    )
    return Listing(model_id=model_id, facts=facts, entry=entry)


def shows(model_ids: list[str]) -> Iterable[Request]:
    return [Request(path="/api/show", json={"model": model_id}) for model_id in model_ids]


def further_facts(payload: Any, request: Request) -> dict[str, dict[str, Any]]:
    """What one model can do. Older servers do not say, but know its context window."""
    if not isinstance(payload, dict):
        raise WrongShape("the answer about a model is no object")
    refuse_failure(payload)
    words = reading.words(payload.get("capabilities"))
    info = reading.part(payload, "model_info")
    facts = reading.stated(
        category=kinds.EMBEDDING if "embedding" in words and "completion" not in words else None,
        context_window=reading.whole(info.get(f"{info.get('general.architecture')}.context_length")),
        input_modalities=["text", "image"] if "vision" in words else None,
        parameters=reading.first(
            reading.billions,
            info.get("general.parameter_count"),
            reading.part(payload, "details").get("parameter_size"),
        ),
    )
    return {request.json["model"]: facts | capabilities.listed(words, settles=SETTLED)}


DIALECT = Dialect(
    request=Request(path="/api/tags"),
    entries=entries,
    listing=listing,
    enrichments=(Enrichment(requests=shows, facts=further_facts),),
)
