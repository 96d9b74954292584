"""Calls with one question and one answer, as they arrive in OpenAI's form: embeddings, images, speech."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from gateway.dialects import OPENAI
from gateway.models import Kind
from gateway.questions import SpeechQuestion, UnaryQuestion, parsed
from gateway.wires import embeddings as embedding
from gateway.wires import images as image
from gateway.wires import speech as voice


def embeddings(raw: bytes, headers: Mapping[bytes, bytes]) -> UnaryQuestion:
    """Raises BadRequest, naming the field, as do the others."""
    usual = common(raw, Kind.EMBEDDING)
    ask = embedding.parse(usual["body"])
    wires, what = embedding.EMBEDDINGS, "make embeddings"
    return UnaryQuestion(categories=("embedding",), ask=ask, wires=wires, what=what, **usual)


def images(raw: bytes, headers: Mapping[bytes, bytes]) -> UnaryQuestion:
    usual = common(raw, Kind.IMAGE)
    ask = image.parse(usual["body"])
    wires, what = image.IMAGES, "make images"
    return UnaryQuestion(categories=("image", "other"), ask=ask, wires=wires, what=what, **usual)


def speech(raw: bytes, headers: Mapping[bytes, bytes]) -> SpeechQuestion:
    usual = common(raw, Kind.SPEECH)
    ask = voice.parse(usual["body"])
    wires, what = voice.SPEECH, "make speech"
    return SpeechQuestion(categories=("tts",), ask=ask, wires=wires, what=what, **usual)


def common(raw: bytes, kind: Kind) -> dict[str, Any]:
    body = parsed(raw)
    return {"kind": kind.value, "dialect": OPENAI, "model": body["model"], "body": body, "length": len(raw)}
