"""Pairs of ids from recorded lists, checked by hand: the same model, or deliberately not."""

from __future__ import annotations

from pathlib import Path

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from catalog.canonical import canonical_id
from catalog.models import AIModel
from catalog.providers import SPECS
from discovery.listings import DIALECTS
from discovery.listings.base import parse
from tests.builders import a_model, a_provider

Offer = tuple[str, str] | tuple[str, str, str]  # provider, model id, and what the list states as canonical

SAME: list[tuple[str, Offer, Offer]] = [
    # names of vendors before the slash
    ("openai/gpt-5", ("openai", "gpt-5"), ("openrouter", "openai/gpt-5")),
    ("openai/gpt-4o-2024-08-06", ("openai", "gpt-4o-2024-08-06"), ("openrouter", "openai/gpt-4o-2024-08-06")),
    ("openai/gpt-oss-120b", ("groq", "openai/gpt-oss-120b"), ("cerebras", "gpt-oss-120b")),
    ("google/gemini-2.5-pro", ("gemini", "gemini-2.5-pro"), ("deepinfra", "google/gemini-2.5-pro")),
    ("deepseek/deepseek-v3.1", ("together", "deepseek-ai/DeepSeek-V3.1"), ("novita", "deepseek/deepseek-v3.1")),
    ("zai/glm-4.7", ("deepinfra", "zai-org/GLM-4.7"), ("cerebras", "zai-glm-4.7")),
    ("zai/glm-5.2", ("mistral", "zai-glm-5-2", "glm-5-2"), ("openrouter", "z-ai/glm-5.2", "zai-org/GLM-5.2")),
    ("xai/grok-4.5", ("perplexity", "xai/grok-4.5"), ("vercel-ai-gateway", "spacexai/grok-4.5")),
    ("minimax/minimax-m2", ("huggingface", "MiniMaxAI/MiniMax-M2"), ("vercel-ai-gateway", "minimax/minimax-m2")),
    ("moonshotai/kimi-k2.5", ("deepinfra", "moonshotai/Kimi-K2.5"), ("aihubmix", "kimi-k2.5")),
    ("bytedance/seed-1.6", ("openrouter", "bytedance-seed/seed-1.6"), ("vercel-ai-gateway", "bytedance/seed-1.6")),
    ("openai/whisper-large-v3", ("groq", "whisper-large-v3"), ("together", "openai/whisper-large-v3")),
    ("nvidia/nemotron-nano-9b-v2", ("together", "nvidia/NVIDIA-Nemotron-Nano-9B-v2"),
     ("vercel-ai-gateway", "nvidia/nemotron-nano-9b-v2")),
    ("cohere/command-a-03-2025", ("cohere", "command-a-03-2025"), ("huggingface", "CohereLabs/c4ai-command-a-03-2025")),
    ("cohere/command-r-08-2024", ("azure-openai", "Cohere-command-r-08-2024"), ("cohere", "command-r-08-2024")),
    ("google/gemma-3-27b-it", ("chutes", "unsloth/gemma-3-27b-it"), ("openrouter", "google/gemma-3-27b-it")),
    # Claude: the order of family and version, and the one date of each version
    ("anthropic/claude-sonnet-4.5", ("anthropic", "claude-sonnet-4-5-20250929"),
     ("openrouter", "anthropic/claude-sonnet-4.5")),
    ("anthropic/claude-opus-4.1", ("google-vertex", "claude-opus-4-1@20250805"), ("aihubmix", "claude-opus-4-1")),
    ("anthropic/claude-haiku-4.5", ("helicone", "claude-4.5-haiku"), ("perplexity", "anthropic/claude-haiku-4-5")),
    ("anthropic/claude-sonnet-4", ("deepinfra", "anthropic/claude-4-sonnet"),
     ("google-vertex", "claude-sonnet-4@20250514")),
    ("anthropic/claude-opus-4.6", ("google-vertex", "claude-opus-4-6@default"), ("anthropic", "claude-opus-4-6")),
    ("anthropic/claude-sonnet-3.5", ("google-vertex", "claude-3-5-sonnet@20241022"),
     ("helicone", "claude-3.5-sonnet-v2")),
    ("anthropic/claude-sonnet-3.7", ("deepinfra", "anthropic/claude-3-7-sonnet-latest"),
     ("aihubmix", "claude-3-7-sonnet")),
    ("anthropic/claude-haiku-3", ("openrouter", "anthropic/claude-3-haiku"), ("helicone", "claude-3-haiku-20240307")),
    # other offers of one model
    ("openai/gpt-oss-20b", ("openrouter", "openai/gpt-oss-20b:free"), ("deepinfra", "openai/gpt-oss-20b")),
    ("openai/gpt-5-pro", ("openrouter", "openai/gpt-5-pro:batch"), ("openai", "gpt-5-pro")),
    ("openai/o4-mini", ("openrouter", "openai/o4-mini-high"), ("openai", "o4-mini")),
    ("anthropic/claude-opus-4.8", ("openrouter", "anthropic/claude-opus-4.8-fast"), ("anthropic", "claude-opus-4-8")),
    ("openai/gpt-5.2", ("vercel-ai-gateway", "openai/gpt-5.2-fast"), ("openai", "gpt-5.2")),
    ("deepseek/deepseek-v3.2", ("chutes", "deepseek-ai/DeepSeek-V3.2-TEE"),
     ("fireworks", "accounts/fireworks/models/deepseek-v3p2")),
    ("qwen/qwen-3-32b", ("nebius", "Qwen/Qwen3-32B-fast"), ("novita", "qwen/qwen3-32b-fp8")),
    ("zai/glm-4.6", ("huggingface", "zai-org/GLM-4.6-FP8"), ("chutes", "zai-org/GLM-4.6-turbo")),
    ("meta/llama-3.1-8b-instruct", ("together", "meta-llama/Meta-Llama-3.1-8B-Instruct-Turbo"),
     ("groq", "llama-3.1-8b-instant")),
    ("meta/llama-3.3-70b-instruct", ("groq", "llama-3.3-70b-versatile"), ("vercel-ai-gateway", "meta/llama-3.3-70b")),
    ("meta/llama-3-8b-instruct", ("together", "meta-llama/Meta-Llama-3-8B-Instruct-Lite"),
     ("novita", "meta-llama/llama-3-8b-instruct")),
    ("meta/llama-4-maverick-17b-128e-instruct", ("openrouter", "meta-llama/llama-4-maverick"),
     ("deepinfra", "meta-llama/Llama-4-Maverick-17B-128E-Instruct-FP8")),
    ("deepseek/deepseek-r1-0528", ("together", "deepseek-ai/DeepSeek-R1-0528-tput"),
     ("deepinfra", "deepseek-ai/DeepSeek-R1-0528-Turbo")),
    ("google/gemini-2.5-flash", ("aihubmix", "gemini-2.5-flash-nothink"),
     ("openrouter", "google/gemini-2.5-flash:batch")),
    ("zai/glm-4.5-air", ("fireworks", "accounts/fireworks/models/glm-4p5-air"), ("nebius", "zai-org/GLM-4.5-Air")),
    ("openai/gpt-oss-safeguard-20b", ("huggingface", "openai/gpt-oss-safeguard-20b:groq"),
     ("groq", "openai/gpt-oss-safeguard-20b")),
    # what the provider says
    ("openai/gpt-5.6-sol", ("openrouter", "~openai/gpt-latest", "openai/gpt-5.6-sol"), ("openai", "gpt-5.6-sol")),
    ("mistral/mistral-small-2603", ("mistral", "mistral-small-latest", "mistral-small-2603"),
     ("openrouter", "mistralai/mistral-small-2603", "mistralai/Mistral-Small-4-119B-2603")),
    ("mistral/mistral-large-2512", ("mistral", "mistral-large-latest", "mistral-large-2512"),
     ("vercel-ai-gateway", "mistral/mistral-large-3")),
    ("mistral/codestral-2508", ("mistral", "mistral-code-latest", "codestral-2508"),
     ("openrouter", "mistralai/codestral-2508")),
    ("qwen/qwen-3-coder-480b-a35b-instruct",
     ("openrouter", "qwen/qwen3-coder", "Qwen/Qwen3-Coder-480B-A35B-Instruct"),
     ("together", "Qwen/Qwen3-Coder-480B-A35B-Instruct-FP8")),
    ("deepseek/deepseek-v3", ("openrouter", "deepseek/deepseek-chat", "deepseek-ai/DeepSeek-V3"),
     ("huggingface", "deepseek-ai/DeepSeek-V3")),
    ("moonshotai/kimi-k2-instruct-0905", ("openrouter", "moonshotai/kimi-k2-0905", "moonshotai/Kimi-K2-Instruct-0905"),
     ("novita", "moonshotai/kimi-k2-0905")),
    ("qwen/qwen-2.5-72b-instruct", ("novita", "qwen/qwen-2.5-72b-instruct"),
     ("deepinfra", "Qwen/Qwen2.5-72B-Instruct")),
    ("qwen/qwen-3-14b", ("vercel-ai-gateway", "alibaba/qwen-3-14b"), ("huggingface", "Qwen/Qwen3-14B")),
    ("openai/gpt-5.2-chat", ("openai", "gpt-5.2-chat-latest"), ("openrouter", "openai/gpt-5.2-chat")),
    ("openai/chat-latest", ("openai", "chat-latest"), ("openrouter", "openai/gpt-chat-latest")),
]  # fmt: skip

