"""What providers really sent: no entry is lost, and what is read is what stands there."""

from __future__ import annotations

from collections import Counter
from decimal import Decimal
from pathlib import Path
from typing import Any

import orjson
import pytest

from catalog import facts as catalog_facts
from discovery.listings import DIALECTS
from discovery.listings.base import Parsed, WrongShape, parse
from discovery.listings.voices import VOICES
from discovery.listings.voices import parse as parse_voices

LISTS = {  # recording -> dialect, number of entries
    "anthropic__models__2026-02-14": ("anthropic", 10),
    "anthropic__models__2026-08-17": ("anthropic", 10),
    "azure__openai_v1_models__2026-02-14": ("azure", 265),
    "bedrock__foundation_models__2026-02-14": ("generic", 135),
    "cerebras__models__2026": ("cerebras", 3),
    "cerebras__models_openrouter_format__authored": ("cerebras", 1),
    "cerebras__public_models__2026": ("cerebras", 2),
    "chutes__chutes_list__2025-10": ("chutes", 60),
    "cohere__models__2025-07-18": ("cohere", 21),
    "deepinfra__openai_models__2026-04": ("deepinfra", 154),
    "deepseek__models__2026-02-14": ("generic", 2),
    "deepseek__models__2026-06-05": ("generic", 2),
    "elevenlabs__models__docs": ("elevenlabs", 1),
    "fal__models_page1__2026-04": ("fal", 100),
    "featherless__models__docs": ("featherless", 1),
    "fireworks__models__authored": ("fireworks", 1),
    "gemini__models__2026-02-14": ("gemini", 45),
    "gemini__models_page1__2026-07": ("gemini", 50),
    "groq__models__2025-08-16": ("groq", 23),
    "groq__models__2026-01": ("groq", 20),
    "groq__models__2026-08": ("groq", 15),
    "huggingface__router_models__2026-04": ("huggingface", 121),
    "huggingface__router_models__docs": ("huggingface", 1),
    "llamacpp__v1_models__2026-08-19": ("llamacpp", 1),
    "lmstudio__api_v0_models__2026": ("lmstudio", 4),
    "lmstudio__api_v1_models__docs": ("lmstudio", 3),
    "lmstudio__v1_models__2025-10": ("lmstudio", 8),
    "mistral__models__2026-02-14": ("mistral", 57),
    "mistral__models__2026-08-15": ("mistral", 55),
    "nebius__models__2026-02-25": ("nebius", 46),
    "novita__models__authored": ("novita", 1),
    "ollama__api_tags__2025-03-26": ("ollama", 2),
    "ollama__api_tags__2026-06-19": ("ollama", 5),
    "ollama__api_tags__docs": ("ollama", 2),
    "ollama__v1_models__2026-01-09": ("ollama", 3),
    "openai__models__2026-02-14": ("openai", 119),
    "openai__models__2026-08-17": ("openai", 118),
    "openrouter__models__2026-02-14": ("openrouter", 344),
    "openrouter__models__2026-08-16": ("openrouter", 413),
    "openrouter__models_reduced__2026-08": ("openrouter", 4),
    "perplexity__models__2026-08-10": ("generic", 39),
    "together__models__2026-01": ("together", 131),
    "together__models__authored": ("together", 4),
    "vercel__models__authored": ("vercel", 5),
    "vertex__publisher_models__2026-02-14": ("vertex", 10),
    "vllm__v1_models__authored": ("generic", 2),
    "xai__language_models__authored": ("xai", 1),
    "xai__models__2026-02-14": ("xai", 13),
}
VOICE_LISTS = {
    "azuretts__voices_list__2020": ("azure-tts", 77),
    "elevenlabs__voices__2026-02": ("elevenlabs", 21),
    "googletts__voices__2026-02": ("google-tts", 2006),
}
REFUSED = {
    "anthropic__error_401_bad_key": "anthropic",
    "deepseek__error_401_bad_key": "generic",
    "gemini__error_400_bad_key": "gemini",
    "gpustack__error_401__2026-02-14": "generic",
    "openai__error_401_bad_key": "openai",
    "xai__error_400_bad_key": "xai",
}
SPOTS: list[tuple[str, str, dict[str, Any]]] = [
    (
        "openrouter__models__2026-08-16",
        "qwen/qwen3.7-flash",
        {
            "name": "Qwen: Qwen3.7 Flash",
            "canonical_id": "qwen/qwen3.7-flash-20260727",
            "context_window": 1000000,
            "max_output_tokens": 65536,
            "input_modalities": ["text", "image", "video"],
            "output_modalities": ["text"],
            "supports_tools": True,
            "supports_vision": True,
            "supports_reasoning": True,
            "supports_structured_output": False,
            "price": {
                "input_mtok": "0.03",
                "output_mtok": "0.13",
                "cache_read_mtok": "0.006",
                "cache_write_mtok": "0.038",
                "tiers": [
                    {
                        "from": 32000,
                        "input_mtok": "0.1",
                        "output_mtok": "0.4",
                        "cache_read_mtok": "0.02",
                        "cache_write_mtok": "0.125",
                    },
                    {
                        "from": 256000,
                        "input_mtok": "0.2",
                        "output_mtok": "0.8",
                        "cache_read_mtok": "0.04",
                        "cache_write_mtok": "0.25",
                    },
                ],
            },
        },
    ),
    (
        "openrouter__models__2026-08-16",
        "openai/gpt-audio",
        {
            "category": "text",
            "price": {
                "input_mtok": "2.5",
                "output_mtok": "10",
                "audio_input_mtok": "32",
                "audio_output_mtok": "64",
            },
        },
    ),
    (
        "openrouter__models__2026-08-16",
        "perplexity/sonar-deep-research",
        {"max_output_tokens": None, "price": {"input_mtok": "2", "output_mtok": "8", "reasoning_mtok": "3"}},
    ),
    ("openrouter__models__2026-08-16", "openrouter/auto", {"category": "text", "price": None}),
    ("openrouter__models__2026-08-16", "~openai/gpt-latest", {"canonical_id": "openai/gpt-5.6-sol"}),
    ("openrouter__models__2026-08-16", "z-ai/glm-5-turbo", {"retires_at": None}),
    ("openrouter__models__2026-08-16", "z-ai/glm-4.5", {"retires_at": "2026-12-31T00:00:00Z"}),
    (
        "openrouter__models_reduced__2026-08",
        "anthropic/claude-sonnet-4",
        {"context_window": 1000000, "max_output_tokens": 64000, "knowledge_cutoff": "2025-01-31T00:00:00Z"},
    ),
    (
        "openrouter__models__2026-02-14",
        "openrouter/aurora-alpha",
        {"price": {"input_mtok": "0", "output_mtok": "0", "reasoning_mtok": "0", "request": "0"}},
    ),
    (
        "anthropic__models__2026-08-17",
        "claude-opus-5",
        {
            "name": "Claude Opus 5",
            "context_window": 1000000,
            "max_output_tokens": 128000,
            "input_modalities": ["text", "image", "file"],
            "supports_reasoning": True,
            "supports_structured_output": True,
            "supports_tools": None,
        },
    ),
    ("anthropic__models__2026-02-14", "claude-opus-4-6", {"name": "Claude Opus 4.6", "context_window": None}),
    ("openai__models__2026-08-17", "gpt-4.1-nano", {"retires_at": "2026-10-23T00:00:00Z", "category": "text"}),
    ("openai__models__2026-08-17", "gpt-4.1", {"retires_at": None, "name": None}),
    (
        "gemini__models_page1__2026-07",
        "gemma-4-26b-a4b-it",
        {"context_window": 262144, "max_output_tokens": 32768, "supports_reasoning": True, "category": "text"},
    ),
    ("gemini__models__2026-02-14", "gemini-2.0-flash", {"max_output_tokens": 8192, "supports_reasoning": None}),
    (
        "mistral__models__2026-08-15",
        "mistral-medium-3.5",
        {"canonical_id": "mistral-medium-latest", "context_window": 262144, "supports_reasoning": True},
    ),
    (
        "mistral__models__2026-08-15",
        "devstral-latest",
        {"retires_at": "2026-08-31T12:00:00Z", "supports_vision": False},
    ),
    ("mistral__models__2026-08-15", "voxtral-mini-tts-latest", {"category": "tts"}),
    (
        "deepinfra__openai_models__2026-04",
        "MiniMaxAI/MiniMax-M2.5",
        {
            "context_window": 196608,
            "max_output_tokens": None,
            "supports_reasoning": True,
            "price": {"input_mtok": "0.27", "output_mtok": "0.95", "cache_read_mtok": "0.0299999997"},
        },
    ),
    ("deepinfra__openai_models__2026-04", "BAAI/bge-m3", {"category": "embedding", "price": None}),
    (
        "groq__models__2026-08",
        "qwen/qwen3.6-27b",
        {
            "context_window": 131072,
            "max_output_tokens": 16384,
            "supports_vision": True,
            "supports_structured_output": False,
            "canonical_id": "Qwen/Qwen3.6-27B",
            "price": {"input_mtok": "0.6", "output_mtok": "3", "cache_read_mtok": "0.3"},
        },
    ),
    ("groq__models__2026-08", "canopylabs/orpheus-arabic-saudi", {"category": "tts", "price": {"mchar": "40"}}),
    ("groq__models__2026-08", "groq/compound", {"price": None, "supports_tools": False}),
    (
        "together__models__2026-01",
        "meta-llama/Llama-3.2-3B-Instruct-Turbo",
        {"context_window": 131072, "price": {"input_mtok": "0.06", "output_mtok": "0.06"}},
    ),
    (
        "together__models__2026-01",
        "cartesia/sonic",
        {"category": "tts", "context_window": None, "price": {"mchar": "65"}},
    ),
    ("together__models__2026-01", "google/gemma-2b-it-Ishan", {"category": "text", "price": None}),
    ("together__models__2026-01", "openai/whisper-large-v3", {"category": "transcription", "price": None}),
    ("together__models__2026-01", "deepseek-ai/DeepSeek-R1", {"max_output_tokens": 12288}),
    (
        "huggingface__router_models__2026-04",
        "openai/gpt-oss-120b",
        {"context_window": 131072, "supports_tools": True, "price": {"input_mtok": "0.05", "output_mtok": "0.25"}},
    ),
    (
        "cerebras__public_models__2026",
        "gpt-oss-120b",
        {
            "context_window": 131072,
            "max_output_tokens": 40960,
            "supports_streaming": True,
            "supports_vision": False,
            "canonical_id": "openai/gpt-oss-120b",
            "price": {"input_mtok": "0.35", "output_mtok": "0.75"},
        },
    ),
    (
        "cohere__models__2025-07-18",
        "command-a-03-2025",
        {"context_window": 288000, "supports_tools": True, "supports_structured_output": True, "category": "text"},
    ),
    ("cohere__models__2025-07-18", "embed-english-v3.0-image", {"category": "embedding", "context_window": None}),
    (
        "azure__openai_v1_models__2026-02-14",
        "dall-e-2-2.0",
        {"category": "image", "retires_at": "2025-01-27T00:00:00Z", "tags": ["deprecated"]},
    ),
    ("azure__openai_v1_models__2026-02-14", "MAI-DS-R1", {"retires_at": None, "tags": None}),
    ("llamacpp__v1_models__2026-08-19", "/REDACTED_PATH/Qwen3-1.7B-Q4_K_M.gguf", {"context_window": 4096}),
    ("lmstudio__api_v1_models__docs", "deepseek-r1", {"context_window": 131072, "parameters": "671"}),
    (
        "perplexity__models__2026-08-10",
        "anthropic/claude-haiku-4-5",
        {
            "price": {
                "input_mtok": "1",
                "output_mtok": "5",
                "cache_read_mtok": "0.1",
                "cache_write_mtok": "1.25",
            }
        },
    ),
    ("vllm__v1_models__authored", "Qwen/Qwen2.5-14B-Instruct", {"context_window": 16384}),
    ("xai__language_models__authored", "grok-420-reasoning", {"context_window": 256000}),
    (
        "fal__models_page1__2026-04",
        "fal-ai/elevenlabs/tts/eleven-v3",
        {"category": "tts", "output_modalities": ["audio"]},
    ),
    (
        "bedrock__foundation_models__2026-02-14",
        "nvidia.nemotron-nano-12b-v2",
        {"supports_streaming": True, "input_modalities": ["text", "image"]},
    ),
]


