"""Cohere's chat, version 2: its base URL ends with /v2."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import orjson

from gateway.errors import Unsupported

from .base import (
    Begin,
    Chat,
    Citations,
    Counted,
    Delta,
    Failed,
    File,
    Finish,
    Format,
    Image,
    Message,
    Outgoing,
    Part,
    Reasoning,
    ReasoningDelta,
    Refusal,
    Reply,
    Stop,
    Target,
    Text,
    TextDelta,
    Thinking,
    Tokens,
    Tool,
    ToolCall,
    ToolCallBegin,
    ToolCallDelta,
    Wire,
)
from .documents import text_in
from .effort import budget_of
from .events import ObjectDecoder
from .failures import failed, failure
from .foreign import refuse_foreign
from .openai.usage import number
from .results import apart, text_of

NAME = "cohere"
PLAN = {"field": "tool_plan"}  # what the model says before it calls tools; other reasoning is content
STOPS = {
    "COMPLETE": Stop.END,
    "MAX_TOKENS": Stop.LENGTH,
    "TOOL_CALL": Stop.TOOL_CALLS,
    "STOP_SEQUENCE": Stop.STOP_SEQUENCE,
    "ERROR_TOXIC": Stop.FILTERED,
}
LEAST_P, MOST_P = 0.01, 0.99  # others take 0 and 1 too
FAILURES = {"ERROR": 0, "TIMEOUT": 504}  # as statuses


def encode(chat: Chat, target: Target) -> Outgoing:
    """Raises Unsupported, naming the field, for what this wire cannot say."""
    refuse_foreign(chat, NAME)
    if chat.parallel_tools is False and chat.tools:
        raise Unsupported("parallel_tool_calls", NAME)
    body: dict[str, Any] = {
        "model": target.model_id,
        "messages": [spoken for message in chat.messages for spoken in messages(message)],
        "stream": chat.stream,
    }
    if chat.tools:
        body |= tools(chat)
    if chat.format:
        body["response_format"] = structure(chat.format)
    if chat.thinking and (thinks := thinking(chat.thinking, target)):
        body["thinking"] = thinks
    return Outgoing(path="/chat", body=orjson.dumps(body | settings(chat)))


def settings(chat: Chat) -> dict[str, Any]:
    """Only what was said; a penalty of 0 is none."""
    known = {
        "max_tokens": chat.max_tokens,
        "temperature": chat.temperature,
        "p": None if chat.top_p is None else min(max(chat.top_p, LEAST_P), MOST_P),
        "k": chat.top_k,
        "stop_sequences": chat.stop or None,
        "seed": chat.seed,
        "frequency_penalty": chat.frequency_penalty or None,
        "presence_penalty": chat.presence_penalty or None,
    }
    return {name: value for name, value in known.items() if value is not None}


def tools(chat: Chat) -> dict[str, Any]:
    """A tool that must be called is the only one that is offered: Cohere can demand a call, but not which."""
    choice = chat.tool_choice
    named = choice.name if choice and choice.mode == "named" else ""
    asked: dict[str, Any] = {"tools": [declaration(tool) for tool in chat.tools if named in ("", tool.name)]}
    if all(tool.strict for tool in chat.tools):
        asked["strict_tools"] = True
    if choice and choice.mode != "auto":
        asked["tool_choice"] = "NONE" if choice.mode == "none" else "REQUIRED"
    return asked


def declaration(tool: Tool) -> dict[str, Any]:
    parameters = tool.parameters or {"type": "object", "properties": {}}
    return {
        "type": "function",
        "function": {"name": tool.name, "description": tool.description, "parameters": parameters},
    }


def structure(asked: Format) -> dict[str, Any]:
    return {"type": "json_object"} | ({} if asked.schema is None else {"json_schema": asked.schema})


def thinking(asked: Thinking, target: Target) -> dict[str, Any]:
    if asked.off:
        return {} if target.reasons is False else {"type": "disabled"}
    budget = asked.budget or (budget_of(asked.effort) if asked.effort else None)
    if budget:
        return {"type": "enabled", "token_budget": budget}
    return {"type": "enabled"} if asked.adaptive else {}


def messages(message: Message) -> Iterator[dict[str, Any]]:
    """A result is a message of its own, and holds only text."""
    results, others = apart(message.parts)
    for result in results:
        yield {"role": "tool", "tool_call_id": result.call_id, "content": text_of(result)}
    spoken: dict[str, Any] = {}
    for part in others:
        match part:
            case ToolCall():
                function = {"name": part.name, "arguments": part.arguments or "{}"}
                spoken.setdefault("tool_calls", []).append({"id": part.id, "type": "function", "function": function})
            case Reasoning():
                if part.origin == NAME and part.form == PLAN:
                    spoken["tool_plan"] = part.text
                elif part.origin == NAME:
                    spoken.setdefault("content", []).append({"type": "thinking", "thinking": part.text})
            case _:
                if not isinstance(part, Text) or part.text:
                    spoken.setdefault("content", []).append(block(part))
    if spoken:
        yield {"role": message.role, **spoken}


def block(part: Part) -> dict[str, Any]:
    match part:
        case Text() | Refusal():
            return {"type": "text", "text": part.text}
        case File() if (text := text_in(part)) is not None:
            return {"type": "text", "text": text}
        case Image():
            url = part.url or f"data:{part.media_type};base64,{part.data}"
            return {"type": "image_url", "image_url": {"url": url} | ({"detail": part.detail} if part.detail else {})}
    raise Unsupported(f"messages[].content[] of type {type(part).__name__.lower()}", NAME)


class Decoder(ObjectDecoder):
    """A whole answer has the same parts, but no types of events."""

    def __init__(self) -> None:
        super().__init__()
        self.calls: dict[Any, int] = {}  # by Cohere's index
        self.bare: set[int] = set()  # calls without arguments so far
        self.citations: list[Any] = []

    def deltas(self, payload: Any) -> Iterator[Delta]:
        message = (payload.get("delta") or payload).get("message")
        if isinstance(message, str):
            yield Failed(error=failed(0, payload))
            return
        kind = payload.get("type")
        if kind is None and not message:
            raise ValueError("no answer")
        if kind in (None, "message-start"):
            yield Begin(id=payload.get("id", ""))
        if message:
            yield from self.said(message, payload.get("index"))
        if kind in (None, "message-end"):
            yield from self.end(payload.get("delta") or payload)

    def said(self, message: Any, index: Any) -> Iterator[Delta]:
        for item in listed(message.get("content")):
            if thought := item.get("thinking"):
                yield ReasoningDelta(text=thought, origin=NAME)
            if text := item.get("text"):
                yield TextDelta(text=text)
        if plan := message.get("tool_plan"):
            yield ReasoningDelta(text=plan, origin=NAME, form=PLAN)
        for at, called in enumerate(listed(message.get("tool_calls")), index or 0):
            yield from self.call(called, at)
        self.citations += listed(message.get("citations"))

    def call(self, called: Any, at: int) -> Iterator[Delta]:
        function = called.get("function") or {}
        if "id" in called and at not in self.calls:
            self.calls[at] = len(self.calls)
            self.bare.add(self.calls[at])
            yield ToolCallBegin(index=self.calls[at], id=called["id"], name=function["name"])
        arguments = function.get("arguments")
        if arguments and not (arguments == "null" and self.calls[at] in self.bare):
            self.bare.discard(self.calls[at])
            yield ToolCallDelta(index=self.calls[at], arguments=arguments)

    def end(self, told: Any) -> Iterator[Delta]:
        for index in sorted(self.bare):  # what they are for must be JSON
            yield ToolCallDelta(index=index, arguments="{}")
        if self.citations:
            yield Citations(citations=self.citations)
        if usage := told.get("usage"):
            yield Counted(tokens=tokens(usage))
        reason = told.get("finish_reason", "")
        if reason in FAILURES:
            yield Failed(error=failed(FAILURES[reason], told))
            return
        self.ended = True
        yield Finish(stop=STOPS.get(reason, Stop.UNKNOWN))


def listed(value: Any) -> list[Any]:
    """A stream has one where a whole answer has several."""
    if value is None:
        return []
    return value if isinstance(value, list) else [value]


def tokens(usage: Any) -> Tokens:
    """What was billed leaves out Cohere's own prompt; it stands in only where nothing better is known."""
    counts = usage.get("tokens") or usage.get("billed_units") or {}
    read = number(counts, "input_tokens")
    return Tokens(
        input=None if read is None else read + (number(counts, "image_tokens") or 0),
        output=number(counts, "output_tokens"),
        cache_read=number(usage, "cached_tokens"),
        reasoning=number(counts, "reasoning_tokens"),
    )


def decode(body: bytes) -> Reply:
    return Decoder().whole(body)


WIRE = Wire(name=NAME, framing="sse", encode=encode, decode=decode, decoder=Decoder, error=failure)
