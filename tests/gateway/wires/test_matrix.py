"""Every dialect over every wire, with the real packages in front and a provider behind that checks what it is asked.

In between is the gateway, served by a process of its own, and the bridge: translation and nothing else.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Protocol

import anthropic
import openai
import pytest

from gateway.wires import WIRES
from tests.discovery.product import Databases, databases
from tests.fakes.provider import FakeProvider
from tests.fakes.upstream import Upstream
from tests.gateway.whole import Placed, Whole, a_whole

from .bridge import Bridge
from .conftest import Clients
from .probes import PROBES, refused_by

__all__ = ["databases"]

PIXEL = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
WEATHER = {
    "type": "object",
    "properties": {"city": {"type": "string"}, "days": {"type": "integer"}},
    "required": ["city", "days"],
    "additionalProperties": False,
}
TOOLS = ("weather", "tides", "news")
PARIS = {"city": "Paris", "days": 1}


class Heard(dict[str, Any]):
    """What a client made of an answer: text, thought, calls, stop, usage."""


class ByOpenAI:
    """The `openai` package; `stream` makes it ask for streams."""

    def __init__(self, client: openai.OpenAI, stream: bool) -> None:
        self.client, self.stream, self.model = client, stream, "m"
        self.turns: list[Any] = []

    def ask(self, *parts: Any, **more: Any) -> Heard:
        self.turns.append({"role": "user", "content": list(parts) if len(parts) > 1 else parts[0]})
        return self.send(more)

    def send(self, more: dict[str, Any]) -> Heard:
        call: dict[str, Any] = {"model": self.model, "messages": self.turns, **more}
        if self.stream:
            with self.client.chat.completions.stream(stream_options={"include_usage": True}, **call) as stream:
                completion: Any = stream.until_done().current_completion_snapshot
        else:
            completion = self.client.chat.completions.create(**call)
        self.last = completion.choices[0]
        message, usage = self.last.message, completion.usage
        self.turns.append(message.model_dump(exclude_none=True, exclude={"parsed": True}))
        for call in self.turns[-1].get("tool_calls", []):
            call["function"].pop("parsed_arguments", None)
        return Heard(
            text=message.content or "",
            thought=getattr(message, "reasoning_content", None) or "",
            calls=[(call.function.name, json.loads(call.function.arguments)) for call in message.tool_calls or []],
            stop=self.last.finish_reason,
            usage=(usage.prompt_tokens, usage.completion_tokens),
        )

    def answer_calls(self, **more: Any) -> Heard:
        for call in self.last.message.tool_calls:
            said = f"{call.function.name} fine"
            self.turns.append({"role": "tool", "tool_call_id": call.id, "content": said})
        return self.send(more)

    def system(self, text: str) -> dict[str, Any]:
        self.turns.insert(0, {"role": "developer", "content": text})
        return {}

    text = staticmethod(lambda text: {"type": "text", "text": text})
    image = {"type": "image_url", "image_url": {"url": f"data:image/png;base64,{PIXEL}"}}
    tools = {"tools": [{"type": "function", "function": {"name": name, "parameters": WEATHER}} for name in TOOLS]}
    think = {"reasoning_effort": "low", "max_completion_tokens": 4000}
    must_call = {"tool_choice": "required"}
    this_call = {"tool_choice": {"type": "function", "function": {"name": "tides"}}}
    one_call = {"parallel_tool_calls": False}
    no_call = {"tool_choice": "none"}
    schema = {
        "response_format": {"type": "json_schema", "json_schema": {"name": "w", "schema": WEATHER, "strict": True}}
    }
    stops = {"end": "stop", "length": "length", "sequence": "stop", "calls": "tool_calls", "filter": "content_filter"}
    stop_at = staticmethod(lambda text: {"stop": [text]})
    failures = openai.APIError
    dialect = "openai"
    probes = {
        "must_call": "`tool_choice` required",
        "this_call": "`tool_choice` of a function",
        "one_call": "`parallel_tool_calls` false",
        "no_call": "`tools` of type function",
        "think": "`reasoning_effort`",
    }


class ByAnthropic:
    """The `anthropic` package."""

    def __init__(self, client: anthropic.Anthropic, stream: bool) -> None:
        self.client, self.stream, self.model = client, stream, "m"
        self.turns: list[Any] = []

    def ask(self, *parts: Any, **more: Any) -> Heard:
        self.turns.append({"role": "user", "content": list(parts) if len(parts) > 1 else parts[0]})
        return self.send(more)

    def send(self, more: dict[str, Any]) -> Heard:
        call: dict[str, Any] = {"model": self.model, "max_tokens": 4000, "messages": self.turns, **more}
        if self.stream:
            with self.client.messages.stream(**call) as stream:
                message: Any = stream.get_final_message()
        else:
            message = self.client.messages.create(**call)
        self.last = message
        self.turns.append({"role": "assistant", "content": message.content})
        used = message.usage
        return Heard(
            text="".join(block.text for block in message.content if block.type == "text"),
            thought="".join(block.thinking for block in message.content if block.type == "thinking"),
            calls=[(block.name, block.input) for block in message.content if block.type == "tool_use"],
            stop=message.stop_reason,
            usage=(
                used.input_tokens + used.cache_read_input_tokens + used.cache_creation_input_tokens,
                used.output_tokens,
            ),
        )

    def answer_calls(self, **more: Any) -> Heard:
        results = [
            {"type": "tool_result", "tool_use_id": block.id, "content": f"{block.name} fine"}
            for block in self.last.content
            if block.type == "tool_use"
        ]
        self.turns.append({"role": "user", "content": results})
        return self.send(more)

    def system(self, text: str) -> dict[str, Any]:
        return {"system": text}

    text = staticmethod(lambda text: {"type": "text", "text": text})
    image = {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": PIXEL}}
    tools = {"tools": [{"name": name, "input_schema": WEATHER} for name in TOOLS]}
    think = {"thinking": {"type": "enabled", "budget_tokens": 1024}}
    must_call = {"tool_choice": {"type": "any"}}
    this_call = {"tool_choice": {"type": "tool", "name": "tides"}}
    one_call = {"tool_choice": {"type": "auto", "disable_parallel_tool_use": True}}
    no_call = {"tool_choice": {"type": "none"}}
    schema = {"output_config": {"format": {"type": "json_schema", "schema": WEATHER}}}
    stops = {
        "end": "end_turn",
        "length": "max_tokens",
        "sequence": "stop_sequence",
        "calls": "tool_use",
        "filter": "refusal",
    }
    stop_at = staticmethod(lambda text: {"stop_sequences": [text]})
    failures = anthropic.APIError
    dialect = "anthropic"
    probes = {
        "must_call": "`tool_choice` any",
        "this_call": "`tool_choice` tool",
        "one_call": "`disable_parallel_tool_use` true",
        "no_call": "`tools` of one's own",
        "think": "`thinking` enabled",
    }


Caller = ByOpenAI | ByAnthropic


class World(Protocol):
    def lead(self, caller: Caller, wire: str) -> None:
        """Let what is asked from now on go over another wire."""


class Direct:
    """Over the bridge."""

    def __init__(self, bridge: Bridge) -> None:
        self.bridge = bridge

    def lead(self, caller: Caller, wire: str) -> None:
        caller.client = caller.client.with_options(base_url=self.bridge.url(wire))  # type: ignore[assignment]


class Gateway:
    """Over a gateway that serves a model of each wire."""

    def __init__(self, whole: Whole) -> None:
        self.whole = whole

    def lead(self, caller: Caller, wire: str) -> None:
        key, base = self.whole.keys["service"], self.whole.url + ("/v1" if caller.dialect == "openai" else "")
        caller.client = caller.client.with_options(base_url=base, api_key=key)  # type: ignore[assignment]
        caller.model = f"the-{wire}/m"


@pytest.fixture(scope="module")
def gateway(databases: Databases, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gateway]:
    with FakeProvider() as provider:
        whole = a_whole(databases, tmp_path_factory.mktemp("gateway"))
        urls = {wire: Upstream(provider).play(wire) for wire in WIRES}
        whole.fill(*(Placed(slug=f"the-{wire}", wire=wire, base_url=url) for wire, url in urls.items()))
        with whole.workers():
            yield Gateway(whole)


@pytest.fixture(params=WIRES)
def wire(request: pytest.FixtureRequest) -> str:
    return request.param


@pytest.fixture
def bridge(fake_provider: FakeProvider, clients: Clients) -> Bridge:
    return Bridge(fake_provider, clients.upstream)


@pytest.fixture(params=["bridge", "gateway"])
def world(request: pytest.FixtureRequest) -> World:
    return (
        Direct(request.getfixturevalue("bridge")) if request.param == "bridge" else request.getfixturevalue("gateway")
    )


@pytest.fixture(params=["openai", "openai stream", "anthropic", "anthropic stream"])
def caller(request: pytest.FixtureRequest, world: World, wire: str, clients: Clients) -> Caller:
    dialect, _, stream = request.param.partition(" ")
    found = (ByOpenAI if dialect == "openai" else ByAnthropic)(getattr(clients, dialect), bool(stream))
    world.lead(found, wire)
    return found


@contextmanager
def refused_if_documented(caller: Caller, wire: str, asked: str) -> Iterator[None]:
    """What the document says that a wire refuses must be refused, and all else must work."""
    probe = next(probe for probe in PROBES[caller.dialect] if probe.name == caller.probes[asked])
    if wire in refused_by(caller.dialect, probe):
        with pytest.raises((openai.BadRequestError, anthropic.BadRequestError), match="cannot be expressed"):
            yield
    else:
        yield


def test_a_question_with_a_system_prompt(caller: Caller) -> None:
    heard = caller.ask("hello there [cached 1]", **caller.system("Be brief, be kind."))

    assert (heard["text"], heard["stop"]) == ("You said: hello there", caller.stops["end"])
    assert heard["usage"] == (8, 4)


def test_calls_at_once_and_their_results(caller: Caller, wire: str) -> None:
    names = ["weather"] if wire == "tgi" else ["weather", "tides"]  # that server makes one call at a time

    asked = caller.ask("Ask weather and tides for Paris.", **caller.tools)
    told = caller.answer_calls(**caller.tools)

    assert asked["calls"] == [(name, PARIS) for name in names]
    assert asked["stop"] == caller.stops["calls"]
    assert told["text"] == f"The tools answered: {'; '.join(f'{name} fine' for name in names)}"
    assert told["stop"] == caller.stops["end"]


@pytest.mark.parametrize(
    ("choice", "calls"),
    [
        ("must_call", [("weather", PARIS)]),
        ("this_call", [("tides", PARIS)]),
        ("one_call", [("weather", PARIS)]),
        ("no_call", []),
    ],
)
def test_choices_of_tools(caller: Caller, wire: str, choice: str, calls: Any) -> None:
    prompt = "Paris" if choice in ("must_call", "this_call") else "Ask weather and tides for Paris."

    with refused_if_documented(caller, wire, choice):
        assert caller.ask(prompt, **caller.tools, **getattr(caller, choice))["calls"] == calls


def test_an_image(caller: Caller) -> None:
    heard = caller.ask(caller.text("What is this?"), caller.image)

    assert heard["text"] == "You said: What is this? (with 1 image)"


def test_an_answer_by_a_schema(caller: Caller) -> None:
    heard = caller.ask("Paris", **caller.schema)

    assert json.loads(heard["text"]) == PARIS


def test_a_stop_sequence(caller: Caller) -> None:
    heard = caller.ask("hello there", **caller.stop_at("there"))

    assert heard["text"].strip() == "You said: hello"
    assert heard["stop"] in (caller.stops["sequence"], caller.stops["end"])  # not every wire tells why


def test_an_answer_that_is_cut(caller: Caller) -> None:
    heard = caller.ask("hello there", max_tokens=2)

    assert (heard["text"], heard["stop"]) == ("You said:", caller.stops["length"])


def test_thoughts_come_along_and_go_back(caller: Caller, wire: str) -> None:
    """The provider refuses thoughts of others, and its own if they were changed."""
    with refused_if_documented(caller, wire, "think"):
        asked = caller.ask("Ask weather for Paris.", **caller.tools, **caller.think)
        told = caller.answer_calls(**caller.tools, **caller.think)

        assert asked["calls"] == [("weather", PARIS)]
        assert told["text"] == "The tools answered: weather fine"
        if wire != "openai":  # whose own models do not show them
            assert "They said: Ask weather for Paris." in asked["thought"]


@pytest.mark.parametrize("other", WIRES)
def test_a_conversation_goes_on_over_another_wire(caller: Caller, world: World, wire: str, other: str) -> None:
    """Thoughts, signatures and ids of one provider do not disturb the next."""
    with refused_if_documented(caller, wire, "think"):
        caller.ask("Ask weather for Paris.", **caller.tools, **caller.think)
        world.lead(caller, other)

        with refused_if_documented(caller, other, "think"):
            told = caller.answer_calls(**caller.tools, **caller.think)
            assert told["text"] == "The tools answered: weather fine"


@pytest.mark.parametrize("world", ["bridge"], indirect=True)  # the gateway tries again: see test_calls
def test_a_failure_before_and_within_the_answer(caller: Caller, bridge: Bridge) -> None:
    bridge.upstream.next("fail 429", "error 3", "cut 3")

    with pytest.raises((openai.RateLimitError, anthropic.RateLimitError)):
        caller.ask("hello there")
    with pytest.raises(caller.failures):
        caller.ask("hello there")
