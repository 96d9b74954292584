"""The conversation in the words of the Messages API: a system prompt, and turns of blocks."""

from __future__ import annotations

import re
from base64 import b64decode
from collections.abc import Sequence
from typing import Any

from gateway.errors import Unsupported
from gateway.wires.base import (
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
from gateway.wires.toolcalls import arguments_of

from .thinking import ORIGIN
from .versions import LATE_SYSTEM

UNFIT = re.compile(r"[^A-Za-z0-9_-]")  # in the id of a call
Blocks = list[dict[str, Any]]


def conversation_of(
    messages: Sequence[Message], own: bool, version: tuple[int, int]
) -> tuple[str | Blocks, list[dict[str, Any]]]:
    """The system prompt and the turns. System messages in between stay after a user's turn where the model knows
    them, else they join the prompt."""
    system: list[Part] = []
    turns: list[dict[str, Any]] = []
    for message in messages:
        if message.role != "system":
            blocks = blocks_of(message.parts, own)
            if blocks or own:  # an empty turn is refused; other dialects allow them
                turns.append({"role": message.role, "content": shortened(blocks)})
        elif turns and (own or (version >= LATE_SYSTEM and turns[-1]["role"] == "user")):
            turns.append({"role": "system", "content": shortened(blocks_of(message.parts, own))})
        else:
            system += message.parts
    return shortened(blocks_of(system, own)), turns


def shortened(blocks: Blocks) -> str | Blocks:
    """One text is said as a string."""
    return blocks[0]["text"] if len(blocks) == 1 and blocks[0].keys() == {"type", "text"} else blocks


def blocks_of(parts: Sequence[Part], own: bool) -> Blocks:
    blocks: Blocks = []
    for part in parts:
        block = block_of(part, own)
        if block is None:
            continue
        cache = getattr(part, "cache", None)
        if cache:
            block["cache_control"] = cache
        blocks.append(block)
    return blocks


def block_of(part: Part, own: bool) -> dict[str, Any] | None:
    """None for what must not be sent: empty texts of others, and thoughts of other models."""
    match part:
        case Text():
            return {"type": "text", "text": part.text} if part.text or own else None
        case Refusal():
            return {"type": "text", "text": part.text}
        case Reasoning():
            return thought(part)
        case ToolCall():
            return {"type": "tool_use", "id": fit(part.id), "name": part.name, "input": arguments_of(part)}
        case ToolResult():
            return result(part, own)
        case Image():
            return {"type": "image", "source": source(part.url, "", part.media_type, part.data)}
        case File():
            return document(part, own)
        case Foreign():
            return dict(part.block)
    raise Unsupported("messages[].content[].input_audio", "anthropic")


def thought(part: Reasoning) -> dict[str, Any] | None:
    if part.origin != ORIGIN:
        return None
    if part.sealed:
        return {"type": "redacted_thinking", "data": part.sealed}
    return {"type": "thinking", "thinking": part.text, "signature": part.signature} if part.signature else None


def fit(call_id: str) -> str:
    """Ids of other providers may hold signs that are refused here; the result of a call gets the same."""
    return UNFIT.sub("_", call_id)


def result(part: ToolResult, own: bool) -> dict[str, Any]:
    block: dict[str, Any] = {"type": "tool_result", "tool_use_id": fit(part.call_id)}
    inner = blocks_of(part.parts, own)
    if inner:
        block["content"] = shortened(inner)
    if part.is_error:
        block["is_error"] = True
    return block


def document(part: File, own: bool) -> dict[str, Any]:
    if part.file_id and not own:
        raise Unsupported("messages[].content[].file.file_id", "anthropic", "send the document as file_data")
    title = {"title": part.name} if part.name else {}
    if part.media_type.startswith("text/"):
        text = b64decode(part.data).decode("utf-8", "replace")
        return {"type": "document", "source": {"type": "text", "media_type": "text/plain", "data": text}, **title}
    if part.data and part.media_type != "application/pdf":
        raise Unsupported("messages[].content[].file", "anthropic", "documents are PDF or text there")
    return {"type": "document", "source": source(part.url, part.file_id, part.media_type, part.data), **title}


def source(url: str, file_id: str, media_type: str, data: str) -> dict[str, Any]:
    if url:
        return {"type": "url", "url": url}
    if file_id:
        return {"type": "file", "file_id": file_id}
    return {"type": "base64", "media_type": media_type, "data": data}
