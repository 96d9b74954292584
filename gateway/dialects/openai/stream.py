"""A stream of Chat Completions, written piece by piece."""

from __future__ import annotations

from typing import Any

import orjson

from gateway.errors import GatewayError
from gateway.wires.base import (
    Chat,
    Citations,
    Counted,
    Delta,
    Failed,
    Finish,
    ReasoningDelta,
    RefusalDelta,
    Stop,
    TextDelta,
    Tokens,
    ToolCallBegin,
    ToolCallDelta,
    continues,
)

from .answers import error_body, finish_reason, is_annotation, usage_of
from .origins import extra_content, has_detail, marked_detail

DONE = b"data: [DONE]\n\n"
KEEP_ALIVE = b": keep-alive\n\n"
UNFINISHED = b'},"logprobs":null,"finish_reason":null}]}\n\n'


class Renderer:
    """Turns deltas into events. `begin` comes first, `end` or `fail` last; each gives whole events or none."""

    def __init__(self, chat: Chat, model: str, call_id: str, created: int) -> None:
        self.call_id = call_id
        self.wants_usage = chat.stream_usage
        self.tokens = Tokens()
        self.citations: list[Any] = []
        self.thought: ReasoningDelta | None = None  # the last piece of the reasoning at hand
        self.details = 0
        self.called = self.refused = False
        self.stop = Stop.UNKNOWN
        head = orjson.dumps(
            {"id": call_id, "object": "chat.completion.chunk", "created": created, "model": model, "choices": []}
        )
        self.head = b"data: " + head[:-2]  # without the end of its choices
        self.piece = self.head + b'{"index":0,"delta":{'

    def begin(self) -> bytes:
        return self.delta(b'"role":"assistant","content":""')

    def feed(self, delta: Delta) -> bytes:
        match delta:
            case TextDelta():
                return self.text(delta)
            case ReasoningDelta():
                return self.reasoning(delta) if delta.text or delta.signature or delta.sealed else b""
            case ToolCallDelta():
                call: dict[str, Any] = {"index": delta.index, "function": {"arguments": delta.arguments}}
                return self.delta(b'"tool_calls":' + orjson.dumps([call]))
            case ToolCallBegin():
                return self.call(delta)
            case RefusalDelta():
                self.refused = True
                return self.delta(b'"refusal":' + orjson.dumps(delta.text))
            case Counted():
                self.tokens.update(delta.tokens)
            case Citations():
                self.citations = delta.citations
            case Finish():  # said at the end: some providers say it with every piece
                self.stop = delta.stop
            case Failed():
                return self.fail(delta.error)
        return b""

    def delta(self, fields: bytes) -> bytes:
        """One piece, of JSON text without its braces."""
        return self.piece + fields + UNFINISHED

    def text(self, delta: TextDelta) -> bytes:
        self.thought = None
        fields = b'"content":' + orjson.dumps(delta.text)
        if delta.signature:
            fields += b',"extra_content":' + orjson.dumps(extra_content(delta.signature, delta.origin))
        return self.delta(fields)

    def reasoning(self, delta: ReasoningDelta) -> bytes:
        first = self.thought is None or not continues(self.thought, delta)
        self.thought = delta
        fields = [b'"reasoning_content":' + orjson.dumps(delta.text)] if delta.text else []
        if has_detail(delta):
            self.details += first
            fields.append(b'"reasoning_details":' + orjson.dumps([marked_detail(delta, self.details - 1, first)]))
        return self.delta(b",".join(fields))

    def call(self, begin: ToolCallBegin) -> bytes:
        self.thought, self.called = None, True
        call: dict[str, Any] = {
            "index": begin.index,
            "id": begin.id,
            "type": "function",
            "function": {"name": begin.name, "arguments": ""},
        }
        if begin.signature:
            call["extra_content"] = extra_content(begin.signature, begin.origin)
        return self.delta(b'"tool_calls":' + orjson.dumps([call]))

    def finish(self) -> bytes:
        annotations = [
            {**citation, "index": index} for index, citation in enumerate(filter(is_annotation, self.citations))
        ]
        choice = {
            "index": 0,
            "delta": {"annotations": annotations} if annotations else {},
            "logprobs": None,
            "finish_reason": finish_reason(self.stop, refused=self.refused, called=self.called),
        }
        others = [citation for citation in self.citations if not is_annotation(citation)]
        cited = b',"citations":' + orjson.dumps(others) if others else b""
        return self.head + orjson.dumps(choice) + b"]" + cited + b"}\n\n"

    def end(self) -> bytes:
        """The end of an answer that is whole."""
        said = self.finish()
        usage = usage_of(self.tokens) if self.wants_usage else None
        if usage:
            said += self.head + b'],"usage":' + orjson.dumps(usage) + b"}\n\n"
        return said + DONE

    def fail(self, error: GatewayError) -> bytes:
        """The end of one that is not."""
        return b"data: " + orjson.dumps(error_body(error, self.call_id)) + b"\n\n"

    def keep_alive(self) -> bytes:
        return KEEP_ALIVE
