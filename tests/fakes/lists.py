"""Lists of models in the true wire shapes, made from the installed genai-prices data, or read from recordings.

Names, limits and prices are those of the data; what it does not state (modalities, dates) follows simple rules here.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, time
from decimal import Decimal
from pathlib import Path
from typing import Any

import orjson
from genai_prices.data import providers
from genai_prices.types import ClauseEquals, ClauseOr, ModelInfo, ModelPrice, TieredPrices

Entry = dict[str, Any]

SEES = re.compile(r"gpt-4o|gpt-4\.1|gpt-[5-9]|\bo[134]|claude|gemini|gemma-[34]|-vl|vision|pixtral|llama-4|grok-4")
THINKS = re.compile(
    r"gpt-[5-9]|\bo[134]|claude-(opus|sonnet|haiku|fable|mythos)|gemini-(2\.5|[3-9])|-r1|think|reason|qwq"
)
DRAWS = re.compile(r"image|banana")
OPENAI_OLD_FORMS = re.compile(r"gpt-35|gpt-\d-\d|[/:@]|ft-|^ft")
# OpenRouter's names of amounts -> those of the data.
AMOUNTS = {
    "prompt": "input_mtok",
    "completion": "output_mtok",
    "input_cache_read": "cache_read_mtok",
    "input_cache_write": "cache_write_mtok",
    "audio": "input_audio_mtok",
    "internal_reasoning": "output_reasoning_mtok",
}
# Anthropic lists dated names, which the data only matches by their beginning.
ANTHROPIC_DATED = {
    "claude-3-opus-latest": "claude-3-opus-20240229",
    "claude-3-haiku": "claude-3-haiku-20240307",
    "claude-sonnet-4-0": "claude-sonnet-4-20250514",
    "claude-opus-4-1": "claude-opus-4-1-20250805",
}
ANTHROPIC_RETIRED = re.compile(r"claude-(2|v1|3-sonnet|3-5-sonnet)")
TEXT_PARAMETERS = ["frequency_penalty", "max_tokens", "presence_penalty", "response_format", "seed", "stop"]
EFFORTS = ("low", "medium", "high")


@dataclass(frozen=True, kw_only=True)
class Lists:
    """The entries of each provider's list, in its order."""

    openrouter: list[Entry]
    openai: list[Entry]
    anthropic: list[Entry]
    gemini: list[Entry]


def from_prices() -> Lists:
    """Several hundred models, the same ones on every call of a day."""
    return Lists(
        openrouter=[auto_router(), *(openrouter_entry(model) for model in openrouter_models())],
        openai=[openai_entry(name) for name in openai_names()],
        anthropic=[anthropic_entry(name, model) for name, model in anthropic_models()],
        gemini=[gemini_entry(model) for model in of("google") if model.id.startswith(("gemini-", "gemma-"))],
    )


def from_recordings(folder: Path) -> Lists:
    """The entries of the newest recorded body of each provider. Raises FileNotFoundError if one has none."""
    return Lists(
        openrouter=newest(folder, "openrouter")["data"],
        openai=newest(folder, "openai")["data"],
        anthropic=newest(folder, "anthropic")["data"],
        gemini=newest(folder, "gemini")["models"],
    )


def newest(folder: Path, slug: str) -> Any:
    files = [*folder.rglob(f"{slug}__models__*.json"), *folder.rglob(f"{slug}__models_page1__*.json")]
    if not files:
        raise FileNotFoundError(f"{folder} holds no recording {slug}__models__*.json")
    return orjson.loads(max(files, key=lambda file: file.stem.rpartition("__")[2]).read_bytes())


def of(provider_id: str) -> list[ModelInfo]:
    return next(provider.models for provider in providers if provider.id == provider_id)


def names_of(model: ModelInfo) -> Iterator[str]:
    """A model's id and the other names it has in full."""
    yield model.id
    clauses = model.match.or_ if isinstance(model.match, ClauseOr) else [model.match]
    for clause in clauses:
        if isinstance(clause, ClauseEquals) and clause.equals != model.id:
            yield clause.equals