@pytest.fixture(scope="module")
def folder(recordings: Path) -> Path:
    return recordings / "providers"


def load(folder: Path, name: str) -> Any:
    return orjson.loads((folder / f"{name}.json").read_bytes())


def read(folder: Path, name: str) -> Parsed:
    return parse(DIALECTS[LISTS[name][0]], load(folder, name))


@pytest.mark.parametrize("name", LISTS)
def test_no_entry_is_lost_and_all_facts_are_clean(folder: Path, name: str) -> None:
    parsed = read(folder, name)

    assert parsed.skipped == []
    assert len(parsed.listings) == LISTS[name][1]
    for listing in parsed.listings:
        assert catalog_facts.clean(listing.facts) == listing.facts
        assert listing.entry


@pytest.mark.parametrize(("name", "model_id", "expected"), SPOTS)
def test_values_are_those_of_the_recording(folder: Path, name: str, model_id: str, expected: dict[str, Any]) -> None:
    (listing,) = [listing for listing in read(folder, name).listings if listing.model_id == model_id]

    assert {fact: listing.facts.get(fact) for fact in expected} == expected


@pytest.mark.parametrize("name", ["openrouter__models__2026-02-14", "openrouter__models__2026-08-16"])
def test_every_openrouter_price_and_limit_is_exact(folder: Path, name: str) -> None:
    for listing in read(folder, name).listings:
        entry, price = listing.entry, listing.facts.get("price", {})
        assert listing.facts.get("context_window") == entry["context_length"]
        assert listing.facts.get("max_output_tokens") == entry["top_provider"]["max_completion_tokens"]
        assert len(price.get("tiers", [])) == len(entry["pricing"].get("overrides", []))
        for field, amount in (("prompt", "input_mtok"), ("completion", "output_mtok")):
            per_token = Decimal(entry["pricing"][field])
            assert price.get(amount) is None if per_token < 0 else Decimal(price[amount]) == per_token * 1_000_000


