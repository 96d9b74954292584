"""What an answer says, whole or in events. A whole answer is read as a stream is, so both say the same."""

from __future__ import annotations

from typing import Any

import orjson

from gateway.errors import UpstreamFailed
from gateway.framing import data_of, name_of
from gateway.lenient import loads
from gateway.wires.base import (
    Begin,
    Citations,
    Counted,
    Delta,
    Failed,
    Finish,
    ReasoningDelta,
    Reply,
    Stop,
    TextDelta,
    Tokens,
    ToolCallBegin,
    ToolCallDelta,
    collect,
)
from gateway.wires.failures import UNREADABLE, broken, failed, failure, said
from gateway.wires.openai.usage import cost, number
from gateway.wires.soundness import sound

from .thinking import ORIGIN

STOPS = {
    "end_turn": Stop.END,
    "max_tokens": Stop.LENGTH,
    "model_context_window_exceeded": Stop.LENGTH,
    "stop_sequence": Stop.STOP_SEQUENCE,
    "tool_use": Stop.TOOL_CALLS,
    "pause_turn": Stop.PAUSED,
    "refusal": Stop.REFUSED,
}


def decode(body: bytes) -> Reply:
    """The answer of a whole body. Raises UpstreamFailed where it is an error in spite of its status, or unreadable."""
    decoder = Decoder()
    try:
        message = loads(body)
        if "error" in message or ("content" not in message and said(message)):
            raise failed(0, message)
        deltas = decoder.begun(message)
        for index, block in enumerate(message["content"]):
            deltas += decoder.block_begun(index, block) + decoder.block_ended(index)
        return collect(sound(deltas + decoder.finished(message, {})))
    except UNREADABLE as error:
        raise UpstreamFailed("The provider's answer could not be read.") from error


def at_first(usage: dict[str, Any]) -> dict[str, Any]:
    """What is known when a stream begins: what it says came out so far is no count of an answer that breaks off."""
    return {name: value for name, value in usage.items() if name != "output_tokens"}


class Decoder:
    """Reads one stream. Blocks of Anthropic's own tools are passed over; they have no place in the neutral form."""

    def __init__(self) -> None:
        self.ended = False
        self.calls: dict[int, int] = {}  # index of a block -> of its call
        self.inputs: dict[int, Any] = {}  # of blocks that have sent no fragment yet
        self.usage: dict[str, Any] = {}
        self.citations: list[Any] = []

    def feed(self, event: bytes) -> list[Delta]:
        """What one event says. Raises StreamBroken if it cannot be read."""
        data = data_of(event) or event.strip()
        if data[:1] != b"{":
            return [Failed(error=failure(0, data))] if name_of(event) == "error" else []
        try:
            return sound(self.read(loads(data)))
        except UNREADABLE as error:
            raise broken() from error

    def close(self) -> list[Delta]:
        return []

    def read(self, event: dict[str, Any]) -> list[Delta]:
        match event.get("type"):
            case "content_block_delta":
                return self.block_grown(event["index"], event["delta"])
            case "content_block_start":
                return self.block_begun(event["index"], event["content_block"])
            case "content_block_stop":
                return self.block_ended(event["index"])
            case "message_start":
                return self.begun({**event["message"], "usage": at_first(event["message"].get("usage") or {})})
            case "message_delta":
                return self.finished(event["delta"], event.get("usage") or {})
            case "message_stop":
                self.ended = True
            case kind if "error" in event or (kind in (None, "error") and said(event)):
                return [Failed(error=failed(0, event))]
        return []

    def begun(self, message: dict[str, Any]) -> list[Delta]:
        begin = Begin(id=message.get("id") or "", model=message.get("model") or "")
        return [begin, *self.counted(message.get("usage") or {})]

    def block_begun(self, index: int, block: dict[str, Any]) -> list[Delta]:
        match block["type"]:
            case "text":
                said: list[Delta] = [TextDelta(text=block["text"])] if block.get("text") else []
                return said + self.cited(block.get("citations") or [])
            case "thinking":
                text, signature = block.get("thinking") or "", block.get("signature") or ""
                return [ReasoningDelta(text=text, signature=signature, origin=ORIGIN)] if text or signature else []
            case "redacted_thinking":
                return [ReasoningDelta(sealed=block["data"], origin=ORIGIN)]
            case "tool_use":
                self.calls[index] = len(self.calls)
                self.inputs[index] = block.get("input") or {}
                return [ToolCallBegin(index=self.calls[index], id=block["id"], name=block["name"])]
        return []

    def block_grown(self, index: int, delta: dict[str, Any]) -> list[Delta]:
        match delta["type"]:
            case "text_delta":
                return [TextDelta(text=delta["text"])] if delta["text"] else []
            case "thinking_delta":
                return [ReasoningDelta(text=delta["thinking"], origin=ORIGIN)] if delta["thinking"] else []
            case "signature_delta":
                return [ReasoningDelta(signature=delta["signature"], origin=ORIGIN)]
            case "input_json_delta" if delta["partial_json"] and index in self.calls:
                self.inputs.pop(index, None)
                return [ToolCallDelta(index=self.calls[index], arguments=delta["partial_json"])]
            case "citations_delta":
                return self.cited([delta["citation"]])
        return []

    def block_ended(self, index: int) -> list[Delta]:
        if index not in self.inputs:
            return []
        arguments = orjson.dumps(self.inputs.pop(index)).decode()
        return [ToolCallDelta(index=self.calls[index], arguments=arguments)]

    def cited(self, citations: list[Any]) -> list[Delta]:
        if not citations:
            return []
        self.citations = [*self.citations, *citations]
        return [Citations(citations=self.citations)]

    def finished(self, delta: dict[str, Any], usage: dict[str, Any]) -> list[Delta]:
        deltas = [ended for index in [*self.inputs] for ended in self.block_ended(index)] + self.counted(usage)
        reason = delta.get("stop_reason")
        if reason:
            self.ended = True
            deltas.append(Finish(stop=STOPS.get(reason, Stop.UNKNOWN), stop_sequence=delta.get("stop_sequence") or ""))
        return deltas

    def counted(self, usage: dict[str, Any]) -> list[Delta]:
        """Counts add up over the stream; later ones may leave out what earlier ones said, or say 0. Here input excludes
        what was read from or written to the cache; the normal form includes it."""
        if not usage:
            return []
        self.usage.update((name, value) for name, value in usage.items() if value or name not in self.usage)
        known = self.usage
        read, written = number(known, "cache_read_input_tokens"), number(known, "cache_creation_input_tokens")
        fresh = number(known, "input_tokens")
        tokens = Tokens(
            input=None if fresh is None else fresh + (read or 0) + (written or 0),
            output=number(known, "output_tokens"),
            cache_read=read,
            cache_write=written,
            reasoning=number(known.get("output_tokens_details") or {}, "thinking_tokens"),
        )
        return [Counted(tokens=tokens, provider_cost=cost(known))]  # OpenRouter states one here too
