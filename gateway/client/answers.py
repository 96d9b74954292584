"""What callers in Python get. Unknown counts and costs are None."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from gateway.call import Call
from gateway.dialects.openai.answers import message_in
from gateway.wires.base import Reasoning, Refusal, Reply, Text, Tokens, ToolCall

Message = Mapping[str, Any]  # in the form of OpenAI


@dataclass(frozen=True, kw_only=True)
class Answered:
    """Which model answered, why that one, and what it took."""

    model: str  # provider/model_id
    requested: str
    reason: str  # a value of catalog.resolution.Reason
    tokens: Tokens
    cost: Decimal | None  # USD
    call_id: str  # of its row of usage


@dataclass(frozen=True, kw_only=True)
class Answer(Answered):
    """What a model said."""

    parts: Sequence[Text | Reasoning | ToolCall | Refusal]
    message: Message  # to be sent back with the next turn
    messages: Sequence[Message]  # the whole conversation, this message too
    stop: str  # a value of gateway.wires.base.Stop
    earlier: Sequence[Answer] = ()  # those that called tools, where a handler answered them

    @property
    def text(self) -> str:
        return "".join(part.text for part in self.parts if isinstance(part, Text | Refusal))

    @property
    def reasoning(self) -> str:
        return "".join(part.text for part in self.parts if isinstance(part, Reasoning))

    @property
    def tool_calls(self) -> list[ToolCall]:
        return [part for part in self.parts if isinstance(part, ToolCall)]


@dataclass(frozen=True, kw_only=True)
class Spoken(Answered):
    """Sound, and whose voice it is."""

    audio: bytes
    content_type: str
    voice: str
    voice_reason: str  # why it is not the one asked for; empty: it is


def told(call: Call) -> dict[str, Any]:
    """What is told of every call that was answered."""
    assert call.candidate is not None
    return {
        "model": call.candidate.model.label,
        "requested": call.requested,
        "reason": call.candidate.reason.value,
        "tokens": call.tokens,
        "cost": call.cost,
        "call_id": call.id,
    }


def answer_of(call: Call, reply: Reply, said: Sequence[Message], earlier: Sequence[Answer] = ()) -> Answer:
    message = message_in(reply)
    return Answer(
        parts=tuple(reply.parts),
        message=message,
        messages=(*said, message),
        stop=reply.stop.value,
        earlier=tuple(earlier),
        **told(call),
    )
