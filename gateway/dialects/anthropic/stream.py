"""A stream of the Messages API, written event by event: blocks, one after the other, between a begin and an end."""

from __future__ import annotations

from typing import Any

import orjson

from gateway.errors import GatewayError
from gateway.framing import is_object
from gateway.wires.base import (
    CONTENT,
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

from .answers import carrier, error_body, stop_reason, usage_of
from .signatures import carried, marked

PING = b'event: ping\ndata: {"type": "ping"}\n\n'


GROWING = (*CONTENT, ToolCallDelta)


def event(name: str, fields: dict[str, Any]) -> bytes:
    return b"event: %b\ndata: %b\n\n" % (name.encode(), orjson.dumps({"type": name, **fields}))


class Renderer:
    """Turns deltas into events. `begin` comes first, `end` or `fail` last; each gives whole events or none."""

    def __init__(self, chat: Chat, model: str, call_id: str, created: int) -> None:
        self.model, self.call_id = model, call_id
        self.tokens = Tokens()
        self.citations: list[Any] = []
        self.finish = Finish(stop=Stop.UNKNOWN)
        self.index = -1  # of the block at hand, or of the last one
        self.open = ""  # its type, while it is open
        self.thought: ReasoningDelta | None = None  # the last piece of the thinking at hand
        self.calls: dict[int, int] = {}  # index of a call -> of its block
        self.called = -1  # index of the call at hand
        self.argued: list[str] = []  # its arguments so far
        self.waiting: list[Delta] = []
        self.text_head = b""  # of an event that lets the text at hand grow

    def begin(self) -> bytes:
        message: dict[str, Any] = {
            "id": self.call_id,
            "type": "message",
            "role": "assistant",
            "model": self.model,
            "content": [],
            "stop_reason": None,
            "stop_sequence": None,
            "usage": usage_of(self.tokens),
        }
        return event("message_start", {"message": message})

    def feed(self, delta: Delta) -> bytes:
        if self.open == "tool_use" and isinstance(delta, GROWING) and self.must_wait(delta):
            self.waiting.append(delta)
            return b""
        match delta:
            case TextDelta():
                return self.text(delta.text) + self.signed_text(delta)
            case ReasoningDelta():
                return self.thinking(delta) if delta.text or delta.signature or delta.sealed else b""
            case ToolCallDelta():
                return self.arguments(delta)
            case ToolCallBegin():
                return self.call(delta)
            case RefusalDelta():
                return self.text(delta.text)
            case Counted():
                self.tokens.update(delta.tokens)
            case Citations():
                self.citations = delta.citations
            case Finish():  # said at the end: some providers say it with every piece
                self.finish = delta
            case Failed():
                return self.fail(delta.error)
        return b""

    def start(self, block: dict[str, Any]) -> bytes:
        """Close the block at hand and begin another."""
        closed = self.close()
        self.index += 1
        self.open = block["type"]
        return closed + event("content_block_start", {"index": self.index, "content_block": block})

    def grow(self, delta: dict[str, Any]) -> bytes:
        return event("content_block_delta", {"index": self.index, "delta": delta})

    def close(self) -> bytes:
        """Thinking of other wires is signed at its end, so that it is known when it comes back."""
        if not self.open:
            return b""
        signed = b""
        if self.thought and not self.thought.signature:
            signature = carried(self.thought)
            signed = self.grow({"type": "signature_delta", "signature": signature}) if signature else b""
        self.open, self.thought = "", None
        return signed + event("content_block_stop", {"index": self.index})

    def text(self, text: str) -> bytes:
        if not text:
            return b""
        begun = b""
        if self.open != "text":
            begun = self.start({"type": "text", "text": ""})
            self.text_head = (
                b'event: content_block_delta\ndata: {"type":"content_block_delta","index":%d,'
                b'"delta":{"type":"text_delta","text":' % self.index
            )
        return begun + self.text_head + orjson.dumps(text) + b"}}\n\n"

    def signed_text(self, delta: TextDelta) -> bytes:
        return self.whole(carrier(marked(delta.origin, delta.signature, of="text"))) if delta.signature else b""

    def whole(self, block: dict[str, Any]) -> bytes:
        """A block that comes at once. A signature is no part of what a block begins with."""
        if block["type"] != "thinking":
            return self.start(block) + self.close()
        begun = self.start({**block, "signature": ""})
        return begun + self.grow({"type": "signature_delta", "signature": block["signature"]}) + self.close()

    def thinking(self, delta: ReasoningDelta) -> bytes:
        if delta.sealed:
            return self.whole({"type": "redacted_thinking", "data": carried(delta)})
        begun = b""
        if self.thought is None or not continues(self.thought, delta):
            begun = self.start({"type": "thinking", "thinking": "", "signature": ""})
        self.thought = delta
        if delta.text:
            begun += self.grow({"type": "thinking_delta", "thinking": delta.text})
        if delta.signature:
            begun += self.grow({"type": "signature_delta", "signature": carried(delta)}) + self.close()
        return begun

    def call(self, begin: ToolCallBegin) -> bytes:
        signed = self.whole(carrier(marked(begin.origin, begin.signature, of="call"))) if begin.signature else b""
        started = self.start({"type": "tool_use", "id": begin.id, "name": begin.name, "input": {}})
        self.calls[begin.index] = self.index
        self.called, self.argued = begin.index, []
        return signed + started

    def arguments(self, delta: ToolCallDelta) -> bytes:
        if delta.index == self.called:
            self.argued.append(delta.arguments)
        grown = {"type": "input_json_delta", "partial_json": delta.arguments}
        said = event("content_block_delta", {"index": self.calls[delta.index], "delta": grown})
        return said + self.resume() if self.waiting and self.is_whole() else said

    def must_wait(self, delta: Delta) -> bool:
        """Blocks come one after the other, while calls of some providers come side by side: all else waits for the end
        of the call at hand."""
        if isinstance(delta, ToolCallDelta) and delta.index == self.called:
            return False
        return not self.is_whole()

    def is_whole(self) -> bool:
        return is_object("".join(self.argued))

    def resume(self) -> bytes:
        waiting, self.waiting = self.waiting, []
        return b"".join(map(self.feed, waiting))

    def said_at_last(self) -> bytes:
        """What waited for calls that were never whole."""
        said = self.close()
        while self.waiting:
            said += self.resume() + self.close()
        return said

    def end(self) -> bytes:
        """The end of an answer that is whole."""
        reason = stop_reason(self.finish.stop, called=bool(self.calls))
        fields: dict[str, Any] = {
            "delta": {"stop_reason": reason, "stop_sequence": self.finish.stop_sequence or None},
            "usage": usage_of(self.tokens),
        }
        if self.citations:
            fields["citations"] = self.citations
        return self.said_at_last() + event("message_delta", fields) + event("message_stop", {})

    def fail(self, error: GatewayError) -> bytes:
        """The end of one that is not."""
        return b"event: error\ndata: %b\n\n" % orjson.dumps(error_body(error, self.call_id))

    def keep_alive(self) -> bytes:
        return PING
