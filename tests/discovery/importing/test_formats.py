from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from catalog import facts
from discovery.importing import FORMATS, format_of
from discovery.listings.base import WrongShape


def from_litellm(name: str, **entry: Any) -> dict[str, Any]:
    found = FORMATS["litellm"].read({name: entry})
    assert found.skipped == []
    return found.offers[0].listing.facts


@pytest.mark.parametrize(
    ("name", "theirs", "provider", "model_id"),
    [
        ("gpt-9", "openai", "openai", "gpt-9"),
        ("openai/gpt-9", "openai", "openai", "gpt-9"),
        ("azure/gpt-9", "azure", "azure-openai", "gpt-9"),
        ("groq/maker/big", "groq", "groq", "maker/big"),
        ("gemini/gemini-9", "gemini", "gemini", "gemini-9"),
        ("gemini-9", "vertex_ai-language-models", "google-vertex", "gemini-9"),
        ("vertex_ai/claude-9@20300101", "vertex_ai-anthropic_models", "google-vertex", "claude-9@20300101"),
        ("together_ai/Maker/Big", "together_ai", "together", "Maker/Big"),
        ("fireworks_ai/accounts/fireworks/models/x", "fireworks_ai", "fireworks", "accounts/fireworks/models/x"),
        ("acme/m", "acme", "acme", "m"),
    ],
)
def test_litellm_names_are_told_apart(name: str, theirs: str, provider: str, model_id: str) -> None:
    offer = FORMATS["litellm"].read({name: {"litellm_provider": theirs}}).offers[0]

    assert (offer.provider, offer.listing.model_id) == (provider, model_id)


@pytest.mark.parametrize(
    ("name", "entry", "reason"),
    [
        ("sample_spec", {"litellm_provider": "one of ..."}, "explains the format"),
        ("hd/1024-x-1792/dall-e-3", {"litellm_provider": "openai"}, "is the price of one size of image, not a model"),
        ("ft:gpt-9", {"litellm_provider": "openai"}, "stands for all models fine-tuned from one"),
        ("together-ai-4.1b-8b", {"litellm_provider": "together_ai"}, "is a price class, not a model"),
        ("azure/eu/gpt-9", {"litellm_provider": "azure"}, "is the price of one region, not a model"),
        ("m", {"mode": "chat"}, "names no provider"),
        ("m", 7, "is no object"),
        ("x" * 300, {"litellm_provider": "openai"}, "its id has 300 characters; at most 255 can be kept"),
    ],
)
def test_litellm_entries_that_are_no_models_are_left_out_with_a_reason(name: str, entry: Any, reason: str) -> None:
    found = FORMATS["litellm"].read({name: entry})

    assert (found.offers, found.skipped) == ([], [f"{name[:200]}: {reason}"])


@pytest.mark.parametrize(
    ("entry", "price"),
    [
        ({"input_cost_per_token": 2.5e-06, "output_cost_per_token": 1e-05}, {"input_mtok": "2.5", "output_mtok": "10"}),
        ({"input_cost_per_token": 1.35e-07}, {"input_mtok": "0.135"}),
        ({"input_cost_per_token": 0.0, "output_cost_per_token": 0}, {"input_mtok": "0", "output_mtok": "0"}),
        ({"input_cost_per_token": 1e-06, "cache_read_input_token_cost": 0.0}, {"input_mtok": "1"}),
        ({"mode": "audio_speech", "input_cost_per_character": 1.5e-05}, {"mchar": "15"}),
        ({"mode": "audio_transcription", "input_cost_per_second": 0.0001}, {"minute": "0.006"}),
        ({"mode": "image_generation", "output_cost_per_image": 0.042}, {"image": "0.042"}),
        ({"input_cost_per_query": 0.002, "input_cost_per_token": 0.0}, {"input_mtok": "0", "request": "0.002"}),
        ({"mode": "image_generation", "input_cost_per_pixel": 2e-08, "output_cost_per_token": 0.0}, None),
        (
            {"input_cost_per_token": 3e-06, "input_cost_per_token_above_200k_tokens": 6e-06,
             "output_cost_per_token_above_200k_tokens": 2.25e-05},
            {"input_mtok": "3", "tiers": [{"from": 200_001, "input_mtok": "6", "output_mtok": "22.5"}]},
        ),
        ({"input_cost_per_token": "free"}, None),
        ({"input_cost_per_token": -1}, None),
        ({}, None),
    ],
)  # fmt: skip
def test_litellm_money_is_exact_and_in_our_units(entry: dict[str, Any], price: Any) -> None:
    assert from_litellm("m", litellm_provider="openai", **entry).get("price") == price


