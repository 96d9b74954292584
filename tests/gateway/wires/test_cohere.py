"""Cohere's protocol, version 2, by bodies of our own in its true shape."""

from __future__ import annotations

from typing import Any

import orjson
import pytest

from gateway.errors import Unsupported, UpstreamFailed
from gateway.wires.base import (
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
    Tool,
    ToolCall,
    ToolChoice,
)
from gateway.wires.cohere import PLAN, WIRE

from .asking import WEATHER, assistant, body, called, chat, result, system, target, user
from .streams import told

USAGE = {
    "billed_units": {"input_tokens": 5, "output_tokens": 3},
    "tokens": {"input_tokens": 70.0, "output_tokens": 9.0},
    "cached_tokens": 64,
}
CITATION = {"start": 0, "end": 2, "text": "Hi", "sources": [{"type": "tool", "id": "x:0"}]}
CALL = {"id": "x", "type": "function", "function": {"name": "weather", "arguments": '{"city":"Paris"}'}}
OTHER = {"id": "y", "type": "function", "function": {"name": "tides", "arguments": "{}"}}


def sent(*messages: Any, **fields: Any) -> Any:
    return body(WIRE, chat(*messages, **fields))


def answer(message: dict[str, Any], reason: str = "COMPLETE", **more: Any) -> bytes:
    full = {"id": "a1", "message": {"role": "assistant", **message}, "finish_reason": reason, "usage": USAGE, **more}
    return orjson.dumps(full)


def events(*payloads: dict[str, Any]) -> bytes:
    return b"".join(b"event: %b\ndata: %b\n\n" % (each["type"].encode(), orjson.dumps(each)) for each in payloads)


def event(kind: str, index: int | None = None, **message: Any) -> dict[str, Any]:
    at = {} if index is None else {"index": index}
    return {"type": kind, **at, "delta": {"message": message}}


def test_messages() -> None:
    asked = sent(
        system("Be brief."),
        user("Look:", Image(media_type="image/png", data="aW1n", detail="low"), Image(url="https://example.org/a.png")),
        assistant(Reasoning(text="Hm.", origin="cohere"), Reasoning(text="No.", origin="gemini"), "Paris?"),
        assistant(Reasoning(text="I will ask.", origin="cohere", form=PLAN), called()),
        user(result("sunny"), "And now?"),
    )

    text = {"type": "text", "text": "Look:"}
    call = {"id": "call_1", "type": "function", "function": {"name": "weather", "arguments": '{"city":"Paris"}'}}
    assert asked["messages"] == [
        {"role": "system", "content": [{"type": "text", "text": "Be brief."}]},
        {
            "role": "user",
            "content": [
                text,
                {"type": "image_url", "image_url": {"url": "data:image/png;base64,aW1n", "detail": "low"}},
                {"type": "image_url", "image_url": {"url": "https://example.org/a.png"}},
            ],
        },
        {"role": "assistant", "content": [{"type": "thinking", "thinking": "Hm."}, {"type": "text", "text": "Paris?"}]},
        {"role": "assistant", "tool_plan": "I will ask.", "tool_calls": [call]},
        {"role": "tool", "tool_call_id": "call_1", "content": "sunny"},
        {"role": "user", "content": [{"type": "text", "text": "And now?"}]},
    ]


def test_settings_have_other_names() -> None:
    asked = sent(
        "hello",
        max_tokens=5,
        temperature=0.0,
        top_p=1,
        top_k=4,
        stop=["END"],
        seed=1,
        frequency_penalty=0,
        presence_penalty=0.5,
        stream=True,
    )

    del asked["messages"]
    assert asked == {
        "model": "model-1",
        "stream": True,
        "max_tokens": 5,
        "temperature": 0.0,
        "p": 0.99,
        "k": 4,
        "stop_sequences": ["END"],
        "seed": 1,
        "presence_penalty": 0.5,
    }
    assert sent("hello", top_p=0.5)["p"] == 0.5


