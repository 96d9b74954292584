"""The protocols of Text Generation Inference, by bodies of our own in their true shapes."""

from __future__ import annotations

from typing import Any

import orjson
import pytest

from gateway.errors import Unsupported, UpstreamFailed
from gateway.wires.base import (
    Audio,
    Chat,
    Failed,
    File,
    Format,
    Image,
    Refusal,
    Stop,
    Text,
    Thinking,
    Tokens,
    Tool,
    ToolCall,
    ToolChoice,
)
from gateway.wires.tgi import WIRE

from .asking import assistant, body, called, chat, result, system, target, user
from .streams import told

HEAD = {"id": "", "object": "text_completion", "created": 1714681500, "model": "m"}
DETAILS = {"finish_reason": "length", "generated_tokens": 3, "seed": None, "input_length": 7}


def sent(*messages: Any, **fields: Any) -> Any:
    return body(WIRE, chat(*messages, **fields))


def pieces(*deltas: dict[str, Any], reason: str = "eos_token") -> bytes:
    """As old versions send them: no space after the colon, no [DONE]."""
    chunks = [{"index": 0, "delta": delta, "finish_reason": None} for delta in deltas]
    chunks[-1]["finish_reason"] = reason
    return b"".join(b"data:" + orjson.dumps({**HEAD, "choices": [chunk]}) + b"\n\n" for chunk in chunks)


def token(text: str, *, special: bool = False, **more: Any) -> bytes:
    entry = {"index": 1, "token": {"id": 1, "text": text, "logprob": -0.1, "special": special}}
    return b"data:" + orjson.dumps({**entry, "generated_text": None, "details": None, **more}) + b"\n\n"


@pytest.mark.parametrize(
    ("base_url", "path"),
    [
        ("http://localhost:8080", "/v1/chat/completions"),
        ("http://localhost:8080/v1", "/chat/completions"),
        ("http://localhost:8080/v1/", "/chat/completions"),
    ],
)
def test_the_path_follows_the_base_url(base_url: str, path: str) -> None:
    assert WIRE.encode(chat("hello"), target(base_url=base_url)).path == path


def test_text_and_calls_are_two_messages() -> None:
    asked = sent(
        system("Be brief."),
        user("Look:", Image(media_type="image/png", data="aW1n")),
        assistant("Let me see.", called()),
        user(result("sunny")),
        assistant(Refusal(text="No.")),
    )

    call = {"id": "call_1", "type": "function", "function": {"name": "weather", "arguments": '{"city":"Paris"}'}}
    assert asked["messages"] == [
        {"role": "system", "content": "Be brief."},
        {
            "role": "user",
            "content": [
                {"type": "text", "text": "Look:"},
                {"type": "image_url", "image_url": {"url": "data:image/png;base64,aW1n"}},
            ],
        },
        {"role": "assistant", "content": "Let me see."},
        {"role": "assistant", "tool_calls": [call]},
        {"role": "tool", "tool_call_id": "call_1", "content": "sunny"},
        {"role": "assistant", "content": "No."},
    ]


def test_only_what_it_understands_is_sent() -> None:
    asked = sent(
        "hello",
        max_tokens=5,
        temperature=0.5,
        top_p=1.0,
        stop=["END"],
        seed=1,
        frequency_penalty=0.0,
        presence_penalty=0.0,
        parallel_tools=False,
        thinking=Thinking(off=True),
        user="me",
        stream=True,
        tools=[Tool(name="tides")],
        tool_choice=ToolChoice(mode="required"),
        dialect="openai",
        rest={"metadata": {"a": "b"}, "n": 1},
    )

    function = {"name": "tides", "parameters": {"type": "object", "properties": {}}}
    del asked["messages"]
    assert asked == {
        "model": "model-1",
        "max_tokens": 5,
        "temperature": 0.5,
        "stop": ["END"],
        "seed": 1,
        "stream": True,
        "stream_options": {"include_usage": True},
        "tools": [{"type": "function", "function": function}],
        "tool_choice": "required",
    }


def test_formats_are_grammars() -> None:
    schema = {"type": "object", "properties": {"a": {"type": "string"}}}

    assert sent("hello", format=Format())["response_format"] == {"type": "json_object", "value": {"type": "object"}}
    assert sent("hello", format=Format(schema=schema))["response_format"] == {"type": "json_object", "value": schema}


@pytest.mark.parametrize(
    ("asked", "param"),
    [
        (chat("hello", top_k=4), "top_k"),
        (chat("hello", thinking=Thinking(effort="low")), "reasoning_effort"),
        (chat(user(File(data="cGRm", media_type="application/pdf"))), "messages[].content[] of type file"),
        (chat(user(Audio(data="c25k", format="wav"))), "messages[].content[] of type audio"),
        (chat("hello", dialect="openai", rest={"n": 2}), "n"),
    ],
)
def test_what_cannot_be_said_is_refused_by_name(asked: Chat, param: str) -> None:
    with pytest.raises(Unsupported) as caught:
        WIRE.encode(asked, target())

    assert caught.value.param == param
    assert "tgi" in caught.value.message


