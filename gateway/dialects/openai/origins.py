"""Reasoning and signatures as callers of Chat Completions get them, and send them back.

What came over another wire is marked with its name, so that it returns there: reasoning by the `format` of its detail,
the signature of a call or text by the `origin` beside Google's. What has no mark came over OpenAI's.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from gateway.dialects.reading import items, mapping, text
from gateway.wires.base import Reasoning, ReasoningDelta
from gateway.wires.openai import thoughts
from gateway.wires.openai.thoughts import IN_REASONING, ORIGIN, detail_of, form_of, said_in, signature_in

FORMAT = "registry:"  # and the name of the wire
FIELDS = {
    "reasoning.text": "text",
    "reasoning.summary": "summary",
    "reasoning.encrypted": "data",
}  # of a detail, by type


def reasoning_of(message: Mapping[str, Any], path: str) -> list[Reasoning]:
    """Details tell all; without them there is only text, in one of two fields."""
    details = items(message.get("reasoning_details") or [], f"{path}.reasoning_details")
    if details:
        return [
            of_detail(mapping(detail, f"{path}.reasoning_details[{index}]")) for index, detail in enumerate(details)
        ]
    if said := message.get("reasoning_content"):
        return [Reasoning(text=text(said, f"{path}.reasoning_content"), origin=ORIGIN)]
    if isinstance(said := message.get("reasoning"), str) and said:
        return [Reasoning(text=said, origin=ORIGIN, form=IN_REASONING)]
    return []


def of_detail(detail: Mapping[str, Any]) -> Reasoning:
    reasoning, marked = Reasoning(**said_in(detail)), detail.get("format") or ""
    if marked.startswith(FORMAT):
        reasoning.origin = marked[len(FORMAT) :]
    else:
        reasoning.origin, reasoning.form = ORIGIN, form_of(detail)
    return reasoning


def has_detail(reasoning: Reasoning | ReasoningDelta) -> bool:
    """Whether there is more to it than the text of a field: who must get it back, or a signature."""
    return reasoning.origin != ORIGIN or (reasoning.form or {}).get("field") == "reasoning_details"


def marked_detail(reasoning: Reasoning | ReasoningDelta, index: int, first: bool = True) -> dict[str, Any]:
    """The detail of reasoning or of a piece of it. Clients add pieces up, so only the first is marked."""
    if not first:
        kind = {"type": reasoning.form["type"]} if reasoning.form and "type" in reasoning.form else {}
        return {**detail_of(reasoning, kind), "index": index}
    if reasoning.origin == ORIGIN:
        return {**detail_of(reasoning, reasoning.form or {}), "index": index}
    return {**detail_of(reasoning, {}), "format": FORMAT + reasoning.origin, "index": index}


def signature_of(holder: Mapping[str, Any], path: str) -> tuple[str, str]:
    """The signature of a call or text, and the wire it came over."""
    extra = holder.get("extra_content")
    if extra is None:
        return "", ""
    origin = mapping(extra, f"{path}.extra_content").get("origin") or ORIGIN
    mapping(extra.get("google") or {}, f"{path}.extra_content.google")
    return signature_in(holder), origin


def holds_others(body: Mapping[str, Any]) -> bool:
    """Whether something in a body belongs to another wire: no provider who speaks OpenAI's should get it."""
    messages = body.get("messages")
    said = [message for message in messages if isinstance(message, dict)] if isinstance(messages, list) else []
    return any(map(is_anothers, said))


def is_anothers(message: Mapping[str, Any]) -> bool:
    if message.get("role") != "assistant":
        return message.get("role") == "tool" and "is_error" in message
    calls, details = message.get("tool_calls"), message.get("reasoning_details")
    holders = [message, *(calls if isinstance(calls, list) else ())]
    return any(
        isinstance(detail, dict) and str(detail.get("format") or "").startswith(FORMAT)
        for detail in (details if isinstance(details, list) else ())
    ) or any(
        isinstance(holder, dict) and isinstance(extra := holder.get("extra_content"), dict) and "origin" in extra
        for holder in holders
    )


def extra_content(signature: str, origin: str) -> dict[str, Any]:
    said = thoughts.extra_content(signature)
    return said if origin == ORIGIN else {**said, "origin": origin}
