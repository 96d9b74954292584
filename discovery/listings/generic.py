"""Any OpenAI-compatible list: known envelopes, the common names of fields, and no guessing of units."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import lru_cache
from typing import Any, TypeVar

from . import capabilities, kinds, money, reading
from .base import Dialect, Listing, Request
from .envelopes import rows

T = TypeVar("T")

ENVELOPES = (
    "data",
    "models",
    "data.models",
    "data.data",
    "output.models",
    "result",
    "results",
    "items",
    "list",
    "modelSummaries",
)
IDS = ("id", "model_id", "modelId", "model", "key", "name", "model_name", "slug")
INNER = ("metadata", "model_spec", "limits", "top_provider", "meta", "model_info", "context_window")

INPUTS = ("input_modalities", "inputModalities", "supported_input_modalities", "input")
OUTPUTS = ("output_modalities", "outputModalities", "supported_output_modalities", "output")
# For each fact the names of fields that may state it, the most telling first.
FIELDS = {
    "name": "display_name displayName name title modelName model_name friendly_name",
    "description": "description desc summary",
    "context_window": """context_length context_window max_context_length max_model_len context_size contextLength
        contextWindow max_context_window max_context_tokens availableContextTokens max_input_tokens inputTokenLimit
        input_token_limit n_ctx context_len max_context_size max_context""",
    "max_output_tokens": """max_completion_tokens max_output_tokens max_output_length max_output maxOutput
        maxOutputTokens maxCompletionTokens outputTokenLimit output_token_limit""",
    "max_tokens": "max_tokens",
    "kind": "type model_type modelType task mode category pipeline_tag kind",
    "inputs": " ".join(INPUTS[:-1]),
    "outputs": " ".join(OUTPUTS[:-1]),
    "canonical_id": "canonical_slug root hugging_face_id huggingface_id huggingFaceId",
    "knowledge_cutoff": "knowledge_cutoff knowledge_cutoff_date knowledgeCutoff",
    "retires_at": "shutdown_date expiration_date deprecation_date retirement_date deprecation deprecationDate",
    "parameters": "n_params parameter_count num_parameters parameterCount params_string parameter_size",
    "pricing": "pricing",
}
FACT = {name: fact for fact, names in FIELDS.items() for name in names.split()}
PLACE = {name: place for place, name in enumerate(FACT)}
UNITS = {  # what a stated unit of `pricing` means, as a power of ten to USD per million tokens
    **dict.fromkeys(("usd_per_1m_tokens", "usd_per_million_tokens", "usd_per_mtok", "usd/1m_tokens"), 0),
    **dict.fromkeys(("usd_per_1k_tokens", "usd_per_thousand_tokens", "usd/1k_tokens"), 3),
    **dict.fromkeys(("usd_per_token", "usd/token"), 6),
}
AMOUNTS = {
    "input_mtok": ("input", "prompt", "input_tokens"),
    "output_mtok": ("output", "completion", "output_tokens"),
    "cache_read_mtok": ("cache_read", "cached_input", "input_cache_read", "cache_read_tokens"),
    "cache_write_mtok": ("cache_write", "input_cache_write"),
    "reasoning_mtok": ("reasoning", "internal_reasoning"),
}


def entries(payload: Any) -> list[Any]:
    return rows(payload, *ENVELOPES, bare=True)


def listing(entry: Any) -> Listing:
    model_id = reading.identity(entry, *IDS)
    return Listing(model_id=model_id, facts=facts(entry, model_id), entry=entry)


def facts(entry: dict[str, Any], model_id: str) -> dict[str, Any]:
    """Everything the common names state; other dialects add to it what only they know."""
    parts = [entry, *(inner for name in INNER if (inner := entry.get(name)).__class__ is dict)]
    found = gathered(parts)
    inputs, outputs = modalities(entry, found)
    context = read(found, "context_window", reading.whole)
    return reading.stated(
        name=other_name(found, model_id),
        description=read(found, "description", reading.text),
        category=read(found, "kind", kinds.by_word) or kinds.by_modalities(model_id, outputs),
        context_window=context,
        max_output_tokens=read(found, "max_output_tokens", reading.whole) or plain_max_tokens(found, context),
        input_modalities=inputs,
        output_modalities=outputs,
        knowledge_cutoff=read(found, "knowledge_cutoff", reading.instant),
        parameters=read(found, "parameters", reading.billions),
        canonical_id=read(found, "canonical_id", reading.canonical),
        tags=reading.tags(reading.words(entry["tags"])) if "tags" in entry else None,
        retires_at=read(found, "retires_at", reading.instant),
        price=read(found, "pricing", price),
    ) | abilities(entry, parts, inputs)


def gathered(parts: list[dict[str, Any]]) -> dict[str, list[Any]]:
    """For each kind of field the values there are: outermost first, then in the order of FIELDS."""
    found: dict[str, list[Any]] = {}
    for inner in parts:
        for name, fact in known(tuple(inner)):
            value = inner[name]
            if value is None:
                continue
            if fact in found:
                found[fact].append(value)
            else:
                found[fact] = [value]
    return found


@lru_cache(maxsize=1024)
def known(names: tuple[str, ...]) -> tuple[tuple[str, str], ...]:
    """Which of these fields state what, in the order of FIELDS. The entries of one list have much the same fields."""
    return tuple((name, FACT[name]) for name in sorted(FACT.keys() & names, key=PLACE.__getitem__))


def read(found: dict[str, list[Any]], fact: str, reader: Callable[[Any], T | None]) -> T | None:
    for value in found.get(fact, ()):
        stated = reader(value)
        if stated is not None:
            return stated
    return None


def other_name(found: dict[str, list[Any]], model_id: str) -> str | None:
    """A name for people; the id repeated is none."""
    name = read(found, "name", reading.name)
    return name if name != model_id else None


def plain_max_tokens(found: dict[str, list[Any]], context: int | None) -> int | None:
    """`max_tokens` is a limit of the output at some providers and the context window at others."""
    tokens = read(found, "max_tokens", reading.whole)
    return tokens if tokens and context and tokens < context else None


def modalities(entry: dict[str, Any], found: dict[str, list[Any]]) -> tuple[list[str] | None, list[str] | None]:
    """Input and output modalities, as lists or written like "text+image->text"."""
    inputs = read(found, "inputs", reading.modalities)
    outputs = read(found, "outputs", reading.modalities)
    for name in ("architecture", "modalities"):
        inner = entry.get(name)
        if inner.__class__ is dict:
            into, out = within(inner)
            inputs, outputs = inputs or into, outputs or out
    return inputs, outputs


def within(inner: dict[str, Any]) -> tuple[list[str] | None, list[str] | None]:
    inputs = reading.first(reading.modalities, *map(inner.get, INPUTS))
    outputs = reading.first(reading.modalities, *map(inner.get, OUTPUTS))
    both = inner.get("modality")
    if both.__class__ is str and not (inputs and outputs):
        into, _, out = both.partition("->")
        return inputs or reading.modalities(into), outputs or reading.modalities(out)
    return inputs, outputs


def abilities(entry: dict[str, Any], parts: list[dict[str, Any]], inputs: list[str] | None) -> dict[str, bool]:
    """The `supports_` facts; what is said most directly counts."""
    found: dict[str, bool] = {}
    for source in said(entry, parts):
        if source:
            found = source | found
    if inputs and capabilities.VISION not in found:
        found[capabilities.VISION] = "image" in inputs
    return found


def said(entry: dict[str, Any], parts: list[dict[str, Any]]) -> Iterator[dict[str, bool]]:
    for inner in parts:
        yield capabilities.flagged(inner)
        for name in ("capabilities", "features"):
            if name in inner:
                yield capabilities.flagged(inner[name])
                yield capabilities.listed(inner[name])
    for name in ("supported_features", "supported_parameters", "supportedParameters"):
        if name in entry:
            yield capabilities.listed(entry[name], settles=capabilities.OF_REQUESTS)
    if "tags" in entry:
        yield capabilities.listed(entry["tags"])


def price(pricing: Any) -> dict[str, Any] | None:
    """Texts under OpenRouter's names are USD per token; numbers are taken only where their unit is stated."""
    if not isinstance(pricing, dict) or pricing.get("currency", "USD") not in ("USD", "usd"):
        return None
    unit = pricing.get("unit")
    if unit is None and (isinstance(pricing.get("prompt"), str) or isinstance(pricing.get("completion"), str)):
        return money.per_token(pricing)
    power = UNITS.get(unit.lower().replace(" ", "_")) if isinstance(unit, str) else None
    if power is None:
        return None
    return money.price(
        {
            amount: reading.first(lambda value: money.usd(value, power), *map(pricing.get, names))
            for amount, names in AMOUNTS.items()
        }
    )


DIALECT = Dialect(request=Request(path="/models"), entries=entries, listing=listing)
