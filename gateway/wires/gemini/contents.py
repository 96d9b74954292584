"""The messages of a chat as Gemini's contents."""

from __future__ import annotations

import mimetypes
from collections.abc import Sequence
from itertools import groupby
from typing import Any
from urllib.parse import urlsplit

from gateway.errors import BadRequest, Unsupported
from gateway.wires.base import Audio, Chat, File, Image, Message, Part, Reasoning, Refusal, Text, ToolCall, ToolResult
from gateway.wires.results import apart, is_text
from gateway.wires.toolcalls import arguments_of, given, names_of

from .answers import ORIGIN

WIRE = "gemini"
# From the third generation on, the first call of an answer needs a signature. This is Google's word for a call that
# another model made, or that lost its own.
NOT_OURS = "skip_thought_signature_validator"
AUDIO = {"mp3": "audio/mp3", "wav": "audio/wav"}


def instructions(chat: Chat) -> list[dict[str, Any]]:
    """The text of all system messages; Gemini knows no place for them among the others."""
    parts = []
    for message in chat.messages:
        if message.role == "system":
            for part in message.parts:
                if not isinstance(part, Text):
                    raise Unsupported("messages[].content[]", WIRE, "a system message holds only text there")
                if part.text:
                    parts.append({"text": part.text})
    return parts


def contents(chat: Chat, *, third: bool) -> list[dict[str, Any]]:
    """Each message by itself, but what answers calls together and first: Gemini counts it against the calls."""
    names = names_of(chat)
    said: list[dict[str, Any]] = []
    turns = (message for message in chat.messages if message.role != "system")
    for role, messages in groupby(turns, lambda message: message.role):
        if role == "assistant":
            said += [{"role": "model", "parts": answer(message, third)} for message in messages]
            continue
        told = [apart(message.parts, can_hold if third else is_text) for message in messages]
        results = [result(each, names, third) for results, _ in told for each in results]
        said.append({"role": "user", "parts": results})
        said += [{"role": "user", "parts": encoded(others)} for _, others in told]
    return [content for content in said if content["parts"]]


def answer(message: Message, third: bool) -> list[dict[str, Any]]:
    parts = encoded(message.parts)
    call = next((part for part in parts if "functionCall" in part), None)
    if third and call is not None:
        call.setdefault("thoughtSignature", NOT_OURS)
    return parts


def encoded(parts: Sequence[Part]) -> list[dict[str, Any]]:
    """Without what there is no need to send: empty text, and the thoughts of other models."""
    said: list[dict[str, Any]] = []
    for part in parts:
        match part:
            case Text():
                if part.text or (part.signature and part.origin == ORIGIN):
                    said.append(signed({"text": part.text}, part))
            case Refusal():
                said.append({"text": part.text})
            case Reasoning():
                if part.origin == ORIGIN:
                    said.append(signed({"text": part.text, "thought": True}, part))
            case ToolCall():
                call = {"name": part.name, "args": arguments_of(part), **given("id", part.id)}
                said.append(signed({"functionCall": call}, part))
            case Image() | File() | Audio():
                said.append(media(part))
            case _:
                raise Unsupported(f"messages[].content[] of type {type(part).__name__.lower()}", WIRE)
    return said


def signed(encoded: dict[str, Any], part: Text | Reasoning | ToolCall) -> dict[str, Any]:
    """With its signature if that is Gemini's own."""
    if part.signature and part.origin == ORIGIN:
        encoded["thoughtSignature"] = part.signature
    return encoded


def result(part: ToolResult, names: dict[str, str], third: bool) -> dict[str, Any]:
    name = part.name or names.get(part.call_id)
    if not name:
        raise BadRequest(f"The result {part.call_id} answers no call.", param="messages[].tool_call_id")
    texts = [inner.text for inner in part.parts if isinstance(inner, Text)]
    output = texts[0] if len(texts) == 1 else texts or ""
    response = {"name": name, "response": {"error" if part.is_error else "output": output}, **given("id", part.call_id)}
    files = [media(inner) for inner in part.parts if third and can_hold(inner) and not isinstance(inner, Text)]
    return {"functionResponse": {**response, "parts": files} if files else response}


def can_hold(inner: Text | Image | File) -> bool:
    """Whether a result can hold it, from the third generation on."""
    return isinstance(inner, Text) or bool(inner.data)


def media(part: Image | File | Audio) -> dict[str, Any]:
    if isinstance(part, Audio):
        return {"inlineData": {"mimeType": AUDIO.get(part.format, f"audio/{part.format}"), "data": part.data}}
    if part.data:
        return {"inlineData": {"mimeType": part.media_type or guessed(part), "data": part.data}}
    if not part.url:
        raise Unsupported("messages[].content[].file.file_id", WIRE, "send the document as file_data")
    mime_type = part.media_type or guessed(part)
    return {"fileData": {"fileUri": part.url} | ({"mimeType": mime_type} if mime_type else {})}


def guessed(part: Image | File) -> str:
    """The media type by the ending of a name; "" if it has none that is known."""
    named = isinstance(part, File) and part.name or urlsplit(part.url).path
    return mimetypes.guess_type(named)[0] or ""