DIFFERENT: list[tuple[Offer, Offer]] = [
    (("openai", "gpt-5"), ("openai", "gpt-5-2025-08-07")),  # the list does not say that the one is the other
    (("openai", "gpt-4o"), ("openai", "gpt-4o-2024-05-13")),
    (("openai", "gpt-4o"), ("openai", "gpt-4o-mini")),
    (("openai", "gpt-4.1"), ("openai", "gpt-4-1106-preview")),
    (("openai", "gpt-4"), ("openai", "gpt-4-turbo")),
    (("openai", "gpt-4o-mini"), ("openai", "gpt-4o-mini-search-preview")),
    (("groq", "whisper-large-v3"), ("groq", "whisper-large-v3-turbo")),
    (("openai", "gpt-oss-20b"), ("openai", "gpt-oss-safeguard-20b")),
    (
        ("vercel-ai-gateway", "anthropic/claude-3.5-sonnet"),
        ("vercel-ai-gateway", "anthropic/claude-3.5-sonnet-20240620"),
    ),
    (("anthropic", "claude-opus-4-5-20251101"), ("anthropic", "claude-opus-4-6")),
    (("anthropic", "claude-sonnet-4-5-20250929"), ("anthropic", "claude-haiku-4-5-20251001")),
    (("gemini", "gemini-2.0-flash"), ("gemini", "gemini-2.0-flash-001")),
    (("gemini", "gemini-2.5-flash"), ("gemini", "gemini-2.5-flash-lite")),
    (("gemini", "gemini-3-pro-image"), ("gemini", "gemini-3-pro-image-preview")),
    (("xai", "grok-4-fast-reasoning"), ("xai", "grok-4-fast-non-reasoning")),
    (("xai", "grok-4-0709"), ("openrouter", "x-ai/grok-4-fast")),
    (("vercel-ai-gateway", "xai/grok-4"), ("vercel-ai-gateway", "xai/grok-4-fast")),
    (("deepseek", "deepseek-v4-pro"), ("openrouter", "deepseek/deepseek-v4-pro-0813")),
    (("together", "deepseek-ai/DeepSeek-R1"), ("deepinfra", "deepseek-ai/DeepSeek-R1-0528")),
    (("huggingface", "deepseek-ai/DeepSeek-V3"), ("huggingface", "deepseek-ai/DeepSeek-V3-0324")),
    (("deepinfra", "Qwen/Qwen3.5-4B"), ("deepinfra", "Qwen/Qwen3-Embedding-4B")),
    (("huggingface", "Qwen/Qwen3-4B-Instruct-2507"), ("huggingface", "Qwen/Qwen3-4B-Thinking-2507")),
    (("nebius", "meta-llama/Meta-Llama-3.1-8B-Instruct"), ("featherless", "meta-llama/Llama-3.1-8B")),
    (("featherless", "somebody/Llama-3.1-8B-Instruct"), ("nebius", "meta-llama/Meta-Llama-3.1-8B-Instruct")),
    (("mistral", "mistral-medium-2505"), ("mistral", "mistral-medium-2508")),
    (("deepinfra", "stabilityai/sdxl-turbo"), ("together", "stabilityai/stable-diffusion-xl-base-1.0")),
    (("openrouter", "morph/morph-v3-fast"), ("openrouter", "morph/morph-v3-large")),
]

