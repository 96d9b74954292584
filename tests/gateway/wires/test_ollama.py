"""Ollama's own protocol, by bodies of our own in its true shape."""

from __future__ import annotations

from typing import Any

import orjson
import pytest

from gateway.errors import Unsupported, UpstreamFailed
from gateway.wires.base import (
    Audio,
    Begin,
    Chat,
    Failed,
    File,
    Format,
    Image,
    Reasoning,
    Stop,
    Text,
    Thinking,
    Tokens,
    ToolCall,
    ToolChoice,
)
from gateway.wires.ollama import WIRE

from .asking import WEATHER, assistant, body, called, chat, result, system, target, user
from .streams import told

AT = "2026-09-21T13:33:20.123456789Z"
END = {"done": True, "done_reason": "stop", "prompt_eval_count": 7, "eval_count": 3, "eval_duration": 9}


def sent(*messages: Any, **fields: Any) -> Any:
    return body(WIRE, chat(*messages, **fields))


def line(message: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"model": "m", "created_at": AT, "message": {"role": "assistant", "content": "", **message}, **more}


def lines(*payloads: Any) -> bytes:
    return b"".join(orjson.dumps(payload) + b"\n" for payload in payloads)


@pytest.mark.parametrize(
    ("base_url", "path"),
    [
        ("http://localhost:11434", "/api/chat"),
        ("http://localhost:11434/", "/api/chat"),
        ("https://ollama.com/api", "/chat"),
    ],
)
def test_the_path_follows_the_base_url(base_url: str, path: str) -> None:
    assert WIRE.encode(chat("hello"), target(base_url=base_url)).path == path


def test_messages_hold_one_text_and_bare_images() -> None:
    asked = sent(system("Be brief."), user("Look:", Image(media_type="image/png", data="aW1n"), "What is it?"))

    assert asked["messages"] == [
        {"role": "system", "content": "Be brief."},
        {"role": "user", "content": "Look:\n\nWhat is it?", "images": ["aW1n"]},
    ]
    assert asked["stream"] is False


def test_calls_have_arguments_as_objects_and_results_the_tools_name() -> None:
    asked = sent(
        "Paris?",
        assistant(
            Reasoning(text="Hm.", origin="ollama"), Reasoning(text="No.", signature="s", origin="anthropic"), called()
        ),
        user(result("sunny"), "And now?"),
    )

    assert asked["messages"][1:] == [
        {
            "role": "assistant",
            "content": "",
            "thinking": "Hm.",
            "tool_calls": [{"id": "call_1", "function": {"name": "weather", "arguments": {"city": "Paris"}}}],
        },
        {"role": "tool", "tool_name": "weather", "tool_call_id": "call_1", "content": "sunny"},
        {"role": "user", "content": "And now?"},
    ]


def test_a_failure_of_a_tool_is_said_in_words() -> None:
    asked = sent("Paris?", assistant(called()), user(result("no idea", is_error=True)))

    assert asked["messages"][2]["content"] == "Error: no idea"


def test_settings_are_options() -> None:
    asked = sent(
        "hello", max_tokens=5, temperature=0.0, top_p=1.0, top_k=40, stop=["END"], seed=1, presence_penalty=0.0
    )

    assert asked["options"] == {
        "num_predict": 5,
        "temperature": 0.0,
        "top_p": 1.0,
        "top_k": 40,
        "stop": ["END"],
        "seed": 1,
    }
    assert "options" not in sent("hello")


def test_formats() -> None:
    assert sent("hello", format=Format())["format"] == "json"
    assert sent("hello", format=Format(schema={"type": "object"}))["format"] == {"type": "object"}


def test_tools_that_may_not_be_called_are_not_offered() -> None:
    function = {"name": "weather", "description": "Tells the weather.", "parameters": WEATHER.parameters}

    assert sent("hello", tools=[WEATHER])["tools"] == [{"type": "function", "function": function}]
    assert "tools" not in sent("hello", tools=[WEATHER], tool_choice=ToolChoice(mode="none"))


@pytest.mark.parametrize(
    ("thinking", "think"),
    [
        (Thinking(off=True), False),
        (Thinking(adaptive=True), True),
        (Thinking(effort="minimal"), "low"),
        (Thinking(effort="high"), "high"),
        (Thinking(effort="xhigh"), "max"),
        (Thinking(budget=4000), "medium"),
    ],
)
def test_thinking(thinking: Thinking, think: Any) -> None:
    assert sent("hello", thinking=thinking)["think"] == think


def test_a_model_that_cannot_think_need_not_be_told_not_to() -> None:
    assert "think" not in body(WIRE, chat("hello", thinking=Thinking(off=True)), target(reasons=False))


