"""What a caller sends wrong is told by the path of the field, with what to send instead."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.dialects import anthropic, openai
from gateway.errors import BadRequest, Unsupported
from gateway.wires.base import Chat, Text, Thinking, ToolResult

HI = {"role": "user", "content": "Hi"}
CALL = {"id": "a", "type": "function", "function": {"name": "f", "arguments": "{}"}}


def of_openai(*messages: Any, **fields: Any) -> Chat:
    return openai.parse({"model": "m", "messages": list(messages) or [HI], **fields})


def of_anthropic(*messages: Any, **fields: Any) -> Chat:
    return anthropic.parse({"model": "m", "max_tokens": 9, "messages": list(messages) or [HI], **fields})


def part(**fields: Any) -> Any:
    return {"role": "user", "content": [{"type": "text", "text": "Hi"}, fields]}


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"messages": [HI]}, "model"),
        ({"model": "", "messages": [HI]}, "model"),
        ({"model": "m"}, "messages"),
        ({"model": "m", "messages": []}, "messages"),
        ({"model": "m", "messages": "Hi"}, "messages"),
        ({"model": "m", "messages": ["Hi"]}, "messages[0]"),
    ],
)
def test_every_call_names_a_model_and_has_messages(body: Any, field: str) -> None:
    for parse in (openai.parse, anthropic.parse):
        with pytest.raises(BadRequest) as raised:
            parse({"max_tokens": 9, **body})

        assert raised.value.param == field
        assert raised.value.message.startswith(field)


@pytest.mark.parametrize(
    ("message", "field"),
    [
        ({"role": "bot", "content": "Hi"}, "messages[0].role"),
        ({"role": "function", "content": "Hi", "name": "f"}, "messages[0].role"),
        ({"role": "user"}, "messages[0].content"),
        ({"role": "user", "content": 1}, "messages[0].content"),
        (part(text="no type"), "messages[0].content[1].type"),
        (part(type="text"), "messages[0].content[1].text"),
        (part(type="image_url"), "messages[0].content[1].image_url"),
        (part(type="image_url", image_url={}), "messages[0].content[1].image_url.url"),
        (part(type="image_url", image_url={"url": "data:image/png,raw"}), "messages[0].content[1].image_url.url"),
        (part(type="input_audio", input_audio={"format": "wav"}), "messages[0].content[1].input_audio.data"),
        (part(type="file", file={}), "messages[0].content[1].file.file_data"),
        ({"role": "tool", "content": "Hi"}, "messages[0].tool_call_id"),
        ({"role": "tool", "tool_call_id": "a", "content": "Hi", "is_error": "yes"}, "messages[0].is_error"),
        ({"role": "assistant", "tool_calls": "f"}, "messages[0].tool_calls"),
        ({"role": "assistant", "tool_calls": [{"id": "a", "function": {}}]}, "messages[0].tool_calls[0].function.name"),
        ({"role": "assistant", "tool_calls": [{**CALL, "id": 7}]}, "messages[0].tool_calls[0].id"),
    ],
)
def test_messages_of_chat_completions(message: Any, field: str) -> None:
    with pytest.raises(BadRequest) as raised:
        of_openai(message)

    assert raised.value.param == field


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"temperature": "hot"}, "temperature"),
        ({"temperature": True}, "temperature"),
        ({"max_tokens": 1.5}, "max_tokens"),
        ({"stream": "yes"}, "stream"),
        ({"stop": 1}, "stop"),
        ({"stop": ["a", 1]}, "stop[1]"),
        ({"tools": "f"}, "tools"),
        ({"tools": [{"type": "function"}]}, "tools[0].function"),
        ({"tools": [{"type": "function", "function": {"name": ""}}]}, "tools[0].function.name"),
        ({"tool_choice": "maybe"}, "tool_choice"),
        ({"tool_choice": {"type": "function"}}, "tool_choice.function"),
        ({"response_format": {"type": "json_schema"}}, "response_format.json_schema"),
        ({"response_format": {"type": "json_schema", "json_schema": {}}}, "response_format.json_schema.schema"),
        ({"reasoning_effort": 3}, "reasoning_effort"),
    ],
)
def test_fields_of_chat_completions(fields: Any, field: str) -> None:
    with pytest.raises(BadRequest) as raised:
        of_openai(**fields)

    assert raised.value.param == field


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"max_tokens": None}, "max_tokens"),
        ({"messages": [{"role": "tool", "content": "Hi"}]}, "messages[0].role"),
        ({"messages": [part(type="image")]}, "messages[0].content[1].source"),
        ({"messages": [part(type="image", source={"type": "base64"})]}, "messages[0].content[1].source.media_type"),
        ({"messages": [part(type="tool_use", id="a", name="f")]}, "messages[0].content[1].input"),
        ({"messages": [part(type="tool_result")]}, "messages[0].content[1].tool_use_id"),
        ({"messages": [part(text="no type")]}, "messages[0].content[1].type"),
        ({"system": 7}, "system"),
        ({"tools": [{"name": "f"}]}, "tools[0].input_schema"),
        ({"tool_choice": {"type": "some"}}, "tool_choice.type"),
        ({"tool_choice": {"type": "tool"}}, "tool_choice.name"),
        ({"thinking": {"type": "enabled"}}, "thinking.budget_tokens"),
        ({"output_config": {"format": {"type": "xml"}}}, "output_config.format.type"),
        ({"metadata": "bob"}, "metadata"),
        ({"metadata": {"user_id": 7}}, "metadata.user_id"),
    ],
)
def test_messages_and_fields_of_messages(body: Any, field: str) -> None:
    with pytest.raises(BadRequest) as raised:
        anthropic.parse({"model": "m", "max_tokens": 9, "messages": [HI], **body})

    assert raised.value.param == field


FIELDS = [
    "role",
    "content",
    "type",
    "text",
    "image_url",
    "url",
    "source",
    "data",
    "media_type",
    "tool_calls",
    "function",
    "name",
    "arguments",
    "id",
    "tool_use_id",
    "input",
    "thinking",
    "signature",
    "reasoning_details",
    "format",
    "extra_content",
    "google",
    "file",
    "file_data",
    "title",
]
JUNK: Any = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.sampled_from(FIELDS), inner, max_size=4),
    max_leaves=12,
)


@given(
    message=st.dictionaries(st.sampled_from(FIELDS), JUNK, max_size=4).map(lambda said: {"role": "assistant", **said}),
    fields=st.dictionaries(
        st.sampled_from(["tools", "tool_choice", "thinking", "output_config", "system", "stop"]), JUNK
    ),
)
def test_whatever_is_sent_is_read_or_refused(message: Any, fields: Any) -> None:
    for parse in (openai.parse, anthropic.parse):
        try:
            chat = parse({"model": "m", "max_tokens": 9, "messages": [message], **fields})
        except BadRequest as refused:
            assert refused.param
        else:
            assert isinstance(chat, Chat)


# What is read


def test_results_that_follow_each_other_answer_one_message() -> None:
    call, result = {"role": "assistant", "tool_calls": [CALL]}, {"role": "tool", "tool_call_id": "a", "content": "x"}

    chat = of_openai(HI, call, result, {**result, "tool_call_id": "b"}, HI)

    assert [message.role for message in chat.messages] == ["user", "assistant", "user", "user"]
    assert chat.messages[2].parts == [
        ToolResult(call_id="a", name="f", parts=[Text(text="x")]),
        ToolResult(call_id="b", parts=[Text(text="x")]),
    ]


@pytest.mark.parametrize(
    ("fields", "thinking"),
    [
        ({}, None),
        ({"reasoning_effort": "high"}, Thinking(effort="high")),
        ({"reasoning_effort": "none"}, Thinking(effort="none", off=True)),
        ({"reasoning": {"effort": "low", "exclude": True}}, Thinking(effort="low", show=False)),
        ({"reasoning": {"max_tokens": 2000}}, Thinking(budget=2000)),
        ({"reasoning": {"enabled": False}}, Thinking(off=True)),
        ({"thinking": {"type": "enabled"}}, Thinking(adaptive=True)),
        ({"thinking": {"type": "disabled"}}, Thinking(off=True)),
    ],
)
def test_ways_to_ask_for_thinking(fields: Any, thinking: Thinking | None) -> None:
    assert of_openai(**fields).thinking == thinking


def test_penalties_of_nothing_ask_for_nothing() -> None:
    chat = of_openai(frequency_penalty=0, presence_penalty=0.0)

    assert chat.frequency_penalty is chat.presence_penalty is None


def test_usage_in_a_stream_comes_when_asked_for_and_always_in_messages() -> None:
    assert not of_openai(stream=True).stream_usage
    assert of_openai(stream=True, stream_options={"include_usage": True}).stream_usage
    assert of_anthropic(stream=True).stream_usage


def test_the_format_by_its_former_name() -> None:
    chat = of_anthropic(output_format={"type": "json_schema", "schema": {"type": "object"}})

    assert chat.format and chat.format.schema == {"type": "object"}


def test_a_refusal_names_the_field_as_the_caller_knows_it() -> None:
    refused = Unsupported("parallel_tool_calls", "ollama")

    assert openai.error_body(refused, "c")["error"]["param"] == "parallel_tool_calls"
    assert anthropic.error_body(refused, "c")["error"]["message"] == (
        "tool_choice.disable_parallel_tool_use cannot be expressed to this model (ollama)."
    )
