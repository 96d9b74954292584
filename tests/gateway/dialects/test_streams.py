"""Streams as they are written, byte for byte where it matters."""

from __future__ import annotations

from typing import Any

import orjson
import pytest

from gateway.dialects import anthropic, openai
from gateway.errors import StreamBroken, UpstreamFailed
from gateway.wires.base import (
    Begin,
    Chat,
    Citations,
    Counted,
    Delta,
    Failed,
    Finish,
    ReasoningDelta,
    RefusalDelta,
    Reply,
    Stop,
    Text,
    TextDelta,
    Tokens,
    ToolCall,
    ToolCallBegin,
    ToolCallDelta,
    replayed,
)

ANSWER: list[Delta] = [
    Begin(id="theirs", model="theirs"),
    TextDelta(text="4"),
    Finish(stop=Stop.END),
    Counted(tokens=Tokens(input=9, output=2, cache_read=4)),
]


def written(dialect: Any, deltas: list[Delta], **asked: Any) -> list[Any]:
    """The events of a stream; text for what is no JSON."""
    renderer = dialect.Renderer(Chat(model="m", messages=[], **asked), "our/m", "c-1", 7)
    stream = renderer.begin() + b"".join(map(renderer.feed, deltas)) + renderer.end()
    data = [line[6:] for line in stream.decode().split("\n") if line.startswith("data: ")]
    return [orjson.loads(line) if line.startswith("{") else line for line in data]


def test_chat_completions() -> None:
    head = {"id": "c-1", "object": "chat.completion.chunk", "created": 7, "model": "our/m"}
    open_choice = {"index": 0, "logprobs": None, "finish_reason": None}

    assert written(openai, ANSWER) == [
        {**head, "choices": [{**open_choice, "delta": {"role": "assistant", "content": ""}}]},
        {**head, "choices": [{**open_choice, "delta": {"content": "4"}}]},
        {**head, "choices": [{**open_choice, "delta": {}, "finish_reason": "stop"}]},
        "[DONE]",
    ]


def test_usage_comes_before_the_end_if_it_was_asked_for() -> None:
    *_, usage, done = written(openai, ANSWER, stream_usage=True)

    assert usage["choices"] == []
    assert usage["usage"] == {
        "prompt_tokens": 9,
        "completion_tokens": 2,
        "total_tokens": 11,
        "prompt_tokens_details": {"cached_tokens": 4},
    }
    assert done == "[DONE]"
    assert written(openai, ANSWER[:-1], stream_usage=True)[-2]["choices"]  # what is unknown is not said


def test_messages() -> None:
    start, block, grown, stop, delta, end = written(anthropic, ANSWER)

    assert start["message"]["id"] == "c-1" and start["message"]["model"] == "our/m"
    assert start["message"]["usage"]["input_tokens"] == 0  # nobody knows yet, and a number is required
    assert (block["index"], block["content_block"]) == (0, {"type": "text", "text": ""})
    assert grown["delta"] == {"type": "text_delta", "text": "4"}
    assert stop == {"type": "content_block_stop", "index": 0}
    assert delta["delta"] == {"stop_reason": "end_turn", "stop_sequence": None}
    assert delta["usage"] == {
        "input_tokens": 5,
        "cache_creation_input_tokens": 0,
        "cache_read_input_tokens": 4,
        "output_tokens": 2,
    }
    assert end == {"type": "message_stop"}


def test_what_is_known_at_the_beginning_is_told_there() -> None:
    renderer = anthropic.Renderer(Chat(model="m", messages=[]), "m", "c", 1)
    renderer.feed(Counted(tokens=Tokens(input=9)))

    assert b'"input_tokens":9' in renderer.begin()


@pytest.mark.parametrize("dialect", [openai, anthropic])
def test_an_end_that_nobody_told_follows_from_what_was_said(dialect: Any) -> None:
    calls = [ToolCallBegin(index=0, id="a", name="f"), ToolCallDelta(index=0, arguments="{}")]

    events = written(dialect, [*calls])

    reasons = [event["choices"][0]["finish_reason"] for event in events[:-1]] if dialect is openai else [
        event["delta"].get("stop_reason") for event in events if event["type"] == "message_delta"
    ]  # fmt: skip
    assert reasons[-1] in ("tool_calls", "tool_use")


@pytest.mark.parametrize("dialect", [openai, anthropic])
def test_an_end_told_with_every_piece_is_said_once(dialect: Any) -> None:
    """As Gemini did; and xAI names its sources after it."""
    end = Finish(stop=Stop.END)
    late: list[Delta] = [*ANSWER, TextDelta(text="2"), end, Citations(citations=["https://b.example"])]

    assert written(dialect, late) == written(
        dialect, [Citations(citations=["https://b.example"]), *ANSWER[:2], TextDelta(text="2"), *ANSWER[2:]]
    )


FIRST, SECOND = ToolCallBegin(index=0, id="a", name="f"), ToolCallBegin(index=1, id="b", name="g")


def argued(index: int, arguments: str) -> Delta:
    return ToolCallDelta(index=index, arguments=arguments)


