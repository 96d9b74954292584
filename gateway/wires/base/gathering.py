"""From a stream to the whole answer, and back."""

from __future__ import annotations

from collections.abc import Iterable

from .chat import Reply
from .deltas import (
    Begin,
    Citations,
    Counted,
    Delta,
    Failed,
    Finish,
    ReasoningDelta,
    RefusalDelta,
    TextDelta,
    ToolCallBegin,
    ToolCallDelta,
)
from .parts import Reasoning, Refusal, Text, ToolCall


def continues(last: Reasoning | ReasoningDelta, delta: ReasoningDelta) -> bool:
    """Whether reasoning that arrives belongs to the part at hand."""
    return not (last.signature or last.sealed or delta.sealed) and last.form == delta.form


def collect(deltas: Iterable[Delta]) -> Reply:
    """The whole answer that a stream was. Raises the error of a stream that failed."""
    gathered = Gatherer()
    for delta in deltas:
        gathered.add(delta)
    return gathered.reply


class Gatherer:
    """Makes a Reply of Deltas, one by one."""

    def __init__(self) -> None:
        self.reply = Reply()
        self.calls: dict[int, ToolCall] = {}

    def add(self, delta: Delta) -> None:
        reply, parts = self.reply, self.reply.parts
        last = parts[-1] if parts else None
        match delta:
            case TextDelta():
                if isinstance(last, Text) and not last.signature:
                    last.text += delta.text
                    last.signature, last.origin = delta.signature, delta.origin
                elif delta.text or delta.signature:
                    parts.append(Text(text=delta.text, signature=delta.signature, origin=delta.origin))
            case ReasoningDelta():
                if isinstance(last, Reasoning) and continues(last, delta):
                    last.text += delta.text
                    last.signature, last.origin = delta.signature, delta.origin or last.origin
                elif delta.text or delta.signature or delta.sealed:
                    parts.append(
                        Reasoning(
                            text=delta.text,
                            signature=delta.signature,
                            sealed=delta.sealed,
                            origin=delta.origin,
                            form=delta.form,
                        )
                    )
            case ToolCallBegin():
                call = ToolCall(
                    id=delta.id, name=delta.name, arguments="", signature=delta.signature, origin=delta.origin
                )
                self.calls[delta.index] = call
                parts.append(call)
            case ToolCallDelta():
                self.calls[delta.index].arguments += delta.arguments
            case RefusalDelta():
                if isinstance(last, Refusal):
                    last.text += delta.text
                elif delta.text:
                    parts.append(Refusal(text=delta.text))
            case Citations():
                reply.citations = delta.citations
            case Counted():
                reply.tokens.update(delta.tokens)
                reply.provider_cost = delta.provider_cost or reply.provider_cost
            case Finish():
                reply.stop, reply.stop_sequence = delta.stop, delta.stop_sequence
            case Begin():
                reply.id, reply.model = delta.id or reply.id, delta.model or reply.model
                reply.created = delta.created or reply.created
            case Failed():
                raise delta.error


def replayed(reply: Reply) -> Iterable[Delta]:
    """The stream that a whole answer would have been."""
    yield Begin(id=reply.id, model=reply.model, created=reply.created)
    index = 0
    for part in reply.parts:
        match part:
            case Text():
                yield TextDelta(text=part.text, signature=part.signature, origin=part.origin)
            case Reasoning():
                yield ReasoningDelta(
                    text=part.text,
                    signature=part.signature,
                    sealed=part.sealed,
                    origin=part.origin,
                    form=part.form,
                )
            case ToolCall():
                yield ToolCallBegin(
                    index=index, id=part.id, name=part.name, signature=part.signature, origin=part.origin
                )
                yield ToolCallDelta(index=index, arguments=part.arguments)
                index += 1
            case Refusal():
                yield RefusalDelta(text=part.text)
    if reply.citations:
        yield Citations(citations=reply.citations)
    yield Counted(tokens=reply.tokens, provider_cost=reply.provider_cost)
    yield Finish(stop=reply.stop, stop_sequence=reply.stop_sequence)
