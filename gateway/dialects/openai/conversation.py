"""The messages of Chat Completions, read into the neutral form."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import orjson

from gateway.dialects.reading import items, mapping, some, text, truth, wrong
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
    ToolResult,
)
from gateway.wires.foreign import MESSAGE_HINTS
from gateway.wires.openai.thoughts import IN_CONTENT, ORIGIN

from .origins import reasoning_of, signature_of

KNOWN = {
    "content",
    "extra_content",
    "name",
    "reasoning",
    "reasoning_content",
    "reasoning_details",
    "refusal",
    "role",
    "tool_call_id",
    "tool_calls",
}


def messages_of(entries: list[Any]) -> list[Message]:
    """Results of tools that follow each other become one message of the user, as they answer one message."""
    messages: list[Message] = []
    names: dict[str, str] = {}  # of tools, by the call
    results: Message | None = None
    for index, entry in enumerate(entries):
        path = f"messages[{index}]"
        role = mapping(entry, path).get("role")
        if role == "tool":
            part = result(entry, path, names)
            if results is None:
                results = Message(role="user", parts=[])
                messages.append(results)
            results.parts.append(part)
            continue
        results = None
        messages.append(message_of(role, entry, path))
        if role == "assistant":
            names.update((part.id, part.name) for part in messages[-1].parts if isinstance(part, ToolCall))
    return messages


def message_of(role: Any, entry: Mapping[str, Any], path: str) -> Message:
    rest = rest_of(entry)
    name = text(entry.get("name") or "", f"{path}.name")
    if role == "assistant":
        return Message(role="assistant", parts=said_by_assistant(entry, path), name=name, rest=rest or None)
    if role in ("system", "developer"):
        return Message(role="system", parts=content(entry.get("content"), path), name=name, rest=rest or None)
    if role == "user":
        return Message(role="user", parts=content(entry.get("content"), path), name=name, rest=rest or None)
    if role == "function":
        raise wrong(f"{path}.role", "function is no longer known: send role tool with the call's id")
    raise wrong(f"{path}.role", "must be system, developer, user, assistant or tool")


def rest_of(entry: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in entry.items() if name not in KNOWN and value not in (None, [], {})}


def said_by_assistant(entry: Mapping[str, Any], path: str) -> list[Part]:
    parts: list[Part] = [*reasoning_of(entry, path)]
    said = entry.get("content")
    if said:
        parts += content(said, path)
    refusal = entry.get("refusal")
    if refusal:
        parts.append(Refusal(text=text(refusal, f"{path}.refusal")))
    signature, origin = signature_of(entry, path)
    if signature:
        last = next((part for part in reversed(parts) if isinstance(part, Text)), None)
        if last is None:
            last = Text(text="")
            parts.append(last)
        last.signature, last.origin = signature, origin
    for index, call in enumerate(items(entry.get("tool_calls") or [], f"{path}.tool_calls")):
        parts.append(call_of(call, f"{path}.tool_calls[{index}]"))
    return parts


def call_of(call: Any, path: str) -> Part:
    if mapping(call, path).get("type", "function") != "function":
        return Foreign(param=f"{path}.type", block=call)
    function = mapping(call.get("function"), f"{path}.function")
    arguments = function.get("arguments")
    signature, origin = signature_of(call, path)
    return ToolCall(
        id=text(call.get("id"), f"{path}.id"),
        name=some(function.get("name"), f"{path}.function.name"),
        arguments=orjson.dumps(arguments).decode()
        if isinstance(arguments, dict)
        else text(arguments or "", f"{path}.function.arguments"),
        signature=signature,
        origin=origin,
        cache=call.get("cache_control"),
    )


def result(entry: Mapping[str, Any], path: str, names: Mapping[str, str]) -> Part:
    """`is_error` is Anthropic's word: OpenAI has none for a tool that failed."""
    call_id = some(entry.get("tool_call_id"), f"{path}.tool_call_id")
    for name in rest_of(entry):
        if name not in MESSAGE_HINTS and name != "is_error":
            return Foreign(param=f"{path}.{name}", block=entry)
    said = entry.get("content")
    parts: list[Text | Image | File] = []
    for part in content(said, path) if said else ():
        if not isinstance(part, Text | Image | File):
            return Foreign(param=f"{path}.content", block=entry)
        parts.append(part)
    return ToolResult(
        call_id=call_id,
        parts=parts,
        is_error=truth(entry.get("is_error") or False, f"{path}.is_error"),
        name=text(entry.get("name") or names.get(call_id, ""), f"{path}.name"),
        cache=entry.get("cache_control"),
    )


