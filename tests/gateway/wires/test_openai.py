"""Chat Completions in all the ways compatible providers speak it, by bodies of our own in their true shapes."""

from __future__ import annotations

from typing import Any

import orjson
import pytest

from gateway.errors import Unsupported, UpstreamFailed
from gateway.wires import WIRES
from gateway.wires.base import (
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
    Text,
    TextDelta,
    Thinking,
    Tokens,
    Tool,
    ToolCall,
    ToolCallBegin,
    ToolCallDelta,
)

from .asking import assistant, body, called, chat, result, system, target, user
from .streams import told

WIRE = WIRES["openai"]
IN_REASONING = {"field": "reasoning"}
IN_CONTENT = {"field": "content"}


def sent(*messages: Any, to: Any = None, **fields: Any) -> Any:
    return body(WIRE, chat(*messages, dialect="anthropic", **fields), to)


def chunk(delta: Any = None, finish: str | None = None, **more: Any) -> bytes:
    choices = [] if delta is None else [{"index": 0, "delta": delta, "finish_reason": finish}]
    head = {"id": "c-1", "object": "chat.completion.chunk", "created": 5, "model": "m", "choices": choices}
    return b"data: " + orjson.dumps({**head, **more}) + b"\n\n"


def heard(*events: bytes) -> list[Delta]:
    """What a stream says after its begin."""
    return [delta for delta in told(WIRE, b"".join(events)).deltas if not isinstance(delta, Begin)]


def whole(message: dict[str, Any], finish: str | None = "stop", **more: Any) -> Reply:
    choice = {"index": 0, "message": {"role": "assistant", **message}, "finish_reason": finish}
    return WIRE.decode(orjson.dumps({"id": "c-1", "model": "m", "created": 5, "choices": [choice], **more}))


def tool(index: int | None = 0, id: str | None = "a", name: str | None = "f", arguments: Any = "{}") -> dict[str, Any]:
    entry = {"index": index, "id": id, "function": {"name": name, "arguments": arguments}}
    return {key: value for key, value in entry.items() if value is not None}


# Where calls go


@pytest.mark.parametrize(
    ("base_url", "path"),
    [
        ("https://api.openai.com/v1", "/chat/completions"),
        ("https://api.groq.com/openai/v1", "/chat/completions"),
        ("https://api.deepinfra.com/v1/openai", "/chat/completions"),
        ("https://generativelanguage.googleapis.com/v1beta/openai", "/chat/completions"),
        ("https://ours.openai.azure.com/openai/v1", "/chat/completions"),
        ("https://ours.openai.azure.com/openai", "/deployments/a%2Fb%3Ac/chat/completions?api-version=2024-10-21"),
        ("https://ours.services.ai.azure.com/models", "/chat/completions?api-version=2024-05-01-preview"),
    ],
)
def test_calls_go_where_the_provider_takes_them(base_url: str, path: str) -> None:
    assert WIRE.path is not None
    assert WIRE.path(target("a/b:c", base_url)) == path
    assert WIRE.encode(chat("Hi"), target("a/b:c", base_url)).path == path


# What is asked


def test_a_small_question_is_small() -> None:
    """Users of other dialects have names that are too long, or that compatible providers do not know."""
    assert sent("Hi", user="bob") == {"model": "model-1", "messages": [{"role": "user", "content": "Hi"}]}


def test_the_most_tokens_go_by_the_name_the_provider_knows() -> None:
    assert sent("Hi", max_tokens=5)["max_tokens"] == 5
    assert sent("Hi", max_tokens=5, to=target(limit_name="max_completion_tokens"))["max_completion_tokens"] == 5


def test_streams_are_asked_for_usage_where_the_provider_wants_to_be_asked() -> None:
    assert sent("Hi", stream=True)["stream_options"] == {"include_usage": True}
    assert "stream_options" not in sent("Hi", stream=True, to=target(asks_for_usage=False))


@pytest.mark.parametrize(
    ("thinking", "reasons", "effort"),
    [
        (Thinking(effort="xhigh"), None, "xhigh"),
        (Thinking(budget=1_024), None, "low"),
        (Thinking(budget=8_000), None, "medium"),
        (Thinking(budget=50_000), None, "high"),
        (Thinking(off=True), True, "none"),
        (Thinking(off=True), False, None),
        (Thinking(adaptive=True), True, None),
    ],
)
def test_thinking_is_asked_for_by_effort(thinking: Thinking, reasons: bool | None, effort: str | None) -> None:
    assert sent("Hi", thinking=thinking, to=target(reasons=reasons)).get("reasoning_effort") == effort


