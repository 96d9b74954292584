"""The Messages API, by bodies of our own in their true shapes."""

from __future__ import annotations

from typing import Any

import orjson
import pytest

from gateway.errors import BadRequest, Unsupported, UpstreamFailed
from gateway.wires import WIRES
from gateway.wires.base import (
    Audio,
    Begin,
    Citations,
    Counted,
    Delta,
    Failed,
    File,
    Finish,
    Format,
    Image,
    Message,
    Reasoning,
    ReasoningDelta,
    Reply,
    Stop,
    Target,
    Text,
    TextDelta,
    Thinking,
    Tokens,
    Tool,
    ToolCall,
    ToolCallBegin,
    ToolCallDelta,
    ToolChoice,
)

from .asking import WEATHER, assistant, body, called, chat, result, system, target, user
from .streams import told

WIRE = WIRES["anthropic"]
NEW, OLD = target("claude-sonnet-5"), target("claude-haiku-4-5-20251001")
SCHEMA = {"type": "object", "properties": {}}
SHOWN = {"type": "adaptive", "display": "summarized"}


def sent(*messages: Any, to: Target = NEW, **fields: Any) -> Any:
    return body(WIRE, chat(*messages, dialect="openai", **fields), to)


def event(kind: str, **fields: Any) -> bytes:
    return f"event: {kind}\ndata: ".encode() + orjson.dumps({"type": kind, **fields}) + b"\n\n"


def start(index: int, **block: Any) -> bytes:
    return event("content_block_start", index=index, content_block=block)


def grown(index: int, kind: str, **delta: Any) -> bytes:
    return event("content_block_delta", index=index, delta={"type": kind, **delta})


def stop(index: int) -> bytes:
    return event("content_block_stop", index=index)


def heard(*events: bytes) -> list[Delta]:
    return told(WIRE, b"".join(events)).deltas


def whole(*content: Any, usage: Any = None, **more: Any) -> Reply:
    answer = {"id": "msg_1", "type": "message", "model": "m", "content": content, "stop_reason": "end_turn", **more}
    return WIRE.decode(orjson.dumps({**answer, "usage": usage or {"input_tokens": 1, "output_tokens": 2}}))


# What is asked


def test_a_small_question_has_all_that_is_required() -> None:
    outgoing = WIRE.encode(chat("Hi", dialect="openai"), NEW)

    assert outgoing.path == "/messages"
    assert outgoing.headers == {"anthropic-version": "2023-06-01"}
    assert orjson.loads(outgoing.body) == {
        "model": "claude-sonnet-5",
        "max_tokens": 8_192,
        "messages": [{"role": "user", "content": "Hi"}],
    }


@pytest.mark.parametrize(
    ("base_url", "path"),
    [
        ("https://api.anthropic.com/v1", "/messages"),
        ("https://api.anthropic.com/v1/", "/messages"),
        ("https://api.moonshot.ai/anthropic", "/v1/messages"),
    ],
)
def test_the_path_follows_the_base_url(base_url: str, path: str) -> None:
    assert WIRE.path and WIRE.path(target(base_url=base_url)) == path


def test_what_is_usual_is_not_said() -> None:
    assert sent("Hi", temperature=1, top_p=1.0).keys() == sent("Hi").keys()
    assert sent("Hi", temperature=0, top_p=0.5)["temperature"] == 0


def test_the_most_tokens_are_those_of_the_caller_or_the_models() -> None:
    assert sent("Hi", max_tokens=5)["max_tokens"] == 5
    assert sent("Hi", to=target("claude-sonnet-5", max_output_tokens=64_000))["max_tokens"] == 64_000


