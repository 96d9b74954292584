"""Lists of voices: what a voice becomes, and the three dialects of such lists."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from . import reading
from .base import UNREADABLE, Request, Skip, no_next_page
from .envelopes import rows


@dataclass(frozen=True, kw_only=True, slots=True)
class Voice:
    """One voice as its provider's list states it. What is not stated is empty."""

    voice_id: str
    name: str
    entry: Any
    languages: tuple[str, ...] = ()  # as the provider writes them: "en", "en-US"
    gender: str = ""  # lower case
    labels: Mapping[str, str] = field(default_factory=dict)
    preview_url: str = ""
    model_ids: tuple[str, ...] = ()  # the models it is known to work with; empty: not stated


@dataclass(frozen=True, kw_only=True)
class VoiceDialect:
    """How one kind of list of voices is asked for, paged and read. All functions are pure."""

    request: Request
    entries: Callable[[Any], Iterable[Any]]
    voice: Callable[[Any], Voice]
    next_page: Callable[[Any, Mapping[str, str]], Request | None] = no_next_page


@dataclass(frozen=True, kw_only=True)
class ParsedVoices:
    """The voices of one page, and for each entry that was left out a sentence that says which and why."""

    voices: list[Voice]
    skipped: list[str]


def parse(dialect: VoiceDialect, payload: Any) -> ParsedVoices:
    """Read one page. Raises WrongShape if the page is not a list of voices; a bad entry is skipped alone."""
    voices: list[Voice] = []
    skipped: list[str] = []
    for position, entry in enumerate(dialect.entries(payload), start=1):
        try:
            voices.append(dialect.voice(entry))
        except Skip as reason:
            skipped.append(f"entry {position}: {reason}")
        except UNREADABLE as error:
            skipped.append(f"entry {position}: unreadable ({type(error).__name__})")
    return ParsedVoices(voices=voices, skipped=skipped)


def distinct(*groups: Iterable[Any]) -> tuple[str, ...]:
    """The texts of these groups, each once, sorted."""
    return tuple(sorted({word for group in groups for word in group if isinstance(word, str) and word}))


def texts(labels: Mapping[str, Any]) -> dict[str, str]:
    """Labels that are texts and say something, by name."""
    return {name: found for name, value in sorted(labels.items()) if (found := reading.text(value))}


# ElevenLabs

ELEVENLABS_PATH = "/v2/voices"
ELEVENLABS_PAGE = {"page_size": "100"}


def bare_or_named(payload: Any) -> list[Any]:
    return rows(payload, "voices", bare=True)


def of_elevenlabs(entry: Any) -> Voice:
    voice_id = reading.identity(entry, "voice_id")
    labels = reading.part(entry, "labels")
    verified = [item for item in reading.items(entry, "verified_languages") if isinstance(item, dict)]
    spoken = [item.get("locale") or item.get("language") for item in verified]
    about = {"category": entry.get("category"), "description": entry.get("description")}
    return Voice(
        voice_id=voice_id,
        name=reading.name(entry.get("name")) or voice_id,
        languages=distinct(spoken) or distinct([labels.get("language")]),
        gender=(reading.text(labels.get("gender")) or "").lower(),
        labels=texts({name: labels[name] for name in labels if name not in ("gender", "language")} | about),
        preview_url=https(entry.get("preview_url")),
        model_ids=distinct(
            reading.items(entry, "high_quality_base_model_ids"), [item.get("model_id") for item in verified]
        ),
        entry=entry,
    )


def https(value: Any) -> str:
    """An address a page may link to, else nothing."""
    found = reading.text(value) or ""
    return found if found.startswith("https://") and len(found) <= 2000 else ""


def next_of_elevenlabs(payload: Any, headers: Mapping[str, str]) -> Request | None:
    token = reading.token(payload, "next_page_token")
    if token and payload.get("has_more") is not False:
        return Request(path=ELEVENLABS_PATH, params=ELEVENLABS_PAGE | {"next_page_token": token}, at_root=True)
    return None


# Google Cloud Text-to-Speech


def of_google(entry: Any) -> Voice:
    """The tier is only in the name: en-US-Chirp3-HD-Kore. A bare name such as Kore is a voice of Gemini."""
    voice_id = reading.identity(entry, "name")
    languages = distinct(reading.items(entry, "languageCodes"))
    gender = (reading.text(entry.get("ssmlGender")) or "").lower()
    rate = reading.whole(entry.get("naturalSampleRateHertz"))
    return Voice(
        voice_id=voice_id,
        name=voice_id,
        languages=languages,
        gender="" if gender == "ssml_voice_gender_unspecified" else gender,
        labels=texts({"tier": tier(voice_id), "sample_rate": str(rate) if rate else None}),
        model_ids=GOOGLE_MODELS.get(tier(voice_id), (tier(voice_id).lower(),)),
        entry=entry,
    )


# Other tiers have the names of their models.
GOOGLE_MODELS = {"Chirp3-HD": ("chirp-3-hd",), "Gemini": ("gemini-2.5-flash-tts", "gemini-2.5-pro-tts")}
AZURE_MODELS = {"NeuralHD": "neural-hd"}


def tier(voice_id: str) -> str:
    _, *middle = voice_id.split("-")
    return "-".join(middle[1:-1]) if middle else "Gemini"


# Azure


def of_azure(entry: Any) -> Voice:
    voice_id = reading.identity(entry, "ShortName")
    kind = reading.text(entry.get("VoiceType")) or ""
    labels = {
        "local_name": entry.get("LocalName"),
        "locale_name": entry.get("LocaleName"),
        "type": entry.get("VoiceType"),
        "status": entry.get("Status"),
        "sample_rate": entry.get("SampleRateHertz"),
        "words_per_minute": entry.get("WordsPerMinute"),
        "styles": ", ".join(reading.words(entry.get("StyleList"))),
        "roles": ", ".join(reading.words(entry.get("RolePlayList"))),
    }
    return Voice(
        voice_id=voice_id,
        name=reading.name(entry.get("DisplayName")) or voice_id,
        languages=distinct([entry.get("Locale")], reading.items(entry, "SecondaryLocaleList")),
        gender=(reading.text(entry.get("Gender")) or "").lower(),
        labels=texts(labels),
        model_ids=distinct([AZURE_MODELS.get(kind, kind.lower())]),
        entry=entry,
    )


VOICES: dict[str, VoiceDialect] = {
    "elevenlabs": VoiceDialect(
        request=Request(path=ELEVENLABS_PATH, params=ELEVENLABS_PAGE, at_root=True),
        entries=bare_or_named,
        voice=of_elevenlabs,
        next_page=next_of_elevenlabs,
    ),
    "google-tts": VoiceDialect(request=Request(path="/voices"), entries=bare_or_named, voice=of_google),
    "azure-tts": VoiceDialect(request=Request(path="/voices/list"), entries=bare_or_named, voice=of_azure),
}