def created(name: str) -> int:
    """A date that stays: the one in the name, else one made from it."""
    if found := re.search(r"(20\d\d)-?([01]\d)-?([0-3]\d)", name):
        year, month, day = map(int, found.groups())
        return int(datetime(year, month, day, tzinfo=UTC).timestamp())
    return 1_690_000_000 + zlib.crc32(name.encode()) % 80_000_000


# OpenRouter


def openrouter_models() -> list[ModelInfo]:
    return [
        model for model in of("openrouter") if "/" in model.id and ":batch" not in model.id and model.context_window
    ]


def openrouter_entry(model: ModelInfo) -> Entry:
    vendor, _, slug = model.id.partition("/")
    inputs = ["text", "image"] if SEES.search(model.id) else ["text"]
    outputs = ["image", "text"] if DRAWS.search(model.id) else ["text"]
    thinks = bool(THINKS.search(model.id))
    title = model.name or slug.replace("-", " ").title()
    free = ":free" in model.id
    return {
        "id": model.id,
        "canonical_slug": model.id.partition(":")[0],
        "hugging_face_id": None,
        "name": f"{vendor.title()}: {title}{' (free)' if free and 'free' not in title else ''}",
        "created": created(model.id),
        "description": model.description or f"{title} by {vendor}, as the price data names it.",
        "context_length": model.context_window,
        "architecture": architecture(inputs, outputs, "Other"),
        "pricing": {"prompt": "0", "completion": "0"} if free else pricing(price_today(model)),
        "top_provider": {
            "context_length": model.context_window,
            "max_completion_tokens": max_output(model),
            "is_moderated": vendor == "openai",
        },
        "per_request_limits": None,
        "supported_parameters": sorted(
            [*TEXT_PARAMETERS, "temperature", "top_p"]
            + (["include_reasoning", "reasoning"] if thinks else [])
            + (["structured_outputs", "tool_choice", "tools"] if outputs == ["text"] else [])
        ),
        "default_parameters": {},
        "supported_voices": None,
        "knowledge_cutoff": None,
        "expiration_date": None,
        "links": {"details": f"/api/v1/models/{model.id}/endpoints"},
        **({"reasoning": {"mandatory": False, "supported_efforts": [*EFFORTS]}} if thinks else {}),
    }


def auto_router() -> Entry:
    """The router, whose price is decided at run time."""
    entry = openrouter_entry(of("openrouter")[0])
    return entry | {
        "id": "openrouter/auto",
        "canonical_slug": "openrouter/auto",
        "name": "Auto Router",
        "description": "Sends each prompt to one of many models.",
        "context_length": 2_000_000,
        "architecture": architecture(["text", "image"], ["text"], "Router"),
        "pricing": {"prompt": "-1", "completion": "-1"},
        "top_provider": {"context_length": None, "max_completion_tokens": None, "is_moderated": False},
        "links": {"details": "/api/v1/models/openrouter/auto/endpoints"},
    }


def architecture(inputs: list[str], outputs: list[str], tokenizer: str) -> Entry:
    return {
        "modality": f"{'+'.join(inputs)}->{'+'.join(outputs)}",
        "input_modalities": inputs,
        "output_modalities": outputs,
        "tokenizer": tokenizer,
        "instruct_type": None,
    }


