"""Lists of those who serve open models: DeepInfra, Groq, Together and their likes."""

from __future__ import annotations

from discovery.listings import featherless, fireworks
from discovery.listings.base import Parsed


def facts(parsed: Parsed) -> dict[str, dict]:
    return {listing.model_id: listing.facts for listing in parsed.listings}


def test_deepinfra_prices_lose_their_binary_noise(read) -> None:
    assert facts(read("deepinfra")) == {
        "acme/Verse-2-72B": {
            "canonical_id": "acme/Verse-2-72B",
            "description": "Verse.",
            "category": "text",
            "context_window": 65536,
            "supports_vision": True,
            "supports_reasoning": True,
            "tags": ["prompt_cache", "reasoning", "vision"],
            "price": {"input_mtok": "0.12", "output_mtok": "2.6", "cache_read_mtok": "0.0125"},
        },
        "acme/bge-tiny": {"canonical_id": "acme/bge-tiny", "category": "embedding"},
    }


def test_deepinfra_list_of_all_models_prices_embeddings_in_cents_per_token(further) -> None:
    assert further("deepinfra", "deepinfra_all") == {
        "acme/bge-tiny": {
            "description": "Small vectors.",
            "category": "embedding",
            "price": {"input_mtok": "0.005"},
        },
        "acme/Verse-2-72B": {"description": "Verse.", "category": "text", "retires_at": "2028-01-01T00:00:00Z"},
    }


def test_featherless_marks_what_the_plan_does_not_include(read, body) -> None:
    assert facts(read("featherless")) == {
        "acme/Roleplay-8B": {
            "category": "text",
            "context_window": 8192,
            "max_output_tokens": 4096,
            "supports_tools": True,
            "supports_vision": False,
            "tags": ["gated", "not-on-plan"],
        },
        "acme/Plain-7B": {"name": "Plain", "category": "text", "max_output_tokens": 4096},
    }
    page = body("featherless")
    following = featherless.next_page(page, {})
    assert following is not None and following.params == {"page": "3"}
    page["pagination"]["current_page"] = 3
    assert featherless.next_page(page, {}) is None


def test_groq_prices_speech_by_the_character(read) -> None:
    assert facts(read("groq")) == {
        "acme/verse-20b": {
            "name": "Verse 20B",
            "category": "text",
            "context_window": 131072,
            "max_output_tokens": 65536,
            "input_modalities": ["text"],
            "output_modalities": ["text"],
            "canonical_id": "acme/Verse-20B",
            "supports_tools": True,
            "supports_vision": False,
            "supports_reasoning": True,
            "supports_structured_output": False,
            "price": {"input_mtok": "0.075", "output_mtok": "0.3", "cache_read_mtok": "0.0375"},
        },
        "acme/aria": {
            "name": "Aria",
            "category": "tts",
            "context_window": 4000,
            "input_modalities": ["text"],
            "output_modalities": ["speech"],
            "supports_vision": False,
            "tags": ["inactive"],
            "price": {"mchar": "22"},
        },
        "whisper-huge": {
            "category": "transcription",
            "context_window": 448,
            "max_output_tokens": 448,
            "input_modalities": ["audio"],
            "output_modalities": ["transcription"],
            "supports_vision": False,
        },
    }


def test_fireworks_catalogue_adds_to_the_list_of_what_can_be_called(read, further, body) -> None:
    verse = "accounts/fireworks/models/verse-v3p3"

    assert facts(read("fireworks")) == {
        verse: {"category": "text", "context_window": 131072, "supports_tools": False, "supports_vision": True},
        "accounts/fireworks/models/paint-1": {"category": "image"},
    }
    assert further("fireworks", "fireworks_catalogue") == {
        verse: {
            "name": "Verse 3.3",
            "description": "Poems.",
            "category": "text",
            "context_window": 131072,
            "supports_tools": True,
            "supports_vision": True,
            "parameters": "70.5537",
            "canonical_id": "acme/Verse-3.3-70B",
            "retires_at": "2027-02-28T00:00:00Z",
        }
    }
    following = fireworks.next_of_catalogue(body("fireworks_catalogue"), {})
    assert following is not None and following.params["pageToken"] == "p2"


