"""Lists of those who pass calls on: OpenRouter and its likes, and any address that speaks like OpenAI."""

from __future__ import annotations

import pytest

from discovery.listings import generic, near, openrouter
from discovery.listings.base import Parsed, Request


def facts(parsed: Parsed) -> dict[str, dict]:
    return {listing.model_id: listing.facts for listing in parsed.listings}


def test_openrouter_gives_everything_of_a_model(read) -> None:
    found = facts(read("openrouter"))

    assert found["acme/verse-9"] == {
        "name": "Acme: Verse 9",
        "category": "text",
        "context_window": 1000000,
        "max_output_tokens": 64000,
        "input_modalities": ["text", "image", "file"],
        "output_modalities": ["text"],
        "supports_tools": True,
        "supports_vision": True,
        "supports_reasoning": True,
        "supports_structured_output": True,
        "retires_at": "2027-12-31T00:00:00Z",
        "price": {
            "input_mtok": "1.25",
            "output_mtok": "10",
            "cache_read_mtok": "0.125",
            "cache_write_mtok": "1.5625",
            "audio_input_mtok": "3",
            "request": "0.0004",
            "tiers": [
                {"from": 200000, "input_mtok": "2.5", "output_mtok": "15", "cache_read_mtok": "0.25"},
                {"from": 400000, "input_mtok": "5", "output_mtok": "20"},
            ],
        },
    }


def test_openrouter_free_models_cost_nothing_and_far_dates_mean_never(read) -> None:
    assert facts(read("openrouter"))["acme/verse-2:free"] == {
        "name": "Acme: Verse 2 (free)",
        "description": "Writes **verse**.",
        "category": "text",
        "context_window": 131072,
        "input_modalities": ["text"],
        "output_modalities": ["text"],
        "supports_tools": False,
        "supports_vision": False,
        "supports_reasoning": False,
        "supports_structured_output": False,
        "knowledge_cutoff": "2026-06-30T00:00:00Z",
        "canonical_id": "acme/Verse-2",
        "price": {"input_mtok": "0", "output_mtok": "0", "request": "0"},
    }


def test_openrouter_router_has_no_price_and_an_alias_names_its_target(read) -> None:
    found = facts(read("openrouter"))

    assert "price" not in found["openrouter/guess"]
    assert found["openrouter/guess"]["category"] == "text"
    assert "supports_tools" not in found["openrouter/guess"]
    assert found["~acme/verse-latest"]["canonical_id"] == "acme/verse-9"


def test_openrouter_image_model_is_priced_by_the_image(read) -> None:
    found = facts(read("openrouter"))["acme/brush-1"]

    assert found["category"] == "image"
    assert found["price"] == {"input_mtok": "0", "output_mtok": "0", "image": "0.04"}
    assert "context_window" not in found


def test_openrouter_pages_by_the_query_of_its_next_link_only(body) -> None:
    page = body("openrouter")

    following = openrouter.next_page(page, {})

    assert following == Request(path="/models", params={"output_modalities": "all", "offset": "500", "limit": "500"})
    assert openrouter.next_page({**page, "links": {"next": None}}, {}) is None
    assert openrouter.next_page({"data": []}, {}) is None
    elsewhere = {"links": {"next": "https://evil.example/models?offset=9"}}
    assert openrouter.next_page(elsewhere, {}) == Request(
        path="/models", params={"output_modalities": "all", "offset": "9"}
    )


def test_generic_reads_common_names_and_does_not_guess_units(read) -> None:
    parsed = read("generic")

    assert facts(parsed) == {
        "acme/verse-2": {"category": "text"},
        "acme/verse-9@2027.1": {
            "name": "Verse 9",
            "category": "text",
            "context_window": 65536,
            "max_output_tokens": 8192,
            "input_modalities": ["text", "image"],
            "tags": ["beta", "new"],
            "price": {"input_mtok": "0.6", "output_mtok": "2.4"},
            "supports_tools": True,
            "supports_vision": True,
            "supports_reasoning": False,
            "supports_structured_output": False,
        },
        "acme/numbers": {"category": "text", "context_window": 32768},
        "acme/unit": {
            "category": "text",
            "price": {"input_mtok": "0.3", "output_mtok": "1.2", "cache_read_mtok": "0.03"},
        },
        "acme/spec": {
            "name": "Spec",
            "category": "text",
            "context_window": 40960,
            "supports_tools": True,
            "supports_vision": False,
            "supports_reasoning": True,
        },
        "acme/voice": {"category": "tts"},
        "acme/zero": {"category": "text"},
    }
    assert parsed.skipped == [
        "entry 7: its id is a number, not text",
        "entry 8: its id begins or ends with a space",
        "entry 9: is text, not an object",
    ]


