"""Anthropic's Messages."""

from __future__ import annotations

import base64
import zlib
from collections.abc import Iterator
from typing import Any

import orjson

from tests.fakes.provider import Seen

from .mind import Answer, Asked, Refused, Tool, fields, halves, words

STOP = {"end": "end_turn", "length": "max_tokens", "tools": "tool_use", "sequence": "stop_sequence"}
STOP["filter"] = "refusal"
KNOWN = fields(
    "cache_control container context_management inference_geo max_tokens mcp_servers messages metadata model "
    "output_config output_format service_tier stop_sequences stream system temperature thinking tool_choice tools "
    "top_k top_p"
)
ERRORS = {
    400: "invalid_request_error",
    401: "authentication_error",
    403: "permission_error",
    404: "not_found_error",
    413: "request_too_large",
    429: "rate_limit_error",
    529: "overloaded_error",
}


class Anthropic:
    stream_type = "text/event-stream; charset=utf-8"

    def read(self, seen: Seen) -> Asked:
        body = seen.json
        if "anthropic-version" not in seen.headers:
            raise Refused("anthropic-version: header is required")
        for name in ("model", "max_tokens", "messages"):
            if not body.get(name):
                raise Refused(f"{name}: Field required")
        if unknown := sorted(set(body) - KNOWN):
            raise Refused(f"{unknown[0]}: Extra inputs are not permitted")
        check_messages(body["messages"])
        return asked(body)

    def whole(self, asked: Asked, answer: Answer) -> Any:
        return {
            **head(asked),
            "content": blocks(answer),
            "stop_reason": STOP[answer.stop],
            "stop_sequence": answer.stop_sequence or None,
            "usage": {**input_usage(answer), **output_usage(answer)},
        }

    def events(self, asked: Asked, answer: Answer) -> Iterator[bytes]:
        message = {**head(asked), "content": [], "stop_reason": None, "stop_sequence": None}
        yield event("message_start", message={**message, "usage": {**input_usage(answer), "output_tokens": 1}})
        for index, block in enumerate(blocks(answer)):
            yield event("content_block_start", index=index, content_block=emptied(block))
            if index == 0:
                yield event("ping")
            for delta in deltas(block):
                yield event("content_block_delta", index=index, delta=delta)
            yield event("content_block_stop", index=index)
        delta = {"stop_reason": STOP[answer.stop], "stop_sequence": answer.stop_sequence or None}
        yield event("message_delta", delta=delta, usage={**input_usage(answer), **output_usage(answer)})
        yield event("message_stop")

    def error(self, status: int, message: str, param: str | None = None) -> Any:
        error = {"type": ERRORS.get(status, "api_error"), "message": message}
        return {"type": "error", "error": error, "request_id": "req_fake"}

    def broken(self, message: str) -> bytes:
        return event("error", error={"type": "overloaded_error", "message": message})


def event(kind: str, **fields: Any) -> bytes:
    return f"event: {kind}\ndata: ".encode() + orjson.dumps({"type": kind, **fields}) + b"\n\n"


def signature_of(thinking: str) -> str:
    """What makes a thought the server's own: sent back changed, it is refused."""
    return base64.b64encode(f"anthropic:{zlib.crc32(thinking.encode()):08x}".encode()).decode()


def head(asked: Asked) -> dict[str, Any]:
    name = f"msg_{zlib.crc32(asked.prompt.encode()):08x}"
    return {"id": name, "type": "message", "role": "assistant", "model": asked.model}


def blocks(answer: Answer) -> list[dict[str, Any]]:
    made: list[dict[str, Any]] = []
    if answer.reasoning:
        made.append({"type": "thinking", "thinking": answer.reasoning, "signature": signature_of(answer.reasoning)})
    if answer.text:
        made.append({"type": "text", "text": answer.text})
    for call in answer.calls:
        made.append({"type": "tool_use", "id": f"toolu_{call.id}", "name": call.name, "input": call.arguments})
    return made


def emptied(block: dict[str, Any]) -> dict[str, Any]:
    empty = {"text": "", "thinking": "", "signature": "", "input": {}}
    return {name: empty.get(name, value) if name != "type" else value for name, value in block.items()}