def test_every_deepinfra_price_is_within_its_noise(folder: Path) -> None:
    for listing in read(folder, "deepinfra__openai_models__2026-04").listings:
        if listing.entry["metadata"]:
            pricing, price = listing.entry["metadata"]["pricing"], listing.facts["price"]
            assert abs(Decimal(price["input_mtok"]) - Decimal(pricing["input_tokens"])) < Decimal("1e-9")
            assert abs(Decimal(price["output_mtok"]) - Decimal(pricing["output_tokens"])) < Decimal("1e-9")


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        (
            "openai__models__2026-08-17",
            {
                "text": 80,
                "other": 9,
                "transcription": 9,
                "tts": 7,
                "image": 6,
                "embedding": 3,
                "moderation": 2,
                "video": 2,
            },
        ),
        (
            "together__models__2026-01",
            {
                "text": 62,
                "image": 29,
                "video": 22,
                "tts": 5,
                "embedding": 5,
                "moderation": 4,
                "rerank": 2,
                "transcription": 2,
            },
        ),
        (
            "mistral__models__2026-08-15",
            {"text": 36, "other": 7, "transcription": 5, "embedding": 4, "tts": 2, "moderation": 1},
        ),
        ("groq__models__2026-08", {"text": 8, "moderation": 3, "transcription": 2, "tts": 2}),
        ("openrouter__models__2026-08-16", {"text": 400, "image": 9, "other": 2, "moderation": 2}),
    ],
)
def test_kinds_are_told_apart(folder: Path, name: str, expected: dict[str, int]) -> None:
    assert Counter(listing.facts["category"] for listing in read(folder, name).listings) == expected


