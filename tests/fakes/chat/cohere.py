"""Cohere's version 2 chat."""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from typing import Any

import orjson

from tests.fakes.provider import Seen

from .mind import Answer, Asked, Refused, fields, halves, words
from .openai import check_results, parts_of, results_of, text_of, tool_of

FINISH = {"end": "COMPLETE", "length": "MAX_TOKENS", "tools": "TOOL_CALL", "sequence": "STOP_SEQUENCE"}
FINISH["filter"] = "ERROR_TOXIC"
KNOWN = fields(
    "citation_options documents frequency_penalty k logprobs max_tokens messages model p presence_penalty priority "
    "reasoning_effort response_format safety_mode seed stop_sequences stream strict_tools temperature thinking "
    "tool_choice tools"
)


class Cohere:
    stream_type = "text/event-stream"

    def read(self, seen: Seen) -> Asked:
        body = seen.json
        if unknown := set(body) - KNOWN:
            raise Refused(f"invalid request: unknown field '{min(unknown)}'", 422)
        if not body.get("messages"):
            raise Refused("invalid request: message must be at least 1 token long or tool results must be specified.")
        check_results(body["messages"])
        return asked(body)

    def whole(self, asked: Asked, answer: Answer) -> Any:
        message: dict[str, Any] = {"role": "assistant"}
        if answer.calls:
            message["tool_plan"] = f"I will use {answer.calls[0].name}."
            message["tool_calls"] = calls(answer)
        if blocks := content(answer):
            message["content"] = blocks
        return {"id": name(asked), "message": message, "finish_reason": FINISH[answer.stop], "usage": usage(answer)}

    def events(self, asked: Asked, answer: Answer) -> Iterator[bytes]:
        start = {"role": "assistant", "content": [], "tool_plan": "", "tool_calls": [], "citations": []}
        yield event("message-start", id=name(asked), delta={"message": start})
        blocks = content(answer)
        for index, block in enumerate(blocks):
            kind = block["type"]
            yield event("content-start", index=index, delta={"message": {"content": {"type": kind, kind: ""}}})
            for word in words(block[kind]):
                yield event("content-delta", index=index, delta={"message": {"content": {kind: word}}})
            yield event("content-end", index=index)
        if answer.calls:
            for word in words(f"I will use {answer.calls[0].name}."):
                yield event("tool-plan-delta", delta={"message": {"tool_plan": word}})
        for index, call in enumerate(calls(answer)):
            begin = {**call, "function": {**call["function"], "arguments": ""}}
            yield event("tool-call-start", index=index, delta={"message": {"tool_calls": begin}})
            for fragment in halves(call["function"]["arguments"]):
                part = {"function": {"arguments": fragment}}
                yield event("tool-call-delta", index=index, delta={"message": {"tool_calls": part}})
            yield event("tool-call-end", index=index)
        yield event("message-end", delta={"finish_reason": FINISH[answer.stop], "usage": usage(answer)})
        yield b"data: [DONE]\n\n"

    def error(self, status: int, message: str, param: str | None = None) -> Any:
        return {"id": "fake", "message": message}

    def broken(self, message: str) -> bytes:
        return event("message-end", delta={"error": message, "finish_reason": "ERROR"})


def event(kind: str, **fields: Any) -> bytes:
    return f"event: {kind}\ndata: ".encode() + orjson.dumps({"type": kind, **fields}) + b"\n\n"


def name(asked: Asked) -> str:
    return f"{zlib.crc32(asked.prompt.encode()):08x}-0000-4000-8000-000000000000"


def content(answer: Answer) -> list[dict[str, str]]:
    thought = [{"type": "thinking", "thinking": answer.reasoning}] if answer.reasoning else []
    return thought + ([{"type": "text", "text": answer.text}] if answer.text else [])


def calls(answer: Answer) -> list[dict[str, Any]]:
    return [
        {"id": call.id, "type": "function", "function": {"name": call.name, "arguments": call.text}}
        for call in answer.calls
    ]


def usage(answer: Answer) -> dict[str, Any]:
    """What is billed leaves out what Cohere adds to the prompt; here that is nothing."""
    tokens = {"input_tokens": answer.input, "output_tokens": answer.output}
    return {"billed_units": tokens, "tokens": tokens, "cached_tokens": answer.cached}


def asked(body: dict[str, Any]) -> Asked:
    messages = body["messages"]
    format = body.get("response_format") or {}
    thinking = body.get("thinking") or {}
    choice = body.get("tool_choice")
    if choice not in (None, "REQUIRED", "NONE"):
        raise Refused("invalid request: tool_choice must be one of REQUIRED, NONE", 422)
    return Asked(
        model=body["model"],
        prompt=next((text_of(message) for message in reversed(messages) if message["role"] == "user"), ""),
        texts=[text_of(message) for message in messages],
        images=sum(len(parts_of(message, "image_url")) for message in messages),
        tools=[tool_of(tool["function"]) for tool in body.get("tools") or []],
        must_call=choice == "REQUIRED",
        may_call=choice != "NONE",
        results=results_of(messages),
        thinks=thinking.get("type") == "enabled",
        json=format.get("type") == "json_object" and not format.get("json_schema"),
        schema=format.get("json_schema"),
        stop=body.get("stop_sequences") or [],
        max_tokens=body.get("max_tokens"),
        stream=bool(body.get("stream")),
    )