def test_results_follow_their_calls_and_what_they_show_follows_them() -> None:
    asked = sent(
        assistant(called("a"), called("b")),
        user(
            "And?", result("sunny", id="a"), result(Image(media_type="image/png", data="aW1n"), id="b", is_error=True)
        ),
    )

    assert [(said["role"], said["content"]) for said in asked["messages"][1:]] == [
        ("tool", "sunny"),
        ("tool", "Error: "),
        (
            "user",
            [
                {"type": "text", "text": "What the tool call b returned:"},
                {"type": "image_url", "image_url": {"url": "data:image/png;base64,aW1n"}},
                {"type": "text", "text": "And?"},
            ],
        ),
    ]


def test_texts_of_others_are_joined_and_their_marks_for_a_cache_left_out() -> None:
    marked = Text(text="a", cache={"type": "ephemeral"})

    assert sent(system("s"), user(marked, "b"), assistant("c", "d"))["messages"] == [
        {"role": "system", "content": "s"},
        {"role": "user", "content": "a\n\nb"},
        {"role": "assistant", "content": "cd"},
    ]


def test_text_documents_are_text_and_others_files() -> None:
    content = sent(
        user(
            File(media_type="text/plain", data="d29ybGQ=", name="hello"),
            File(media_type="application/pdf", data="cGRm", name="a.pdf"),
        )
    )["messages"][0]["content"]

    assert content == [
        {"type": "text", "text": "hello\n\nworld"},
        {"type": "file", "file": {"file_data": "data:application/pdf;base64,cGRm", "filename": "a.pdf"}},
    ]


@pytest.mark.parametrize("file", [File(url="https://a.example/a.pdf"), File(file_id="file_1")])
def test_documents_that_only_their_provider_can_reach_are_refused(file: File) -> None:
    with pytest.raises(Unsupported, match="send the document as base64"):
        sent(user(file))


def test_a_format_always_has_a_name() -> None:
    schema = {"type": "object"}

    assert sent("Hi", format=Format(schema=schema, strict=True))["response_format"] == {
        "type": "json_schema",
        "json_schema": {"name": "response", "schema": schema, "strict": True},
    }


def test_reasoning_returns_to_where_it_stood_and_that_of_others_nowhere() -> None:
    details = {"field": "reasoning_details", "type": "reasoning.encrypted", "format": "x-v1", "id": "rs", "index": 1}
    said = sent(
        assistant(
            Reasoning(text="theirs", signature="s", origin="anthropic"),
            Reasoning(text="deep", origin="openai"),
            Reasoning(text="groq", origin="openai", form=IN_REASONING),
            Reasoning(sealed="xyz", origin="openai", form=details),
            Reasoning(text="magistral", origin="openai", form=IN_CONTENT),
            "answer",
            ToolCall(id="a", name="f", arguments="{}", signature="g", origin="openai"),
        )
    )["messages"][0]

    assert said["reasoning_content"] == "deep"
    assert said["reasoning"] == "groq"
    assert said["reasoning_details"] == [
        {"type": "reasoning.encrypted", "format": "x-v1", "id": "rs", "index": 1, "data": "xyz"}
    ]
    assert said["content"] == [
        {"type": "thinking", "thinking": [{"type": "text", "text": "magistral"}]},
        {"type": "text", "text": "answer"},
    ]
    assert said["tool_calls"][0]["extra_content"] == {"google": {"thought_signature": "g"}}


def test_tools_that_must_not_be_strict_say_nothing() -> None:
    tools = sent("Hi", tools=[Tool(name="f")], parallel_tools=False)

    assert tools["tools"] == [{"type": "function", "function": {"name": "f"}}]
    assert tools["parallel_tool_calls"] is False


# What is answered


@pytest.mark.parametrize(
    ("said", "form"), [("reasoning_content", None), ("reasoning", IN_REASONING)], ids=["DeepSeek", "Groq"]
)
def test_reasoning_stands_in_a_field(said: str, form: Any) -> None:
    assert heard(chunk({said: "We"}), chunk({said: " need"}), chunk({"content": "4"})) == [
        ReasoningDelta(text="We", origin="openai", form=form),
        ReasoningDelta(text=" need", origin="openai", form=form),
        TextDelta(text="4"),
    ]