def test_a_tool_that_must_be_called_is_the_only_one_offered() -> None:
    tides = Tool(name="tides", strict=True)
    named = sent("hello", tools=[WEATHER, tides], tool_choice=ToolChoice(mode="named", name="tides"))
    any_of = sent("hello", tools=[WEATHER, tides], tool_choice=ToolChoice(mode="required"))
    strict = sent("hello", tools=[tides], tool_choice=ToolChoice(mode="none"))

    assert [tool["function"]["name"] for tool in named["tools"]] == ["tides"]
    assert (named["tool_choice"], any_of["tool_choice"], strict["tool_choice"]) == ("REQUIRED", "REQUIRED", "NONE")
    assert len(any_of["tools"]) == 2 and "strict_tools" not in any_of and strict["strict_tools"] is True
    assert strict["tools"][0]["function"]["parameters"] == {"type": "object", "properties": {}}
    assert "tool_choice" not in sent("hello", tools=[tides], tool_choice=ToolChoice(mode="auto"))


def test_formats_and_thinking() -> None:
    assert sent("hello", format=Format())["response_format"] == {"type": "json_object"}
    assert sent("hello", format=Format(schema={"type": "object"}))["response_format"] == {
        "type": "json_object",
        "json_schema": {"type": "object"},
    }
    assert sent("hello", thinking=Thinking(off=True))["thinking"] == {"type": "disabled"}
    assert sent("hello", thinking=Thinking(adaptive=True))["thinking"] == {"type": "enabled"}
    assert sent("hello", thinking=Thinking(budget=500))["thinking"] == {"type": "enabled", "token_budget": 500}
    assert sent("hello", thinking=Thinking(effort="low"))["thinking"] == {"type": "enabled", "token_budget": 2048}
    assert "thinking" not in body(WIRE, chat("hello", thinking=Thinking(off=True)), target(reasons=False))


@pytest.mark.parametrize(
    ("asked", "param"),
    [
        (chat(user(File(data="cGRm", media_type="application/pdf"))), "messages[].content[] of type file"),
        (chat("hello", tools=[WEATHER], parallel_tools=False), "parallel_tool_calls"),
        (chat("hello", dialect="openai", rest={"documents": ["x"]}), "documents"),
    ],
)
def test_what_cannot_be_said_is_refused_by_name(asked: Chat, param: str) -> None:
    with pytest.raises(Unsupported) as caught:
        WIRE.encode(asked, target())

    assert caught.value.param == param


def test_a_stream_says_the_same_as_the_whole() -> None:
    whole = WIRE.decode(
        answer(
            {
                "tool_plan": "I will ask.",
                "content": [{"type": "thinking", "thinking": "Hm. So."}, {"type": "text", "text": "Hi there."}],
                "tool_calls": [CALL, OTHER],
                "citations": [CITATION],
            },
            "TOOL_CALL",
        )
    )
    begun = [{**call, "function": {"name": call["function"]["name"], "arguments": ""}} for call in (CALL, OTHER)]
    pieces = ['{"city":', '"Paris"}']
    stream = events(
        {
            "type": "message-start",
            "id": "a1",
            "delta": {"message": {"role": "assistant", "content": [], "tool_plan": ""}},
        },
        event("content-start", 0, content={"type": "thinking", "thinking": ""}),
        event("content-delta", 0, content={"thinking": "Hm."}),
        event("content-delta", 0, content={"thinking": " So."}),
        {"type": "content-end", "index": 0},
        event("content-start", 1, content={"type": "text", "text": ""}),
        event("content-delta", 1, content={"text": "Hi"}),
        event("citation-start", 0, citations=CITATION),
        {"type": "citation-end", "index": 0},
        event("content-delta", 1, content={"text": " there."}),
        {"type": "content-end", "index": 1},
        event("tool-plan-delta", tool_plan="I will"),
        event("tool-plan-delta", tool_plan=" ask."),
        event("tool-call-start", 0, tool_calls=begun[0]),
        *[event("tool-call-delta", 0, tool_calls={"function": {"arguments": piece}}) for piece in pieces],
        {"type": "tool-call-end", "index": 0},
        event("tool-call-start", 1, tool_calls=begun[1]),
        event("tool-call-delta", 1, tool_calls={"function": {"arguments": "{}"}}),
        {"type": "message-end", "delta": {"finish_reason": "TOOL_CALL", "usage": USAGE}},
    )

    found = told(WIRE, stream + b"data: [DONE]\n\n", range(1, 900, 13))

    assert found.reply == whole and found.ended
    assert whole.parts == [
        Reasoning(text="Hm. So.", origin="cohere"),
        Text(text="Hi there."),
        Reasoning(text="I will ask.", origin="cohere", form=PLAN),
        ToolCall(id="x", name="weather", arguments='{"city":"Paris"}'),
        ToolCall(id="y", name="tides", arguments="{}"),
    ]
    assert (whole.id, whole.stop, whole.citations) == ("a1", Stop.TOOL_CALLS, [CITATION])
    assert whole.tokens == Tokens(input=70, output=9, cache_read=64)


