"""Which voice speaks: the one asked for, if the answering model knows it, else that model's default; and the list.

The default of a model is the first of its voices in order: those that speak English of the United States or any
language, then other English, then the rest; by name, then by id. At OpenAI that is alloy.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from catalog.models import Voice as VoiceRow
from gateway.errors import BadRequest
from gateway.wires.speech import Speech

UNNAMED = "none was asked for"
UNKNOWN = "the model does not know the one asked for"


@dataclass(frozen=True, slots=True, kw_only=True)
class Voice:
    """One voice of a provider. No models: it speaks with all of its provider's that make speech."""

    provider: str  # slug
    voice_id: str
    name: str
    languages: tuple[str, ...] = ()
    gender: str = ""
    preview_url: str = ""
    model_ids: frozenset[str] = frozenset()

    def speaks_with(self, model_id: str) -> bool:
        return not self.model_ids or model_id in self.model_ids

    def is_called(self, asked: str) -> bool:
        """By name, or by the first part of one such as "Roger - Laid-Back"; `asked` in lower case."""
        name = self.name.casefold()
        return asked in (name, name.partition(" - ")[0])


@dataclass(frozen=True, slots=True, kw_only=True)
class Chosen:
    voice_id: str
    reason: str = ""  # why it is not the one asked for; empty: it is


def load() -> dict[str, tuple[Voice, ...]]:
    """The voices on offer, by the slug of their provider, each provider's in order. One query."""
    columns = ("provider__slug", "voice_id", "name", "languages", "gender", "preview_url", "model_ids")
    voices: dict[str, list[Voice]] = defaultdict(list)
    for slug, voice_id, name, languages, gender, preview_url, model_ids in VoiceRow.objects.active().values_list(
        *columns
    ):
        voices[slug].append(
            Voice(
                provider=slug,
                voice_id=voice_id,
                name=name,
                languages=tuple(languages),
                gender=gender,
                preview_url=preview_url,
                model_ids=frozenset(model_ids),
            )
        )
    return {slug: tuple(sorted(some, key=place)) for slug, some in voices.items()}


def place(voice: Voice) -> tuple[int, str, str]:
    """Where a voice stands in the order."""
    languages = {language.casefold() for language in voice.languages}
    if not languages or languages & {"en-us", "en"}:
        rank = 0
    else:
        rank = 1 if any(language.startswith("en-") for language in languages) else 2
    return rank, voice.name.casefold(), voice.voice_id


def choose(ask: Speech, voices: Sequence[Voice], model_id: str, *, wire: str) -> Chosen:
    """The voice a model speaks with, of its provider's in order. Raises BadRequest if there is none to choose.

    Where no voices are known, the one asked for is taken at its word; so is one the caller made at OpenAI.
    """
    own = [voice for voice in voices if voice.speaks_with(model_id)]
    if (ask.owns_voice and wire == "openai") or (ask.voice and not own):
        return Chosen(voice_id=ask.voice)
    if not own:
        raise BadRequest("voice is missing, and no voice of this model is known.", param="voice")
    if not ask.voice:
        return Chosen(voice_id=own[0].voice_id, reason=UNNAMED)
    found = named(ask.voice, own)
    return Chosen(voice_id=found.voice_id) if found else Chosen(voice_id=own[0].voice_id, reason=UNKNOWN)


def named(asked: str, voices: Sequence[Voice]) -> Voice | None:
    """By id, exactly and then in any case, then by name."""
    folded = asked.casefold()
    return (
        next((voice for voice in voices if voice.voice_id == asked), None)
        or next((voice for voice in voices if voice.voice_id.casefold() == folded), None)
        or next((voice for voice in voices if voice.is_called(folded)), None)
    )


def listing(voices: Mapping[str, Sequence[Voice]], models: Iterable[tuple[str, str]]) -> dict[str, Any]:
    """The voices that some models, given as provider and model id, speak with: GET /v1/audio/voices."""
    offered: dict[str, list[str]] = defaultdict(list)
    for slug, model_id in models:
        offered[slug].append(model_id)
    return {
        "object": "list",
        "data": [
            rendered(voice, speakers)
            for slug in sorted(offered)
            for voice in voices.get(slug, ())
            if (speakers := [model_id for model_id in offered[slug] if voice.speaks_with(model_id)])
        ],
    }


def rendered(voice: Voice, model_ids: Iterable[str]) -> dict[str, Any]:
    return {
        "id": voice.voice_id,
        "object": "voice",
        "name": voice.name,
        "provider": voice.provider,
        "models": sorted(f"{voice.provider}/{model_id}" for model_id in model_ids),
        "languages": list(voice.languages),
        "gender": voice.gender or None,
        "preview_url": voice.preview_url or None,
    }