def test_reasoning_details_say_it_once() -> None:
    """OpenRouter repeats their text in `reasoning`; pieces after the first may leave the format out."""
    text = {"type": "reasoning.text", "index": 0}
    sealed = {"type": "reasoning.encrypted", "data": "xyz", "id": "rs", "format": "openai-responses-v1", "index": 1}

    reply = told(
        WIRE,
        b"".join(
            [
                chunk(
                    {"reasoning": "We", "reasoning_details": [{**text, "text": "We", "format": "anthropic-claude-v1"}]}
                ),
                chunk({"reasoning": " add", "reasoning_details": [{**text, "text": " add"}]}),
                chunk({"reasoning_details": [{**text, "signature": "sig"}]}),
                chunk({"reasoning_details": [sealed]}),
                chunk({"content": "4"}, "stop"),
            ]
        ),
    ).reply

    first, second, answer = reply.parts
    assert isinstance(first, Reasoning) and isinstance(second, Reasoning) and isinstance(answer, Text)
    assert (first.text, first.signature, second.sealed) == ("We add", "sig", "xyz")
    assert first.form == {"field": "reasoning_details", "format": "anthropic-claude-v1", **text}
    assert second.form == {"field": "reasoning_details", "id": "rs", "format": "openai-responses-v1", "index": 1} | {
        "type": "reasoning.encrypted"
    }


def test_reasoning_stands_in_a_field_where_the_details_hold_only_what_is_sealed() -> None:
    sealed = {"type": "reasoning.encrypted", "data": "xyz", "index": 0}

    reply = told(
        WIRE,
        chunk({"reasoning": "We"}) + chunk({"reasoning": " add"}) + chunk({"reasoning_details": [sealed]}, "stop"),
    ).reply

    assert reply == whole({"reasoning": "We add", "reasoning_details": [sealed]})
    assert [part.text or part.sealed for part in reply.parts if isinstance(part, Reasoning)] == ["We add", "xyz"]


def test_databricks_thinks_in_summaries() -> None:
    def part(text: str, **more: str) -> dict[str, Any]:
        return {"type": "reasoning", "summary": [{"type": "summary_text", "text": text, **more}]}

    reply = whole({"content": [part("We add", signature="sig"), {"type": "text", "text": "4"}]})
    pieces = [chunk({"content": [piece]}) for piece in (part("We"), part(" add"), part("", signature="sig"))]

    assert told(WIRE, b"".join([*pieces, chunk({"content": "4"}, "stop")])).reply == reply
    assert sent(Message(role="assistant", parts=[*reply.parts]))["messages"][0]["content"] == [
        part("We add", signature="sig"),
        {"type": "text", "text": "4"},
    ]


def test_content_may_come_in_parts() -> None:
    thinking = {"type": "thinking", "thinking": [{"type": "text", "text": "We"}, {"type": "text", "text": " add"}]}
    parts = [thinking, {"type": "text", "text": "4"}]

    assert heard(chunk({"content": parts})) == [
        ReasoningDelta(text="We add", origin="openai", form=IN_CONTENT),
        TextDelta(text="4"),
    ]
    assert whole({"content": parts}).parts == [
        Reasoning(text="We add", origin="openai", form=IN_CONTENT),
        Text(text="4"),
    ]


A, B = ToolCall(id="a", name="f", arguments='{"x":1}'), ToolCall(id="b", name="g", arguments="{}")


@pytest.mark.parametrize(
    "pieces",
    [
        pytest.param(
            [
                [tool(arguments="")],
                [tool(0, None, None, '{"x"')],
                [tool(0, None, None, ":1}")],
                [tool(1, "b", "g", "{}")],
            ],
            id="in fragments",
        ),
        pytest.param([[tool(arguments='{"x":1}'), tool(1, "b", "g", "")]], id="whole at once"),
        pytest.param(
            [[tool(None, arguments='{"x":')], [tool(None, None, None, "1}")], [tool(None, "b", "g")]], id="no index"
        ),
        pytest.param([[tool(arguments='{"x":1}')], [tool(0, "b", "g", "{}")]], id="index 0 for all, as at Gemini"),
        pytest.param(
            [[tool(arguments="")], [tool(0, "other", None, '{"x":1}')], [tool(1, "b", "g", "{}")]],
            id="an id for each fragment, as at vLLM",
        ),
        pytest.param([[tool(arguments='{"x":')], [tool(0, "a", "f", "1}")], [tool(1, "b", "g")]], id="names repeated"),
        pytest.param(
            [[tool(None, "a", "f", '{"x":')], [tool(None, "a", "f", "1}")], [tool(None, "b", "g")]],
            id="names and ids repeated, no index",
        ),
        pytest.param([[tool(arguments={"x": 1})], [tool(1, "b", "g", {})]], id="arguments as objects"),
        pytest.param(
            [[tool(arguments=""), tool(1, "b", "g", "")], [tool(1, None, None, "{")]]
            + [[tool(0, None, None, '{"x":1}')], [tool(1, None, None, "}")]],
            id="side by side",
        ),
        pytest.param(
            [
                [tool(0, "a", None, None)],
                [tool(0, None, "f", "")],
                [tool(0, None, "f", '{"x":1}')],
                [tool(1, "b", "g")],
            ],
            id="named late",
        ),
        pytest.param(
            [[tool(arguments="")], [tool(1, None, None, '{"x":')], [tool(2, None, None, "1}")], [tool(3, "b", "g")]],
            id="an index for each fragment",
        ),
        pytest.param([[{"id": "a", "name": "f", "arguments": {"x": 1}}], [tool(1, "b", "g")]], id="without a function"),
    ],
)
def test_tool_calls_come_in_many_ways(pieces: list[Any]) -> None:
    events = [chunk({"tool_calls": piece}) for piece in pieces]

    reply = told(WIRE, b"".join([*events, chunk({}, "tool_calls")])).reply

    assert reply.parts == [A, B]
    assert reply.stop is Stop.TOOL_CALLS


