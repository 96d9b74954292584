from __future__ import annotations

import base64
import io
import wave
from collections.abc import Iterator
from typing import Any

import anthropic
import httpx2
import openai
import orjson
import pytest

from tests.fakes.kinds.embeddings import vector
from tests.fakes.provider import FakeProvider
from tests.fakes.upstream import CHATS, Upstream

WEATHER = {
    "type": "object",
    "properties": {"city": {"type": "string"}, "days": {"type": "integer"}},
    "required": ["city", "days"],
}


@pytest.fixture
def upstream(fake_provider: FakeProvider) -> Upstream:
    return Upstream(fake_provider)


@pytest.fixture
def gpt(upstream: Upstream) -> Iterator[openai.OpenAI]:
    with openai.OpenAI(api_key="k", base_url=upstream.play("openai"), max_retries=0) as client:
        yield client


@pytest.fixture
def claude(upstream: Upstream) -> Iterator[anthropic.Anthropic]:
    base_url = upstream.play("anthropic").removesuffix("/v1")
    with anthropic.Anthropic(api_key="k", base_url=base_url, max_retries=0) as client:
        yield client


def say(text: str) -> list[Any]:
    return [{"role": "user", "content": text}]


def post(url: str, body: Any) -> httpx2.Response:
    return httpx2.post(url, json=body, trust_env=False)


def test_openai_echoes_and_counts_words(gpt: openai.OpenAI) -> None:
    reply = gpt.chat.completions.create(model="gpt-4.1", messages=say("hello there [cached 1]"))

    assert reply.choices[0].message.content == "You said: hello there"
    assert reply.choices[0].finish_reason == "stop"
    assert reply.usage and (reply.usage.prompt_tokens, reply.usage.completion_tokens) == (4, 4)
    assert reply.usage.prompt_tokens_details and reply.usage.prompt_tokens_details.cached_tokens == 1


def test_openai_streams_the_same(gpt: openai.OpenAI) -> None:
    stream = gpt.chat.completions.create(
        model="gpt-4.1", messages=say("hello there"), stream=True, stream_options={"include_usage": True}
    )

    chunks = list(stream)

    assert "".join(c.choices[0].delta.content or "" for c in chunks if c.choices) == "You said: hello there"
    assert chunks[-1].usage and chunks[-1].usage.total_tokens == 6


def test_openai_calls_the_tools_the_prompt_names_and_uses_their_results(gpt: openai.OpenAI) -> None:
    tools: Any = [
        {"type": "function", "function": {"name": name, "parameters": WEATHER}} for name in ("weather", "tides", "news")
    ]
    messages = say("Ask weather and tides for Paris.")

    asked = gpt.chat.completions.create(model="gpt-4.1", messages=messages, tools=tools).choices[0]
    calls = asked.message.tool_calls or []
    results = [{"role": "tool", "tool_call_id": call.id, "content": f"{call.function.name} fine"} for call in calls]
    told = gpt.chat.completions.create(
        model="gpt-4.1", messages=[*messages, asked.message.model_dump(exclude_none=True), *results], tools=tools
    )

    assert asked.finish_reason == "tool_calls"
    assert [call.function.name for call in calls] == ["weather", "tides"]
    assert orjson.loads(calls[0].function.arguments) == {"city": "Paris", "days": 1}
    assert told.choices[0].message.content == "The tools answered: weather fine; tides fine"


def test_openai_fills_in_a_wanted_schema(gpt: openai.OpenAI) -> None:
    format: Any = {"type": "json_schema", "json_schema": {"name": "w", "schema": WEATHER, "strict": True}}
    reply = gpt.chat.completions.create(model="gpt-4.1", messages=say("Paris"), response_format=format)

    assert orjson.loads(reply.choices[0].message.content or "") == {"city": "Paris", "days": 1}


@pytest.mark.parametrize(
    ("limits", "text", "finish"),
    [({"max_tokens": 2}, "You said:", "length"), ({"stop": ["there"]}, "You said: hello ", "stop")],
)
def test_openai_stops_where_told(gpt: openai.OpenAI, limits: Any, text: str, finish: str) -> None:
    reply = gpt.chat.completions.create(model="gpt-4.1", messages=say("hello there"), **limits)

    assert (reply.choices[0].message.content, reply.choices[0].finish_reason) == (text, finish)


