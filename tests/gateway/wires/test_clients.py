"""What callers get can be read by the real `openai` and `anthropic` packages, and says what the provider said."""

from __future__ import annotations

import json
from typing import Any

import anthropic
import openai
import pytest

from gateway.dialects import anthropic as anthropic_dialect
from gateway.dialects import openai as openai_dialect
from gateway.errors import UpstreamFailed
from gateway.wires.base import Chat, Delta, Reasoning, Refusal, Reply, Stop, Text, ToolCall, collect
from tests.fakes.provider import FakeProvider
from tests.fakes.provider import Reply as Served

from .conftest import Clients
from .recorded import ANSWERS, STREAMS, Recording

CHAT = Chat(model="any", messages=[], stream=True, stream_usage=True)
IDENTITY = {"model": "our/model", "call_id": "call-1", "created": 1_790_000_000}


@pytest.fixture
def ask_openai(fake_provider: FakeProvider, clients: Clients) -> openai.OpenAI:
    return clients.openai.with_options(base_url=fake_provider.url)


@pytest.fixture
def ask_anthropic(fake_provider: FakeProvider, clients: Clients) -> anthropic.Anthropic:
    return clients.anthropic.with_options(base_url=fake_provider.url)


def serve(provider: FakeProvider, body: bytes, *, status: int = 200, stream: bool = False) -> None:
    headers = {"Content-Type": "text/event-stream" if stream else "application/json"}
    for path in ("/chat/completions", "/v1/messages"):
        provider.serve(path, Served(status=status, headers=headers, body=body))


def written(renderer: Any, deltas: list[Delta]) -> bytes:
    pieces = [renderer.begin(), renderer.keep_alive(), *map(renderer.feed, deltas), renderer.end()]
    return b"".join(pieces)


def heard_by_openai(completion: Any) -> dict[str, Any]:
    message, usage = completion.choices[0].message, completion.usage
    return {
        "text": message.content or "",
        "refusal": message.refusal or "",
        "thought": getattr(message, "reasoning_content", None) or "",
        "calls": [
            (call.id, call.function.name, json.loads(call.function.arguments)) for call in message.tool_calls or []
        ],
        "stop": completion.choices[0].finish_reason,
        "usage": usage and (usage.prompt_tokens, usage.completion_tokens),
        "model": completion.model,
    }


def heard_by_anthropic(message: Any) -> dict[str, Any]:
    by_type = {
        kind: [block for block in message.content if block.type == kind] for kind in ("text", "thinking", "tool_use")
    }
    usage = message.usage
    return {
        "text": "".join(block.text for block in by_type["text"]),
        "thought": "".join(block.thinking for block in by_type["thinking"]),
        "calls": [(block.id, block.name, block.input) for block in by_type["tool_use"]],
        "stop": message.stop_reason,
        "usage": (
            usage.input_tokens + usage.cache_read_input_tokens + usage.cache_creation_input_tokens,
            usage.output_tokens,
        ),
        "model": message.model,
    }


OPENAI_STOPS = {Stop.LENGTH: "length", Stop.TOOL_CALLS: "tool_calls", Stop.FILTERED: "content_filter"}
ANTHROPIC_STOPS = {
    Stop.END: "end_turn",
    Stop.LENGTH: "max_tokens",
    Stop.TOOL_CALLS: "tool_use",
    Stop.STOP_SEQUENCE: "stop_sequence",
    Stop.UNKNOWN: "end_turn",
}


def texts(reply: Reply, kind: type) -> str:
    return "".join(part.text for part in reply.parts if isinstance(part, kind))


def calls(reply: Reply) -> list[Any]:
    return [(part.id, part.name, json.loads(part.arguments)) for part in reply.parts if isinstance(part, ToolCall)]


def openai_should_hear(reply: Reply) -> dict[str, Any]:
    known = reply.tokens.input is not None and reply.tokens.output is not None
    return {
        "text": texts(reply, Text),
        "refusal": texts(reply, Refusal),
        "thought": texts(reply, Reasoning),
        "calls": calls(reply),
        "stop": OPENAI_STOPS.get(reply.stop, "stop"),
        "usage": (reply.tokens.input, reply.tokens.output) if known else None,
        "model": "our/model",
    }


def anthropic_should_hear(reply: Reply) -> dict[str, Any]:
    return {
        "text": texts(reply, Text) + texts(reply, Refusal),
        "thought": texts(reply, Reasoning),
        "calls": calls(reply),
        "stop": ANTHROPIC_STOPS.get(reply.stop, "refusal"),
        "usage": (reply.tokens.input or 0, reply.tokens.output or 0),
        "model": "our/model",
    }