def test_litellm_facts() -> None:
    stated = from_litellm(
        "m", litellm_provider="openai", mode="chat", max_tokens=9, max_input_tokens=200_000, max_output_tokens=8_000,
        supports_function_calling=True, supports_vision=False, supports_response_schema=True,
        supported_modalities=["image", "text"], deprecation_date="2030-01-02",
    )  # fmt: skip

    assert stated == {
        "category": "text",
        "context_window": 200_000,
        "max_output_tokens": 8_000,
        "supports_tools": True,
        "supports_vision": False,
        "supports_structured_output": True,
        "input_modalities": ["text", "image"],
        "retires_at": "2030-01-02T00:00:00Z",
    }


MODELS_DEV = {
    "togetherai": {
        "id": "togetherai",
        "models": {
            "Maker/Big": {
                "id": "Maker/Big",
                "name": "Big",
                "attachment": True,
                "reasoning": True,
                "tool_call": True,
                "knowledge": "2025-05",
                "modalities": {"input": ["text", "image"], "output": ["text"]},
                "limit": {"context": 131_072, "output": 8_192},
                "cost": {
                    "input": 0.135,
                    "output": 2,
                    "cache_read": 0.0135,
                    "context_over_200k": {"input": 0.27, "output": 4},
                },
            },
            "broken": 7,
        },
    }
}


def test_models_dev() -> None:
    found = FORMATS["modelsdev"].read(MODELS_DEV)

    assert found.skipped == ["togetherai/broken: is no object"]
    assert (found.offers[0].provider, found.offers[0].listing.model_id) == ("together", "Maker/Big")
    assert found.offers[0].listing.facts == {
        "name": "Big",
        "category": "text",
        "context_window": 131_072,
        "max_output_tokens": 8_192,
        "input_modalities": ["text", "image"],
        "output_modalities": ["text"],
        "supports_tools": True,
        "supports_vision": True,
        "supports_reasoning": True,
        "knowledge_cutoff": "2025-05-01T00:00:00Z",
        "price": {
            "input_mtok": "0.135",
            "output_mtok": "2",
            "cache_read_mtok": "0.0135",
            "tiers": [{"from": 200_001, "input_mtok": "0.27", "output_mtok": "4"}],
        },
    }


@pytest.mark.parametrize(
    ("payload", "name"),
    [
        ({"gpt-9": {"litellm_provider": "openai"}}, "litellm"),
        ({"sample_spec": {"mode": "chat", "litellm_provider": "..."}}, "litellm"),
        (MODELS_DEV, "modelsdev"),
        ({"data": []}, "openrouter"),
    ],
)
def test_a_format_is_recognised(payload: Any, name: str) -> None:
    assert format_of(payload) == name


@pytest.mark.parametrize("payload", [None, [], {}, 7, "text", {"a": 1}, {"data": {}}, {"a": {"models": []}}, [{}]])
def test_what_no_format_is_like_is_refused(payload: Any) -> None:
    with pytest.raises(WrongShape, match="none of the formats"):
        format_of(payload)


RECORDED = {
    "litellm": ("prices__litellm_copy__2025-09.json", 1_483, 112),
    "modelsdev": ("modelsdev__api__2026-02-14.json", 2_512, 0),
    "openrouter": ("openrouter__models__2026-08-16.json", 413, 0),
}


@pytest.mark.parametrize("name", FORMATS)
def test_a_recorded_file_is_read_without_losing_an_entry_unsaid(name: str, recordings: Path) -> None:
    file, offers, skipped = RECORDED[name]
    payload = orjson.loads((recordings / "providers" / file).read_bytes())

    found = FORMATS[name].read(payload)

    assert (format_of(payload), len(found.offers), len(found.skipped)) == (name, offers, skipped)
    names = Counter((offer.provider, offer.listing.model_id) for offer in found.offers)
    assert max(names.values()) == 1
    for offer in found.offers:
        assert facts.clean(offer.listing.facts) == offer.listing.facts


anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=9),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=9), inner, max_size=4),
    max_leaves=12,
)
KEYS = st.sampled_from(
    ["litellm_provider", "mode", "input_cost_per_token", "output_cost_per_token_above_200k_tokens", "models", "cost",
     "limit", "context", "modalities", "input", "name", "id", "data", "deprecation_date", "knowledge"]
)  # fmt: skip


@given(st.dictionaries(st.text(max_size=9), st.dictionaries(KEYS, anything, max_size=6), max_size=4))
def test_no_file_makes_a_reader_fall_and_what_it_reads_are_valid_facts(payload: dict[str, Any]) -> None:
    for known in FORMATS.values():
        try:
            found = known.read(payload)
        except WrongShape:
            continue
        for offer in found.offers:
            assert facts.clean(offer.listing.facts) == offer.listing.facts


@given(st.decimals(min_value=0, max_value=1_000, places=8))
def test_a_number_of_a_file_keeps_every_digit(amount: Any) -> None:
    written = orjson.loads(str(float(amount)))  # as a file has it
    stated = FORMATS["modelsdev"].read({"p": {"models": {"m": {"cost": {"input": written}}}}}).offers[0].listing.facts

    assert f"{amount.normalize():f}" == stated["price"]["input_mtok"]
