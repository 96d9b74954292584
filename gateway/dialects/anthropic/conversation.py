"""The turns of the Messages API, read into the neutral form."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Mapping
from typing import Any

import orjson

from gateway.dialects.reading import items, mapping, some, text, wrong
from gateway.wires.base import File, Foreign, Image, Message, Part, Text, ToolCall, ToolResult

from .signatures import restored, sign

# What a block may hold without meaning anything to others: marks of earlier answers.
HINTS = {"cache_control", "caller", "citations", "type"}
KNOWN = {
    "text": {"text"},
    "image": {"source"},
    "document": {"source", "title"},
    "tool_use": {"id", "input", "name"},
    "tool_result": {"content", "is_error", "tool_use_id"},
    "thinking": {"signature", "thinking"},
    "redacted_thinking": {"data"},
}
NOTHING: tuple[Any, ...] = (None, [], {}, {"enabled": False})


def message_of(entry: Any, path: str) -> Message:
    role = mapping(entry, path).get("role")
    if role == "system":
        return Message(role="system", parts=system_of(entry.get("content"), f"{path}.content"))
    if role not in ("user", "assistant"):
        raise wrong(f"{path}.role", "must be user, assistant or system")
    said = entry.get("content")
    if isinstance(said, str):
        return Message(role=role, parts=[Text(text=said)])
    if not isinstance(said, list):
        raise wrong(f"{path}.content", "must be a string or a list of blocks")
    return Message(role=role, parts=parts_of(said, f"{path}.content"))


def system_of(said: Any, path: str) -> list[Part]:
    if said is None or said == "":
        return []
    if isinstance(said, str):
        return [Text(text=said)]
    return parts_of(items(said, path), path)


def parts_of(blocks: list[Any], path: str) -> list[Part]:
    """Thinking that carries the signature of what stands beside it is given back to that."""
    parts: list[Part] = []
    of_the_next = None
    for index, block in enumerate(blocks):
        where = f"{path}[{index}]"
        if mapping(block, where).get("type") in ("thinking", "redacted_thinking"):
            thought, of = restored(
                text(block.get("thinking") or "", f"{where}.thinking"),
                text(block.get("signature") or "", f"{where}.signature"),
                text(block.get("data") or "", f"{where}.data"),
            )
            if of == "call":
                of_the_next = thought
            elif of == "text":
                if parts and isinstance(parts[-1], Text):
                    sign(parts[-1], thought)
            else:
                parts.append(thought)
            continue
        part = part_of(block, where)
        if of_the_next and isinstance(part, ToolCall):
            sign(part, of_the_next)
        of_the_next = None
        parts.append(part)
    return parts


def part_of(block: Mapping[str, Any], path: str) -> Part:
    kind, cache = block.get("type"), block.get("cache_control")
    if kind not in KNOWN:
        some(kind, f"{path}.type")
        return Foreign(param=f"{path}.type", block=block)
    # A document's citations are a wish, those of a text only mark an answer.
    hints = HINTS - {"citations"} if kind == "document" else HINTS
    for name, value in block.items():
        if name not in KNOWN[kind] and name not in hints and value not in NOTHING:
            return Foreign(param=f"{path}.{name}", block=block)
    match kind:
        case "text":
            return Text(text=text(block.get("text"), f"{path}.text"), cache=cache)
        case "image":
            return image(block, path, cache)
        case "document":
            return document(block, path, cache)
        case "tool_use":
            return ToolCall(
                id=some(block.get("id"), f"{path}.id"),
                name=some(block.get("name"), f"{path}.name"),
                arguments=orjson.dumps(mapping(block.get("input"), f"{path}.input")).decode(),
                cache=cache,
            )
    return result(block, path, cache)


def image(block: Mapping[str, Any], path: str, cache: Any) -> Part:
    source = mapping(block.get("source"), f"{path}.source")
    match source.get("type"):
        case "base64":
            return Image(
                media_type=some(source.get("media_type"), f"{path}.source.media_type"),
                data=some(source.get("data"), f"{path}.source.data"),
                cache=cache,
            )
        case "url":
            return Image(url=some(source.get("url"), f"{path}.source.url"), cache=cache)
    return Foreign(param=f"{path}.source.type", block=block)


def document(block: Mapping[str, Any], path: str, cache: Any) -> Part:
    source = mapping(block.get("source"), f"{path}.source")
    name = text(block.get("title") or "", f"{path}.title")
    match source.get("type"):
        case "base64":
            return File(
                media_type=some(source.get("media_type"), f"{path}.source.media_type"),
                data=some(source.get("data"), f"{path}.source.data"),
                name=name,
                cache=cache,
            )
        case "text":
            data = b64encode(text(source.get("data"), f"{path}.source.data").encode()).decode()
            return File(media_type="text/plain", data=data, name=name, cache=cache)
        case "url":
            return File(url=some(source.get("url"), f"{path}.source.url"), name=name, cache=cache)
        case "file":
            return File(file_id=some(source.get("file_id"), f"{path}.source.file_id"), name=name, cache=cache)
    return Foreign(param=f"{path}.source.type", block=block)


def result(block: Mapping[str, Any], path: str, cache: Any) -> Part:
    said = block.get("content")
    parts: list[Text | Image | File] = [Text(text=said)] if isinstance(said, str) else []
    if not isinstance(said, str | None):
        for part in parts_of(items(said, f"{path}.content"), f"{path}.content"):
            if not isinstance(part, Text | Image | File):
                return Foreign(param=part.param if isinstance(part, Foreign) else f"{path}.content", block=block)
            parts.append(part)
    return ToolResult(
        call_id=some(block.get("tool_use_id"), f"{path}.tool_use_id"),
        parts=parts,
        is_error=bool(block.get("is_error")),
        cache=cache,
    )