@pytest.mark.parametrize(
    ("asked", "param"),
    [
        (chat(user(Image(url="https://example.org/a.png"))), "messages[].content[].image_url.url"),
        (chat(user(File(data="cGRm", media_type="application/pdf"))), "messages[].content[] of type file"),
        (chat(user(Audio(data="c25k", format="wav"))), "messages[].content[] of type audio"),
        (chat("hello", tools=[WEATHER], tool_choice=ToolChoice(mode="required")), "tool_choice"),
        (chat("hello", tools=[WEATHER], parallel_tools=False), "parallel_tool_calls"),
        (chat("hello", dialect="openai", rest={"logprobs": True}), "logprobs"),
    ],
)
def test_what_cannot_be_said_is_refused_by_name(asked: Chat, param: str) -> None:
    with pytest.raises(Unsupported) as caught:
        WIRE.encode(asked, target())

    assert caught.value.param == param


def test_a_whole_answer() -> None:
    call = {"function": {"index": 0, "name": "weather", "arguments": {"city": "Paris"}}}

    reply = WIRE.decode(orjson.dumps(line({"thinking": "Hm.", "content": "Hi.", "tool_calls": [call, call]}, **END)))

    assert (reply.model, reply.created, reply.stop) == ("m", 1789997600, Stop.TOOL_CALLS)
    assert reply.tokens == Tokens(input=7, output=3)
    assert reply.parts[:2] == [Reasoning(text="Hm.", origin="ollama"), Text(text="Hi.")]
    first, second = reply.parts[2:]
    assert isinstance(first, ToolCall) and first.arguments == '{"city":"Paris"}'
    assert isinstance(second, ToolCall) and second.id != first.id


def test_arguments_may_be_text_already() -> None:
    call = {"function": {"name": "weather", "arguments": '{"city":"Paris"}'}}

    (part,) = WIRE.decode(orjson.dumps(line({"tool_calls": [call]}, **END))).parts

    assert isinstance(part, ToolCall) and part.arguments == '{"city":"Paris"}'


def test_a_stream_says_the_same_as_the_whole() -> None:
    call = {"id": "call_x", "function": {"name": "weather", "arguments": {}}}
    whole = WIRE.decode(
        orjson.dumps(line({"thinking": "Hm. So.", "content": "Hi.</think>", "tool_calls": [call]}, **END))
    )
    stream = lines(
        line({"thinking": "Hm."}),
        line({"thinking": " So."}),
        line({"content": "Hi."}),
        line({"content": "</think>"}),
        line({"tool_calls": [call]}),
        line({}, **END),
    )

    found = told(WIRE, stream, range(1, 300, 11))

    assert found.reply == whole
    assert found.ended
    assert sum(isinstance(delta, Begin) for delta in found.deltas) == 1


def test_answers_of_generate_are_read_too() -> None:
    head = {"model": "m", "created_at": AT}

    found = told(WIRE, lines({**head, "response": "Hi"}, {**head, "response": "!"}, {**head, "response": "", **END}))

    assert found.reply == WIRE.decode(orjson.dumps({**head, "response": "Hi!", **END}))
    assert found.reply.parts == [Text(text="Hi!")] and found.ended


@pytest.mark.parametrize(("reason", "stop"), [("length", Stop.LENGTH), ("load", Stop.UNKNOWN), (None, Stop.UNKNOWN)])
def test_why_it_ended(reason: str | None, stop: Stop) -> None:
    ending = END | {"done_reason": reason} if reason else {"done": True}

    assert WIRE.decode(orjson.dumps(line({"content": "a"}, **ending))).stop is stop


def test_an_error_inside_a_stream_is_told() -> None:
    found = told(WIRE, lines(line({"content": "a"}), {"error": "model runner has unexpectedly stopped"}))

    last = found.deltas[-1]
    assert isinstance(last, Failed) and "unexpectedly stopped" in last.error.message
    assert not found.ended


def test_a_document_of_text_is_text() -> None:
    document = File(data="U3Vubnku", media_type="text/plain", name="Weather")

    assert "Weather\\n\\nSunny." in WIRE.encode(chat(user("Read:", document)), target()).body.decode()


def test_a_stream_that_breaks_off_has_not_ended() -> None:
    assert not told(WIRE, lines(line({"content": "a"}))[:-3]).ended


@pytest.mark.parametrize("answer", [b"", b"{}", b"[]", b'{"message": 1}', b'{"error": "model not loaded"}'])
def test_what_is_no_answer_is_the_providers_failure(answer: bytes) -> None:
    with pytest.raises(UpstreamFailed):
        WIRE.decode(answer)


def test_an_error_keeps_its_words_and_status() -> None:
    error = WIRE.error(404, b'{"error":"model \'x\' not found"}')

    assert error.status == 404
    assert "model 'x' not found" in error.message