def content(said: Any, path: str) -> list[Part]:
    if isinstance(said, str):
        return [Text(text=said)]
    if not isinstance(said, list):
        raise wrong(f"{path}.content", "must be a string or a list of parts")
    return [part_of(part, f"{path}.content[{index}]") for index, part in enumerate(said)]


def part_of(part: Any, path: str) -> Part:
    kind = mapping(part, path).get("type")
    cache = part.get("cache_control")
    match kind:
        case "text":
            return Text(text=text(part.get("text"), f"{path}.text"), cache=cache)
        case "image_url":
            return image(part.get("image_url"), f"{path}.image_url", cache)
        case "input_audio":
            inner = mapping(part.get("input_audio"), f"{path}.input_audio")
            return Audio(
                data=some(inner.get("data"), f"{path}.input_audio.data"),
                format=some(inner.get("format"), f"{path}.input_audio.format"),
            )
        case "file":
            return file(mapping(part.get("file"), f"{path}.file"), f"{path}.file", cache)
        case "refusal":
            return Refusal(text=text(part.get("refusal"), f"{path}.refusal"))
        case "thinking":
            return thought(part.get("thinking"), f"{path}.thinking")
        case str():
            return Foreign(param=f"{path}.type", block=part)
    raise wrong(f"{path}.type", "is required: send text, image_url, input_audio or file")


def image(said: Any, path: str, cache: Any) -> Image:
    inner = {"url": said} if isinstance(said, str) else mapping(said, path)
    url = some(inner.get("url"), f"{path}.url")
    media_type, data = split(url, f"{path}.url")
    return Image(
        url="" if data else url, media_type=media_type, data=data, detail=inner.get("detail") or "", cache=cache
    )


def file(inner: Mapping[str, Any], path: str, cache: Any) -> File:
    said = inner.get("file_data") or ""
    name = text(inner.get("filename") or "", f"{path}.filename")
    file_id = text(inner.get("file_id") or "", f"{path}.file_id")
    if not said and not file_id:
        raise wrong(f"{path}.file_data", "is required: send the file as a data URL, or its file_id")
    media_type, data = split(text(said, f"{path}.file_data"), f"{path}.file_data")
    if said and not data and not said.startswith(("http://", "https://")):
        media_type, data = "application/pdf", said  # plain base64
    return File(url="" if data else said, file_id=file_id, media_type=media_type, data=data, name=name, cache=cache)


def split(url: str, path: str) -> tuple[str, str]:
    """The media type and the base64 of a data URL; both empty for other URLs."""
    if not url.startswith("data:"):
        return "", ""
    head, comma, data = url.partition(",")
    if not comma or not head.endswith(";base64"):
        raise wrong(path, "must be a URL, or data in base64 as in data:image/png;base64,…")
    return head[5:].partition(";")[0], data


def thought(said: Any, path: str) -> Reasoning:
    """How Mistral's answers hold their reasoning."""
    if isinstance(said, str):
        return Reasoning(text=said, origin=ORIGIN, form=IN_CONTENT)
    texts = [text(mapping(inner, path).get("text") or "", f"{path}[].text") for inner in items(said, path)]
    return Reasoning(text="".join(texts), origin=ORIGIN, form=IN_CONTENT)
