"""What other wires want back, carried by callers of the Messages API in the signatures of thinking.

Clients must send thinking back as it was, so its signature holds the name of the wire and all it needs. None begins
like Anthropic's own, and none is ever sent there. The signature of a call travels in an empty thinking before it, that
of a text in one after it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal, TypeGuard

import orjson

from gateway.wires.base import Reasoning, ReasoningDelta, Text, ToolCall

ORIGIN = "anthropic"
MARK = "@"
Of = Literal["", "call", "text"]


def carried(reasoning: Reasoning | ReasoningDelta) -> str:
    """The signature, or the sealed data, of thinking."""
    if reasoning.origin == ORIGIN:
        return reasoning.sealed or reasoning.signature
    return marked(reasoning.origin, reasoning.signature, sealed=reasoning.sealed, form=reasoning.form)


def marked(origin: str, signature: str, *, sealed: str = "", form: Mapping[str, Any] | None = None, of: Of = "") -> str:
    said = {"signature": signature, "sealed": sealed, "form": form, "of": of}
    return f"{MARK}{origin}:" + orjson.dumps({name: value for name, value in said.items() if value}).decode()


def restored(thinking: str, signature: str, sealed: str = "") -> tuple[Reasoning, Of]:
    """The reasoning a block of thinking is, or the part beside it whose signature it carries."""
    if not (sealed or signature).startswith(MARK):
        return Reasoning(text=thinking, signature=signature, sealed=sealed, origin=ORIGIN), ""
    origin, _, said = (sealed or signature)[1:].partition(":")
    try:
        kept = orjson.loads(said)
        reasoning = Reasoning(
            text=thinking,
            signature=kept.get("signature", ""),
            sealed=kept.get("sealed", ""),
            origin=origin,
            form=kept.get("form"),
        )
        return reasoning, kept.get("of", "")
    except (orjson.JSONDecodeError, AttributeError):
        return Reasoning(text=thinking), ""  # what was changed on its way goes nowhere


def holds_others(body: Mapping[str, Any]) -> bool:
    """Whether thinking that came over another wire stands in a body: Anthropic would refuse it."""
    messages = body.get("messages")
    said = [message.get("content") for message in messages if isinstance(message, dict)] if is_list(messages) else []
    return any(is_anothers(block) for content in said if is_list(content) for block in content)


def is_list(value: Any) -> TypeGuard[list[Any]]:
    return isinstance(value, list)


def is_anothers(block: Any) -> bool:
    if not isinstance(block, dict) or block.get("type") not in ("thinking", "redacted_thinking"):
        return False
    return any(isinstance(said := block.get(name), str) and said.startswith(MARK) for name in ("signature", "data"))


def sign(part: Text | ToolCall, reasoning: Reasoning) -> None:
    part.signature, part.origin = reasoning.signature, reasoning.origin