@pytest.mark.parametrize(
    "pieces",
    [
        pytest.param([[tool(0, "", "f", '{"x":1}'), tool(0, "", "f", '{"x":2}')]], id="index 0 for both"),
        pytest.param([[tool(0, "", "f", '{"x":1}')], [tool(0, "", "f", '{"x":2}')]], id="the same in pieces"),
        pytest.param(
            [[tool(None, None, "f", '{"x":')], [tool(None, None, "f", "1}")], [tool(None, None, "f", '{"x":2}')]],
            id="names repeated",
        ),
        pytest.param(
            [[tool(0, None, "f", "")], [tool(0, None, "f", '{"x":1}')], [tool(1, None, "f", '{"x":2}')]],
            id="names repeated, with an index",
        ),
    ],
)
def test_calls_without_ids_are_told_apart(pieces: list[Any]) -> None:
    events = [chunk({"tool_calls": piece}) for piece in pieces]

    streamed = told(WIRE, b"".join([*events, chunk({}, "stop")])).reply

    assert streamed.parts == whole({"tool_calls": [tool(0, "", "f", '{"x":1}'), tool(0, "", "f", '{"x":2}')]}).parts


def test_calls_of_one_id_are_told_apart() -> None:
    """As Mistral's were, whose id was "null"."""
    calls = [tool(None, "null", "f", '{"x":1}'), tool(None, "null", "g")]

    reply = told(WIRE, chunk({"tool_calls": calls}, "tool_calls")).reply

    assert reply == whole({"tool_calls": calls}, "tool_calls")
    assert [call.name for call in reply.parts if isinstance(call, ToolCall)] == ["f", "g"]
    assert len({call.id for call in reply.parts if isinstance(call, ToolCall)}) == 2


def test_a_name_may_come_in_pieces() -> None:
    pieces = [tool(name="get_", arguments=""), tool(0, None, "weather", ""), tool(0, None, None, "{}")]

    assert told(WIRE, b"".join(chunk({"tool_calls": [piece]}) for piece in pieces)).reply.parts == [
        ToolCall(id="a", name="get_weather", arguments="{}")
    ]


def test_calls_without_ids_get_one_that_stays_the_same() -> None:
    calls = [tool(None, None, "f"), tool(None, None, "f")]

    first, second = whole({"tool_calls": calls}, "tool_calls").parts, whole({"tool_calls": calls}).parts

    assert first == second
    assert len({call.id for call in first if isinstance(call, ToolCall)}) == 2


def test_a_signature_of_google_stays_with_its_call() -> None:
    entry = {**tool(), "extra_content": {"google": {"thought_signature": "sig"}}}

    assert heard(chunk({"tool_calls": [entry]})) == [
        ToolCallBegin(index=0, id="a", name="f", signature="sig", origin="openai"),
        ToolCallDelta(index=0, arguments="{}"),
    ]


def test_the_call_of_old_is_a_call() -> None:
    reply = whole({"function_call": {"name": "f", "arguments": "{}"}}, "function_call")

    assert isinstance(reply.parts[0], ToolCall) and reply.parts[0].name == "f"
    assert reply.stop is Stop.TOOL_CALLS


