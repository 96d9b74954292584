"""Speech: asked as OpenAI's clients ask, spoken by each protocol, with what it took."""

from __future__ import annotations

import io
import wave
from dataclasses import replace
from typing import Any
from xml.etree import ElementTree

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.errors import BadRequest, Unsupported, UpstreamFailed
from gateway.wires.base import Outgoing, Target
from gateway.wires.speech import SPEECH, Speech, parse
from gateway.wires.speech.azure import UNSPEAKABLE
from tests.fakes.kinds.media import audio
from tests.fakes.provider import FakeProvider
from tests.fakes.upstream import Upstream

from .put import put

VOICES = {
    "openai": "alloy",
    "elevenlabs": "CwhRBWXzGAHq8TQ4Fs17",
    "google-tts": "en-US-Chirp3-HD-Kore",
    "azure-tts": "en-US-AvaNeural",
    "gemini": "Kore",
}
COMPRESSING = [wire for wire in VOICES if wire != "gemini"]
TEXT = "hello there, you"


@pytest.fixture
def upstream(fake_provider: FakeProvider) -> Upstream:
    return Upstream(fake_provider)


def asked(wire: str = "openai", **fields: Any) -> Speech:
    return parse({"model": "team/speaker", "input": TEXT, "voice": VOICES[wire], **fields})


def outgoing(wire: str, ask: Speech) -> Outgoing:
    return SPEECH[wire].encode(ask, Target(provider="any", model_id="m", base_url="https://api.example.com"))


@pytest.mark.parametrize(
    ("format", "content_type"),
    [("mp3", "audio/mpeg"), ("opus", "audio/ogg"), ("wav", "audio/wav"), ("pcm", "audio/pcm"), ("", "audio/mpeg")],
)
@pytest.mark.parametrize("wire", COMPRESSING)
def test_every_protocol_speaks_in_the_format_asked_for(
    upstream: Upstream, wire: str, format: str, content_type: str
) -> None:
    fields = {"response_format": format} if format else {}
    got = put(SPEECH, upstream, wire, asked(wire, **fields))

    assert (got.body, got.content_type) == (audio(format or "mp3", TEXT), content_type)
    assert got.took.characters == len(TEXT)


@pytest.mark.parametrize(
    ("fields", "content_type"),
    [({}, "audio/wav"), ({"response_format": "wav"}, "audio/wav"), ({"response_format": "pcm"}, "audio/pcm")],
)
def test_gemini_speaks_wav_unless_bare_samples_are_asked_for(
    upstream: Upstream, fields: dict[str, Any], content_type: str
) -> None:
    got = put(SPEECH, upstream, "gemini", asked("gemini", **fields), "gemini-3.8-flash-tts")

    assert (got.body[-7200:], got.content_type) == (audio("pcm", TEXT), content_type)
    assert (got.took.tokens.input, got.took.tokens.output, got.took.characters) == (3, 30, len(TEXT))


@pytest.mark.parametrize("wire", VOICES)
def test_what_is_spoken_as_wav_can_be_played(upstream: Upstream, wire: str) -> None:
    got = put(SPEECH, upstream, wire, asked(wire, response_format="wav"))

    with wave.open(io.BytesIO(got.body)) as sound:
        assert (sound.getframerate(), sound.getnframes()) == (24_000, 3_600)


def test_openai_gets_the_callers_body_with_another_model_and_the_chosen_voice() -> None:
    ask = replace(asked(instructions="cheerful", response_format="flac", lang_code="e"), voice="verse")

    assert orjson.loads(outgoing("openai", ask).body) == {
        "model": "m",
        "input": TEXT,
        "voice": "verse",
        "instructions": "cheerful",
        "response_format": "flac",
        "lang_code": "e",
    }


def test_a_voice_of_the_callers_own_stays_an_object() -> None:
    assert orjson.loads(outgoing("openai", asked(voice={"id": "voice_1"})).body)["voice"] == {"id": "voice_1"}