NOTHING_TOLD: list[Offer] = [
    ("ollama", "llama3.1:8b"),
    ("azure-openai", "model-router"),
    ("aihubmix", "auto"),
    ("azure-openai", "Mistral-small"),  # which of them?
    ("cohere", "command-r"),
    ("acme", "fast"),
    ("mistral", "mistral-large"),
]


def name_of(offer: Offer) -> str:
    return canonical_id(offer[0], offer[1], {"canonical_id": offer[2]} if len(offer) == 3 else {})


@pytest.mark.parametrize(("name", "first", "second"), SAME)
def test_one_model_has_one_name(name: str, first: Offer, second: Offer) -> None:
    assert (name_of(first), name_of(second)) == (name, name)


@pytest.mark.parametrize(("first", "second"), DIFFERENT)
def test_other_models_have_other_names(first: Offer, second: Offer) -> None:
    assert name_of(first) != name_of(second)
    assert name_of(first) and name_of(second)


@pytest.mark.parametrize("offer", NOTHING_TOLD)
def test_what_cannot_be_told_is_not_tied(offer: Offer) -> None:
    assert name_of(offer) == ""


def test_enough_pairs_were_checked() -> None:
    assert len(SAME) >= 50 and len(DIFFERENT) >= 25


@given(st.sampled_from([*SPECS, "acme"]), st.text(max_size=60), st.text(max_size=60))
def test_any_text_gets_a_name_that_can_be_kept(provider: str, model_id: str, stated: str) -> None:
    assert len(canonical_id(provider, model_id, {"canonical_id": stated})) <= 255