@pytest.mark.parametrize(
    ("finish", "stop"),
    [
        ("stop", Stop.END),
        ("eos", Stop.END),
        ("eos_token", Stop.END),
        ("COMPLETE", Stop.END),
        ("length", Stop.LENGTH),
        ("model_length", Stop.LENGTH),
        ("content_filter", Stop.FILTERED),
        ("function_call", Stop.TOOL_CALLS),
        ("model_context_window_exceeded", Stop.LENGTH),
        ("sensitive", Stop.FILTERED),
        ("content_filter: PROHIBITED_CONTENT", Stop.FILTERED),
        ("function_call_filter: MALFORMED_FUNCTION_CALL", Stop.UNKNOWN),
        ("abort", Stop.UNKNOWN),
    ],
)
def test_why_it_ended(finish: str, stop: Stop) -> None:
    assert whole({"content": "4"}, finish).stop is stop
    assert heard(chunk({"content": "4"}, finish))[-1] == Finish(stop=stop)


def test_an_end_with_calls_waits_for_results_whatever_it_says() -> None:
    assert whole({"tool_calls": [tool()]}, "stop").stop is Stop.TOOL_CALLS


def test_vllm_names_the_stop_sequence() -> None:
    choice = {"index": 0, "message": {"content": "a"}, "finish_reason": "stop", "stop_reason": "Paris"}

    reply = WIRE.decode(orjson.dumps({"choices": [choice]}))

    assert (reply.stop, reply.stop_sequence) == (Stop.STOP_SEQUENCE, "Paris")


def test_a_refusal_is_kept_apart() -> None:
    assert whole({"content": None, "refusal": "I cannot."}).stop is Stop.REFUSED


def test_an_end_is_said_once() -> None:
    """OpenRouter repeats it with the usage."""
    usage = {"prompt_tokens": 1, "completion_tokens": 2, "cost": 0.00007}
    events = [chunk({"content": "4"}), chunk({}, "stop"), chunk({}, "stop", usage=usage), b"data: [DONE]\n\n"]

    assert heard(*events) == [
        TextDelta(text="4"),
        Finish(stop=Stop.END),
        Counted(tokens=Tokens(input=1, output=2), provider_cost="0.00007"),
    ]


def test_an_end_may_be_told_with_every_piece() -> None:
    """As Gemini did; what the last says of it counts, but for one that says less."""
    calls = [chunk({"content": "4"}, "stop"), chunk({"tool_calls": [tool()]}, "stop")]
    ends = [chunk({"content": "4"}, "length"), chunk({}, "stop")]

    assert told(WIRE, b"".join(calls)).reply.stop is Stop.TOOL_CALLS
    assert told(WIRE, b"".join(ends)).reply.stop is Stop.LENGTH


def test_an_end_without_a_reason_is_one_too() -> None:
    found = told(WIRE, chunk({"tool_calls": [tool(arguments="")]}) + b"data: [DONE]\n\n")

    assert found.ended
    assert found.deltas[-1] == Finish(stop=Stop.TOOL_CALLS)
    assert whole({"tool_calls": [tool(arguments="")]}, None) == found.reply
    assert found.reply.parts == [ToolCall(id="a", name="f", arguments="{}")]


def test_minimax_ends_with_the_whole_message() -> None:
    message = {"index": 0, "message": {"role": "assistant", "content": "1 2"}, "finish_reason": "stop"}
    last = chunk(object="chat.completion", choices=[message], base_resp={"status_code": 0, "status_msg": ""})

    assert told(WIRE, chunk({"content": "1"}) + chunk({"content": " 2"}) + last).reply == whole({"content": "1 2"})


def test_a_message_may_come_as_an_event() -> None:
    message = {"index": 0, "message": {"role": "assistant", "content": "1 2"}, "finish_reason": "stop"}

    assert told(WIRE, chunk(choices=[message])).reply == whole({"content": "1 2"})


def test_azure_tells_of_its_filters_first() -> None:
    filters = chunk(id="", model="", created=0, object="", prompt_filter_results=[{"prompt_index": 0}])

    reply = told(WIRE, filters + chunk({"content": "4"}, "stop")).reply

    assert (reply.id, reply.model, reply.created) == ("c-1", "m", 5)