def test_speech_in_events_passes_and_its_tokens_are_counted(upstream: Upstream) -> None:
    got = put(SPEECH, upstream, "openai", asked(stream_format="sse"))

    assert got.content_type == "text/event-stream"
    assert (got.took.tokens.input, got.took.tokens.output, got.took.characters) == (3, 30, len(TEXT))


def test_elevenlabs_takes_speed_among_the_settings_of_the_voice() -> None:
    sent = outgoing("elevenlabs", asked("elevenlabs", speed=1.1, voice_settings={"stability": 0.5}, seed=3))

    assert sent.path == "/text-to-speech/CwhRBWXzGAHq8TQ4Fs17?output_format=mp3_44100_128"
    assert orjson.loads(sent.body) == {
        "text": TEXT,
        "model_id": "m",
        "seed": 3,
        "voice_settings": {"stability": 0.5, "speed": 1.1},
    }


@pytest.mark.parametrize(
    ("voice", "said", "chosen"),
    [
        ("cmn-CN-Wavenet-A", {"text": TEXT}, {"languageCode": "cmn-CN", "name": "cmn-CN-Wavenet-A"}),
        (
            "Kore",
            {"text": TEXT, "prompt": "cheerful"},
            {"languageCode": "en-US", "name": "Kore", "modelName": "m"},
        ),
    ],
)
def test_google_is_told_the_language_of_a_voice(voice: str, said: dict[str, str], chosen: dict[str, str]) -> None:
    more = {"instructions": "cheerful"} if "prompt" in said else {}
    body = orjson.loads(outgoing("google-tts", asked(voice=voice, speed=2, response_format="pcm", **more)).body)

    assert (body["input"], body["voice"]) == (said, chosen)
    assert body["audioConfig"] == {"audioEncoding": "PCM", "sampleRateHertz": 24_000, "speakingRate": 2}


@given(st.text(min_size=1), st.text(st.characters(exclude_categories=["Cs"]), min_size=1), st.sampled_from([None, 1.5]))
def test_whatever_is_to_be_spoken_is_text_in_ssml_and_nothing_else(text: str, voice: str, speed: float | None) -> None:
    ask = replace(asked("azure-tts"), text=text, voice=voice, speed=speed)
    speak = ElementTree.fromstring(outgoing("azure-tts", ask).body)

    tags = [element.tag.partition("}")[2] for element in speak.iter()]
    assert tags == ["speak", "voice", *(["prosody"] if speed else [])]
    assert "".join(speak.itertext()) == UNSPEAKABLE.sub(" ", text)
    assert speak[0].get("name") == UNSPEAKABLE.sub(" ", voice)


def test_azure_is_told_the_format_and_the_language() -> None:
    sent = outgoing("azure-tts", asked("azure-tts", voice="zh-CN-liaoning-XiaobeiNeural", speed=1.25))

    assert sent.path == "/v1"
    assert sent.headers["X-Microsoft-OutputFormat"] == "audio-24khz-96kbitrate-mono-mp3"
    assert b'xml:lang="zh-CN"' in sent.body and b'<prosody rate="1.25">' in sent.body