ASKED: dict[str, Any] = {"model": "any", "messages": [{"role": "user", "content": "Hi"}]}


@pytest.mark.parametrize("recording", ANSWERS + STREAMS)
def test_openai_hears_a_whole_answer(
    fake_provider: FakeProvider, ask_openai: openai.OpenAI, recording: Recording
) -> None:
    reply = collect(recording.deltas) if recording.is_stream else recording.wire.decode(recording.body)
    serve(fake_provider, openai_dialect.render(reply, **IDENTITY))

    completion = ask_openai.chat.completions.create(**ASKED)

    assert heard_by_openai(completion) == openai_should_hear(reply)


@pytest.mark.parametrize("recording", STREAMS)
def test_openai_hears_a_stream(fake_provider: FakeProvider, ask_openai: openai.OpenAI, recording: Recording) -> None:
    serve(fake_provider, written(openai_dialect.Renderer(CHAT, **IDENTITY), recording.deltas), stream=True)

    with ask_openai.chat.completions.stream(**ASKED) as stream:
        try:
            completion: Any = stream.get_final_completion()
        except openai.LengthFinishReasonError as cut_short:  # this client takes it for a failure
            completion = cut_short.completion

    assert heard_by_openai(completion) == openai_should_hear(collect(recording.deltas))


@pytest.mark.parametrize("recording", ANSWERS + STREAMS)
def test_anthropic_hears_a_whole_answer(
    fake_provider: FakeProvider, ask_anthropic: anthropic.Anthropic, recording: Recording
) -> None:
    reply = collect(recording.deltas) if recording.is_stream else recording.wire.decode(recording.body)
    serve(fake_provider, anthropic_dialect.render(reply, **IDENTITY))

    message = ask_anthropic.messages.create(max_tokens=10, **ASKED)

    assert heard_by_anthropic(message) == anthropic_should_hear(reply)


@pytest.mark.parametrize("recording", STREAMS)
def test_anthropic_hears_a_stream(
    fake_provider: FakeProvider, ask_anthropic: anthropic.Anthropic, recording: Recording
) -> None:
    serve(fake_provider, written(anthropic_dialect.Renderer(CHAT, **IDENTITY), recording.deltas), stream=True)

    with ask_anthropic.messages.stream(max_tokens=10, **ASKED) as stream:
        message = stream.get_final_message()

    assert heard_by_anthropic(message) == anthropic_should_hear(collect(recording.deltas))


@pytest.mark.parametrize("status", [400, 404, 429, 503])
def test_errors_are_what_the_packages_expect(
    fake_provider: FakeProvider, ask_openai: openai.OpenAI, ask_anthropic: anthropic.Anthropic, status: int
) -> None:
    error = UpstreamFailed("The provider is busy.", upstream_status=status)

    serve(fake_provider, json.dumps(openai_dialect.error_body(error, "call-1")).encode(), status=error.status)
    with pytest.raises(openai.APIStatusError, match="The provider is busy.") as of_openai:
        ask_openai.chat.completions.create(**ASKED)
    serve(fake_provider, json.dumps(anthropic_dialect.error_body(error, "call-1")).encode(), status=error.status)
    with pytest.raises(anthropic.APIStatusError, match="The provider is busy.") as of_anthropic:
        ask_anthropic.messages.create(max_tokens=10, **ASKED)

    assert of_openai.value.status_code == of_anthropic.value.status_code == status
    assert of_openai.value.code == "upstream_error"


def test_a_stream_that_fails_does_not_look_whole(
    fake_provider: FakeProvider, ask_openai: openai.OpenAI, ask_anthropic: anthropic.Anthropic
) -> None:
    error = UpstreamFailed("The provider stopped.", upstream_status=529)
    for dialect in (openai_dialect, anthropic_dialect):
        renderer = dialect.Renderer(CHAT, **IDENTITY)
        body = renderer.begin() + renderer.fail(error)
        serve(fake_provider, body, stream=True)

        with pytest.raises((openai.APIError, anthropic.APIError), match="The provider stopped."):
            if dialect is openai_dialect:
                list(ask_openai.chat.completions.create(stream=True, **ASKED))
            else:
                list(ask_anthropic.messages.create(stream=True, max_tokens=10, **ASKED))
        assert b"[DONE]" not in body and b"message_stop" not in body
