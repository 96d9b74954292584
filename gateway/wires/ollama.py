"""Ollama's own API: one JSON object a line. Answers of /api/generate are read too, but nothing is asked there."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import orjson

from gateway.errors import Unsupported

from .base import (
    Begin,
    Chat,
    Counted,
    Delta,
    Failed,
    File,
    Finish,
    Image,
    Message,
    Outgoing,
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
from .effort import effort_of
from .events import ObjectDecoder, seconds
from .failures import failed, failure
from .foreign import refuse_foreign
from .openai.usage import number
from .results import BETWEEN_TEXTS, apart, text_of
from .toolcalls import arguments_of, given, made_id, names_of, written

NAME = "ollama"
STOPS = {"stop": Stop.END, "length": Stop.LENGTH}
LEVELS = {"minimal": "low", "xhigh": "max"}  # others have the same name


def encode(chat: Chat, target: Target) -> Outgoing:
    """Raises Unsupported, naming the field, for what this wire cannot say."""
    refuse_foreign(chat, NAME)
    choice = chat.tool_choice.mode if chat.tool_choice and chat.tools else "auto"
    if choice in ("required", "named"):
        raise Unsupported("tool_choice", NAME, "the model decides by itself whether to call a tool")
    if chat.parallel_tools is False and chat.tools:
        raise Unsupported("parallel_tool_calls", NAME)
    names = names_of(chat)
    body: dict[str, Any] = {
        "model": target.model_id,
        "messages": [spoken for message in chat.messages for spoken in messages(message, names)],
        "stream": chat.stream,  # Ollama streams unless told not to
    }
    if chat.tools and choice == "auto":
        body["tools"] = [declaration(tool) for tool in chat.tools]
    if chat.format:
        body["format"] = "json" if chat.format.schema is None else chat.format.schema
    if chat.thinking and (think := thinking(chat.thinking, target)) is not None:
        body["think"] = think
    if said := options(chat):
        body["options"] = said
    path = "/chat" if target.base_url.rstrip("/").endswith("/api") else "/api/chat"
    return Outgoing(path=path, body=orjson.dumps(body))


def options(chat: Chat) -> dict[str, Any]:
    """Only what was said; a penalty of 0 is none."""
    known = {
        "num_predict": chat.max_tokens,
        "temperature": chat.temperature,
        "top_p": chat.top_p,
        "top_k": chat.top_k,
        "stop": chat.stop or None,
        "seed": chat.seed,
        "frequency_penalty": chat.frequency_penalty or None,
        "presence_penalty": chat.presence_penalty or None,
    }
    return {name: value for name, value in known.items() if value is not None}


def thinking(asked: Thinking, target: Target) -> bool | str | None:
    if asked.off:
        return None if target.reasons is False else False
    effort = asked.effort or (effort_of(asked.budget) if asked.budget else "")
    return LEVELS.get(effort, effort) or (True if asked.adaptive else None)


def declaration(tool: Tool) -> dict[str, Any]:
    function = {"name": tool.name, "description": tool.description, "parameters": tool.parameters or {"type": "object"}}
    return {"type": "function", "function": function}


def messages(message: Message, names: dict[str, str]) -> Iterator[dict[str, Any]]:
    """A result is a message of its own. All else of one message stands together, its images apart from its text."""
    results, others = apart(message.parts)
    for result in results:
        name = result.name or names.get(result.call_id, "")
        called = {"tool_name": name, **given("tool_call_id", result.call_id)}
        yield {"role": "tool", **called, "content": text_of(result)}
    texts: list[str] = []
    spoken: dict[str, Any] = {}
    for part in others:
        match part:
            case Text() | Refusal():
                texts.append(part.text)
            case File() if (text := text_in(part)) is not None:
                texts.append(text)
            case Image():
                spoken.setdefault("images", []).append(image(part))
            case Reasoning():
                if part.origin == NAME:
                    spoken["thinking"] = spoken.get("thinking", "") + part.text
            case ToolCall():
                spoken.setdefault("tool_calls", []).append(call(part))
            case _:
                raise Unsupported(f"messages[].content[] of type {type(part).__name__.lower()}", NAME)
    if texts or spoken:
        # What one model wrote in several parts is one text; what others wrote in several are several.
        content = ("" if message.role == "assistant" else BETWEEN_TEXTS).join(texts)
        yield {"role": message.role, "content": content, **spoken}


def image(part: Image) -> str:
    if not part.data:
        raise Unsupported("messages[].content[].image_url.url", NAME, "send the image as base64")
    return part.data


def call(part: ToolCall) -> dict[str, Any]:
    return {**given("id", part.id), "function": {"name": part.name, "arguments": arguments_of(part)}}


class Decoder(ObjectDecoder):
    def __init__(self) -> None:
        super().__init__()
        self.answer = ""  # what tells this answer from others; set by its first line
        self.calls = 0

    def feed(self, event: bytes) -> list[Delta]:
        line = event.strip()
        return self.read(line) if line else []

    def deltas(self, payload: Any) -> Iterator[Delta]:
        if "error" in payload:
            yield Failed(error=failed(0, payload))
            return
        message = payload["message"] if "message" in payload else {"content": payload["response"], **payload}
        if not self.answer:
            model, created = payload.get("model", ""), payload.get("created_at", "")
            self.answer = f"{model} {created}"
            yield Begin(model=model, created=seconds(created))
        if thought := message.get("thinking"):
            yield ReasoningDelta(text=thought, origin=NAME)
        if text := message.get("content"):
            yield TextDelta(text=text)
        for called in message.get("tool_calls") or ():
            yield from self.call(called)
        if payload.get("done"):
            yield Counted(
                tokens=Tokens(input=number(payload, "prompt_eval_count"), output=number(payload, "eval_count"))
            )
            stop = STOPS.get(payload.get("done_reason", ""), Stop.UNKNOWN)
            self.ended = True
            yield Finish(stop=Stop.TOOL_CALLS if self.calls and stop is not Stop.LENGTH else stop)

    def call(self, called: Any) -> Iterator[Delta]:
        function, index = called["function"], self.calls
        self.calls += 1
        yield ToolCallBegin(index=index, id=called.get("id") or made_id(self.answer, index), name=function["name"])
        yield ToolCallDelta(index=index, arguments=written(function.get("arguments") or {}))


def decode(body: bytes) -> Reply:
    return Decoder().whole(body)


WIRE = Wire(name=NAME, framing="lines", encode=encode, decode=decode, decoder=Decoder, error=failure)
