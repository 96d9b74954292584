"""What lists say in ways that are easily taken for something else: zeros, units, kinds, words of one's own."""

from __future__ import annotations

from typing import Any

import pytest

from discovery.listings import DIALECTS, generic, money, xai
from discovery.listings.base import Request, parse


def only(dialect: str, entry: dict[str, Any], envelope: str = "data") -> dict[str, Any]:
    """The facts of the one entry of a list."""
    (listing,) = parse(DIALECTS[dialect], {envelope: [entry]}).listings
    return listing.facts


@pytest.mark.parametrize(
    ("pricing", "expected"),
    [
        pytest.param({"prompt": "0", "completion": "0", "image_output": "0.00002"}, None, id="images alone"),
        pytest.param(
            {"prompt": "0.00001", "completion": "0", "image_output": "0.00004"}, {"input_mtok": "10"}, id="images"
        ),
        pytest.param(
            {"prompt": "0.0000003", "completion": "0.0000025", "image_output": "0.00003"},
            {"input_mtok": "0.3"},
            id="images cost other than text does",
        ),
        pytest.param({"prompt": "0.0", "completion": "0.0", "duration": "0.00003"}, None, id="by the second"),
        pytest.param({"prompt": "-1", "completion": "-1", "request": "0", "image": "0"}, None, id="decided later"),
        pytest.param(
            {"prompt": "0", "completion": "0", "web_search": "0.01"},
            {"input_mtok": "0", "output_mtok": "0"},
            id="free tokens beside a search",
        ),
        pytest.param(
            {"prompt": "0.000003", "completion": "0.000015", "input_cache_write_1h": "0.000006"},
            {"input_mtok": "3", "output_mtok": "15"},
            id="a charge we do not keep",
        ),
    ],
)
def test_tokens_at_zero_are_free_only_if_nothing_else_is_charged(pricing: Any, expected: Any) -> None:
    assert money.per_token(pricing) == expected


@pytest.mark.parametrize(
    ("model_id", "category", "stays"),
    [
        ("acme/chat", "text", True),
        ("acme/song", "other", False),
        ("acme/paint", "image", False),
        ("acme/paint:free", "image", True),
        ("acme/freedom", "video", False),
    ],
)
def test_zero_is_no_price_of_what_is_not_sold_by_the_token(model_id: str, category: str, stays: bool) -> None:
    facts = {"category": category, "price": {"input_mtok": "0", "output_mtok": "0"}}

    assert ("price" in money.believed(model_id, facts)) is stays
    assert money.believed(model_id, facts | {"price": {"image": "0.04"}})["price"] == {"image": "0.04"}


@pytest.mark.parametrize(
    ("outputs", "pricing", "expected"),
    [
        (["speech"], {"prompt": "0.0000006", "completion": "0"}, {"mchar": "0.6"}),
        (["speech"], {"prompt": "0.000001", "completion": "0.00002"}, {"input_mtok": "1", "output_mtok": "20"}),
        (["transcription"], {"prompt": "0.0001", "completion": "0"}, None),
    ],
)
def test_openrouter_prices_speech_by_the_character_and_its_writing_down_by_the_second(
    outputs: list[str], pricing: Any, expected: Any
) -> None:
    entry = {"id": "acme/voice", "architecture": {"output_modalities": outputs}, "pricing": pricing}

    assert only("openrouter", entry).get("price") == expected


def test_openrouter_has_words_for_embeddings_so_text_is_text() -> None:
    said = {"id": "acme/bert-nebulon", "architecture": {"output_modalities": ["text"]}}

    assert only("openrouter", said)["category"] == "text"
    assert only("openrouter", {"id": "acme/bert"})["category"] == "embedding"


STEPS = [
    {"min_tokens": 32_000, "pricing": {"prompt": {"price_per_m": 24_000}, "completion": {"price_per_m": 120_000}}},
    {"min_tokens": 1, "pricing": {"prompt": {"price_per_m": 12_000}, "completion": {"price_per_m": 60_000}}},
]
OLD_STEPS = [
    {"min_tokens": 0, "input_pricing": {"pricePerM": 12_000}, "output_pricing": {"pricePerM": 60_000}},
]
FLAT = {"input_token_price_per_m": 0, "output_token_price_per_m": 0}