def test_openai_refuses_in_its_own_words(gpt: openai.OpenAI) -> None:
    with pytest.raises(openai.NotFoundError, match="does not exist"):
        gpt.chat.completions.create(model="no-such-model", messages=say("hello"))
    with pytest.raises(openai.BadRequestError, match="Unrecognized request argument supplied: top_k"):
        gpt.chat.completions.create(model="gpt-4.1", messages=say("hello"), extra_body={"top_k": 1})


def test_anthropic_thinks_calls_and_wants_its_thoughts_back(claude: anthropic.Anthropic) -> None:
    ask: Any = {
        "model": "claude-sonnet-4-20250514",
        "max_tokens": 4096,
        "thinking": {"type": "enabled", "budget_tokens": 1024},
        "tools": [{"name": "weather", "input_schema": WEATHER}],
    }
    messages = say("What says weather of Paris?")

    first = claude.messages.create(messages=messages, **ask)
    call = first.content[-1]
    result = {"type": "tool_result", "tool_use_id": call.id, "content": "sunny"}  # type: ignore[union-attr]
    answered = {"role": "user", "content": [result]}
    second = claude.messages.create(
        messages=[*messages, {"role": "assistant", "content": first.content}, answered], **ask
    )

    assert [block.type for block in first.content] == ["thinking", "tool_use"]
    assert (first.stop_reason, second.stop_reason) == ("tool_use", "end_turn")
    assert second.content[-1].text == "The tools answered: sunny"  # type: ignore[union-attr]

    first.content[0].thinking += "!"  # type: ignore[union-attr]
    with pytest.raises(anthropic.BadRequestError, match="Invalid `signature`"):
        claude.messages.create(messages=[*messages, {"role": "assistant", "content": first.content}, answered], **ask)


def test_anthropic_streams_what_it_says_whole(claude: anthropic.Anthropic) -> None:
    ask: Any = {
        "model": "claude-sonnet-4-20250514",
        "max_tokens": 4096,
        "thinking": {"type": "enabled", "budget_tokens": 1024},
        "tools": [{"name": "weather", "input_schema": WEATHER}],
        "messages": say("What says weather of Paris? [cached 2]"),
    }
    with claude.messages.stream(**ask) as stream:
        streamed = stream.get_final_message()

    whole = claude.messages.create(**ask)

    assert streamed.content == whole.content
    assert (streamed.stop_reason, streamed.usage) == (whole.stop_reason, whole.usage)
    assert (whole.usage.input_tokens, whole.usage.cache_read_input_tokens) == (5, 2)


def test_gemini_signs_what_follows_its_thoughts(upstream: Upstream) -> None:
    url = f"{upstream.play('gemini')}/models/gemini-3-pro:streamGenerateContent?alt=sse"
    body = {
        "contents": [{"role": "user", "parts": [{"text": "hello"}]}],
        "generationConfig": {"thinkingConfig": {"includeThoughts": True}},
    }

    events = [orjson.loads(event[6:]) for event in post(url, body).content.split(b"\r\n\r\n") if event]

    parts = [event["candidates"][0]["content"]["parts"][0] for event in events]
    assert "".join(part["text"] for part in parts if not part.get("thought")) == "You said: hello"
    assert "thoughtSignature" in parts[-1]
    assert events[-1]["usageMetadata"] == {
        "promptTokenCount": 1,
        "candidatesTokenCount": 3,
        "totalTokenCount": 7,
        "thoughtsTokenCount": 3,
    }


def test_ollama_streams_lines_until_done(upstream: Upstream) -> None:
    tools = [{"type": "function", "function": {"name": "weather", "parameters": WEATHER}}]
    body = {"model": "qwen3", "messages": say("weather of Paris"), "think": True, "tools": tools}

    lines = [orjson.loads(line) for line in post(f"{upstream.play('ollama')}/api/chat", body).content.splitlines()]

    assert "".join(line["message"].get("thinking", "") for line in lines) == "They said: weather of Paris"
    assert lines[-2]["message"]["tool_calls"][0]["function"]["arguments"] == {"city": "Paris", "days": 1}
    assert lines[-1]["done"] is True


def test_cohere_ends_with_what_it_bills(upstream: Upstream) -> None:
    body = {"model": "command-a-03-2025", "messages": say("hello"), "stream": True}

    events = post(f"{upstream.play('cohere')}/chat", body).content.decode().split("\n\n")

    assert events[-2] == "data: [DONE]"
    assert orjson.loads(events[-3].splitlines()[1][6:])["delta"]["usage"]["billed_units"] == {
        "input_tokens": 1,
        "output_tokens": 3,
    }


