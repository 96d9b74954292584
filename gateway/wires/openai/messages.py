"""Messages in the words of Chat Completions.

What came in another dialect is simplified for the servers that know less than OpenAI: texts are joined to one string,
marks for a cache are left out. What came in this one stays as it was.
"""

from __future__ import annotations

from typing import Any

from gateway.errors import Unsupported
from gateway.wires.base import (
    Audio,
    File,
    Foreign,
    Image,
    Message,
    Part,
    Reasoning,
    Refusal,
    Text,
    ToolCall,
)
from gateway.wires.documents import text_in
from gateway.wires.results import BETWEEN_TEXTS, apart, text_of

from .thoughts import IN_SUMMARY, ORIGIN, detail_of, extra_content


def messages_of(messages: list[Message], own: bool) -> list[dict[str, Any]]:
    said: list[dict[str, Any]] = []
    for message in messages:
        if message.role == "assistant":
            said.append(assistant(message, own))
        elif message.role == "system":
            said.append(named({"role": "system", "content": content(message.parts, own)}, message))
        else:
            said.extend(from_user(message, own))
    return said


def named(said: dict[str, Any], message: Message) -> dict[str, Any]:
    if message.name:
        said["name"] = message.name
    if message.rest:
        said.update(message.rest)
    return said


def from_user(message: Message, own: bool) -> list[dict[str, Any]]:
    """Each result of a tool is a message of its own, and holds only text."""
    whole = [part for part in message.parts if isinstance(part, Foreign) and "role" in part.block]
    results, others = apart([part for part in message.parts if part not in whole])
    said: list[dict[str, Any]] = [dict(part.block) for part in whole]
    for result in results:
        texts = [inner for inner in result.parts if isinstance(inner, Text)]
        text = text_of(result) if result.is_error else content(texts, own)
        said.append({"role": "tool", "tool_call_id": result.call_id, "content": text})
    if others or not said:
        said.append(named({"role": "user", "content": content(others, own)}, message))
    return said


def assistant(message: Message, own: bool) -> dict[str, Any]:
    said: dict[str, Any] = {"role": "assistant", "content": None}
    spoken: list[Part] = []
    for part in message.parts:
        if isinstance(part, ToolCall):
            said.setdefault("tool_calls", []).append(call_of(part))
        elif isinstance(part, Reasoning):
            if part.origin == ORIGIN and not add_reasoning(said, part):
                spoken.append(part)
        elif isinstance(part, Refusal):
            said["refusal"] = said.get("refusal", "") + part.text
        elif isinstance(part, Foreign) and "type" in part.block and part.block["type"] not in ("text", "refusal"):
            said.setdefault("tool_calls", []).append(part.block)
        else:
            spoken.append(part)
            if isinstance(part, Text) and part.signature and part.origin == ORIGIN:
                said["extra_content"] = extra_content(part.signature)
    if spoken:
        said["content"] = content(spoken, own, between="")
    elif "tool_calls" not in said and "refusal" not in said:
        said["content"] = ""
    return named(said, message)


def add_reasoning(said: dict[str, Any], part: Reasoning) -> bool:
    """Put it where it came from, beside the content; False if that is within."""
    form = part.form or {}
    match form.get("field"):
        case "content":
            return False
        case "reasoning_details":
            said.setdefault("reasoning_details", []).append(detail_of(part, form))
        case "reasoning":
            said["reasoning"] = said.get("reasoning", "") + part.text
        case _:
            said["reasoning_content"] = said.get("reasoning_content", "") + part.text
    return True


def call_of(call: ToolCall) -> dict[str, Any]:
    said: dict[str, Any] = {
        "id": call.id,
        "type": "function",
        "function": {"name": call.name, "arguments": call.arguments},
    }
    if call.signature and call.origin == ORIGIN:
        said["extra_content"] = extra_content(call.signature)
    return said


def content(parts: list[Any], own: bool, between: str = BETWEEN_TEXTS) -> str | list[dict[str, Any]]:
    """One string if there is nothing but text, else parts."""
    if all(isinstance(part, Text) for part in parts) and not (own and (len(parts) > 1 or (parts and parts[0].cache))):
        return between.join(part.text for part in parts)
    return [part_of(part, own) for part in parts]


def part_of(part: Part, own: bool) -> dict[str, Any]:
    match part:
        case Text():
            said: dict[str, Any] = {"type": "text", "text": part.text}
        case Image():
            url = part.url or f"data:{part.media_type};base64,{part.data}"
            said = {"type": "image_url", "image_url": {"url": url, **({"detail": part.detail} if part.detail else {})}}
        case File():
            said = file_of(part, own)
        case Audio():
            return {"type": "input_audio", "input_audio": {"data": part.data, "format": part.format}}
        case Reasoning() if part.form == IN_SUMMARY:
            signature = {"signature": part.signature} if part.signature else {}
            return {"type": "reasoning", "summary": [{"type": "summary_text", "text": part.text, **signature}]}
        case Reasoning():
            return {"type": "thinking", "thinking": [{"type": "text", "text": part.text}]}
        case Foreign():
            return dict(part.block)
        case _:
            raise Unsupported(f"messages[].content[] of type {type(part).__name__.lower()}", "openai")
    if own and part.cache:
        said["cache_control"] = part.cache
    return said


def file_of(file: File, own: bool) -> dict[str, Any]:
    if not own and (file.url or file.file_id):
        name = "url" if file.url else "file_id"
        raise Unsupported(f"messages[].content[].source.{name}", "openai", "send the document as base64")
    if not own and (text := text_in(file)) is not None:
        return {"type": "text", "text": text}
    inner: dict[str, Any] = {"file_id": file.file_id} if file.file_id else {}
    if file.url or file.data:
        inner["file_data"] = file.url or f"data:{file.media_type};base64,{file.data}"
    if file.name or file.data:
        inner["filename"] = file.name or "document.pdf"
    return {"type": "file", "file": inner}