def deltas(block: dict[str, Any]) -> Iterator[dict[str, Any]]:
    match block["type"]:
        case "thinking":
            for word in words(block["thinking"]):
                yield {"type": "thinking_delta", "thinking": word}
            yield {"type": "signature_delta", "signature": block["signature"]}
        case "text":
            for word in words(block["text"]):
                yield {"type": "text_delta", "text": word}
        case _:
            yield {"type": "input_json_delta", "partial_json": ""}
            for fragment in halves(orjson.dumps(block["input"]).decode() if block["input"] else ""):
                yield {"type": "input_json_delta", "partial_json": fragment}


def input_usage(answer: Answer) -> dict[str, int]:
    """Here, and only here, tokens of the cache are not among those of the input."""
    return {
        "input_tokens": answer.input - answer.cached - answer.written,
        "cache_creation_input_tokens": answer.written,
        "cache_read_input_tokens": answer.cached,
    }


def output_usage(answer: Answer) -> dict[str, Any]:
    details = {"output_tokens_details": {"thinking_tokens": answer.thoughts}} if answer.thoughts else {}
    return {"output_tokens": answer.output, **details}


def asked(body: dict[str, Any]) -> Asked:
    contents = [(message["role"], blocks_of(message["content"])) for message in body["messages"]]
    system = blocks_of(body.get("system") or [])
    every = [block for _, blocks in contents for block in blocks]
    choice = body.get("tool_choice") or {"type": "auto"}
    thinking = body.get("thinking") or {"type": "disabled"}
    if thinking["type"] == "enabled" and not 1024 <= thinking.get("budget_tokens", 0) < body["max_tokens"]:
        raise Refused("thinking.budget_tokens: must be at least 1024 and less than max_tokens")
    format = (body.get("output_config") or {}).get("format") or body.get("output_format") or {}
    last_role, last = contents[-1]
    users = [texts(blocks) for role, blocks in contents if role == "user" and texts(blocks)]
    return Asked(
        model=body["model"],
        prompt=" ".join(users[-1]) if users else "",
        texts=[*texts(system), *texts(every), *results(every)],
        images=sum(block["type"] == "image" for block in every),
        tools=[Tool(name=tool["name"], schema=tool.get("input_schema") or {}) for tool in body.get("tools") or []],
        must_call=choice.get("name") or choice["type"] == "any",
        may_call=choice["type"] != "none",
        one_call=bool(choice.get("disable_parallel_tool_use")),
        results=results(last) if last_role == "user" else [],
        thinks=thinking["type"] != "disabled",
        schema=format.get("schema"),
        stop=body.get("stop_sequences") or [],
        max_tokens=body["max_tokens"],
        stream=bool(body.get("stream")),
    )


def blocks_of(content: Any) -> list[dict[str, Any]]:
    return [{"type": "text", "text": content}] if isinstance(content, str) else content


def texts(blocks: list[dict[str, Any]]) -> list[str]:
    return [block["text"] for block in blocks if block["type"] == "text"]


def results(blocks: list[dict[str, Any]]) -> list[str]:
    return [
        " ".join(texts(blocks_of(block.get("content") or ""))) for block in blocks if block["type"] == "tool_result"
    ]


def check_messages(messages: list[Any]) -> None:
    """Results stand right after their calls; thoughts come back as they were sent."""
    open_calls: set[str] = set()
    for number, message in enumerate(messages):
        blocks = blocks_of(message["content"])
        if message["role"] not in ("user", "assistant"):
            raise Refused(f"messages.{number}.role: Input should be 'user' or 'assistant'")
        answered = {block["tool_use_id"] for block in blocks if block["type"] == "tool_result"}
        if answered - open_calls:
            raise Refused(f"messages.{number}: unexpected `tool_use_id` found in `tool_result` blocks")
        if open_calls - answered:
            raise Refused(
                f"messages.{number}: `tool_use` ids were found without `tool_result` blocks immediately after"
            )
        if any(block["type"] == "text" and not block["text"] for block in blocks):
            raise Refused(f"messages.{number}: text content blocks must be non-empty")
        for block in blocks:
            if block["type"] == "thinking" and block.get("signature") != signature_of(block["thinking"]):
                raise Refused(f"messages.{number}: Invalid `signature` in `thinking` block")
        open_calls = {block["id"] for block in blocks if block["type"] == "tool_use"}