@pytest.mark.parametrize(
    ("thinking", "to", "said", "effort"),
    [
        (Thinking(effort="high"), NEW, SHOWN, "high"),
        (Thinking(effort="minimal"), NEW, SHOWN, "low"),
        (Thinking(budget=2_000), NEW, SHOWN, "low"),
        (Thinking(off=True, effort="none"), NEW, {"type": "disabled"}, None),
        (Thinking(effort="low", show=False), NEW, {"type": "adaptive", "display": "omitted"}, "low"),
        (Thinking(effort="low"), OLD, {"type": "enabled", "budget_tokens": 2_048}, None),
        (Thinking(budget=3_000), OLD, {"type": "enabled", "budget_tokens": 3_000}, None),
        (Thinking(off=True), OLD, None, None),
        (Thinking(effort="low"), target("kimi-k2"), {"type": "enabled", "budget_tokens": 2_048}, None),
    ],
)
def test_thinking_as_models_of_each_age_know_it(thinking: Thinking, to: Target, said: Any, effort: str | None) -> None:
    asked = sent("Hi", thinking=thinking, to=to)

    assert asked.get("thinking") == said
    assert asked.get("output_config", {}).get("effort") == effort


def test_a_budget_leaves_room_for_the_answer() -> None:
    unlimited = sent("Hi", thinking=Thinking(effort="max"), to=OLD)
    limited = sent("Hi", thinking=Thinking(effort="max"), max_tokens=10_000, to=OLD)

    assert unlimited["thinking"]["budget_tokens"] < unlimited["max_tokens"]
    assert (limited["thinking"]["budget_tokens"], limited["max_tokens"]) == (5_000, 10_000)
    with pytest.raises(Unsupported, match="max_tokens above 1024"):
        sent("Hi", thinking=Thinking(effort="low"), max_tokens=1_000, to=OLD)


def test_a_caller_of_its_own_dialect_is_taken_at_its_word() -> None:
    question = chat("Hi", dialect="anthropic", thinking=Thinking(budget=2_000, show=True), max_tokens=3_000)

    assert body(WIRE, question, NEW)["thinking"] == {"type": "enabled", "budget_tokens": 2_000, "display": "summarized"}


@pytest.mark.parametrize("thought", [[], [Reasoning(text="x", signature="s", origin="gemini")]])
def test_between_calls_it_thinks_by_budget_only_with_the_thoughts_before(thought: list[Any]) -> None:
    turns = ["Hi", assistant(*thought, called()), user(result("sunny"))]
    own = assistant(Reasoning(text="x", signature="s", origin="anthropic"), called())

    assert "thinking" not in sent(*turns, thinking=Thinking(effort="low"), to=OLD)
    assert "thinking" in sent(*turns, thinking=Thinking(effort="low"), to=NEW)
    assert "thinking" in sent(turns[0], own, turns[2], thinking=Thinking(effort="low"), to=OLD)


def test_system_messages_keep_their_place_where_the_model_knows_one() -> None:
    turns = [system("a"), system("b"), "Hi", system("c"), assistant("Ho"), system("d"), "And?"]

    new, old = sent(*turns, to=target("claude-opus-4-8")), sent(*turns, to=OLD)

    assert [block["text"] for block in new["system"]] == ["a", "b", "d"]
    assert [turn["role"] for turn in new["messages"]] == ["user", "system", "assistant", "user"]
    assert [block["text"] for block in old["system"]] == ["a", "b", "c", "d"]
    assert [turn["role"] for turn in old["messages"]] == ["user", "assistant", "user"]


