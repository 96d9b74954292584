"""How much to think, in the two forms that models of different ages understand."""

from __future__ import annotations

from typing import Any

from gateway.errors import Unsupported
from gateway.wires.base import Chat, Reasoning, Target, Thinking, ToolCall, ToolResult
from gateway.wires.effort import budget_of, effort_of

from .versions import ADAPTIVE, version

ORIGIN = "anthropic"
LEAST_BUDGET = 1_024
ROOM = 4_096  # tokens for the answer beside the thinking, where the caller set no limit
EFFORTS = {"minimal": "low"}  # that have another name here


def thinking_of(chat: Chat, target: Target, max_tokens: int) -> tuple[dict[str, Any] | None, str, int]:
    """The field, the effort, and the most tokens with the room that a budget takes. Raises Unsupported."""
    wanted = chat.thinking
    if wanted is None:
        return None, "", max_tokens
    if chat.dialect == ORIGIN:
        return as_said(wanted), wanted.effort, max_tokens
    new = version(target.model_id) >= ADAPTIVE
    if wanted.off:
        return ({"type": "disabled"} if new else None), "", max_tokens  # the older ones think only if told to
    if new:
        effort = wanted.effort or (effort_of(wanted.budget) if wanted.budget else "")
        display = "omitted" if wanted.show is False else "summarized"  # which is not what all of them do unasked
        return {"type": "adaptive", "display": display}, EFFORTS.get(effort, effort), max_tokens
    if between_calls_without_thought(chat):
        return None, "", max_tokens
    budget = max(wanted.budget or budget_of(wanted.effort), LEAST_BUDGET)
    if chat.max_tokens is None:
        max_tokens = max(max_tokens, budget + ROOM) if target.max_output_tokens is None else max_tokens
    if max_tokens <= LEAST_BUDGET:
        raise Unsupported("reasoning_effort", "anthropic", f"it needs max_tokens above {LEAST_BUDGET}")
    budget = min(budget, max(LEAST_BUDGET, max_tokens // 2))
    return shown({"type": "enabled", "budget_tokens": budget}, wanted), "", max_tokens


def as_said(wanted: Thinking) -> dict[str, Any] | None:
    """By a caller who speaks this dialect."""
    if wanted.off:
        return {"type": "disabled"}
    if wanted.budget is not None:
        return shown({"type": "enabled", "budget_tokens": wanted.budget}, wanted)
    return shown({"type": "adaptive"}, wanted) if wanted.adaptive else None


def shown(said: dict[str, Any], wanted: Thinking) -> dict[str, Any]:
    return said if wanted.show is None else {**said, "display": "summarized" if wanted.show else "omitted"}


def between_calls_without_thought(chat: Chat) -> bool:
    """Whether results answer calls whose thinking is not at hand: with a budget, it would have to be."""
    last = chat.messages[-1] if chat.messages else None
    if last is None or not any(isinstance(part, ToolResult) for part in last.parts):
        return False
    calling = next((message for message in reversed(chat.messages) if message.role == "assistant"), None)
    return calling is not None and not any(
        isinstance(part, Reasoning) and part.origin == ORIGIN and (part.signature or part.sealed)
        for part in calling.parts
        if not isinstance(part, ToolCall)
    )
