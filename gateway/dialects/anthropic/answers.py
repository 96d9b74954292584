"""A whole answer, counts and errors, as callers of the Messages API expect them."""

from __future__ import annotations

from typing import Any

import orjson

from gateway.errors import GatewayError, Unsupported
from gateway.framing import is_object
from gateway.wires.base import Reasoning, Refusal, Reply, Stop, Text, Tokens, ToolCall

from .signatures import carried, marked

STOPS = {
    Stop.END: "end_turn",
    Stop.LENGTH: "max_tokens",
    Stop.TOOL_CALLS: "tool_use",
    Stop.STOP_SEQUENCE: "stop_sequence",
    Stop.FILTERED: "refusal",
    Stop.REFUSED: "refusal",
    Stop.PAUSED: "pause_turn",
    Stop.UNKNOWN: "end_turn",
}
TYPES = {
    401: "authentication_error",
    402: "billing_error",
    403: "permission_error",
    404: "not_found_error",
    410: "not_found_error",
    413: "request_too_large",
    429: "rate_limit_error",
    503: "overloaded_error",
    504: "timeout_error",
    529: "overloaded_error",
}


def render(reply: Reply, *, model: str, call_id: str, created: int) -> bytes:
    """`created` is not said in this dialect."""
    answer: dict[str, Any] = {
        "id": call_id,
        "type": "message",
        "role": "assistant",
        "model": model,
        "content": [block for part in reply.parts for block in blocks_of(part)],
        "stop_reason": stop_reason(reply.stop, called=any(isinstance(part, ToolCall) for part in reply.parts)),
        "stop_sequence": reply.stop_sequence or None,
        "usage": usage_of(reply.tokens),
    }
    if reply.citations:
        answer["citations"] = reply.citations
    return orjson.dumps(answer)


def stop_reason(stop: Stop, *, called: bool) -> str:
    """An end that nobody told follows from what was said."""
    return STOPS[Stop.TOOL_CALLS if stop is Stop.UNKNOWN and called else stop]


def blocks_of(part: Text | Reasoning | ToolCall | Refusal) -> list[dict[str, Any]]:
    match part:
        case Text():
            signed = [carrier(marked(part.origin, part.signature, of="text"))] if part.signature else []
            return [*([{"type": "text", "text": part.text}] if part.text or not signed else []), *signed]
        case Refusal():
            return [{"type": "text", "text": part.text}]
        case Reasoning() if part.sealed:
            return [{"type": "redacted_thinking", "data": carried(part)}]
        case Reasoning():
            return [{"type": "thinking", "thinking": part.text, "signature": carried(part)}]
    signed = [carrier(marked(part.origin, part.signature, of="call"))] if part.signature else []
    return [*signed, {"type": "tool_use", "id": part.id, "name": part.name, "input": input_of(part.arguments)}]


def carrier(signature: str) -> dict[str, Any]:
    return {"type": "thinking", "thinking": "", "signature": signature}


def input_of(arguments: str) -> Any:
    """The arguments; those that are no JSON object, as when the answer was cut, stand as text in one."""
    if is_object(arguments):
        return orjson.Fragment(arguments)
    return {"unreadable": arguments} if arguments else {}


def usage_of(tokens: Tokens) -> dict[str, Any]:
    """The dialect requires numbers, so what is unknown is 0. Its input excludes what the cache was read or written."""
    read, written = tokens.cache_read or 0, tokens.cache_write or 0
    usage: dict[str, Any] = {
        "input_tokens": max((tokens.input or 0) - read - written, 0),
        "cache_creation_input_tokens": written,
        "cache_read_input_tokens": read,
        "output_tokens": tokens.output or 0,
    }
    if tokens.reasoning is not None:
        usage["output_tokens_details"] = {"thinking_tokens": tokens.reasoning}
    return usage


NAMES = {
    "parallel_tool_calls": "tool_choice.disable_parallel_tool_use",
    "reasoning_effort": "thinking",
    "response_format": "output_config.format",
}  # what the fields that a wire refuses are called here


def error_body(error: GatewayError, call_id: str) -> dict[str, Any]:
    """To be sent with the error's status."""
    kind = TYPES.get(error.status, "api_error" if error.status >= 500 else "invalid_request_error")
    message = error.message
    if isinstance(error, Unsupported) and error.param in NAMES:
        message = message.replace(error.param, NAMES[error.param], 1)
    said = {"type": kind, "message": message, "code": error.code}
    return {"type": "error", "error": {**error.details, **said}, "request_id": call_id}
