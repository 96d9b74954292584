"""Lists of those who serve their own models: OpenAI, Anthropic, Google, Mistral, xAI, Cohere, Azure."""

from __future__ import annotations

from discovery.listings import DIALECTS, anthropic, cohere, gemini, vertex
from discovery.listings.base import Parsed


def facts(parsed: Parsed) -> dict[str, dict]:
    return {listing.model_id: listing.facts for listing in parsed.listings}


def test_openai_gives_ids_kinds_and_the_day_of_shutdown(read) -> None:
    parsed = read("openai")

    assert facts(parsed) == {
        "gpt-9": {"category": "text"},
        "gpt-8-2024-01-01": {"category": "text", "retires_at": "2027-03-31T00:00:00Z"},
        "gpt-9-mini-tts": {"category": "tts"},
        "ft:gpt-9:acme::A1b2": {"category": "text"},
    }
    assert parsed.skipped == ["entry 5: has no id"]


def test_anthropic_gives_limits_and_abilities_of_new_entries_and_only_names_of_old_ones(read) -> None:
    assert facts(read("anthropic")) == {
        "claude-lyric-9": {
            "name": "Claude Lyric 9",
            "category": "text",
            "context_window": 500000,
            "max_output_tokens": 96000,
            "input_modalities": ["text", "image"],
            "supports_vision": True,
            "supports_reasoning": False,
            "supports_structured_output": True,
        },
        "claude-older-1": {"name": "Claude Older", "category": "text"},
    }


def test_anthropic_is_asked_for_the_page_after_the_last_id(body) -> None:
    page = body("anthropic")

    following = anthropic.next_page(page, {})

    assert following is not None and following.params == {"limit": "1000", "after_id": "claude-older-1"}
    assert anthropic.next_page({**page, "has_more": False}, {}) is None
    assert DIALECTS["anthropic"].headers == {"anthropic-version": "2023-06-01"}


def test_gemini_tells_kinds_by_methods_and_drops_the_prefix_of_names(read) -> None:
    found = facts(read("gemini"))

    assert found["gemini-9-flash"] == {
        "name": "Gemini 9 Flash",
        "description": "Quick.",
        "category": "text",
        "context_window": 2000000,
        "max_output_tokens": 64000,
        "supports_reasoning": True,
    }
    assert {model_id: entry["category"] for model_id, entry in found.items()} == {
        "gemini-9-flash": "text",
        "gemini-9-flash-image": "image",
        "vector-1": "embedding",
        "canvas-5": "image",
        "reel-4": "video",
        "gemini-9-native-audio": "other",
    }
    assert found["gemini-9-native-audio"]["canonical_id"] == "gemini-9"
    assert "supports_reasoning" not in found["gemini-9-flash-image"]


def test_gemini_is_asked_with_the_token_until_there_is_none(body) -> None:
    page = body("gemini")

    following = gemini.next_page(page, {})

    assert following is not None and following.params == {"pageSize": "1000", "pageToken": "Cg9tb2RlbHM="}
    assert gemini.next_page({"models": page["models"]}, {}) is None
    assert gemini.entries({}) == [] == gemini.entries({"nextPageToken": "x"})  # an empty list is left out


def test_vertex_drops_googles_prefix_only_and_marks_previews(read, body) -> None:
    assert facts(read("vertex")) == {
        "gemini-9-flash-001": {"category": "text"},
        "text-embedding-900": {"category": "embedding", "tags": ["public-preview"]},
        "publishers/acme/models/verse-1": {"category": "text"},
    }
    following = vertex.next_page(body("vertex"), {})
    assert following is not None and following.params["pageToken"] == "t2"


def test_mistral_ties_aliases_to_their_model_and_reads_kinds_from_flags(read) -> None:
    assert facts(read("mistral")) == {
        "mistral-grand-2701": {
            "description": "The large one.",
            "category": "text",
            "context_window": 300000,
            "input_modalities": ["text", "image"],
            "canonical_id": "mistral-grand-2701",
            "retires_at": "2027-06-30T12:00:00Z",
            "supports_tools": True,
            "supports_vision": True,
            "supports_reasoning": True,
        },
        "mistral-grand-latest": {
            "category": "text",
            "context_window": 300000,
            "input_modalities": ["text", "audio"],
            "canonical_id": "mistral-grand-2701",
            "tags": ["fine-tuned"],
            "supports_tools": True,
            "supports_vision": False,
        },
        "mistral-page-2701": {
            "category": "other",
            "context_window": 16384,
            "canonical_id": "mistral-page-2701",
            "supports_vision": True,
        },
        "parle-mini-2701": {"category": "tts", "canonical_id": "parle-mini-2701"},
        "mistral-embed-2701": {
            "category": "embedding",
            "context_window": 8192,
            "canonical_id": "mistral-embed-2701",
        },
    }


def test_xai_gives_ids_in_one_list_and_facts_in_another(read, further) -> None:
    assert facts(read("xai")) == {"grok-9": {"category": "text"}, "grok-9-imagine-image": {"category": "image"}}
    found = further("xai", "xai_language_models")
    assert found["grok-9"] == {
        "category": "text",
        "context_window": 512000,
        "input_modalities": ["text", "image"],
        "output_modalities": ["text"],
        "supports_vision": True,
        "supports_reasoning": True,
        "price": {
            "input_mtok": "1.25",
            "output_mtok": "7.5",
            "cache_read_mtok": "0.3125",
            "tiers": [{"from": 200000, "input_mtok": "2.5", "output_mtok": "15"}],
        },
    }
    assert found["grok-9-latest"] == found["grok-9"] | {"canonical_id": "grok-9"}


def test_xai_facts_are_also_read_from_the_main_list(read) -> None:
    assert facts(read("xai", "xai_language_models"))["grok-9"]["context_window"] == 512000


def test_cohere_tells_kinds_by_endpoints(read, body) -> None:
    assert facts(read("cohere")) == {
        "command-z": {
            "category": "text",
            "context_window": 288000,
            "supports_vision": True,
            "supports_tools": True,
            "supports_structured_output": True,
            "tags": ["deprecated"],
        },
        "embed-z": {"category": "embedding", "context_window": 512, "supports_vision": False},
        "rank-z": {"category": "rerank", "supports_vision": False, "tags": ["finetuned"]},
    }
    following = cohere.next_page(body("cohere"), {})
    assert following is not None and following.params == {"page_size": "1000", "page_token": "bmV4dA=="}


def test_azure_gives_stages_and_ends_and_takes_the_year_2100_for_never(read) -> None:
    assert facts(read("azure")) == {
        "gpt-9-2027-01-01": {"category": "text", "tags": ["preview"], "retires_at": "2028-01-01T00:00:00Z"},
        "Acme-rerank-v9": {"category": "rerank"},
        "text-similarity-z-001": {"category": "embedding", "tags": ["deprecated"]},
    }
