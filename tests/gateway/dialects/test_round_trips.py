"""A body that is read and said again over the dialect's own wire means the same: nothing is lost on the way."""

from __future__ import annotations

from typing import Any

import orjson
import pytest
from hypothesis import HealthCheck, assume, given, settings

from gateway.dialects import anthropic, openai
from gateway.errors import BadRequest, Unsupported
from gateway.wires import WIRES
from gateway.wires.base import Chat, File, Image, Refusal, Text, ToolCall, ToolChoice, ToolResult
from tests.gateway.wires.asking import target
from tests.gateway.wires.recorded import REQUESTS, Recording

from .bodies import OfAnthropic, OfOpenAI, meaning

DIALECTS = {"openai": openai, "anthropic": anthropic}
TARGET = target(asks_for_usage=False)
OWN = [param for param in REQUESTS if param.values[0].wire_name in DIALECTS]
THOROUGH = settings(
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much], deadline=None
)


def again(dialect: str, body: Any) -> Any:
    outgoing = WIRES[dialect].encode(DIALECTS[dialect].parse(body), target(body["model"], asks_for_usage=False))
    return orjson.loads(outgoing.body)


@pytest.mark.parametrize("recording", OWN)
def test_recorded_bodies(recording: Recording) -> None:
    body = orjson.loads(recording.body)
    for message in body["messages"]:  # the same thoughts, said twice
        if "reasoning_content" in message:
            message.pop("reasoning", None)

    assert meaning(again(recording.wire_name, body)) == meaning(body)


@THOROUGH
@given(body=OfOpenAI.body)
def test_any_body_of_chat_completions(body: Any) -> None:
    if "max_completion_tokens" in body:
        body.pop("max_tokens", None)  # one of them counts

    assert meaning(again("openai", body)) == meaning(body)


@THOROUGH
@given(body=OfAnthropic.body)
def test_any_body_of_messages(body: Any) -> None:
    assert meaning(again("anthropic", body)) == meaning(body)


PLACES = {"tool_result": 0, "tool_use": 2}
NO_PARAMETERS = {"type": "object", "properties": {}}


def told(chat: Chat) -> list[Any]:
    """What is told, in order: texts that follow each other are one, thoughts and marks of caches are none."""
    said: list[Any] = []
    for message in chat.messages:
        for part in message.parts:
            match part:
                case Text() | Refusal():
                    item: Any = part.text.replace("\n", "")
                case ToolCall():
                    item = ("call", part.id, part.name, orjson.loads(part.arguments or "{}"))
                case ToolResult():
                    item = ("result", part.call_id, "".join(inner.text for inner in part.parts).replace("\n", ""))
                case Image():
                    item = ("image", part.url or part.data)
                case File():
                    item = ("file", part.data)
                case _:
                    continue
            if isinstance(item, str) and said and said[-1][0] == message.role and isinstance(said[-1][1], str):
                said[-1] = (message.role, said[-1][1] + item)
            elif item:
                said.append((message.role, item))
    return said


def is_said_otherwise(part: Any) -> bool:
    """Documents become text, and what results show follows them."""
    if isinstance(part, ToolResult):
        return part.is_error or not all(isinstance(inner, Text) for inner in part.parts)
    return isinstance(part, File)


def settings_of(chat: Chat) -> list[Any]:
    tools = [(tool.name, tool.description, tool.parameters or NO_PARAMETERS) for tool in chat.tools]
    schema = chat.format.schema if chat.format else None
    choice = chat.tool_choice if chat.tools and chat.tool_choice != ToolChoice(mode="auto") else None
    top_p = None if chat.top_p == 1 else chat.top_p  # which is no limit
    return [tools, choice, schema, chat.temperature, top_p, chat.stop, chat.stream]


@THOROUGH
@given(body=OfOpenAI.body)
def test_a_call_in_chat_completions_arrives_as_messages(body: Any) -> None:
    """System messages in between would join the prompt, so they are told first here."""
    body["messages"].sort(key=lambda message: message["role"] not in ("system", "developer"))
    chat = openai.parse(body)
    try:
        arrived = anthropic.parse(orjson.loads(WIRES["anthropic"].encode(chat, TARGET).body))
    except (Unsupported, BadRequest):
        assume(False)

    assert told(arrived) == told(chat)
    assert settings_of(arrived) == settings_of(chat)


@THOROUGH
@given(body=OfAnthropic.body)
def test_a_call_in_messages_arrives_as_chat_completions(body: Any) -> None:
    """Results come first in a turn, as they must in both, and calls last, as they do in Chat Completions."""
    for message in body["messages"]:
        if isinstance(message["content"], list):
            message["content"].sort(key=lambda block: PLACES.get(block["type"], 1))
    chat = anthropic.parse(body)
    assume(not any(is_said_otherwise(part) for message in chat.messages for part in message.parts))
    try:
        arrived = openai.parse(orjson.loads(WIRES["openai"].encode(chat, TARGET).body))
    except Unsupported:
        assume(False)

    assert told(arrived) == told(chat)
    assert settings_of(arrived) == settings_of(chat)
