"""A whole answer, counts and errors, as callers of Chat Completions expect them."""

from __future__ import annotations

from typing import Any

import orjson

from gateway.errors import GatewayError
from gateway.wires.base import Reasoning, Refusal, Reply, Stop, Text, Tokens, ToolCall

from .origins import extra_content, has_detail, marked_detail

FINISHES = {
    Stop.LENGTH: "length",
    Stop.TOOL_CALLS: "tool_calls",
    Stop.FILTERED: "content_filter",
    Stop.REFUSED: "content_filter",
}
TYPES = {401: "authentication_error", 403: "permission_error", 404: "not_found_error", 429: "rate_limit_error"}


def render(reply: Reply, *, model: str, call_id: str, created: int) -> bytes:
    answer: dict[str, Any] = {
        "id": call_id,
        "object": "chat.completion",
        "created": created,
        "model": model,
        "choices": [
            {
                "index": 0,
                "message": message_of(reply),
                "logprobs": None,
                "finish_reason": finish_reason(
                    reply.stop,
                    refused=any(isinstance(part, Refusal) for part in reply.parts),
                    called=any(isinstance(part, ToolCall) for part in reply.parts),
                ),
            }
        ],
    }
    usage = usage_of(reply.tokens)
    if usage:
        answer["usage"] = usage
    if others := [citation for citation in reply.citations if not is_annotation(citation)]:
        answer["citations"] = others
    return orjson.dumps(answer)


def message_of(reply: Reply) -> dict[str, Any]:
    said: dict[str, Any] = {"role": "assistant", "content": None, "refusal": None}
    details: list[dict[str, Any]] = []
    for part in reply.parts:
        match part:
            case Text():
                said["content"] = (said["content"] or "") + part.text
                if part.signature:
                    said["extra_content"] = extra_content(part.signature, part.origin)
            case Refusal():
                said["refusal"] = (said["refusal"] or "") + part.text
            case Reasoning():
                if part.text:
                    said["reasoning_content"] = said.get("reasoning_content", "") + part.text
                if has_detail(part):
                    details.append(marked_detail(part, len(details)))
            case ToolCall():
                said.setdefault("tool_calls", []).append(call_of(part))
    if details:
        said["reasoning_details"] = details
    if annotations := [citation for citation in reply.citations if is_annotation(citation)]:
        said["annotations"] = annotations
    return said


def message_in(reply: Reply) -> dict[str, Any]:
    """The message without what it does not say."""
    return {name: value for name, value in message_of(reply).items() if value is not None or name == "content"}


def call_of(call: ToolCall) -> dict[str, Any]:
    said: dict[str, Any] = {
        "id": call.id,
        "type": "function",
        "function": {"name": call.name, "arguments": call.arguments},
    }
    if call.signature:
        said["extra_content"] = extra_content(call.signature, call.origin)
    return said


def is_annotation(citation: Any) -> bool:
    """Whether it is in OpenAI's own form; others stand beside the choices, as at Perplexity."""
    return isinstance(citation, dict) and "url_citation" in citation


def finish_reason(stop: Stop, *, refused: bool, called: bool) -> str:
    """A refusal that is told apart ends as any answer does. An end that nobody told follows from what was said."""
    if stop is Stop.UNKNOWN and called:
        return "tool_calls"
    return "stop" if stop is Stop.REFUSED and refused else FINISHES.get(stop, "stop")


def usage_of(tokens: Tokens) -> dict[str, Any] | None:
    """None where the counts that the dialect requires are unknown."""
    if tokens.input is None or tokens.output is None:
        return None
    usage: dict[str, Any] = {
        "prompt_tokens": tokens.input,
        "completion_tokens": tokens.output,
        "total_tokens": tokens.input + tokens.output,
    }
    before = {
        "cached_tokens": tokens.cache_read,
        "cache_write_tokens": tokens.cache_write,
        "audio_tokens": tokens.audio_input,
    }
    after = {"reasoning_tokens": tokens.reasoning, "audio_tokens": tokens.audio_output}
    for name, counts in (("prompt_tokens_details", before), ("completion_tokens_details", after)):
        if known := {kind: count for kind, count in counts.items() if count is not None}:
            usage[name] = known
    return usage


def error_body(error: GatewayError, call_id: str) -> dict[str, Any]:
    """To be sent with the error's status."""
    kind = TYPES.get(error.status, "server_error" if error.status >= 500 else "invalid_request_error")
    said = {"message": error.message, "type": kind, "param": error.param, "code": error.code}
    return {"error": {**error.details, **said, "request_id": call_id}}
