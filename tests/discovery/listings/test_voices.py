from __future__ import annotations

import pytest

from discovery.listings.base import Request, WrongShape
from discovery.listings.voices import VOICES, parse


def test_elevenlabs_voices_have_languages_labels_and_models(body) -> None:
    parsed = parse(VOICES["elevenlabs"], body("elevenlabs_voices"))

    ada, old = parsed.voices
    assert (ada.voice_id, ada.name, ada.gender, ada.languages) == ("Ab12", "Ada - Calm", "female", ("en-GB", "fr"))
    assert ada.labels == {"accent": "british", "age": "young", "category": "premade", "description": "A calm voice."}
    assert ada.preview_url == "https://voices.example/ada.mp3"
    assert ada.model_ids == ("eleven_prose_v1", "eleven_verse_v9")
    assert (old.languages, old.gender, old.preview_url, old.model_ids) == (("de",), "", "", ())
    assert parsed.skipped == ["entry 3: has no voice_id"]


def test_elevenlabs_voices_are_paged_by_a_token(body) -> None:
    page = body("elevenlabs_voices")
    dialect = VOICES["elevenlabs"]

    assert dialect.next_page(page, {}) == Request(
        path="/v2/voices", params={"page_size": "100", "next_page_token": "n2"}, at_root=True
    )
    assert dialect.next_page({**page, "has_more": False}, {}) is None


def test_google_voices_tell_their_tier_by_name(body) -> None:
    ada, wavenet, bare = parse(VOICES["google-tts"], body("google_tts_voices")).voices

    assert ada.labels == {"tier": "Chirp3-HD", "sample_rate": "24000"}
    assert (ada.gender, ada.languages) == ("female", ("en-GB",))
    assert (wavenet.labels, wavenet.gender) == ({"tier": "Wavenet"}, "")
    assert bare.labels["tier"] == "Gemini"
    assert [voice.model_ids for voice in (ada, wavenet)] == [("chirp-3-hd",), ("wavenet",)]
    assert bare.model_ids == ("gemini-2.5-flash-tts", "gemini-2.5-pro-tts")


def test_azure_voices_are_called_by_their_short_name(body) -> None:
    parsed = parse(VOICES["azure-tts"], body("azure_tts_voices"))

    (ada,) = parsed.voices
    assert (ada.voice_id, ada.name, ada.gender) == ("en-US-AdaNeural", "Ada", "female")
    assert ada.languages == ("de-DE", "en-US", "fr-FR")
    assert ada.labels["styles"] == "sad, cheerful"
    assert ada.labels["status"] == "GA"
    assert ada.model_ids == ("neural",)
    assert parsed.skipped == ["entry 2: has no ShortName"]


@pytest.mark.parametrize("payload", ["<html>", None, {}, {"detail": {"status": "invalid"}}, {"error": {"code": 403}}])
@pytest.mark.parametrize("name", VOICES)
def test_no_list_of_voices_is_refused(name: str, payload: object) -> None:
    with pytest.raises(WrongShape):
        parse(VOICES[name], payload)