def test_together_zeros_are_free_only_where_the_name_says_so(read) -> None:
    assert facts(read("together")) == {
        "acme/Verse-2-70B": {
            "name": "Verse 2 70B",
            "category": "text",
            "context_window": 131072,
            "max_output_tokens": 16384,
            "price": {"input_mtok": "0.88", "output_mtok": "0.88", "cache_read_mtok": "0.2"},
        },
        "acme/Verse-2-Free": {
            "name": "Verse 2 Free",
            "category": "text",
            "context_window": 8192,
            "price": {"input_mtok": "0", "output_mtok": "0"},
        },
        "someone/private-tune": {"name": "Tune", "category": "text"},
        "acme/aria": {"name": "Aria", "category": "tts", "price": {"mchar": "65"}},
        "acme/scribble": {"category": "transcription"},
        "acme/paint": {"category": "image"},
        "acme/old": {"category": "text"},
    }


def test_hugging_face_gives_limit_and_price_of_the_cheapest_living_host(read) -> None:
    assert facts(read("huggingface")) == {
        "acme/Verse-2": {
            "category": "text",
            "context_window": 131072,  # the cheapest does not say; the largest of the living
            "input_modalities": ["text", "image"],
            "output_modalities": ["text"],
            "supports_tools": True,
            "supports_vision": True,
            "supports_structured_output": False,
            "price": {"input_mtok": "0.2", "output_mtok": "0.8"},
        },
        "acme/Verse-1": {
            "category": "text",
            "input_modalities": ["text"],
            "output_modalities": ["text"],
            "supports_vision": False,
        },
        "acme/Verse-0": {"category": "text"},
    }


def test_cerebras_public_list_adds_to_the_ids_of_the_key(read, further) -> None:
    assert facts(read("cerebras")) == {"verse-31b": {"category": "text"}}
    assert further("cerebras", "cerebras_public") == {
        "verse-31b": {
            "name": "Verse 31B",
            "description": "Poems.",
            "category": "text",
            "context_window": 131072,
            "max_output_tokens": 40960,
            "input_modalities": ["text", "image"],
            "canonical_id": "acme/Verse-31B",
            "tags": ["preview"],
            "supports_streaming": True,
            "supports_tools": True,
            "supports_vision": True,
            "supports_reasoning": False,
            "supports_structured_output": True,
            "price": {"input_mtok": "0.99", "output_mtok": "1.49"},
        }
    }


def test_nebius_is_read_verbose_and_plain(read) -> None:
    assert facts(read("nebius")) == {
        "acme/Verse-2-fast": {
            "name": "Verse 2 (fast)",
            "description": "Poems.",
            "category": "text",
            "context_window": 128000,
            "input_modalities": ["text"],
            "output_modalities": ["text"],
            "supports_tools": True,
            "supports_vision": False,
            "supports_reasoning": False,
            "supports_structured_output": True,
            "price": {"input_mtok": "0.4", "output_mtok": "2"},
        },
        "acme/Verse-2": {"category": "text"},
    }


def test_novita_prices_are_ten_thousandths_per_million(read) -> None:
    assert facts(read("novita")) == {
        "acme/verse-2": {
            "name": "Verse 2",
            "description": "Poems.",
            "category": "text",
            "context_window": 131072,
            "max_output_tokens": 32000,
            "input_modalities": ["text"],
            "output_modalities": ["text"],
            "supports_tools": True,
            "supports_vision": False,
            "supports_reasoning": True,
            "price": {"input_mtok": "0.4", "output_mtok": "1.3375"},
        },
        "acme/verse-0": {
            "name": "Verse 0",
            "category": "text",
            "context_window": 4096,
            "tags": ["inactive"],
            "price": {"output_mtok": "0"},
        },
    }


def test_chutes_numbers_are_usd_per_million(read) -> None:
    assert facts(read("chutes")) == {
        "acme/Verse-2-TEE": {
            "category": "text",
            "context_window": 131072,
            "max_output_tokens": 65536,
            "input_modalities": ["text"],
            "output_modalities": ["text"],
            "canonical_id": "acme/Verse-2",
            "tags": ["confidential"],
            "supports_tools": True,
            "supports_vision": False,
            "supports_reasoning": True,
            "supports_structured_output": False,
            "price": {"input_mtok": "0.14", "output_mtok": "0.28", "cache_read_mtok": "0.014"},
        },
        "acme/Verse-1": {
            "category": "text",
            "canonical_id": "acme/Verse-1",
            "price": {"input_mtok": "0", "output_mtok": "0", "cache_read_mtok": "0"},
        },
    }


def test_chutes_management_list_is_priced_in_usd_beside_another_currency(read) -> None:
    assert facts(read("chutes", "chutes_management")) == {
        "acme/Verse-2": {
            "description": "Poems.",
            "category": "text",
            "price": {"input_mtok": "0.3", "output_mtok": "1.2"},
        }
    }
