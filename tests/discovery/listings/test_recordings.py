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
from tests.discovery.listings.recorded import LISTS, REFUSED, SPOTS, VOICE_LISTS


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
        of_images = entry["pricing"].get("image_output", entry["pricing"]["completion"])
        for field, amount in (("prompt", "input_mtok"), ("completion", "output_mtok")):
            per_token = Decimal(entry["pricing"][field])
            if per_token < 0 or (field == "completion" and Decimal(of_images) != per_token):
                assert amount not in price  # decided at run time; or it depends on how much of the answer is images
            else:
                assert Decimal(price[amount]) == per_token * 1_000_000


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