@pytest.mark.parametrize(("name", "dialect"), REFUSED.items())
def test_an_error_is_no_list(folder: Path, name: str, dialect: str) -> None:
    with pytest.raises(WrongShape):
        parse(DIALECTS[dialect], load(folder, name))


@pytest.mark.parametrize("dialect", DIALECTS)
def test_the_path_of_a_sign_in_page_is_no_list(folder: Path, dialect: str) -> None:
    text = (folder / "together__error_redirect_body__2025-05.txt").read_text()

    with pytest.raises(WrongShape):
        parse(DIALECTS[dialect], text)


@pytest.mark.parametrize(("name", "dialect", "count"), [(name, *what) for name, what in VOICE_LISTS.items()])
def test_no_voice_is_lost(folder: Path, name: str, dialect: str, count: int) -> None:
    parsed = parse_voices(VOICES[dialect], load(folder, name))

    assert (len(parsed.voices), parsed.skipped) == (count, [])
    assert all(voice.languages and voice.gender for voice in parsed.voices)


def test_recorded_enrichments_are_read(folder: Path) -> None:
    prices = DIALECTS["fal"].enrichments[0]
    show = DIALECTS["ollama"].enrichments[0]
    (question,) = show.requests(["qwen3"])

    assert prices.facts(load(folder, "fal__pricing__docs"), question) == {
        "fal-ai/flux/dev": {"price": {"image": "0.025"}}
    }
    assert show.facts(load(folder, "ollama__api_show__2025"), question) == {
        "qwen3": {
            "context_window": 40960,
            "parameters": "32.7621",
            "supports_tools": True,
            "supports_vision": False,
            "supports_reasoning": False,
        }
    }


@pytest.mark.parametrize(
    ("name", "derived", "alike", "exact"),
    [
        ("vercel__models__authored", "vercel", 4, 3),
        ("openrouter__models__2026-08-16", "vercel", 102, 74),
        ("perplexity__models__2026-08-10", "vercel", 20, 17),
        ("huggingface__router_models__2026-04", "huggingface", 6, 3),
    ],
)
def test_units_agree_with_what_others_derived(folder: Path, name: str, derived: str, alike: int, exact: int) -> None:
    """Of the same ids at about the same time: a wrong unit would be off by a thousand or more."""
    theirs = {
        model["id"].partition(":")[0]: Decimal(str(model["cost_per_1m_in"]))
        for model in load(folder, f"{derived}__derived_catwalk__2026-08")["models"]
    }
    ratios = [
        Decimal(listing.facts["price"]["input_mtok"]) / theirs[listing.model_id]
        for listing in read(folder, name).listings
        if theirs.get(listing.model_id) and "input_mtok" in listing.facts.get("price", {})
    ]

    assert len(ratios) == alike
    assert sum(ratio == 1 for ratio in ratios) >= exact
    assert all(Decimal("0.1") < ratio < 10 for ratio in ratios if ratio)
