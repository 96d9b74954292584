"""The default catalog: models we name ourselves. All of it is the claim `curated`, the lowest: any better source wins.

Defaults are those of the customer's first document, system models those of the fourth, both with exactly their
values. Pending ones are what a provider's own list leaves out or cannot give without a key; limits and prices are
those of the genai-prices data set, version 0.2.3.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from catalog.models.aimodel import Category, Status

WEIGHTS = {"inputWithCache": 1.25, "inputWithoutCache": 1.0, "cacheRead": 0.1, "outputTokens": 5.0}
TEXT, TTS = Category.TEXT.value, Category.TTS.value


@dataclass(frozen=True, kw_only=True)
class CuratedModel:
    provider: str
    model_id: str
    status: str
    facts: dict[str, Any] = field(default_factory=dict)
    is_system: bool = False

    @property
    def category(self) -> str:
        return str(self.facts.get("category", TEXT))


def price(input: str, output: str, cached: str = "", **more: str) -> dict[str, str]:
    """USD per million tokens; what is not named is unknown."""
    return {"input_mtok": input, "output_mtok": output} | ({"cache_read_mtok": cached} if cached else {}) | more


def system(slug: str, model_id: str, name: str, billions: int, limit: int, active: int, **more: Any) -> CuratedModel:
    facts = {"name": name, "parameters": str(billions), "context_window": limit, "active_window": active, **more}
    return CuratedModel(provider=slug, model_id=model_id, status=Status.ENABLED, facts=facts, is_system=True)


def pending(slug: str, model_id: str, name: str, **more: Any) -> CuratedModel:
    return CuratedModel(provider=slug, model_id=model_id, status=Status.PENDING, facts={"name": name, **more})


DEFAULTS = (
    CuratedModel(
        provider="anthropic",
        model_id="claude-sonnet-4-20250514",
        status=Status.ENABLED,
        facts={
            "name": "Sonnet 4",
            "supports_reasoning": True,
            "context_window": 200_000,
            "max_output_tokens": 64_000,
            "knowledge_cutoff": "2025-03-01T00:00:00Z",
            "price": price("3", "15"),
        },
    ),
    CuratedModel(
        provider="openai",
        model_id="gpt-4.1",
        status=Status.ENABLED,
        is_system=True,
        facts={
            "name": "GPT-4.1",
            "supports_reasoning": False,
            "context_window": 128_000,
            "active_window": 1_250,
            "max_output_tokens": 4_096,
            "parameters": "280",
            "price": price("10", "30"),
        },
    ),
    CuratedModel(
        provider="openai",
        model_id="gpt-4.1-nano",
        status=Status.ENABLED,
        facts={
            "name": "GPT-4.1 Nano",
            "supports_reasoning": False,
            "context_window": 32_000,
            "max_output_tokens": 2_048,
            "price": price("2", "8"),
        },
    ),
)

SYSTEM = (
    system("openai", "gpt-4", "GPT-4", 280, 8_000, 1_250),
    system("openai", "gpt-3.5-turbo", "GPT-3.5 Turbo", 175, 4_000, 1_000, price=price("0.5", "1.5")),
    system("anthropic", "claude-3-opus-20240229", "Claude 3 Opus", 200, 200_000, 2_000),
    system("anthropic", "claude-3-sonnet-20240229", "Claude 3 Sonnet", 100, 200_000, 1_500),
    system("meta", "llama-2-70b", "Llama 2 70B", 70, 4_096, 1_000),
    system("anthropic", "claude-sonnet-4-5", "Sonnet 4.5", 100, 200_000, 1_500, token_weights=WEIGHTS),
    system("cursor", "composer-1", "Composer 1", 100, 200_000, 1_500, token_weights=WEIGHTS),
    system("openai", "gpt-4o", "GPT-4o", 280, 8_000, 1_250, price=price("2.5", "10", "1.25")),
    system("openai", "gpt-5", "GPT-5", 350, 8_000, 1_250, price=price("1.25", "10", "0.13")),
)


def claude(model_id: str, name: str, window: int, amounts: dict[str, str]) -> CuratedModel:
    seeing = {"input_modalities": ["text", "image"], "output_modalities": ["text"], "supports_vision": True}
    able = {"supports_streaming": True, "supports_tools": True}
    return pending("anthropic", model_id, name, context_window=window, price=amounts, **seeing, **able)


def speech(slug: str, model_id: str, name: str, **more: Any) -> CuratedModel:
    return pending(slug, model_id, name, category=TTS, input_modalities=["text"], output_modalities=["audio"], **more)


def sonar(model_id: str, name: str, window: int, amounts: dict[str, str]) -> CuratedModel:
    return pending("perplexity", model_id, name, context_window=window, supports_streaming=True, price=amounts)


PENDING = (
    claude("claude-opus-4-1", "Claude Opus 4.1", 200_000, price("15", "75", "1.5", cache_write_mtok="18.75")),
    claude("claude-opus-4-5", "Claude Opus 4.5", 200_000, price("5", "25", "0.5", cache_write_mtok="6.25")),
    claude("claude-haiku-4-5", "Claude Haiku 4.5", 200_000, price("1", "5", "0.1", cache_write_mtok="1.25")),
    claude("claude-opus-5-5", "Claude Opus 5.5", 1_000_000, price("4", "20", "0.2", cache_write_mtok="5")),
    claude("claude-sonnet-5-5", "Claude Sonnet 5.5", 1_000_000, price("2", "10", "0.1", cache_write_mtok="2.5")),
    speech("openai", "tts-1", "TTS 1", price={"mchar": "15"}),
    speech("openai", "tts-1-hd", "TTS 1 HD", price={"mchar": "30"}),
    speech("openai", "gpt-4o-mini-tts", "GPT-4o Mini TTS", price=price("0.6", "12")),
    sonar("sonar", "Sonar", 128_000, price("1", "1", request="0.012")),
    sonar("sonar-pro", "Sonar Pro", 200_000, price("3", "15", request="0.014")),
    sonar("sonar-reasoning-pro", "Sonar Reasoning Pro", 128_000, price("2", "8", request="0.014")),
    sonar("sonar-deep-research", "Sonar Deep Research", 128_000, price("2", "8", reasoning_mtok="3")),
    speech("google-tts", "chirp-3-hd", "Chirp 3 HD"),
    speech("google-tts", "gemini-2.5-flash-tts", "Gemini 2.5 Flash TTS"),
    speech("google-tts", "gemini-2.5-pro-tts", "Gemini 2.5 Pro TTS"),
    speech("google-tts", "neural2", "Neural2"),
    speech("google-tts", "wavenet", "WaveNet"),
    speech("google-tts", "standard", "Standard"),
    speech("azure-tts", "neural", "Neural"),
    speech("azure-tts", "neural-hd", "Neural HD"),
)


@dataclass(frozen=True, kw_only=True)
class CuratedVoice:
    provider: str
    voice_id: str
    model_ids: tuple[str, ...] = ()  # empty: all models that make speech

    @property
    def stated(self) -> dict[str, Any]:
        """What is stated of it, as catalog.voices keeps it."""
        return {
            "name": self.voice_id.capitalize(),
            "languages": [],
            "gender": "",
            "labels": {},
            "preview_url": "",
            "model_ids": list(self.model_ids),
        }


# OpenAI lists no voices; these are the words of its API's description. tts-1 and tts-1-hd do not know the second row.
NEWER_SPEECH = ("gpt-4o-mini-tts", "gpt-4o-mini-tts-2025-03-20", "gpt-4o-mini-tts-2025-12-15")
OLDER_VOICES = ("alloy", "ash", "coral", "echo", "fable", "nova", "onyx", "sage", "shimmer")
NEWER_VOICES = ("ballad", "verse", "marin", "cedar")

# Nor does Gemini; these are the prebuilt voices its documentation names. All its models that speak know all of them.
GEMINI_VOICES = (
    *("Achernar", "Achird", "Algenib", "Algieba", "Alnilam", "Aoede", "Autonoe", "Callirrhoe", "Charon", "Despina"),
    *("Enceladus", "Erinome", "Fenrir", "Gacrux", "Iapetus", "Kore", "Laomedeia", "Leda", "Orus", "Puck"),
    *("Pulcherrima", "Rasalgethi", "Sadachbia", "Sadaltager", "Schedar", "Sulafat", "Umbriel", "Vindemiatrix"),
    *("Zephyr", "Zubenelgenubi"),
)

CURATED_VOICES = (
    *(CuratedVoice(provider="openai", voice_id=name) for name in OLDER_VOICES),
    *(CuratedVoice(provider="openai", voice_id=name, model_ids=NEWER_SPEECH) for name in NEWER_VOICES),
    *(CuratedVoice(provider="gemini", voice_id=name) for name in GEMINI_VOICES),
)


def default_catalog() -> Iterator[CuratedModel]:
    """Every curated model, in the order they are populated."""
    yield from (*DEFAULTS, *SYSTEM, *PENDING)