def test_blocks_of_every_kind() -> None:
    cache = {"type": "ephemeral", "ttl": "1h"}
    asked = sent(
        user(
            Text(text="", cache=None),
            Text(text="a", cache=cache),
            Image(url="https://a.example/i.png"),
            Image(media_type="image/png", data="aW1n"),
            File(url="https://a.example/d.pdf"),
            File(media_type="application/pdf", data="cGRm", name="d.pdf"),
            File(media_type="text/markdown", data="aGk=", name="n"),
        )
    )

    assert asked["messages"][0]["content"] == [
        {"type": "text", "text": "a", "cache_control": cache},
        {"type": "image", "source": {"type": "url", "url": "https://a.example/i.png"}},
        {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": "aW1n"}},
        {"type": "document", "source": {"type": "url", "url": "https://a.example/d.pdf"}},
        {
            "type": "document",
            "source": {"type": "base64", "media_type": "application/pdf", "data": "cGRm"},
            "title": "d.pdf",
        },
        {"type": "document", "source": {"type": "text", "media_type": "text/plain", "data": "hi"}, "title": "n"},
    ]


@pytest.mark.parametrize(
    ("part", "field"),
    [
        (Audio(data="YQ==", format="wav"), "input_audio"),
        (File(file_id="file-1"), "file_id"),
        (File(media_type="application/msword", data="YQ=="), "file"),
    ],
)
def test_parts_it_does_not_know_are_refused(part: Any, field: str) -> None:
    with pytest.raises(Unsupported, match=field):
        sent(user(part))


def test_calls_and_results() -> None:
    """Ids of others may hold signs that are refused here."""
    call = ToolCall(id="functions.f:0", name="f", arguments='{"x": 1.10}')
    asked = sent("Hi", assistant("", call), user(result("sunny", id="functions.f:0", is_error=True), "And?"))

    assert asked["messages"][1:] == [
        {
            "role": "assistant",
            "content": [{"type": "tool_use", "id": "functions_f_0", "name": "f", "input": {"x": 1.1}}],
        },
        {
            "role": "user",
            "content": [
                {"type": "tool_result", "tool_use_id": "functions_f_0", "content": "sunny", "is_error": True},
                {"type": "text", "text": "And?"},
            ],
        },
    ]


def test_arguments_that_are_no_object_are_refused() -> None:
    with pytest.raises(BadRequest, match="no JSON object"):
        sent("Hi", assistant(ToolCall(id="a", name="f", arguments='{"x')))


def test_thoughts_go_back_with_their_signatures_and_those_of_others_do_not() -> None:
    asked = sent(
        "Hi",
        assistant(
            Reasoning(text="a", signature="s", origin="anthropic"),
            Reasoning(sealed="xyz", origin="anthropic"),
            Reasoning(text="unsigned", origin="anthropic"),
            Reasoning(text="theirs", signature="t", origin="gemini"),
            "b",
        ),
    )

    assert asked["messages"][1]["content"] == [
        {"type": "thinking", "thinking": "a", "signature": "s"},
        {"type": "redacted_thinking", "data": "xyz"},
        {"type": "text", "text": "b"},
    ]


@pytest.mark.parametrize(
    ("choice", "parallel", "said"),
    [
        (None, None, None),
        (None, False, {"type": "auto", "disable_parallel_tool_use": True}),
        (ToolChoice(mode="required"), None, {"type": "any"}),
        (ToolChoice(mode="required"), True, {"type": "any", "disable_parallel_tool_use": False}),
        (ToolChoice(mode="named", name="weather"), None, {"type": "tool", "name": "weather"}),
        (ToolChoice(mode="none"), False, {"type": "none"}),
    ],
)
def test_choices_of_tools(choice: ToolChoice | None, parallel: bool | None, said: Any) -> None:
    asked = sent("Hi", tools=[WEATHER], tool_choice=choice, parallel_tools=parallel)

    assert asked.get("tool_choice") == said


def test_tools_have_a_schema_and_are_strict_where_the_model_knows_that() -> None:
    bare, strict = Tool(name="f"), Tool(name="g", parameters=SCHEMA, strict=True)

    assert sent("Hi", tools=[bare, strict])["tools"] == [
        {"name": "f", "input_schema": SCHEMA},
        {"name": "g", "input_schema": SCHEMA, "strict": True},
    ]
    assert "strict" not in sent("Hi", tools=[strict], to=target("claude-opus-4-1-20250805"))["tools"][0]


def test_a_format_needs_a_schema() -> None:
    assert sent("Hi", format=Format(schema=SCHEMA, name="n"))["output_config"] == {
        "format": {"type": "json_schema", "schema": SCHEMA}
    }
    with pytest.raises(Unsupported, match="send a schema"):
        sent("Hi", format=Format())


@pytest.mark.parametrize("fields", [{"seed": 1}, {"frequency_penalty": 0.5}, {"temperature": 1.5}])
def test_settings_it_does_not_know_are_refused(fields: Any) -> None:
    with pytest.raises(Unsupported, match=next(iter(fields))):
        sent("Hi", **fields)


def test_a_user_is_told_as_metadata_and_empty_turns_are_not() -> None:
    asked = sent("Hi", Message(role="assistant", parts=[Text(text="")]), user="bob", stop=["x"], stream=True)

    assert asked["metadata"] == {"user_id": "bob"}
    assert "metadata" not in sent("Hi", user="b" * 257)
    assert (asked["stop_sequences"], asked["stream"]) == (["x"], True)
    assert len(asked["messages"]) == 1


# What is answered

BEGIN = event("message_start", message={"id": "msg_1", "model": "m", "usage": {"input_tokens": 5, "output_tokens": 1}})
END = event("message_delta", delta={"stop_reason": "end_turn"}, usage={"output_tokens": 9})


def test_a_stream_of_all_kinds_of_blocks() -> None:
    found = told(
        WIRE,
        b"".join(
            [
                BEGIN,
                start(0, type="thinking", thinking="", signature=""),
                event("ping"),
                grown(0, "thinking_delta", thinking="We"),
                grown(0, "signature_delta", signature="sig"),
                stop(0),
                start(1, type="redacted_thinking", data="xyz"),
                stop(1),
                start(2, type="text", text=""),
                grown(2, "text_delta", text="4"),
                stop(2),
                start(3, type="tool_use", id="toolu_1", name="f", input={}),
                grown(3, "input_json_delta", partial_json=""),
                grown(3, "input_json_delta", partial_json='{"x":'),
                grown(3, "input_json_delta", partial_json="1}"),
                stop(3),
                start(4, type="tool_use", id="toolu_2", name="g", input={}),
                stop(4),
                event(
                    "message_delta",
                    delta={"stop_reason": "tool_use", "stop_sequence": None},
                    usage={"output_tokens": 9},
                ),
                event("message_stop"),
            ]
        ),
    )

    assert found.ended
    assert found.deltas == [
        Begin(id="msg_1", model="m"),
        Counted(tokens=Tokens(input=5)),
        ReasoningDelta(text="We", origin="anthropic"),
        ReasoningDelta(signature="sig", origin="anthropic"),
        ReasoningDelta(sealed="xyz", origin="anthropic"),
        TextDelta(text="4"),
        ToolCallBegin(index=0, id="toolu_1", name="f"),
        ToolCallDelta(index=0, arguments='{"x":'),
        ToolCallDelta(index=0, arguments="1}"),
        ToolCallBegin(index=1, id="toolu_2", name="g"),
        ToolCallDelta(index=1, arguments="{}"),
        Counted(tokens=Tokens(input=5, output=9)),
        Finish(stop=Stop.TOOL_CALLS),
    ]


def test_a_whole_answer_says_the_same() -> None:
    reply = whole(
        {"type": "thinking", "thinking": "We", "signature": "sig"},
        {"type": "redacted_thinking", "data": "xyz"},
        {"type": "text", "text": "4"},
        {"type": "tool_use", "id": "toolu_1", "name": "f", "input": {"x": 1}},
        stop_reason="tool_use",
    )

    assert reply.parts == [
        Reasoning(text="We", signature="sig", origin="anthropic"),
        Reasoning(sealed="xyz", origin="anthropic"),
        Text(text="4"),
        ToolCall(id="toolu_1", name="f", arguments='{"x":1}'),
    ]


def test_input_holds_what_the_cache_gave_and_took() -> None:
    usage = {
        "input_tokens": 5,
        "cache_read_input_tokens": 100,
        "cache_creation_input_tokens": 20,
        "output_tokens": 9,
        "output_tokens_details": {"thinking_tokens": 3},
    }
    tokens = Tokens(input=125, output=9, cache_read=100, cache_write=20, reasoning=3)

    assert whole(usage=usage).tokens == tokens
    begin = event("message_start", message={"usage": {**usage, "output_tokens": 1, "output_tokens_details": None}})
    later = {"output_tokens": 9, "output_tokens_details": {"thinking_tokens": 3}}  # does not repeat what went in
    assert heard(begin, event("message_delta", delta={}, usage=later))[-1] == Counted(tokens=tokens)


def test_what_a_call_cost_is_said_by_those_who_pass_calls_on() -> None:
    usage = {"input_tokens": 5, "output_tokens": 9, "cost": 0.000112}

    assert whole(usage=usage).provider_cost == "0.000112"
    assert whole().provider_cost == ""


def test_a_stream_that_breaks_off_has_not_said_what_came_out() -> None:
    """At its begin there is a number, which is never that of the answer."""
    found = told(WIRE, BEGIN + start(0, type="text", text="") + grown(0, "text_delta", text="Many words"))

    assert not found.ended
    assert found.reply.tokens == Tokens(input=5)


def test_counts_only_grow() -> None:
    """Some gateways say at the end that nothing went in."""
    begin = event("message_start", message={"usage": {"input_tokens": 5, "cache_read_input_tokens": 3}})
    end = event("message_delta", delta={}, usage={"input_tokens": 0, "cache_read_input_tokens": 0, "output_tokens": 9})

    assert heard(begin, end)[-1] == Counted(tokens=Tokens(input=8, output=9, cache_read=3))


def test_calls_need_no_fragments_and_no_end() -> None:
    calls = [
        start(0, type="tool_use", id="a", name="f", input={}),
        start(1, type="tool_use", id="b", name="g", input={"x": 1}),
        grown(0, "input_json_delta", partial_json=""),
    ]

    assert told(WIRE, b"".join([BEGIN, *calls, END])).reply.parts == [
        ToolCall(id="a", name="f", arguments="{}"),
        ToolCall(id="b", name="g", arguments='{"x":1}'),
    ]


@pytest.mark.parametrize(
    ("reason", "stop"),
    [
        ("end_turn", Stop.END),
        ("max_tokens", Stop.LENGTH),
        ("model_context_window_exceeded", Stop.LENGTH),
        ("stop_sequence", Stop.STOP_SEQUENCE),
        ("pause_turn", Stop.PAUSED),
        ("refusal", Stop.REFUSED),
        ("something_new", Stop.UNKNOWN),
    ],
)
def test_why_it_ended(reason: str, stop: Stop) -> None:
    assert whole(stop_reason=reason).stop is stop
    assert heard(event("message_delta", delta={"stop_reason": reason}, usage={}))[-1] == Finish(stop=stop)


def test_sources_come_as_they_are_given() -> None:
    cited = {"type": "web_search_result_location", "url": "https://a.example"}

    assert whole({"type": "text", "text": "4", "citations": [cited]}).citations == [cited]
    assert heard(start(0, type="text", text=""), grown(0, "citations_delta", citation=cited)) == [
        Citations(citations=[cited])
    ]


def test_blocks_of_its_own_tools_are_passed_over() -> None:
    search = {"type": "server_tool_use", "id": "srv_1", "name": "web_search", "input": {}}

    assert whole(search, {"type": "text", "text": "4"}).parts == [Text(text="4")]
    assert heard(start(0, **search), grown(0, "input_json_delta", partial_json="{}"), stop(0)) == []


# What fails


def test_a_stream_may_say_that_it_failed() -> None:
    overloaded = event("error", error={"type": "overloaded_error", "message": "Overloaded"})

    found = told(WIRE, BEGIN + overloaded)

    assert isinstance(found.deltas[-1], Failed)
    assert (found.deltas[-1].error.upstream_status, found.deltas[-1].error.status) == (529, 503)
    assert not found.ended


@pytest.mark.parametrize(
    "failure",
    [
        b'event: error\ndata: {"message": "Too busy"}\n\n',
        b"event: error\ndata: Too busy\n\n",
        b'data: {"type": "error", "message": "Too busy"}\n\n',
    ],
)
def test_a_failure_may_have_another_shape(failure: bytes) -> None:
    last = told(WIRE, BEGIN + failure).deltas[-1]

    assert isinstance(last, Failed) and "Too busy" in last.error.message
    with pytest.raises(UpstreamFailed, match="Too busy"):
        WIRE.decode(b'{"message": "Too busy"}')


@pytest.mark.parametrize("answer", [b"", b"[]", b"{}", b"<html></html>", b'{"type": "error", "error": {"type": "x"}}'])
def test_what_is_no_answer_is_the_providers_fault(answer: bytes) -> None:
    with pytest.raises(UpstreamFailed) as raised:
        WIRE.decode(answer)

    assert raised.value.status == 502
