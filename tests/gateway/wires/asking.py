"""Small chats in the neutral form, and what a wire makes of them."""

from __future__ import annotations

from typing import Any

import orjson

from gateway.wires.base import Chat, Message, Part, Target, Text, Tool, ToolCall, ToolResult, Wire

WEATHER = Tool(
    name="weather",
    description="Tells the weather.",
    parameters={"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]},
)


def user(*parts: Part | str) -> Message:
    return Message(role="user", parts=[Text(text=part) if isinstance(part, str) else part for part in parts])


def assistant(*parts: Part | str) -> Message:
    return Message(role="assistant", parts=[Text(text=part) if isinstance(part, str) else part for part in parts])


def system(text: str) -> Message:
    return Message(role="system", parts=[Text(text=text)])


def called(id: str = "call_1", city: str = "Paris", **signed: str) -> ToolCall:
    return ToolCall(id=id, name="weather", arguments=f'{{"city":"{city}"}}', **signed)


def result(*parts: Any, id: str = "call_1", is_error: bool = False) -> ToolResult:
    inner = [Text(text=part) if isinstance(part, str) else part for part in parts]
    return ToolResult(call_id=id, parts=inner, is_error=is_error, name="weather")


def chat(*messages: Message | str, **fields: Any) -> Chat:
    said = [user(message) if isinstance(message, str) else message for message in messages]
    return Chat(model="m", messages=said, **fields)


def target(model_id: str = "model-1", base_url: str = "https://provider.example/v1", **fields: Any) -> Target:
    return Target(provider="p", model_id=model_id, base_url=base_url, **fields)


def body(wire: Wire, asked: Chat, to: Target | None = None) -> Any:
    """What is sent, as JSON."""
    return orjson.loads(wire.encode(asked, to or target()).body)