@pytest.mark.parametrize(
    "deltas",
    [
        pytest.param([FIRST, argued(0, '{"x":'), argued(0, "1}"), SECOND, argued(1, "{}")], id="one after the other"),
        pytest.param([FIRST, SECOND, argued(0, '{"x":1}'), argued(1, "{}")], id="begun together"),
        pytest.param(
            [FIRST, argued(0, '{"x"'), SECOND, argued(1, "{"), argued(0, ":1}"), argued(1, "}")], id="side by side"
        ),
        pytest.param([FIRST, SECOND, argued(1, "{}"), argued(0, '{"x":1}')], id="the second first"),
    ],
)
def test_blocks_come_one_after_the_other_whatever_the_calls_do(deltas: list[Delta]) -> None:
    last: list[Delta] = [TextDelta(text="4")]

    events = written(anthropic, [*deltas, *last])[1:-2]

    at = [event["index"] for event in events]
    types = [event["type"].removeprefix("content_block_") for event in events if event["type"] != "content_block_delta"]
    inputs = [event["delta"] for event in events if event["type"] == "content_block_delta"]
    assert at == sorted(at) and set(at) == {0, 1, 2}
    assert types == ["start", "stop"] * 3
    assert "".join(said.get("partial_json", "") for said in inputs) == '{"x":1}{}'
    assert inputs[-1]["text"] == "4"


def test_calls_that_break_off_hold_nothing_back() -> None:
    events = written(anthropic, [FIRST, SECOND, argued(1, '{"x"'), TextDelta(text="4"), argued(0, "{")])[1:-2]

    assert [event["index"] for event in events if event["type"] == "content_block_stop"] == [0, 1, 2]
    assert [event["delta"] for event in events if event["type"] == "content_block_delta"] == [
        {"type": "input_json_delta", "partial_json": "{"},
        {"type": "input_json_delta", "partial_json": '{"x"'},
        {"type": "text_delta", "text": "4"},
    ]


@pytest.mark.parametrize("dialect", [openai, anthropic])
@pytest.mark.parametrize("called", [False, True])
def test_a_whole_answer_ends_as_its_stream(dialect: Any, called: bool) -> None:
    parts: list[Any] = [ToolCall(id="a", name="f", arguments="{}")] if called else [Text(text="4")]
    reply = Reply(parts=parts, stop=Stop.UNKNOWN)

    whole = orjson.loads(dialect.render(reply, model="m", call_id="c", created=1))
    events = written(dialect, list(replayed(reply)))

    if dialect is openai:
        assert whole["choices"][0]["finish_reason"] == events[-2]["choices"][0]["finish_reason"]
    else:
        assert whole["stop_reason"] == events[-2]["delta"]["stop_reason"]


@pytest.mark.parametrize("dialect", [openai, anthropic])
def test_a_thought_of_nothing_is_not_told(dialect: Any) -> None:
    assert written(dialect, [ReasoningDelta(origin="gemini"), *ANSWER]) == written(dialect, ANSWER)


def test_a_refusal() -> None:
    refusal: list[Delta] = [RefusalDelta(text="No."), Finish(stop=Stop.REFUSED)]

    assert written(openai, refusal)[1]["choices"][0]["delta"] == {"refusal": "No."}
    assert written(openai, refusal)[2]["choices"][0]["finish_reason"] == "stop"
    assert [event.get("delta", {}).get("text") for event in written(anthropic, refusal)][2] == "No."
    assert written(anthropic, refusal)[-2]["delta"]["stop_reason"] == "refusal"


def test_sources_come_with_the_end() -> None:
    own = {"type": "url_citation", "url_citation": {"url": "https://a.example"}}
    cited: list[Delta] = [Citations(citations=["https://b.example", own]), *ANSWER]

    finish, delta = written(openai, cited)[-2], written(anthropic, cited)[-2]

    assert finish["citations"] == ["https://b.example"]
    assert finish["choices"][0]["delta"] == {"annotations": [{**own, "index": 0}]}
    assert delta["citations"] == ["https://b.example", own]


@pytest.mark.parametrize("dialect", [openai, anthropic])
def test_a_failure_told_in_the_stream_is_the_last_event(dialect: Any) -> None:
    renderer = dialect.Renderer(Chat(model="m", messages=[]), "m", "c-1", 7)
    error = UpstreamFailed("Busy.", upstream_status=529)

    told = renderer.feed(Failed(error=error))

    assert told == renderer.fail(error)
    assert told.endswith(b"\n\n")
    assert orjson.loads(told.split(b"data: ")[1])["error"]["message"] == "Busy."


def test_errors_have_the_words_of_their_dialect() -> None:
    broken = StreamBroken("It broke off.")

    of_openai, of_anthropic = openai.error_body(broken, "c-1"), anthropic.error_body(broken, "c-1")

    assert of_openai == {
        "error": {
            "message": "It broke off.",
            "type": "server_error",
            "param": None,
            "code": "stream_broken",
            "request_id": "c-1",
        }
    }
    assert of_anthropic == {
        "type": "error",
        "error": {"type": "api_error", "message": "It broke off.", "code": "stream_broken"},
        "request_id": "c-1",
    }
