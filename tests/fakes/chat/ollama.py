"""Ollama's own /api/chat: one JSON a line."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import orjson

from tests.fakes.provider import Seen

from .mind import Answer, Asked, Refused, fields, words
from .openai import tool_of

KNOWN = fields("format keep_alive logprobs messages model options stream think tools top_logprobs")
TIMES = {"total_duration": 3_000_000, "load_duration": 1_000_000, "prompt_eval_duration": 1_000_000}


class Ollama:
    stream_type = "application/x-ndjson"

    def read(self, seen: Seen) -> Asked:
        body = seen.json
        if unknown := set(body) - KNOWN:  # the real one ignores them; nothing of ours should send any
            raise Refused(f"json: unknown field {min(unknown)!r}")
        if not body.get("model"):
            raise Refused("model is required")
        return asked(body)

    def whole(self, asked: Asked, answer: Answer) -> Any:
        message: dict[str, Any] = {"role": "assistant", "content": answer.text}
        if answer.reasoning:
            message["thinking"] = answer.reasoning
        if answer.calls:
            message["tool_calls"] = calls(answer)
        return {**head(asked), "message": message, **end(answer)}

    def events(self, asked: Asked, answer: Answer) -> Iterator[bytes]:
        for word in words(answer.reasoning):
            yield self.line(asked, {"content": "", "thinking": word})
        for word in words(answer.text):
            yield self.line(asked, {"content": word})
        for call in calls(answer):
            yield self.line(asked, {"content": "", "tool_calls": [call]})
        yield self.line(asked, {"content": ""}, end(answer))

    def line(self, asked: Asked, message: dict[str, Any], end: dict[str, Any] | None = None) -> bytes:
        payload = {**head(asked), "message": {"role": "assistant", **message}, **(end or {"done": False})}
        return orjson.dumps(payload) + b"\n"

    def error(self, status: int, message: str, param: str | None = None) -> Any:
        return {"error": message}

    def broken(self, message: str) -> bytes:
        return orjson.dumps({"error": message}) + b"\n"


def head(asked: Asked) -> dict[str, Any]:
    return {"model": asked.model, "created_at": "2026-09-21T13:33:20.000000Z"}


def end(answer: Answer) -> dict[str, Any]:
    return {
        "done": True,
        "done_reason": "length" if answer.stop == "length" else "stop",
        **TIMES,
        "prompt_eval_count": answer.input,
        "eval_count": answer.output,
        "eval_duration": 1_000_000,
    }


def calls(answer: Answer) -> list[dict[str, Any]]:
    return [
        {"id": call.id, "function": {"index": index, "name": call.name, "arguments": call.arguments}}
        for index, call in enumerate(answer.calls)
    ]


def asked(body: dict[str, Any]) -> Asked:
    messages = body.get("messages") or []
    for message in messages:
        if not isinstance(message.get("content", ""), str):
            raise Refused(
                "json: cannot unmarshal array into Go struct field ChatRequest.messages.content of type string"
            )
        if any(isinstance(call["function"]["arguments"], str) for call in message.get("tool_calls") or []):
            raise Refused("json: cannot unmarshal string into Go struct field ToolCallFunction.arguments")
    options = body.get("options") or {}
    format = body.get("format")
    results: list[str] = []
    for message in reversed(messages):
        if message["role"] != "tool":
            break
        results.insert(0, message["content"])
    return Asked(
        model=body["model"],
        prompt=next((message["content"] for message in reversed(messages) if message["role"] == "user"), ""),
        texts=[message.get("content") or "" for message in messages],
        images=sum(len(message.get("images") or []) for message in messages),
        tools=[tool_of(tool["function"]) for tool in body.get("tools") or []],
        results=results,
        thinks=bool(body.get("think")),
        json=format == "json",
        schema=format if isinstance(format, dict) else None,
        stop=options.get("stop") or [],
        max_tokens=options.get("num_predict"),
        stream=body.get("stream", True),
    )
