"""Lists of local servers, and of those who make images, videos and speech."""

from __future__ import annotations

from discovery.listings import DIALECTS, fal
from discovery.listings.base import Parsed, Request


def facts(parsed: Parsed) -> dict[str, dict]:
    return {listing.model_id: listing.facts for listing in parsed.listings}


def test_ollama_names_come_from_the_list_and_abilities_from_a_question_for_each(read, further) -> None:
    assert facts(read("ollama")) == {
        "verse:8b": {"category": "text", "parameters": "8.2"},
        "points:latest": {"category": "embedding", "parameters": "0.0227"},
    }
    (question, _) = DIALECTS["ollama"].enrichments[0].requests(["verse:8b", "points:latest"])
    assert question == Request(path="/api/show", json={"model": "verse:8b"})
    assert further("ollama", "ollama_show", question) == {
        "verse:8b": {
            "context_window": 40960,
            "input_modalities": ["text", "image"],
            "parameters": "8.1907",
            "supports_tools": False,
            "supports_vision": True,
            "supports_reasoning": True,
        }
    }


def test_lmstudio_plain_list_is_enriched_by_the_native_one(read, further) -> None:
    assert facts(read("lmstudio")) == {
        "acme/verse-8b": {"category": "text"},
        "text-embedding-points": {"category": "embedding"},
    }
    assert further("lmstudio", "lmstudio_v1") == {
        "acme/verse-8b": {
            "name": "Verse 8B",
            "category": "text",
            "context_window": 131072,
            "parameters": "8",
            "supports_tools": True,
            "supports_vision": False,
            "supports_reasoning": True,
        },
        "text-embedding-points": {"name": "Points", "category": "embedding", "context_window": 2048},
    }


def test_lmstudio_older_native_list_is_read_too(read) -> None:
    assert facts(read("lmstudio", "lmstudio_v0")) == {
        "acme/verse-8b": {
            "category": "text",
            "context_window": 131072,
            "supports_tools": True,
            "supports_vision": True,
        },
        "text-embedding-points": {"category": "embedding", "context_window": 2048},
    }


def test_llamacpp_puts_its_two_lists_together(read) -> None:
    assert facts(read("llamacpp")) == {
        "/models/verse-2.gguf": {
            "category": "text",
            "context_window": 8192,
            "parameters": "1.7206",
            "supports_vision": True,
        }
    }


def test_fal_tells_kinds_by_what_is_turned_into_what(read, body) -> None:
    assert facts(read("fal")) == {
        "acme/brush/text-to-image": {
            "name": "Brush",
            "description": "Paints.",
            "category": "image",
            "output_modalities": ["image"],
            "tags": ["style", "text-to-image"],
        },
        "acme/reel": {
            "name": "Reel",
            "category": "video",
            "output_modalities": ["video"],
            "tags": ["deprecated", "image-to-video"],
        },
        "acme/tts/aria": {
            "name": "Aria",
            "category": "tts",
            "output_modalities": ["audio"],
            "tags": ["text-to-audio"],
        },
        "acme/brush/trainer": {"name": "Trainer", "category": "other", "tags": ["training"]},
    }
    page = body("fal")
    following = fal.next_page(page, {})
    assert following is not None and following.params == {"limit": "100", "cursor": "Mg"}
    assert fal.next_page({**page, "has_more": False}, {}) is None


def test_fal_prices_are_asked_fifty_at_a_time_and_taken_by_their_unit(further) -> None:
    requests = list(DIALECTS["fal"].enrichments[0].requests([f"acme/{number}" for number in range(51)]))

    assert [request.params["endpoint_id"].count(",") for request in requests] == [49, 0]
    assert requests[0].path == "/models/pricing"
    assert further("fal", "fal_pricing") == {
        "acme/brush/text-to-image": {"price": {"image": "0.025"}},
        "acme/reel": {"price": {"minute": "0.45"}},
        "acme/tts/aria": {"price": {"mchar": "50"}},
    }


def test_elevenlabs_lists_what_speaks_and_what_changes_voices(read) -> None:
    assert facts(read("elevenlabs")) == {
        "eleven_verse_v9": {
            "name": "Eleven Verse v9",
            "description": "Reads poems.",
            "category": "tts",
            "input_modalities": ["text"],
            "output_modalities": ["audio"],
            "tags": ["alpha"],
        },
        "eleven_swap_v1": {"name": "Eleven Swap", "category": "other"},
    }
