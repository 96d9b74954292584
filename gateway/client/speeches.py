"""Text as speech."""

from __future__ import annotations

from typing import Any

from gateway import local
from gateway.call import Call
from gateway.runtime import Gateway

from .answers import Spoken, told
from .asking import Asking, Model, Who


def speech(
    model: Model, text: str, *, voice: str = "", format: str = "mp3", user: Who = None, **options: Any
) -> Spoken:
    """A text as sound. Where the answering model does not know the voice, it speaks with its own, and says so.

    Options are fields of OpenAI's speech, such as speed. Raises GatewayError.
    """
    body = {"model": local.ANY_MODEL, "input": text, "voice": voice, "response_format": format, **options}

    async def work(gateway: Gateway, call: Call) -> Spoken:
        sound = await local.speech(gateway, call, body)
        return Spoken(
            audio=bytes(sound.body),
            content_type=sound.headers.get("content-type", ""),
            voice=sound.headers.get("x-registry-voice", ""),
            voice_reason=sound.headers.get("x-registry-voice-reason", ""),
            **told(call),
        )

    return Asking.of(model, user).answered(work)