def test_perplexity_repeats_itself() -> None:
    """All so far beside each piece, sources and counts in each; no [DONE]."""

    def piece(text: str, sofar: str, finish: str | None, completion: int) -> bytes:
        choice = {"index": 0, "delta": {"content": text}, "message": {"content": sofar}, "finish_reason": finish}
        usage = {"prompt_tokens": 1, "completion_tokens": completion, "cost": {"total_cost": 0.005}}
        more = {"object": "chat.completion.done" if finish else "chat.completion.chunk", "citations": ["https://a"]}
        return chunk(choices=[choice], usage=usage, **more).replace(b"\n\n", b"\r\n\r\n")

    found = told(WIRE, piece("1", "1", None, 1) + piece(" 2", "1 2", None, 2) + piece("", "1 2", "stop", 2))

    assert found.ended
    assert found.reply.parts == [Text(text="1 2")]
    assert found.reply.tokens == Tokens(input=1, output=2)
    assert found.reply.provider_cost == "0.005"
    assert [delta for delta in found.deltas if isinstance(delta, Citations)] == [Citations(citations=["https://a"])]


def test_sources_may_be_told_in_two_ways() -> None:
    noted = {"type": "url_citation", "url_citation": {"url": "https://a"}}
    pieces = [chunk({"content": "1", "annotations": [noted]}, citations=["https://a"]) for _ in range(2)]

    reply = told(WIRE, b"".join([*pieces, chunk({}, "stop", citations=["https://a"])])).reply

    assert reply.citations == ["https://a", noted]
    assert whole({"content": "1", "annotations": [noted]}, citations=["https://a"]).citations == reply.citations


def test_comments_say_nothing() -> None:
    assert heard(b": OPENROUTER PROCESSING\n\n", b": keep-alive\n\n") == []


@pytest.mark.parametrize(
    ("usage", "tokens"),
    [
        pytest.param(
            {"prompt_tokens": 9, "completion_tokens": 2, "total_tokens": 11}, Tokens(input=9, output=2), id="plain"
        ),
        pytest.param(
            {
                "prompt_tokens": 9,
                "completion_tokens": 5,
                "prompt_tokens_details": {"cached_tokens": 4, "cache_write_tokens": 3, "audio_tokens": 1},
                "completion_tokens_details": {"reasoning_tokens": 2, "audio_tokens": 1},
            },
            Tokens(input=9, output=5, cache_read=4, cache_write=3, reasoning=2, audio_input=1, audio_output=1),
            id="details",
        ),
        pytest.param(
            {"prompt_tokens": 9, "completion_tokens": 1, "prompt_cache_hit_tokens": 8},
            Tokens(input=9, output=1, cache_read=8),
            id="DeepSeek",
        ),
        pytest.param(
            {
                "prompt_tokens": 9,
                "completion_tokens": 1,
                "prompt_tokens_details": {"cached_tokens": 0, "cache_creation_input_tokens": 8},
            },
            Tokens(input=9, output=1, cache_read=0, cache_write=8),
            id="Alibaba",
        ),
        pytest.param(
            {"prompt_tokens": 9, "completion_tokens": 2, "total_tokens": 21}
            | {"completion_tokens_details": {"reasoning_tokens": 10}},
            Tokens(input=9, output=12, reasoning=10),
            id="xAI leaves reasoning out of the completion",
        ),
        pytest.param(
            {"prompt_tokens": 7, "completion_tokens": 1, "prompt_tokens_details": {"cached_tokens": 163}},
            Tokens(input=7, output=1, cache_read=7),
            id="more cached than sent",
        ),
        pytest.param(
            {"prompt_tokens": 7, "completion_tokens": 1}
            | {"prompt_tokens_details": {"cached_tokens": 5, "cache_write_tokens": 5}},
            Tokens(input=7, output=1, cache_read=5, cache_write=2),
            id="more cached and written than sent",
        ),
        pytest.param(
            {
                "prompt_tokens": 9,
                "completion_tokens": 20,
                "total_tokens": 69,
                "prompt_tokens_details": {"audio_tokens": 40},
            },
            Tokens(input=49, output=20, audio_input=40),
            id="Mistral leaves speech out of the prompt",
        ),
        pytest.param(
            {"prompt_tokens": 64, "completion_tokens": 1, "num_cached_tokens": 32},
            Tokens(input=64, output=1, cache_read=32),
            id="Mistral",
        ),
        pytest.param(
            {"prompt_tokens": 64, "completion_tokens": 1}
            | {"cache_read_input_tokens": 30, "cache_creation_input_tokens": 8},
            Tokens(input=64, output=1, cache_read=30, cache_write=8),
            id="LiteLLM",
        ),
        pytest.param(
            {
                "prompt_tokens": 9,
                "completion_tokens": 1,
                "prompt_tokens_details": None,
                "completion_tokens_details": None,
            },
            Tokens(input=9, output=1),
            id="nulls",
        ),
    ],
)
def test_counts_in_the_normal_form(usage: Any, tokens: Tokens) -> None:
    assert whole({"content": "4"}, usage=usage).tokens == tokens