def test_calls_without_arguments_have_an_empty_object() -> None:
    bare = {"id": "x", "type": "function", "function": {"name": "tides", "arguments": ""}}
    stream = events(
        {"type": "message-start", "id": "a1", "delta": {"message": {"role": "assistant"}}},
        event("tool-call-start", 0, tool_calls=bare),
        event("tool-call-start", 1, tool_calls=OTHER | {"function": bare["function"]}),
        event("tool-call-delta", 1, tool_calls={"id": "y", "function": {"arguments": '{"x":1}'}}),
        {"type": "message-end", "delta": {"finish_reason": "TOOL_CALL", "usage": USAGE}},
    )

    assert told(WIRE, stream).reply.parts == [
        ToolCall(id="x", name="tides", arguments="{}"),
        ToolCall(id="y", name="tides", arguments='{"x":1}'),
    ]
    assert WIRE.decode(answer({"tool_calls": [bare]}, "TOOL_CALL")).parts == [
        ToolCall(id="x", name="tides", arguments="{}")
    ]


def test_images_count_and_reasoning_is_told_apart() -> None:
    counts = {"input_tokens": 34, "image_tokens": 259, "output_tokens": 40, "reasoning_tokens": 29}
    text = {"content": [{"type": "text", "text": "4"}]}

    assert WIRE.decode(answer(text, usage={"tokens": counts})).tokens == Tokens(input=293, output=40, reasoning=29)


def test_arguments_that_are_null_are_none() -> None:
    call = {"id": "a", "type": "function", "function": {"name": "now", "arguments": "null"}}

    (part,) = WIRE.decode(answer({"tool_calls": [call]}, "TOOL_CALL")).parts

    assert isinstance(part, ToolCall) and part.arguments == "{}"


def test_what_was_billed_stands_in_for_unknown_tokens() -> None:
    text = {"content": [{"type": "text", "text": "Hi"}]}

    assert WIRE.decode(answer(text, usage={"billed_units": USAGE["billed_units"]})).tokens == Tokens(input=5, output=3)
    assert WIRE.decode(answer(text, usage=None)).tokens == Tokens()


@pytest.mark.parametrize(
    ("reason", "stop"),
    [
        ("COMPLETE", Stop.END),
        ("MAX_TOKENS", Stop.LENGTH),
        ("STOP_SEQUENCE", Stop.STOP_SEQUENCE),
        ("SOMETHING_NEW", Stop.UNKNOWN),
    ],
)
def test_why_it_ended(reason: str, stop: Stop) -> None:
    assert WIRE.decode(answer({"content": [{"type": "text", "text": "Hi"}]}, reason)).stop is stop


@pytest.mark.parametrize(("reason", "status"), [("ERROR", 502), ("TIMEOUT", 504)])
def test_an_answer_that_failed_is_an_error(reason: str, status: int) -> None:
    with pytest.raises(UpstreamFailed) as caught:
        WIRE.decode(answer({"content": []}, reason))

    found = told(WIRE, events({"type": "message-end", "delta": {"finish_reason": reason, "error": "It broke."}}))

    assert caught.value.status == status
    last = found.deltas[-1]
    assert isinstance(last, Failed) and last.error.status == status and "It broke." in last.error.message


@pytest.mark.parametrize("wrong", [b"", b"{}", b"[]", b'{"message": 1}', b'{"message": "invalid request"}'])
def test_what_is_no_answer_is_the_providers_failure(wrong: bytes) -> None:
    with pytest.raises(UpstreamFailed):
        WIRE.decode(wrong)


def test_an_error_keeps_its_words() -> None:
    error = WIRE.error(401, b'{"id":"e1","message":"invalid api token"}')

    assert (error.code, error.status) == ("upstream_auth", 502)
    assert "invalid api token" in error.message


def test_a_document_of_text_is_text() -> None:
    document = File(data="U3Vubnku", media_type="text/plain", name="Weather")

    assert "Weather\\n\\nSunny." in WIRE.encode(chat(user("Read:", document)), target()).body.decode()


def test_a_stream_that_breaks_off_has_not_ended() -> None:
    assert not told(WIRE, events(event("content-delta", 0, content={"text": "Hi"}))).ended