def test_old_streams_end_with_a_token_that_is_no_text() -> None:
    found = told(WIRE, pieces({"role": "assistant", "content": " Hi"}, {"content": "!"}, {"content": "</s>"}))

    assert found.reply.parts == [Text(text=" Hi!")]
    assert (found.reply.stop, found.reply.created, found.ended) == (Stop.END, 1714681500, True)


def test_calls_may_come_without_a_list_and_without_text_for_arguments() -> None:
    def part(name: str | None, arguments: str) -> dict[str, Any]:
        call = {"index": 0, "id": "", "type": "function", "function": {"name": name, "arguments": arguments}}
        return {"role": "assistant", "tool_calls": call}

    streamed = told(WIRE, pieces(part("weather", '{"city":'), part(None, '"Paris"}'), {"content": ""}, reason="stop"))
    entry = {"id": 0, "type": "function", "function": {"name": "weather", "arguments": {"city": "Paris"}}}
    choice = {"index": 0, "message": {"role": "assistant", "tool_calls": [entry]}, "finish_reason": "eos_token"}
    usage = {"prompt_tokens": 7, "completion_tokens": 3, "total_tokens": 10}
    whole = WIRE.decode(orjson.dumps({**HEAD, "choices": [choice], "usage": usage}))

    assert streamed.reply.parts == whole.parts
    assert streamed.reply.stop is whole.stop is Stop.TOOL_CALLS
    call = whole.parts[0]
    assert isinstance(call, ToolCall) and call.arguments == '{"city":"Paris"}' and call.id
    assert whole.tokens == Tokens(input=7, output=3)


def test_its_own_stream_of_tokens() -> None:
    stream = token(" Hi") + token("<unk>", special=True) + token("!", generated_text="Say hi: Hi!", details=DETAILS)

    found = told(WIRE, stream, range(1, 400, 9))

    assert found.reply.parts == [Text(text=" Hi!")]
    assert (found.reply.stop, found.reply.tokens, found.ended) == (Stop.LENGTH, Tokens(input=7, output=3), True)


def test_its_own_stream_without_details_leaves_unknown_what_it_does_not_say() -> None:
    cut_short = told(WIRE, token(" Hi", generated_text=" Hi")).reply
    complete = told(WIRE, token(" Hi") + token("</s>", special=True, generated_text=" Hi")).reply

    assert (cut_short.stop, cut_short.tokens) == (Stop.UNKNOWN, Tokens())
    assert (complete.stop, complete.parts) == (Stop.END, [Text(text=" Hi")])


def test_its_own_whole_answer() -> None:
    tokens = [{"id": 1, "text": text, "special": text == "</s>"} for text in (" Hi", "!", "</s>")]
    details = {"finish_reason": "eos_token", "generated_tokens": 3, "prefill": [{"id": 1}, {"id": 2}], "tokens": tokens}

    told_all = WIRE.decode(orjson.dumps({"generated_text": "Say hi: Hi!", "details": details}))
    told_little = WIRE.decode(orjson.dumps([{"generated_text": " Hi!"}]))

    assert told_all.parts == told_little.parts == [Text(text=" Hi!")]
    assert (told_all.stop, told_all.tokens) == (Stop.END, Tokens(input=2, output=3))
    assert (told_little.stop, told_little.tokens) == (Stop.UNKNOWN, Tokens())


@pytest.mark.parametrize(
    ("error", "status"),
    [
        ({"error": "`inputs` must be shorter", "error_type": "validation"}, 422),
        ({"error": "Model is overloaded", "error_type": "overloaded"}, 429),
        ({"error": "Request failed during generation", "error_type": "generation"}, 502),
        ({"error": {"message": "Tool error: no such tool", "http_status_code": 422}}, 422),
        ({"error": "It broke"}, 502),
    ],
)
def test_an_error_inside_a_stream_is_told(error: Any, status: int) -> None:
    found = told(WIRE, pieces({"content": "a"}, reason="") + b"data:" + orjson.dumps(error) + b"\n\n")

    last = found.deltas[-1]
    assert isinstance(last, Failed) and last.error.status == status
    words = error["error"]
    assert (words if isinstance(words, str) else words["message"]) in last.error.message
    assert not found.ended


@pytest.mark.parametrize(
    "body",
    [b'{"error":"Template error: template not found","error_type":"template_error"}', b"missing field `messages`"],
)
def test_errors_may_be_json_or_plain_text(body: bytes) -> None:
    error = WIRE.error(422, body)

    assert (error.status, error.may_pass) == (422, False)
    assert "emplate" in error.message or "missing field" in error.message


@pytest.mark.parametrize("wrong", [b"", b"{}", b"[]", b"[1]", b'{"choices": []}', b'{"generated_text": null}'])
def test_what_is_no_answer_is_the_providers_failure(wrong: bytes) -> None:
    with pytest.raises(UpstreamFailed):
        WIRE.decode(wrong)


def test_a_document_of_text_is_text() -> None:
    document = File(data="U3Vubnku", media_type="text/plain", name="Weather")

    assert "Weather\\n\\nSunny." in WIRE.encode(chat(user("Read:", document)), target()).body.decode()


def test_a_stream_that_breaks_off_has_not_ended() -> None:
    assert not told(WIRE, pieces({"content": "a"}, reason="")).ended
    assert not told(WIRE, token("a")).ended