@pytest.mark.parametrize(
    "last",
    [
        pytest.param(lambda usage: [chunk({}, "stop", x_groq={"usage": usage})], id="Groq"),
        pytest.param(
            lambda usage: [chunk(choices=[{"index": 0, "delta": {}, "finish_reason": "stop", "usage": usage}])],
            id="Moonshot",
        ),
        pytest.param(lambda usage: [chunk({}, "stop"), chunk(usage=usage), chunk(usage=None)], id="Together"),
    ],
)
def test_counts_stand_in_many_places(last: Any) -> None:
    usage = {"prompt_tokens": 1, "completion_tokens": 2}

    reply = told(WIRE, b"".join([chunk({"content": "4"}), *last(usage)])).reply

    assert reply == whole({"content": "4"}, usage=usage)


@pytest.mark.parametrize(
    ("stated", "cost"),
    [
        ({"cost": 0.00125}, "0.00125"),
        ({"cost": {"total_cost": 0.5}}, "0.5"),
        ({"estimated_cost": 2.68e-05}, "0.0000268"),
        ({"cost_in_usd_ticks": 1_721_250}, "0.000172125"),
        ({"cost_in_usd_ticks": 0}, ""),
        ({"cost": "n/a"}, ""),
        ({}, ""),
    ],
)
def test_what_a_call_cost_is_stated_in_many_ways(stated: Any, cost: str) -> None:
    usage = {"prompt_tokens": 1, "completion_tokens": 2, **stated}

    assert whole({"content": "4"}, usage=usage).provider_cost == cost
    assert WIRE.tally is not None
    choice = {"index": 0, "message": {"content": "4"}, "finish_reason": "stop"}
    assert WIRE.tally(orjson.dumps({"choices": [choice], "usage": usage})).provider_cost == cost


def test_of_several_choices_the_first_by_its_index_is_the_answer() -> None:
    first, second = ({"index": n, "message": {"content": text}, "finish_reason": "stop"} for n, text in enumerate("ab"))
    pieces = [{"index": n, "delta": {"content": text}, "finish_reason": "stop"} for n, text in enumerate("ab")]

    assert WIRE.decode(orjson.dumps({"choices": [second, first]})).parts == [Text(text="a")]
    assert heard(chunk(choices=pieces[::-1])) == heard(chunk(choices=pieces[:1]))
    assert WIRE.tally is not None
    assert WIRE.tally(orjson.dumps({"choices": [second, first], "usage": {"prompt_tokens": 3}})).tokens.input == 3


@pytest.mark.parametrize(
    "empty", [{"function_call": {"name": "", "arguments": ""}}, {"tool_calls": [{"function": {}}]}]
)
def test_a_place_for_a_call_is_none(empty: Any) -> None:
    assert whole({"content": "4", **empty}).parts == [Text(text="4")]
    assert told(WIRE, chunk({"content": "4", **empty}, "stop")).reply.parts == [Text(text="4")]


def test_arguments_that_are_null_are_none() -> None:
    called = [ToolCall(id="a", name="f", arguments="{}")]

    assert whole({"tool_calls": [tool(arguments="null")]}).parts == called
    assert told(WIRE, chunk({"tool_calls": [tool(arguments="null")]}, "tool_calls")).reply.parts == called
    inside = [
        tool(arguments='{"x":'),
        tool(id=None, name=None, arguments="null"),
        tool(id=None, name=None, arguments="}"),
    ]
    pieces = b"".join(chunk({"tool_calls": [piece]}) for piece in inside)
    assert told(WIRE, pieces + chunk({}, "tool_calls")).reply.parts == [
        ToolCall(id="a", name="f", arguments='{"x":null}')
    ]


def test_what_is_said_aloud_is_text_too() -> None:
    assert whole({"content": None, "audio": {"id": "s", "data": "AA", "transcript": "Four"}}).parts == [
        Text(text="Four")
    ]
    pieces = [
        {"audio": {"id": "s"}},
        {"audio": {"data": "AA"}},
        {"audio": {"transcript": "Fo"}},
        {"audio": {"transcript": "ur"}},
    ]
    assert told(WIRE, b"".join(map(chunk, pieces)) + chunk({}, "stop")).reply.parts == [Text(text="Four")]