@pytest.mark.parametrize(
    ("entry", "expected"),
    [
        (
            {**FLAT, "is_tiered_billing": True, "tiered_billing_configs": STEPS},
            {
                "input_mtok": "1.2",
                "output_mtok": "6",
                "tiers": [{"from": 32_000, "input_mtok": "2.4", "output_mtok": "12"}],
            },
        ),
        ({**FLAT, "tiered_billing_configs": OLD_STEPS}, {"input_mtok": "1.2", "output_mtok": "6"}),
        ({**FLAT, "is_tiered_billing": True}, None),
        (FLAT, {"input_mtok": "0", "output_mtok": "0"}),
        (
            {"input_token_price_per_m": 135, "output_token_price_per_m": 400}
            | {"pricing": {"input_cache_read": {"price_per_m": 70}}},
            {"input_mtok": "0.0135", "output_mtok": "0.04", "cache_read_mtok": "0.007"},
        ),
    ],
)
def test_novita_prices_by_steps_where_the_flat_ones_are_zero(entry: Any, expected: Any) -> None:
    assert only("novita", {"id": "acme/m", **entry}).get("price") == expected


def test_xai_prices_images_in_the_unit_of_its_tokens() -> None:
    entry = {"id": "imagine-2", "prompt_text_token_price": 0, "image_price": 200_000_000}

    assert only("xai", entry)["price"] == {"image": "0.02"}


def test_a_bad_entry_of_a_further_list_keeps_no_other_out() -> None:
    entries = [{"id": " bad"}, {"id": "m", "context_length": 9}, {"id": ["x"]}, "nothing"]

    found = xai.further_facts({"models": entries}, Request(path="/language-models"))

    assert {model_id: facts["context_window"] for model_id, facts in found.items()} == {"m": 9}


@pytest.mark.parametrize(
    ("outputs", "kind"),
    [
        (["music"], "other"),
        (["3d"], "other"),
        (["scent"], "other"),
        (["video", "audio"], "video"),
        (["image", "svg"], "image"),
        (["text", "image"], "text"),
    ],
)
def test_what_puts_out_no_text_is_no_text_model(outputs: list[str], kind: str) -> None:
    assert only("openrouter", {"id": "acme/m", "architecture": {"output_modalities": outputs}})["category"] == kind


@pytest.mark.parametrize(
    ("dialect", "entry", "kind"),
    [
        ("openai", {"id": "ft:gpt-4o-mini:acme:image-captions:Ab1"}, "text"),
        ("openai", {"id": "ft:text-embedding-3-small:acme:chat:Ab1"}, "embedding"),
        ("azure", {"id": "prod-vectors", "model": "text-embedding-3-large"}, "embedding"),
        ("fireworks", {"id": "accounts/a/models/uae-large", "kind": "EMBEDDING_MODEL"}, "embedding"),
        ("fireworks", {"id": "accounts/a/models/style-1", "kind": "FLUMINA_ADDON"}, "image"),
    ],
)
def test_a_kind_is_told_by_what_a_model_is_not_by_what_people_call_it(dialect: str, entry: Any, kind: str) -> None:
    assert only(dialect, entry)["category"] == kind


@pytest.mark.parametrize(
    ("word", "kind"),
    [
        ("text-to-music", "other"),
        ("speech-to-video", "video"),
        ("avatar", "video"),
        ("text-to-hologram", "other"),
        ("llm", "text"),
        (None, "text"),
    ],
)
def test_fal_makes_no_text_model_of_a_word_it_does_not_know(word: str | None, kind: str) -> None:
    assert only("fal", {"endpoint_id": "fal-ai/m", "metadata": {"category": word}}, "models")["category"] == kind


@pytest.mark.parametrize(
    ("pricing", "expected"),
    [
        ({"prompt": "0.15", "completion": "0.6"}, {"input_mtok": "150000", "output_mtok": "600000"}),
        (
            {"prompt": "0.15", "completion": "0.6", "unit": "usd_per_1m_tokens"},
            {"input_mtok": "0.15", "output_mtok": "0.6"},
        ),
        ({"prompt": "0.15", "completion": "0.6", "unit": "credits"}, None),
        ({"prompt": "0.0000015", "completion": "0.000006", "currency": "CNY"}, None),
    ],
)
def test_a_stated_unit_or_currency_counts_whatever_the_amounts_look_like(pricing: Any, expected: Any) -> None:
    assert only("generic", {"id": "m", "pricing": pricing}).get("price") == expected


def test_the_first_list_that_has_something_is_taken() -> None:
    assert generic.entries({"data": [], "models": [{"id": "a"}]}) == [{"id": "a"}]
    assert generic.entries({"data": None, "models": [{"id": "a"}]}) == [{"id": "a"}]
    assert generic.entries({"success": True, "output": {"models": [{"model": "a"}], "total": 1}}) == [{"model": "a"}]
    assert generic.entries({"data": None, "models": []}) == []
