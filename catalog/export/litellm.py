"""LiteLLM's `model_list` in YAML: the enabled models, so that its proxy serves what is approved here.

Keys stand there as the names of the variables that hold them, never as themselves.
"""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import yaml

from catalog.elsewhere import LITELLM
from catalog.models import AIModel, Category

from .rows import above, amounts, everyones, streamed, tiers

MODES = {
    Category.TEXT: "chat",
    Category.TTS: "audio_speech",
    Category.IMAGE: "image_generation",
    Category.EMBEDDING: "embedding",
    Category.TRANSCRIPTION: "audio_transcription",
    Category.RERANK: "rerank",
    Category.MODERATION: "moderation",
    Category.VIDEO: "video_generation",
}
WIRES = ("anthropic", "gemini")  # protocols it can speak to any address; else that of OpenAI
TOKEN_COSTS = {
    "input_mtok": "input_cost_per_token",
    "output_mtok": "output_cost_per_token",
    "cache_read_mtok": "cache_read_input_token_cost",
    "cache_write_mtok": "cache_creation_input_token_cost",
    "reasoning_mtok": "output_cost_per_reasoning_token",
    "audio_input_mtok": "input_cost_per_audio_token",
    "audio_output_mtok": "output_cost_per_audio_token",
}
UNIT_COSTS = {
    "mchar": ("input_cost_per_character", 1_000_000),
    "image": ("output_cost_per_image", 1),
    "request": ("input_cost_per_request", 1),
    "minute": ("input_cost_per_second", 60),
}
ABILITIES = {
    "supports_tools": "supports_function_calling",
    "supports_vision": "supports_vision",
    "supports_reasoning": "supports_reasoning",
    "supports_structured_output": "supports_response_schema",
    "supports_streaming": "supports_native_streaming",
}
MILLION = 1_000_000


class Writer(getattr(yaml, "CSafeDumper", yaml.SafeDumper)):  # type: ignore[misc]  # the fast one where it is built
    """Writes decimals digit by digit: many readers take YAML's 3e-06 for a text."""


def write_decimal(writer: Any, value: Decimal) -> Any:
    digits = f"{value:f}"
    return writer.represent_scalar("tag:yaml.org,2002:float", digits if "." in digits else f"{digits}.0")


Writer.add_representer(Decimal, write_decimal)


def written() -> Iterator[str]:
    yield "model_list:\n"
    empty = True
    for row in streamed(everyones().enabled()):
        empty = False
        yield yaml.dump([entry(row)], Dumper=Writer, sort_keys=False, allow_unicode=True, width=1_000)
    if empty:
        yield "  []\n"


def entry(row: AIModel) -> dict[str, Any]:
    return {
        "model_name": str(row),
        "litellm_params": parameters(row),
        "model_info": known({**facts(row), **costs(row)}),
    }


def parameters(row: AIModel) -> dict[str, Any]:
    provider = row.provider
    native = LITELLM.get(provider.slug)
    prefix = native or (provider.wire if provider.wire in WIRES else "openai")
    usual = native and provider.at_spec_address and not row.base_url and provider.base_url.startswith("https")
    key = provider.api_key_env if provider.needs_key and not row.base_url else ""
    return known(
        {
            "model": f"{prefix}/{row.model_id}",
            "api_base": None if usual else row.base_url or provider.base_url or None,
            "api_key": f"os.environ/{key}" if key else None,
            "rpm": row.requests_per_minute,
            "tpm": row.tokens_per_minute,
        }
    )


def facts(row: AIModel) -> dict[str, Any]:
    return {
        "mode": MODES.get(Category(row.category)),
        "max_input_tokens": row.context_window,
        "max_output_tokens": row.max_output_tokens,
        **{theirs: getattr(row, ours) for ours, theirs in ABILITIES.items()},
        "supported_modalities": row.input_modalities or None,
        "supported_output_modalities": row.output_modalities or None,
    }


def costs(row: AIModel) -> dict[str, Any]:
    prices = amounts(row.price)
    found: dict[str, Any] = {TOKEN_COSTS[name]: prices[name] / MILLION for name in TOKEN_COSTS if name in prices}
    for name, (theirs, units) in UNIT_COSTS.items():
        if name in prices:
            found[theirs] = prices[name] / units
    for start, dearer in tiers(row.price):
        thousands = above(start)
        if thousands:
            found |= {
                f"{TOKEN_COSTS[name]}_above_{thousands}k_tokens": dearer[name] / MILLION
                for name in TOKEN_COSTS
                if name in dearer
            }
    return found


def known(values: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in values.items() if value is not None}