def test_openrouter_comments_first_and_states_its_cost(upstream: Upstream) -> None:
    body = {"model": "openai/gpt-4.1", "messages": say("hello"), "stream": True}

    events = post(f"{upstream.play('openrouter')}/chat/completions", body).content.split(b"\n\n")

    assert events[0] == b": OPENROUTER PROCESSING"
    assert orjson.loads(events[-3][6:])["usage"]["cost"] == 4 / 1_000_000


URLS = {"gemini": "/models/gemini-2.5-flash:{method}", "ollama": "/api/chat", "tgi": "/v1/chat/completions"}


def ask(upstream: Upstream, protocol: str, prompt: str, *, stream: bool) -> httpx2.Response:
    path = URLS.get(protocol) or next(iter(CHATS[protocol]))
    method = "streamGenerateContent?alt=sse" if stream else "generateContent"
    body: dict[str, Any] = {"model": "m", "messages": say(prompt), "stream": stream, "max_tokens": 100}
    if protocol == "gemini":
        body = {"contents": [{"parts": [{"text": prompt}]}]}
    if protocol == "ollama":
        del body["max_tokens"]
    url = upstream.play(protocol) + path.format(method=method)
    return httpx2.post(url, json=body, headers={"anthropic-version": "2023-06-01"}, trust_env=False)


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize("protocol", CHATS)
def test_every_protocol_takes_its_orders(upstream: Upstream, protocol: str, stream: bool) -> None:
    upstream.next("fail 429 2", "fail 500", "html", "")

    answers = [ask(upstream, protocol, "hello", stream=stream) for _ in range(4)]

    assert [answer.status_code for answer in answers] == [429, 500, 200, 200]
    assert answers[0].headers["retry-after"] == "2"
    assert answers[2].headers["content-type"] == "text/html"
    assert b"said" in answers[3].content


@pytest.mark.parametrize("protocol", CHATS)
def test_every_protocol_fails_inside_its_stream(upstream: Upstream, protocol: str) -> None:
    assert b"Told to fail" in ask(upstream, protocol, "hello there [error 2]", stream=True).content
    assert b"there" not in ask(upstream, protocol, "hello there [end 2]", stream=True).content
    with pytest.raises(httpx2.RemoteProtocolError):
        ask(upstream, protocol, "hello there [cut 2]", stream=True)


def test_who_leaves_is_remembered(upstream: Upstream) -> None:
    with pytest.raises(httpx2.ReadTimeout):
        httpx2.post(
            f"{upstream.play('openai')}/chat/completions",
            json={"model": "m", "messages": say("hello [stall 2]"), "stream": True},
            timeout=0.2,
            trust_env=False,
        )

    for _ in range(100):
        if upstream.provider.left or upstream.provider.closing.wait(0.02):
            break
    assert [seen.path for seen in upstream.provider.left] == ["/openai/v1/chat/completions"]


def test_openai_speaks_draws_and_embeds(gpt: openai.OpenAI) -> None:
    spoken = gpt.audio.speech.create(model="tts-1", voice="alloy", input="hello there", response_format="wav")
    drawn = gpt.images.generate(model="gpt-image-2", prompt="a red square", n=2)
    embedded = gpt.embeddings.create(model="text-embedding-3-small", input=["a", "b c"], dimensions=4)

    with wave.open(io.BytesIO(spoken.content)) as sound:
        assert sound.getnframes() == sound.getframerate() / 10
    assert drawn.data and [base64.b64decode(image.b64_json or "")[1:4] for image in drawn.data] == [b"PNG"] * 2
    assert drawn.usage and drawn.usage.output_tokens == 2_000
    assert [item.embedding for item in embedded.data] == [vector("a", 4), vector("b c", 4)]
    assert embedded.usage.total_tokens == 3


@pytest.mark.parametrize(
    ("protocol", "path", "status"),
    [
        ("openai", "/embeddings", 400),
        ("gemini", "/models/gemini-embedding-001:batchEmbedContents", 400),
        ("cohere", "/embed", 400),
        ("ollama", "/api/embed", 400),
        ("elevenlabs", "/text-to-speech/nobody", 404),
        ("google-tts", "/text:synthesize", 400),
        ("azure-tts", "/v1", 400),
        ("fal", "/fal-ai/flux/dev", 422),
    ],
)
def test_every_kind_takes_its_orders_and_refuses_nonsense(
    upstream: Upstream, protocol: str, path: str, status: int
) -> None:
    url = upstream.play(protocol) + path

    upstream.next("fail 429 2", "html")

    assert [post(url, {}).status_code for _ in range(3)] == [429, 200, status]
