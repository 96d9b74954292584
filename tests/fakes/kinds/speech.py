"""Text becomes speech: OpenAI, ElevenLabs, Google, Azure, Gemini. A word is a tone; see .media."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any
from xml.etree import ElementTree

import orjson

from tests.fakes.chat.mind import Refused, count, fields, without_orders
from tests.fakes.provider import Reply, Seen, json_reply

from .media import RATE, TYPES, audio, encoded

OPENAI_VOICES = fields("alloy ash ballad coral echo fable onyx nova sage shimmer verse marin cedar")
OPENAI_KNOWN = fields("input instructions model response_format speed stream_format voice")
PIECES = 4  # of a streamed sound


def openai(seen: Seen) -> Reply:
    body = seen.json
    if unknown := set(body) - OPENAI_KNOWN:
        raise Refused(f"Unknown parameter: '{min(unknown)}'.", param=min(unknown))
    format = body.get("response_format", "mp3")
    voice = body["voice"]["id"] if isinstance(body["voice"], dict) else body["voice"]
    if voice not in OPENAI_VOICES and not voice.startswith("voice_"):
        raise Refused(f"Invalid value: '{voice}'. Supported values are: {', '.join(sorted(OPENAI_VOICES))}.")
    if format not in TYPES or not body["input"]:
        raise Refused("Invalid value for 'response_format' or 'input'.")
    text = without_orders(body["input"])
    sound = audio(format, text)
    if body.get("stream_format") == "sse":
        return Reply(headers={"Content-Type": "text/event-stream"}, body=events(sound, text))
    return Reply(headers={"Content-Type": TYPES[format]}, body=list(pieces(sound)))


def pieces(sound: bytes) -> Iterator[bytes]:
    size = len(sound) // PIECES + 1
    return (sound[start : start + size] for start in range(0, len(sound), size))


def events(sound: bytes, text: str) -> Iterator[bytes]:
    """Heard tokens are ten a word."""
    for piece in pieces(sound):
        yield event({"type": "speech.audio.delta", "audio": encoded(piece)})
    spoken, heard = count(text), 10 * count(text)
    usage = {"input_tokens": spoken, "output_tokens": heard, "total_tokens": spoken + heard}
    yield event({"type": "speech.audio.done", "usage": usage})


def event(payload: Any) -> bytes:
    return b"data: " + orjson.dumps(payload) + b"\n\n"


ELEVENLABS_VOICES = {"CwhRBWXzGAHq8TQ4Fs17": "Roger", "EXAVITQu4vr4xnSDxMaL": "Sarah"}
ELEVENLABS_KNOWN = fields(
    "apply_language_text_normalization apply_text_normalization language_code model_id next_request_ids next_text "
    "previous_request_ids previous_text pronunciation_dictionary_locators seed text use_pvc_as_ivc voice_settings"
)


def elevenlabs(seen: Seen) -> Reply:
    body = seen.json
    voice = seen.path.rpartition("/")[2]
    if unknown := set(body) - ELEVENLABS_KNOWN:
        raise Refused(f"unexpected field {min(unknown)}", 422)
    if voice not in ELEVENLABS_VOICES:
        detail = {"status": "voice_not_found", "message": f"A voice with voice_id '{voice}' was not found."}
        return json_reply({"detail": detail}, 404)
    if not 0.7 <= (body.get("voice_settings") or {}).get("speed", 1) <= 1.2:
        raise Refused("speed must be between 0.7 and 1.2", 422)
    codec, _, rate = seen.query.get("output_format", "mp3_44100_128").partition("_")
    if codec not in ("mp3", "wav", "pcm", "opus") or not rate:
        raise Refused("output_format is invalid", 422)
    headers = {"Content-Type": TYPES[codec], "character-cost": str(len(body["text"]))}
    return Reply(headers=headers, body=list(pieces(audio(codec, body["text"]))))


GOOGLE_ENCODINGS = {"MP3": "mp3", "LINEAR16": "wav", "OGG_OPUS": "opus", "PCM": "pcm"}


def google(seen: Seen) -> Reply:
    body = seen.json
    voice, config = body["voice"], body["audioConfig"]
    if not voice.get("languageCode"):
        raise Refused("Invalid request: language code is required.")
    if "-" in voice["name"] and not voice["name"].startswith(voice["languageCode"]):
        raise Refused(f"Requested language code '{voice['languageCode']}' doesn't match the voice '{voice['name']}'.")
    if "-" not in voice["name"] and not voice.get("modelName"):
        raise Refused("This voice requires a model name to be specified.")
    if config["audioEncoding"] not in GOOGLE_ENCODINGS or not 0.25 <= config.get("speakingRate", 1) <= 2:
        raise Refused("Invalid audio config.")
    return json_reply(
        {"audioContent": encoded(audio(GOOGLE_ENCODINGS[config["audioEncoding"]], body["input"]["text"]))}
    )


AZURE_FORMATS = {"audio": "mp3", "riff": "wav", "raw": "pcm", "ogg": "opus"}
SSML = "{http://www.w3.org/2001/10/synthesis}"


def azure(seen: Seen) -> Reply:
    """Its errors have no body."""
    kind = AZURE_FORMATS.get(seen.headers.get("x-microsoft-outputformat", "").partition("-")[0])
    if not kind or "user-agent" not in seen.headers or seen.headers["content-type"] != "application/ssml+xml":
        return Reply(status=400)
    try:
        speak = ElementTree.fromstring(seen.body)
    except ElementTree.ParseError:
        return Reply(status=400)
    voices = list(speak)
    named = re.compile(r"[a-z]{2,3}-[A-Za-z-]+-\w+(:\w+)?")
    if speak.tag != f"{SSML}speak" or [voice.tag for voice in voices] != [f"{SSML}voice"]:
        return Reply(status=400)
    if not named.fullmatch(voices[0].get("name", "")):
        return Reply(status=400)
    return Reply(headers={"Content-Type": TYPES[kind]}, body=audio(kind, "".join(speak.itertext())))


def gemini(seen: Seen) -> Reply:
    """Sound of generateContent: heard tokens are ten a word."""
    body = seen.json
    voice = body["generationConfig"]["speechConfig"]["voiceConfig"]["prebuiltVoiceConfig"]["voiceName"]
    if not voice[:1].isupper():
        raise Refused(f"Voice name {voice} is not supported.")
    text = body["contents"][0]["parts"][0]["text"]
    data = {"mimeType": f"audio/L16;codec=pcm;rate={RATE}", "data": encoded(audio("pcm", text))}
    spoken, heard = count(text), 10 * count(text)
    return json_reply(
        {
            "candidates": [{"content": {"parts": [{"inlineData": data}], "role": "model"}, "finishReason": "STOP"}],
            "usageMetadata": {
                "promptTokenCount": spoken,
                "candidatesTokenCount": heard,
                "totalTokenCount": spoken + heard,
            },
        }
    )