@pytest.mark.parametrize(
    ("wire", "param", "fields"),
    [
        ("elevenlabs", "response_format", {"response_format": "flac"}),
        ("google-tts", "response_format", {"response_format": "aac"}),
        ("azure-tts", "response_format", {"response_format": "aac"}),
        ("gemini", "response_format", {"response_format": "mp3"}),
        ("gemini", "speed", {"speed": 1.5}),
        ("gemini", "instructions", {"instructions": "cheerful"}),
        ("elevenlabs", "speed", {"speed": 1.3}),
        ("google-tts", "speed", {"speed": 2.5}),
        ("azure-tts", "speed", {"speed": 0.4}),
        ("elevenlabs", "instructions", {"instructions": "cheerful"}),
        ("google-tts", "instructions", {"instructions": "cheerful"}),
        ("azure-tts", "instructions", {"instructions": "cheerful"}),
        ("elevenlabs", "stream_format", {"stream_format": "sse"}),
        ("google-tts", "stream_format", {"stream_format": "sse"}),
        ("azure-tts", "stream_format", {"stream_format": "sse"}),
        ("elevenlabs", "pitch", {"pitch": 2}),
        ("google-tts", "voice_settings", {"voice_settings": {}}),
        ("azure-tts", "seed", {"seed": 1}),
    ],
)
def test_what_a_protocol_cannot_say_is_refused_by_name(wire: str, param: str, fields: dict[str, Any]) -> None:
    with pytest.raises(Unsupported) as refused:
        outgoing(wire, asked(wire, **fields))

    assert refused.value.param == param


@pytest.mark.parametrize("wire", VOICES)
def test_what_asks_for_nothing_is_refused_by_nobody(wire: str) -> None:
    outgoing(wire, asked(wire, stream_format="audio", speed=1, instructions="", user="somebody"))


@pytest.mark.parametrize(
    ("fields", "param"),
    [
        ({"input": ""}, "input"),
        ({"voice": 3}, "voice"),
        ({"voice": {"name": "x"}}, "voice"),
        ({"response_format": "ogg"}, "response_format"),
        ({"speed": 9}, "speed"),
        ({"speed": "fast"}, "speed"),
        ({"instructions": ["x"]}, "instructions"),
        ({"stream_format": "json"}, "stream_format"),
    ],
)
def test_a_field_that_makes_no_sense_is_named(fields: dict[str, Any], param: str) -> None:
    with pytest.raises(BadRequest) as refused:
        asked(**fields)

    assert refused.value.param == param


def gemini_answer(media_type: str, data: str) -> bytes:
    part = {"inlineData": {"mimeType": media_type, "data": data}}
    return orjson.dumps({"candidates": [{"content": {"parts": [part]}, "finishReason": "STOP"}]})


@pytest.mark.parametrize(
    ("wire", "body"),
    [
        ("google-tts", b"<html>"),
        ("google-tts", b"{}"),
        ("google-tts", b'{"audioContent":""}'),
        ("google-tts", b'{"audioContent":"%%"}'),
        ("gemini", b"[]"),
        ("gemini", b"{}"),
        ("gemini", gemini_answer("audio/L16", "%%")),
        ("gemini", gemini_answer("image/png", "AAAA")),
    ],
)
def test_an_answer_without_sound_is_an_error_of_the_provider(wire: str, body: bytes) -> None:
    decode = SPEECH[wire].decode
    assert decode is not None
    with pytest.raises(UpstreamFailed) as failed:
        decode(asked(wire), "application/json", body)
    assert failed.value.status == 502


@pytest.mark.parametrize(("media_type", "rate"), [("audio/L16;codec=pcm;rate=16000", 16_000), ("audio/L16", 24_000)])
def test_the_header_states_the_rate_that_gemini_states(media_type: str, rate: int) -> None:
    decode = SPEECH["gemini"].decode
    assert decode is not None

    answered = decode(asked("gemini"), "application/json", gemini_answer(media_type, "AAAAAA=="))

    with wave.open(io.BytesIO(answered.body)) as sound:
        assert (sound.getframerate(), sound.getnframes(), sound.getnchannels()) == (rate, 2, 1)
    assert answered.tokens.output is None


@pytest.mark.parametrize("wire", VOICES)
def test_faults_keep_their_status(upstream: Upstream, wire: str) -> None:
    upstream.next("fail 429", "fail 400", "fail 401")
    for status in (429, 400, 502):
        with pytest.raises(UpstreamFailed) as failed:
            put(SPEECH, upstream, wire, asked(wire))
        assert failed.value.status == status
