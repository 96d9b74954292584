"""The shape of models.dev's api.json: what is enabled or still served, by provider, money in USD per million tokens."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby
from typing import Any

import orjson

from catalog.elsewhere import MODELS_DEV
from catalog.models import AIModel, Provider, Status

from .rows import above, amounts, everyones, streamed, tiers

COSTS = {
    "input_mtok": "input",
    "output_mtok": "output",
    "cache_read_mtok": "cache_read",
    "cache_write_mtok": "cache_write",
    "reasoning_mtok": "reasoning",
    "audio_input_mtok": "input_audio",
    "audio_output_mtok": "output_audio",
}
LONG = 200  # thousand tokens; the one tier it knows


def written() -> Iterator[str]:
    served = everyones().with_status(Status.ENABLED, Status.DEPRECATED)
    yield "{"
    for position, (provider, rows) in enumerate(groupby(streamed(served), key=lambda row: row.provider)):
        opening = text(head(provider)).removesuffix("}")
        yield f'{"," if position else ""}\n{text(their_id(provider))}: {opening}, "models": {{'
        seen: set[str] = set()
        for row in rows:
            if row.model_id not in seen:  # one id in two categories is one model there
                yield f"{',' if seen else ''}\n{text(row.model_id)}: {text(entry(row))}"
                seen.add(row.model_id)
        yield "\n}}"
    yield "\n}\n"


def text(value: Any) -> str:
    return orjson.dumps(value).decode()


def their_id(provider: Provider) -> str:
    return MODELS_DEV.get(provider.slug, provider.slug)


def head(provider: Provider) -> dict[str, Any]:
    return {
        "id": their_id(provider),
        "env": [provider.api_key_env] if provider.api_key_env else [],
        "name": provider.name,
        "api": provider.base_url,
        "doc": provider.docs_url,
    }


def entry(row: AIModel) -> dict[str, Any]:
    stated = {
        "id": row.model_id,
        "name": row.name,
        "attachment": bool(set(row.input_modalities) - {"text"}) if row.input_modalities else None,
        "reasoning": row.supports_reasoning,
        "tool_call": row.supports_tools,
        "structured_output": row.supports_structured_output,
        "knowledge": row.knowledge_cutoff.date().isoformat() if row.knowledge_cutoff else None,
        "modalities": known({"input": row.input_modalities or None, "output": row.output_modalities or None}),
        "limit": known({"context": row.context_window, "output": row.max_output_tokens}),
        "cost": costs(row),
        "status": "deprecated" if row.status == Status.DEPRECATED else None,
    }
    return {name: value for name, value in stated.items() if value not in (None, {})}


def costs(row: AIModel) -> dict[str, Any]:
    """Numbers, as that format has them: the shortest ones that stand for the decimals we keep."""
    found: dict[str, Any] = {COSTS[name]: float(value) for name, value in amounts(row.price).items() if name in COSTS}
    for start, dearer in tiers(row.price):
        if above(start) == LONG:
            found["context_over_200k"] = {COSTS[name]: float(value) for name, value in dearer.items() if name in COSTS}
    return found


def known(values: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in values.items() if value is not None}
