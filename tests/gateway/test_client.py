"""The door for Python, in a process that serves and in one that does not."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest
from django.contrib.auth.models import User

from access.caller import of_user
from access.models import UserLimits
from catalog import grants, lifecycle, preferences
from catalog.models import AIModel, Effect, Provider, Voice
from gateway import client
from gateway.client import TooManyRounds
from gateway.errors import BadRequest, GatewayError, LimitReached, NotServed, UpstreamFailed
from gateway.process import PROCESS, Misplaced
from gateway.wires.base import ReasoningDelta
from tests.builders import ADMIN, a_model, a_route
from tests.fakes.provider import Reply, Seen, json_reply
from tests.gateway.conftest import MakePlace, Place, a_served_model, usage

WEATHER = {
    "type": "function",
    "function": {
        "name": "weather",
        "description": "The weather of a town",
        "parameters": {"type": "object", "properties": {"town": {"type": "string"}}},
    },
}


BOTH = pytest.mark.parametrize("serving", [True, False], ids=["serving", "script"], indirect=True)


@pytest.fixture(autouse=True)
def serving(request: pytest.FixtureRequest, transactional_db: None) -> Iterator[None]:
    """Whether this process serves; it does not, unless the test says so."""
    if getattr(request, "param", False):
        request.getfixturevalue("served")
        assert PROCESS.serving is not None
    yield
    PROCESS.close()


def look() -> None:
    """Let the gateway at hand see what was just changed, as it does by itself within a second."""
    PROCESS.at_hand()[0].watcher.build()


def acme_serves(place: MakePlace, protocol: str = "openai", **stated: Any) -> Place:
    acme = place(protocol=protocol)
    a_served_model(acme, **stated)
    look()
    return acme


@BOTH
def test_a_chat_is_answered_and_metered(place: MakePlace) -> None:
    acme = acme_serves(place)

    answer = client.chat("acme/m", "Hello", temperature=0.5)

    assert (answer.text, answer.stop) == ("You said: Hello", "end")
    assert (answer.model, answer.requested, answer.reason) == ("acme/m", "acme/m", "requested")
    assert answer.message == {"role": "assistant", "content": "You said: Hello"}
    assert acme.asked[0].json == {
        "model": "m",
        "messages": [{"role": "user", "content": "Hello"}],
        "temperature": 0.5,
    }
    row = usage()[0]
    assert (row.call_id, row.outcome, row.input_tokens, row.output_tokens) == (answer.call_id, "ok", 1, 3)
    assert row.cost == answer.cost == Decimal("0.000026")


@pytest.mark.parametrize("protocol", ["openai", "anthropic", "gemini", "ollama", "tgi", "cohere"])
def test_every_wire_answers_whole_and_in_pieces(place: MakePlace, protocol: str) -> None:
    acme_serves(place, protocol)

    answer = client.chat("acme/m", "Hello you")
    stream = client.stream("acme/m", "Hello you")
    pieces = list(stream)

    assert answer.text == "".join(pieces) == "You said: Hello you"
    assert len(pieces) > 1
    assert stream.answer is not None
    assert (stream.answer.text, stream.answer.stop) == (answer.text, answer.stop)
    assert stream.answer.tokens == answer.tokens
    assert [row.outcome for row in usage(2)] == ["ok", "ok"]


@pytest.mark.parametrize("protocol", ["openai", "anthropic", "gemini", "ollama", "cohere"])
def test_a_handler_answers_tools_until_there_are_no_more_calls(place: MakePlace, protocol: str) -> None:
    acme_serves(place, protocol)
    called: list[tuple[str, dict[str, Any]]] = []

    def handle(name: str, arguments: dict[str, Any]) -> Any:
        called.append((name, arguments))
        return {"sky": f"blue {len(called)}"}

    time = json.loads(json.dumps(WEATHER).replace("weather", "time"))

    answer = client.chat("acme/m", "Tell weather and time in Rome", tools=[WEATHER, time], tool_handler=handle)

    assert called == [("weather", {"town": "Rome"}), ("time", {"town": "Rome"})]
    assert answer.text == 'The tools answered: {"sky":"blue 1"}; {"sky":"blue 2"}'
    assert [call.name for call in answer.earlier[0].tool_calls] == ["weather", "time"]
    assert [message["role"] for message in answer.messages] == ["user", "assistant", "tool", "tool", "assistant"]
    assert [row.call_id for row in usage(2)] == [answer.earlier[0].call_id, answer.call_id]


@BOTH
def test_without_a_handler_the_calls_are_the_answer(place: MakePlace) -> None:
    acme_serves(place)

    answer = client.chat("acme/m", "weather in Rome", tools=[WEATHER])

    assert [(call.name, call.arguments) for call in answer.tool_calls] == [("weather", '{"town":"Rome"}')]
    assert answer.stop == "tool_calls"


def test_a_tool_that_fails_tells_the_model_so(place: MakePlace) -> None:
    acme = acme_serves(place)

    def broken(name: str, arguments: dict[str, Any]) -> str:
        raise LookupError("no such town")

    answer = client.chat("acme/m", "weather in Rome", tools=[WEATHER], tool_handler=broken)

    assert answer.text == "The tools answered: Error: no such town"
    told = acme.asked[1].json["messages"][-1]
    assert told == {"role": "tool", "tool_call_id": told["tool_call_id"], "content": "Error: no such town"}


@pytest.mark.parametrize(("error", "text"), [(LookupError("no such town"), "no such town"), (KeyError(), "KeyError")])
def test_anthropic_is_told_by_its_own_field_that_a_tool_failed(place: MakePlace, error: Exception, text: str) -> None:
    acme = acme_serves(place, "anthropic")

    def broken(name: str, arguments: dict[str, Any]) -> str:
        raise error

    client.chat("acme/m", "weather in Rome", tools=[WEATHER], tool_handler=broken)

    [told] = acme.asked[1].json["messages"][-1]["content"]
    assert (told["type"], told["content"], told["is_error"]) == ("tool_result", text, True)


def test_a_model_that_never_stops_calling_tools_is_stopped(place: MakePlace) -> None:
    acme = acme_serves(place)
    call = {"id": "c", "type": "function", "function": {"name": "weather", "arguments": "{}"}}
    message = {"role": "assistant", "content": None, "tool_calls": [call]}
    choice = {"index": 0, "message": message, "finish_reason": "tool_calls"}
    acme.fake.serve("/openai/v1/chat/completions", {"id": "x", "choices": [choice]})

    with pytest.raises(TooManyRounds, match="after 3 answers"):
        client.chat("acme/m", "weather", tools=[WEATHER], tool_handler=lambda name, arguments: "rain", rounds=3)

    assert len(acme.asked) == 3


def test_arguments_that_are_no_json_are_told_to_the_model(place: MakePlace) -> None:
    acme = acme_serves(place)

    def respond(seen: Seen) -> Reply:
        if seen.json["messages"][-1]["role"] == "tool":
            message: dict[str, Any] = {"role": "assistant", "content": "sorry"}
        else:
            call = {"id": "c", "type": "function", "function": {"name": "weather", "arguments": "{town"}}
            message = {"role": "assistant", "content": None, "tool_calls": [call]}
        return json_reply({"id": "x", "choices": [{"index": 0, "message": message, "finish_reason": "stop"}]})

    acme.fake.serve("/openai/v1/chat/completions", respond)

    answer = client.chat("acme/m", "weather", tools=[WEATHER], tool_handler=lambda name, arguments: "rain")

    assert answer.text == "sorry"
    assert acme.asked[1].json["messages"][-1]["content"].startswith("Error: ")


@pytest.mark.parametrize("protocol", ["anthropic", "gemini", "compatible"])
def test_reasoning_comes_along_and_goes_back_to_where_it_came_from(place: MakePlace, protocol: str) -> None:
    acme = place(protocol=protocol, wire="openai" if protocol == "compatible" else protocol)
    a_served_model(acme)
    look()
    stream = client.stream("acme/m", "Why", reasoning_effort="low")
    thoughts = "".join(delta.text for delta in stream.deltas() if isinstance(delta, ReasoningDelta))
    first = client.chat("acme/m", "Why", reasoning_effort="low")
    assert stream.answer is not None
    assert first.reasoning == stream.answer.reasoning == thoughts == "They said: Why"

    client.chat("acme/m", [*stream.answer.messages, {"role": "user", "content": "And"}], reasoning_effort="low")

    assert b"They said: Why" in acme.asked[2].body


@BOTH
def test_speech_is_spoken_metered_and_says_whose_voice_it_is(place: MakePlace) -> None:
    acme = place(wire="openai")
    a_served_model(acme, "tts", category="tts", price={"input_mtok": "1", "output_mtok": "1", "mchar": "15"})
    Voice.objects.create(provider=acme.row, voice_id="alloy", name="Alloy")
    look()

    spoken = client.speech("acme/tts", "Good morning", voice="nobody", format="wav")
    first = client.speech(None, "Good morning")

    assert spoken.audio
    assert (spoken.content_type, spoken.voice) == ("audio/wav", "alloy")
    assert spoken.voice_reason == "the model does not know the one asked for"
    assert (first.model, first.reason) == ("acme/tts", "first-enabled")
    rows = usage(2)
    assert [(row.kind, row.characters) for row in rows] == [("speech", 12)] * 2
    assert spoken.cost == rows[0].cost == Decimal("0.00018")
    with pytest.raises(BadRequest):
        client.speech("acme/tts", "")


# Errors


@BOTH
def test_errors_are_those_of_the_gateway(place: MakePlace) -> None:
    acme = acme_serves(place)

    with pytest.raises(NotServed) as unknown:
        client.chat("no-such-model", "Hello")
    assert (unknown.value.status, unknown.value.code) == (404, "model_not_found")
    acme.upstream.always("fail 400")
    with pytest.raises(UpstreamFailed) as mistaken:
        client.chat("acme/m", "Hello")
    assert mistaken.value.upstream_status == 400
    acme.upstream.always("fail 401")
    with pytest.raises(UpstreamFailed) as refused:
        list(client.stream("acme/m", "Hello"))
    assert "sk-upstream" not in str(refused.value)
    with pytest.raises(BadRequest, match="cannot be written as JSON"):
        client.chat("acme/m", "Hello", metadata={"x": object()})
    assert [row.outcome for row in usage(4)] == ["refused", "error", "error", "refused"]


def test_several_answers_of_which_one_would_be_read_are_refused(place: MakePlace) -> None:
    acme = acme_serves(place)

    for ask in (client.chat, lambda *said, **more: list(client.stream(*said, **more))):
        with pytest.raises(BadRequest) as refused:
            ask("acme/m", "Hello", n=2)
        assert refused.value.param == "n"

    assert acme.asked == []
    assert client.chat("acme/m", "Hello", n=1).text == "You said: Hello"


@BOTH
@pytest.mark.parametrize("protocol", ["openai", "anthropic"])
def test_a_stream_that_breaks_raises_after_what_was_said(place: MakePlace, protocol: str) -> None:
    acme = acme_serves(place, protocol)
    acme.upstream.always("cut 6")
    heard = []

    with pytest.raises(GatewayError):
        for text in client.stream("acme/m", "one two three four five six seven"):
            heard.append(text)

    assert heard
    assert usage()[0].outcome == "error"


@BOTH
def test_leaving_a_stream_ends_the_call(place: MakePlace) -> None:
    acme = acme_serves(place)
    acme.upstream.always("slow 0.02")

    for _ in client.stream("acme/m", "[words 500] please"):
        break

    assert usage()[0].outcome == "cancelled"


@BOTH
def test_a_slow_reader_holds_the_provider_back_and_gets_everything(place: MakePlace) -> None:
    acme_serves(place)
    stream = client.stream("acme/m", "[words 3000] please")
    iterator = iter(stream)
    first = next(iterator)
    threading.Event().wait(0.2)

    assert len((first + "".join(iterator)).split()) == 3000


def test_another_model_answers_where_a_route_says_so(place: MakePlace) -> None:
    broken, good = place("broken"), place("good")
    a_served_model(broken)
    a_served_model(good)
    a_route("fast", {"model": "broken/m", "weight": 1}, {"model": "good/m", "weight": 0})
    look()
    broken.upstream.always("fail 500")

    answer = client.chat("fast", "Hello")
    streamed = client.stream("fast", "Hello")

    assert "".join(streamed) == answer.text == "You said: Hello"
    assert (answer.model, answer.requested, answer.reason) == ("good/m", "fast", "fallback")


@BOTH
def test_it_may_not_be_called_on_the_loop_that_serves(place: MakePlace) -> None:
    acme_serves(place)

    async def mistaken() -> None:
        client.chat("acme/m", "Hello")

    with pytest.raises(Misplaced, match="another thread"):
        PROCESS.run(lambda gateway: mistaken())
    assert asyncio.run(asyncio.to_thread(client.chat, "acme/m", "Hello")).text == "You said: Hello"


# Who calls, and what answers when nothing is named


def test_a_person_is_held_to_what_is_open_to_them_and_to_their_limits(place: MakePlace, bob: User) -> None:
    acme_serves(place)
    UserLimits.objects.create(user=bob, requests_per_minute=1)

    assert client.chat("acme/m", "Hello", user=bob).text == "You said: Hello"
    assert usage()[0].user_name == "bob"
    with pytest.raises(LimitReached):
        client.chat("acme/m", "Hello", user=bob)


def test_what_is_closed_to_a_person_is_not_there_for_them(place: MakePlace, bob: User) -> None:
    acme = acme_serves(place)
    grants.give(acme.row, ADMIN, user=bob, effect=Effect.DENY)
    look()

    with pytest.raises(NotServed):
        client.chat("acme/m", "Hello", user=of_user(bob, "api"))


def test_a_persons_default_answers_first_then_the_first_enabled(place: MakePlace, bob: User) -> None:
    acme = place()
    a_served_model(acme, "b")
    a_served_model(acme, "c")
    a_served_model(place("keyless", key=""), "a")
    lifecycle.set_default(AIModel.objects.get(model_id="c"), ADMIN)
    look()

    assert [(answer := client.chat(None, "x", user=bob)).model, answer.reason] == ["acme/c", "first-enabled"]
    preferences.set_default_model(AIModel.objects.get(model_id="b").pk, of_user(bob, "api"))
    assert [(answer := client.chat(None, "x", user=bob)).model, answer.reason] == ["acme/b", "preference"]
    lifecycle.move(AIModel.objects.filter(model_id="b"), "disable", ADMIN)
    look()
    assert [(answer := client.chat(None, "x", user=bob)).model, answer.reason] == ["acme/c", "provider-default"]
    with pytest.raises(NotServed):
        client.chat("acme/b", "x", user=bob)


def test_a_row_names_itself(place: MakePlace) -> None:
    acme = acme_serves(place)
    row = AIModel.objects.get()

    assert client.chat(row, "x").model == client.chat(row.pk, "x").model == "acme/m"
    with pytest.raises(NotServed):
        client.chat(row.pk + 1, "x")
    assert len(acme.asked) == 2


def test_the_environment_names_a_model_while_the_catalog_has_none(
    place: MakePlace, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    acme = place(key="")
    Provider.objects.update(is_active=False)
    row = Provider.objects.get(slug="openai")
    row.base_url = row.env_key_base_url = acme.row.base_url
    row.is_active = True
    row.save()
    monkeypatch.setenv("OPENAI_API_KEY", "sk-of-the-environment")
    settings.LLM_PROVIDER, settings.LLM_MODEL = "openai", "gpt-of-the-environment"
    look()

    answer = client.chat(None, "Hello")

    assert (answer.model, answer.reason) == ("openai/gpt-of-the-environment", "environment")
    assert acme.asked[0].headers["authorization"] == "Bearer sk-of-the-environment"
    assert (usage()[0].model_row, usage()[0].cost) == (None, None)
    a_model("gpt-of-the-environment", provider=row, status="disabled")
    look()
    with pytest.raises(NotServed, match="No model that you may call"):
        client.chat(None, "Hello")
    a_model("m", provider=row, status="enabled")
    look()
    assert client.chat(None, "Hello").model == "openai/m"
