from __future__ import annotations

from typing import Any

import pytest

from access.caller import command
from catalog.populate import populate
from gateway.errors import BadRequest
from gateway.voices import UNKNOWN, UNNAMED, Chosen, Voice, choose, listing, load, place
from gateway.wires.speech import Speech


def voice(voice_id: str, name: str = "", *languages: str, models: tuple[str, ...] = ()) -> Voice:
    return Voice(
        provider="elevenlabs",
        voice_id=voice_id,
        name=name or voice_id,
        languages=languages,
        model_ids=frozenset(models),
    )


ROGER, SARAH = voice("CwhRBW", "Roger - Laid-Back", "en"), voice("EXAVIT", "Sarah", "en", models=("eleven_v3",))
HANS = voice("HaNs", "Hans", "de")


def chosen(asked: str, model_id: str = "eleven_v3", *voices: Voice, **more: Any) -> Chosen:
    ask = Speech(model="m", text="hello", voice=asked, **more)
    return choose(ask, voices or (ROGER, SARAH, HANS), model_id, wire="elevenlabs")


@pytest.mark.parametrize(
    ("asked", "got"),
    [
        ("CwhRBW", "CwhRBW"),
        ("cwhrbw", "CwhRBW"),
        ("roger", "CwhRBW"),
        ("Roger - laid-back", "CwhRBW"),
        ("SARAH", "EXAVIT"),
        ("HaNs", "HaNs"),
    ],
)
def test_a_voice_is_known_by_id_and_by_name(asked: str, got: str) -> None:
    assert chosen(asked) == Chosen(voice_id=got)


@pytest.mark.parametrize(("asked", "reason"), [("alloy", UNKNOWN), ("", UNNAMED)])
def test_another_voice_becomes_the_default_of_the_model_and_it_is_said_why(asked: str, reason: str) -> None:
    assert chosen(asked) == Chosen(voice_id="CwhRBW", reason=reason)


def test_a_voice_of_another_model_is_unknown() -> None:
    assert chosen("Sarah", "eleven_flash_v2_5") == Chosen(voice_id="CwhRBW", reason=UNKNOWN)


def test_where_no_voices_are_known_the_caller_is_taken_at_his_word() -> None:
    ask = Speech(model="m", text="hello", voice="tara")

    assert choose(ask, (), "orpheus", wire="openai") == Chosen(voice_id="tara")
    with pytest.raises(BadRequest, match="voice is missing"):
        choose(Speech(model="m", text="hello"), (), "orpheus", wire="openai")


def test_a_voice_made_at_openai_is_kept_there_and_replaced_elsewhere() -> None:
    ask = Speech(model="m", text="hello", voice="voice_1", owns_voice=True)

    assert choose(ask, (ROGER,), "m", wire="openai") == Chosen(voice_id="voice_1")
    assert choose(ask, (ROGER,), "m", wire="elevenlabs").reason == UNKNOWN


def test_the_order_begins_with_american_english_and_who_speaks_anything() -> None:
    voices = [
        voice("1", "Adam", "de-DE"),
        voice("2", "Zoe", "en-GB"),
        voice("3", "Mia", "en-US", "es-US"),
        voice("4", "Ben"),
        voice("0", "Ben"),
    ]

    assert [each.voice_id for each in sorted(voices, key=place)] == ["0", "4", "3", "2", "1"]


@pytest.mark.django_db
def test_the_default_of_openai_is_alloy_and_newer_voices_speak_with_newer_models(
    django_assert_num_queries: Any,
) -> None:
    populate(command("test"))
    with django_assert_num_queries(1):
        voices = load()
    ask = Speech(model="m", text="hello", voice="marin")

    assert choose(ask, voices["openai"], "tts-1", wire="openai") == Chosen(voice_id="alloy", reason=UNKNOWN)
    assert choose(ask, voices["openai"], "gpt-4o-mini-tts", wire="openai") == Chosen(voice_id="marin")


def test_the_list_names_the_models_a_caller_sees_and_no_voice_without_one() -> None:
    voices = {"elevenlabs": (ROGER, SARAH), "azure-tts": (voice("en-US-Ava", models=("neural",)),)}

    listed = listing(voices, [("elevenlabs", "eleven_v3"), ("elevenlabs", "eleven_flash"), ("azure-tts", "neural-hd")])

    assert listed["object"] == "list"
    assert [(item["id"], item["models"]) for item in listed["data"]] == [
        ("CwhRBW", ["elevenlabs/eleven_flash", "elevenlabs/eleven_v3"]),
        ("EXAVIT", ["elevenlabs/eleven_v3"]),
    ]
    assert listed["data"][1] == {
        "id": "EXAVIT",
        "object": "voice",
        "name": "Sarah",
        "provider": "elevenlabs",
        "models": ["elevenlabs/eleven_v3"],
        "languages": ["en"],
        "gender": None,
        "preview_url": None,
    }