def test_a_good_end_at_minimax_is_one() -> None:
    ok = chunk(None, base_resp={"status_code": 0, "status_msg": "success"}).replace(b'"choices":[],', b"")

    assert (
        told(WIRE, chunk({"content": "4"}) + ok + chunk({}, "stop")).reply
        == told(WIRE, chunk({"content": "4"}) + chunk({}, "stop")).reply
    )
    assert whole({"content": "4"}, base_resp={"status_code": 0}).parts == [Text(text="4")]


# What fails


@pytest.mark.parametrize(
    ("event", "status"),
    [
        (
            b'event: error\ndata: {"error": {"message": "Bad call", "code": "bad", "status_code": 400}}\n\n',
            400,
        ),
        (b'data: {"error": {"message": "Bad call", "code": 429}}\n\n', 429),
        (b'data: {"error": {"message": "Bad call", "type": "server_error"}}\n\n', 500),
        (b'data: {"error": "Bad call"}\n\n', 0),
        (b'data: {"error": "Bad call", "status": 429}\n\n', 429),
        (b'data: {"object": "error", "message": "Bad call", "type": "BadRequestError", "code": 400}\n\n', 400),
        (b'data: {"detail": [{"loc": ["body"], "msg": "Bad call"}]}\n\n', 0),
        (b'data: {"choices": null, "base_resp": {"status_code": 1004, "status_msg": "Bad call"}}\n\n', 401),
        (b'data: {"success": false, "errors": [{"code": 7009, "message": "Bad call"}], "result": null}\n\n', 0),
        (
            b'data: {"choices": [{"index": 0, "delta": {}, "error": {"code": 502, "message": "Bad call"}, '
            b'"finish_reason": "error"}]}\n\n',
            502,
        ),
        (b'event:error\ndata: {"message": "Bad call"}\n\n', 0),
        (b"event: error\ndata: Bad call\n\n", 0),
        (b'{"error": {"message": "Bad call", "code": "503"}}', 503),
        (b'data: {"choices": [], "base_resp": {"status_code": 1002, "status_msg": "Bad call"}}\n\n', 429),
        (b'data: {"choices": [{"index": 0, "delta": {}, "error": {"code": 502, "message": "Bad call"}}]}\n\n', 502),
        (b'data: {"choices": [], "x_groq": {"error": "Bad call"}}\n\n', 0),
        (b'error: {"code": 500, "message": "Bad call", "type": "server_error"}\n\n', 500),
    ],
)
def test_a_stream_may_say_that_it_failed(event: bytes, status: int) -> None:
    found = told(WIRE, chunk({"content": "4"}) + event)

    assert isinstance(found.deltas[-1], Failed)
    assert found.deltas[-1].error.upstream_status == status
    assert "Bad call" in found.deltas[-1].error.message
    assert not found.ended


def test_an_error_may_come_with_a_good_status() -> None:
    with pytest.raises(UpstreamFailed, match="Too many") as raised:
        WIRE.decode(b'{"error": {"message": "Too many", "code": 429}}')

    assert raised.value.status == 429


@pytest.mark.parametrize("answer", [b"<html><title>Sign in</title></html>", b"", b"[]", b"{}", b'{"choices": []}'])
def test_what_is_no_answer_is_the_providers_fault(answer: bytes) -> None:
    with pytest.raises(UpstreamFailed) as raised:
        WIRE.decode(answer)

    assert raised.value.status == 502


def test_a_stream_without_a_message_is_the_providers_fault() -> None:
    last = told(WIRE, chunk(usage={"prompt_tokens": 1}) + b"data: [DONE]\n\n").deltas[-1]

    assert isinstance(last, Failed) and last.error.status == 502


@pytest.mark.parametrize(
    ("reason", "status", "words"),
    [("error", 0, "failed"), ("insufficient_system_resource", 503, "capacity"), ("network_error", 0, "connection")],
)
def test_an_end_may_be_a_failure(reason: str, status: int, words: str) -> None:
    with pytest.raises(UpstreamFailed, match=words) as raised:
        whole({"content": "4"}, reason)
    assert raised.value.upstream_status == status
    assert isinstance(heard(chunk({"content": "4"}, reason))[-1], Failed)


def test_a_whole_answer_may_come_where_a_stream_was_asked_for() -> None:
    choice = {"index": 0, "message": {"role": "assistant", "content": "4"}, "finish_reason": "stop"}

    found = told(WIRE, orjson.dumps({"id": "c-1", "choices": [choice]}))

    assert found.ended and found.reply.parts == [Text(text="4")]