def max_output(model: ModelInfo) -> int | None:
    """Half of the window up to 128,000; unknown for every eighth model, as in the real list."""
    if zlib.crc32(model.id.encode()) % 8 == 0 or not model.context_window:
        return None
    return min(128_000, model.context_window // 2)


def price_today(model: ModelInfo) -> ModelPrice:
    # Prices may depend on the hour; noon gives one answer a day.
    return model.get_prices(datetime.combine(datetime.now(UTC).date(), time(12), tzinfo=UTC))


def pricing(price: ModelPrice) -> Entry:
    """USD per token as strings, and what changes from a number of prompt tokens on."""
    stated = {name: getattr(price, ours) for name, ours in AMOUNTS.items()}
    amounts: Entry = {name: per_token(base(amount)) for name, amount in stated.items() if amount is not None}
    starts = {tier.start for amount in stated.values() if isinstance(amount, TieredPrices) for tier in amount.tiers}
    overrides = [
        {"min_prompt_tokens": start}
        | {name: per_token(from_start(amount, start)) for name, amount in stated.items() if amount is not None}
        for start in sorted(starts)
    ]
    return amounts | ({"overrides": overrides} if overrides else {})


def base(amount: Decimal | TieredPrices) -> Decimal:
    return amount.base if isinstance(amount, TieredPrices) else amount


def from_start(amount: Decimal | TieredPrices, start: int) -> Decimal:
    """What is paid from a number of prompt tokens on."""
    if not isinstance(amount, TieredPrices):
        return amount
    reached = [tier for tier in amount.tiers if tier.start <= start]
    return max(reached, key=lambda tier: tier.start).price if reached else amount.base


def per_token(per_million: Decimal) -> str:
    text = f"{per_million / 1_000_000:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


# OpenAI


def openai_names() -> list[str]:
    names = (name for model in of("openai") for name in names_of(model))
    return [name for name in dict.fromkeys(names) if not OPENAI_OLD_FORMS.search(name)]


def openai_entry(name: str) -> Entry:
    old = name.startswith(("gpt-3.5", "davinci", "babbage"))
    return {
        "id": name,
        "object": "model",
        "created": created(name),
        "owned_by": "openai" if old else "system",
        "shutdown_date": "2027-03-31" if old else None,
    }


# Anthropic


def anthropic_models() -> list[tuple[str, ModelInfo]]:
    """Names with their models, newest first."""
    named = [
        (ANTHROPIC_DATED.get(model.id, model.id), model)
        for model in of("anthropic")
        if not ANTHROPIC_RETIRED.match(model.id)
    ]
    return sorted(named, key=lambda pair: (-created(pair[0]), pair[0]))


def anthropic_entry(name: str, model: ModelInfo) -> Entry:
    thinks = bool(THINKS.search(name))
    return {
        "type": "model",
        "id": name,
        "display_name": model.name or name,
        "created_at": datetime.fromtimestamp(created(name), UTC).strftime("%Y-%m-%dT00:00:00Z"),
        "max_input_tokens": model.context_window,
        "max_tokens": 64_000 if thinks else 8_192,
        "capabilities": {
            "batch": supported(True),
            "citations": supported(True),
            "code_execution": supported(thinks),
            "context_management": supported(thinks),
            "effort": supported(thinks) | {effort: supported(thinks) for effort in EFFORTS},
            "image_input": supported(True),
            "pdf_input": supported(True),
            "structured_outputs": supported(thinks),
            "thinking": supported(thinks) | {"types": {"enabled": supported(thinks), "adaptive": supported(False)}},
        },
    }


def supported(yes: bool) -> Entry:
    return {"supported": yes}


# Gemini


def gemini_entry(model: ModelInfo) -> Entry:
    embeds, speaks = "embedding" in model.id, "tts" in model.id
    methods = ["embedContent", "countTextTokens", "countTokens"] if embeds else ["generateContent", "countTokens"]
    entry: Entry = {
        "name": f"models/{model.id}",
        "version": "001",
        "displayName": model.name or model.id,
        "inputTokenLimit": model.context_window or (2_048 if embeds else 131_072),
        "outputTokenLimit": 1 if embeds else 16_384 if speaks else 65_536,
        "supportedGenerationMethods": ["bidiGenerateContent"] if "live" in model.id else methods,
    }
    if model.description:
        entry["description"] = model.description
    if not embeds:
        entry |= {"temperature": 1, "topP": 0.95, "topK": 64, "maxTemperature": 2}
    if THINKS.search(model.id) and not (embeds or speaks):
        entry["thinking"] = True
    return entry