@pytest.mark.parametrize("envelope", ["data", "models", "result", "results", "items"])
def test_generic_accepts_every_known_envelope(envelope: str) -> None:
    assert generic.entries({envelope: [{"id": "a"}]}) == [{"id": "a"}]
    assert generic.entries([{"id": "a"}]) == [{"id": "a"}] == generic.entries({"data": {"models": [{"id": "a"}]}})


def test_helicone_gives_the_price_of_its_cheapest_host(read) -> None:
    assert facts(read("helicone")) == {
        "verse-9": {
            "name": "Verse 9",
            "description": "Poems.",
            "category": "text",
            "context_window": 200000,
            "max_output_tokens": 64000,
            "input_modalities": ["text", "image"],
            "output_modalities": ["text"],
            "supports_tools": True,
            "supports_vision": True,
            "supports_reasoning": False,
            "supports_structured_output": False,
            "price": {"input_mtok": "3", "output_mtok": "15", "cache_read_mtok": "0.3", "cache_write_mtok": "3.75"},
        }
    }


def test_helicone_gateway_is_read_where_its_registry_is_not_asked(read) -> None:
    assert facts(read("helicone", "nebius"))["acme/Verse-2"] == {"category": "text"}


def test_aihubmix_lists_are_texts_with_commas(read) -> None:
    assert facts(read("aihubmix")) == {
        "verse-9": {
            "name": "Verse 9",
            "description": "Poems.",
            "category": "text",
            "context_window": 400000,
            "max_output_tokens": 128000,
            "input_modalities": ["text", "image"],
            "supports_tools": True,
            "supports_vision": True,
            "supports_reasoning": True,
            "price": {"input_mtok": "1.25", "output_mtok": "10", "cache_read_mtok": "0.125"},
        },
        "rank-1": {"category": "rerank", "input_modalities": ["text"], "supports_vision": False},
    }


def test_aimo_makes_a_model_of_each_host_and_skips_what_nobody_serves(read) -> None:
    parsed = read("aimo")

    found = facts(parsed)
    assert list(found) == ["8fQk:verse-2", "9aZx:verse-2"]
    assert found["8fQk:verse-2"]["price"] == {"input_mtok": "0.2", "output_mtok": "0.8"}
    assert "price" not in found["9aZx:verse-2"]  # a number without a unit
    assert found["9aZx:verse-2"]["canonical_id"] == "verse-2"
    assert found["9aZx:verse-2"]["name"] == "Verse 2"
    assert parsed.skipped == ["entry 3: no host serves verse-1"]


def test_near_takes_one_of_its_two_units(read) -> None:
    found = facts(read("near"))

    assert found["acme/verse-2"] == {
        "name": "Verse 2",
        "category": "text",
        "context_window": 131072,
        "max_output_tokens": 32768,
        "input_modalities": ["text", "image"],
        "output_modalities": ["text"],
        "canonical_id": "acme/Verse-2",
        "retires_at": "2027-05-01T00:00:00Z",
        "supports_tools": True,
        "supports_vision": True,
        "supports_reasoning": True,
        "supports_structured_output": True,
        "price": {"input_mtok": "0.15", "output_mtok": "0.55", "cache_read_mtok": "0.075"},
    }
    assert found["acme/verse-1"] == {
        "category": "text",
        "tags": ["not-ready"],
        "price": {"input_mtok": "0.05", "output_mtok": "0.2"},
    }


def test_near_catalogue_has_amounts_with_a_scale(further, body) -> None:
    assert further("near", "near_catalogue") == {
        "acme/verse-2": {
            "name": "Verse 2",
            "description": "Poems.",
            "context_window": 131072,
            "price": {"input_mtok": "0.15", "output_mtok": "0.55", "cache_read_mtok": "0.075"},
        },
        "acme/verse-1": {},  # priced in another currency
    }
    page = body("near_catalogue")
    following = near.next_of_catalogue(page, {})
    assert following is not None and following.params["offset"] == "2"
    assert near.next_of_catalogue({**page, "total": 2}, {}) is None


def test_vercel_steps_of_amounts_become_tiers(read) -> None:
    assert facts(read("vercel")) == {
        "acme/verse-9": {
            "name": "Verse 9",
            "description": "Poems.",
            "category": "text",
            "context_window": 1000000,
            "max_output_tokens": 64000,
            "tags": ["file-input", "reasoning", "tool-use"],
            "supports_tools": True,
            "supports_reasoning": True,
            "price": {
                "input_mtok": "3",
                "output_mtok": "15",
                "cache_read_mtok": "0.3",
                "cache_write_mtok": "3.75",
                "tiers": [{"from": 200001, "input_mtok": "6", "output_mtok": "22.5"}],
            },
        },
        "acme/points": {"name": "Points", "category": "embedding", "price": {"input_mtok": "0.02"}},
        "acme/brush": {"name": "Brush", "category": "image", "tags": ["image-generation"], "price": {"image": "0.04"}},
    }