LISTS = {
    "openai": "openai__models__2026-08-17.json",
    "anthropic": "anthropic__models__2026-08-17.json",
    "gemini": "gemini__models_page1__2026-07.json",
    "mistral": "mistral__models__2026-08-15.json",
    "openrouter": "openrouter__models__2026-08-16.json",
    "deepinfra": "deepinfra__openai_models__2026-04.json",
    "huggingface": "huggingface__router_models__2026-04.json",
    "together": "together__models__2026-01.json",
    "groq": "groq__models__2026-08.json",
}


def test_recorded_lists_are_tied_and_a_name_is_its_own_name(recordings: Path) -> None:
    found: dict[str, set[str]] = {}
    for slug, file in LISTS.items():
        body = orjson.loads((recordings / "providers" / file).read_bytes())
        for listing in parse(DIALECTS[SPECS[slug].listing], body).listings:
            name = canonical_id(slug, listing.model_id, listing.facts)
            found.setdefault(name, set()).add(slug)
            if name:
                assert canonical_id(slug, listing.model_id, {"canonical_id": name}) == name

    assert sum(len(slugs) > 1 for slugs in found.values()) >= 100
    assert found["anthropic/claude-opus-5"] == {"anthropic", "openrouter"}


@pytest.mark.django_db
def test_the_other_offers_of_a_model_come_with_their_prices(django_assert_num_queries) -> None:
    acme, other = a_provider("acme"), a_provider("other")
    named = {"canonical_id": "acme/m"}
    model = a_model("m", provider=acme, **named, price={"input_mtok": "3", "output_mtok": "4"})
    a_model("m:fast", provider=acme, **named, price={"input_mtok": "9", "output_mtok": "12"})
    a_model("acme/m", provider=other, **named, price={"input_mtok": "2", "output_mtok": "4"})
    a_model("acme/m:free", provider=other, **named)
    a_model("gone", provider=other, status="archived", **named)
    a_model("unnamed", provider=other)

    with django_assert_num_queries(1):
        offers = [(str(offer), offer.price and offer.price.input_mtok) for offer in AIModel.objects.offers_of(model)]

    assert offers == [("other/acme/m", 2), ("acme/m:fast", 9), ("other/acme/m:free", None)]
    assert not AIModel.objects.offers_of(AIModel.objects.get(model_id="unnamed")).exists()
