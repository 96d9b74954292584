"""POST /api/chat and conversations, as programs and pages use them."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from typing import Any

import httpx2
import orjson
import pytest
from django.contrib.auth.models import User
from django.test import Client
from drf_spectacular.generators import SchemaGenerator
from jsonschema import Draft202012Validator

from access import keys
from access.caller import of_user
from access.models import UserLimits
from catalog import lifecycle, preferences, registration
from catalog.credentials import Secret
from catalog.models import AIModel
from gateway.models import Conversation, Message
from tests.builders import ADMIN, a_personal_model, a_route
from tests.catalog.api.test_schema import closed
from tests.gateway.conftest import MakePlace, Served, a_served_model, eventually

STREAMED = [False, True]
UNKNOWN = dict.fromkeys(("cacheReadTokens", "cacheWriteTokens", "reasoningTokens"))
OPEN: list[httpx2.Client] = []


@pytest.fixture(autouse=True)
def hung_up() -> Iterator[None]:
    """No connection outlives its test."""
    yield
    while OPEN:
        OPEN.pop().close()


class Talker:
    """Somebody who chats, by whichever proof."""

    def __init__(self, served: Served, **how: Any) -> None:
        self.http = httpx2.Client(base_url=served.url, timeout=30, **how)
        OPEN.append(self.http)

    def post(self, body: Any, **how: Any) -> httpx2.Response:
        return self.http.post("/api/chat", json=body, **how)

    def say(self, text: str, **more: Any) -> dict[str, Any]:
        answer = self.post({"messages": [{"role": "user", "content": text}], **more})
        assert answer.status_code == 200, answer.text
        return reply_in(answer)

    def read(self, pk: str) -> dict[str, Any]:
        answer = self.http.get(f"/api/conversations/{pk}")
        assert answer.status_code == 200, answer.text
        found: dict[str, Any] = answer.json()
        return found


def events_in(answer: httpx2.Response) -> list[dict[str, Any]]:
    return [orjson.loads(line[6:]) for line in answer.text.splitlines() if line.startswith("data: ")]


def reply_in(answer: httpx2.Response) -> dict[str, Any]:
    """The reply, plain or as the last event of a stream."""
    if answer.headers["content-type"] == "application/json":
        return dict(answer.json())
    last = events_in(answer)[-1]
    assert last.pop("type") == "reply"
    return last


def with_session(served: Served, user: User) -> Talker:
    browser = Client()
    browser.force_login(user)
    cookies = {"sessionid": browser.cookies["sessionid"].value, "csrftoken": "t" * 32}
    return Talker(served, cookies=cookies, headers={"X-CSRFToken": "t" * 32})


def with_key(served: Served, user: User | None = None, **terms: Any) -> Talker:
    owner = None if user is None else user.pk
    made = keys.make(
        "talker", by=ADMIN if user is None else of_user(user, "api"), owner_id=owner, terms=keys.Terms(**terms)
    )
    keys.KEYS.refresh()
    return Talker(served, headers={"Authorization": f"Bearer {made.plaintext}"})


@pytest.fixture
def alice(transactional_db: None) -> User:
    return User.objects.create_user("alice", password="password")


@pytest.fixture
def page(served: Served, alice: User) -> Talker:
    return with_session(served, alice)


@pytest.mark.parametrize("protocol", ["openai", "anthropic", "gemini"])
@pytest.mark.parametrize("streamed", STREAMED)
def test_a_person_is_answered_and_the_turn_is_kept(
    served: Served, place: MakePlace, page: Talker, streamed: bool, protocol: str
) -> None:
    acme = place(protocol=protocol)
    row = a_served_model(acme)
    served.refresh()

    answer = page.post({"messages": [{"role": "user", "content": "Hello"}], "modelId": "acme/m", "stream": streamed})

    assert answer.status_code == 200, answer.text
    assert answer.headers["x-registry-model"] == "acme/m"
    assert answer.headers["content-security-policy"]
    reply = reply_in(answer)
    used = served.usage()[0]
    assert reply == {
        "message": {"role": "assistant", "content": "You said: Hello"},
        "conversationId": reply["conversationId"],
        "modelId": "m",
        "provider": "acme",
        "modelName": "m",
        "requested": "acme/m",
        "reason": "requested",
        "stopReason": "end",
        "usage": {**UNKNOWN, **reply["usage"], "inputTokens": 1, "outputTokens": 3},
        "cost": 0.000026,
        "callId": used.call_id,
    }
    assert (used.user_name, used.conversation, used.cost) == ("alice", reply["conversationId"], Decimal("0.000026"))
    kept = page.read(reply["conversationId"])
    assert (kept["title"], kept["model"], kept["messageCount"]) == ("Hello", "acme/m", 2)
    assert [message["message"] for message in kept["messages"]] == [
        {"role": "user", "content": "Hello"},
        reply["message"],
    ]
    assert [message["model"] for message in kept["messages"]] == [None, "acme/m"]
    assert Message.objects.get(position=1).model == row
    assert Conversation.objects.get().model == row


def test_a_stream_begins_with_who_answers_and_comes_piece_by_piece(
    served: Served, place: MakePlace, page: Talker
) -> None:
    acme = place(protocol="anthropic")
    a_served_model(acme)
    served.refresh()
    body = {"messages": [{"role": "user", "content": "one two three"}], "stream": True, "reasoningEffort": "low"}

    answer = page.post(body, headers={"Accept": "text/event-stream"})

    assert answer.headers["content-type"] == "text/event-stream; charset=utf-8"
    events = events_in(answer)
    assert (events[0]["type"], events[0]["modelId"], events[0]["provider"]) == ("start", "m", "acme")
    assert "".join(event["text"] for event in events if event["type"] == "reasoning") == "They said: one two three"
    assert "".join(event["text"] for event in events if event["type"] == "text") == "You said: one two three"
    assert len([event for event in events if event["type"] == "text"]) > 2


@pytest.mark.parametrize("streamed", STREAMED)
def test_tools_are_called_and_their_results_continue_the_conversation(
    served: Served, place: MakePlace, page: Talker, streamed: bool
) -> None:
    acme = place(protocol="anthropic")
    a_served_model(acme)
    served.refresh()
    schema = {"type": "object", "properties": {"town": {"type": "string"}}}
    tools = [{"type": "function", "function": {"name": "weather", "parameters": schema}}]

    first = page.say("weather in Rome", tools=tools, stream=streamed)
    [call] = first["message"]["tool_calls"]
    result = {"role": "tool", "tool_call_id": call["id"], "content": "blue"}
    body = {"messages": [result], "tools": tools, "conversationId": first["conversationId"], "stream": streamed}
    second = reply_in(page.post(body))

    assert (first["stopReason"], call["function"]["arguments"]) == ("tool_calls", '{"town":"Rome"}')
    assert second["message"]["content"] == "The tools answered: blue"
    kept = page.read(first["conversationId"])
    assert [message["role"] for message in kept["messages"]] == ["user", "assistant", "tool", "assistant"]


def test_what_was_said_before_is_added_and_instructions_pass_unchanged(
    served: Served, place: MakePlace, page: Talker
) -> None:
    acme = place()
    a_served_model(acme)
    served.refresh()
    system = {"role": "system", "content": "  Be brief.\n"}
    context = {"role": "system", "content": [{"type": "text", "text": "Context: é"}], "name": "graph"}
    users = [{"role": "user", "content": text} for text in ("one", "two", "three")]
    first = reply_in(page.post({"messages": [system, context, users[0]], "modelId": "m"}))
    pk = first["conversationId"]

    reply_in(page.post({"messages": [system, users[1]], "conversationId": pk}))
    whole = [context, users[0], {"role": "assistant", "content": "You said: one"}, users[2]]
    reply_in(page.post({"messages": whole, "conversationId": pk}))

    asked = [seen.json["messages"] for seen in acme.asked]
    assert asked[0] == [system, context, users[0]]
    assert asked[1] == [system, context, users[0], {"role": "assistant", "content": "You said: one"}, users[1]]
    assert asked[2] == whole
    kept = [message["message"]["content"] for message in page.read(pk)["messages"]]
    said = [text for word in ("one", "two", "three") for text in (word, f"You said: {word}")]
    assert kept == [system["content"], context["content"], *said]


# Which model


def test_the_conversation_keeps_its_model_and_a_turn_may_choose_another(
    served: Served, place: MakePlace, page: Talker
) -> None:
    acme = place()
    first, second = a_served_model(acme, "first"), a_served_model(acme, "second")
    served.refresh()

    pk = page.say("x", modelId=first.pk)["conversationId"]
    other = page.say("x", modelId="second", conversationId=pk)
    again = page.say("x", conversationId=pk)

    assert (other["modelId"], other["reason"]) == ("second", "requested")
    assert (again["modelId"], again["reason"], again["requested"]) == ("first", "preference", "acme/first")
    kept = page.read(pk)
    assert kept["model"] == "acme/first"
    wrote = [message["model"] for message in kept["messages"] if message["role"] == "assistant"]
    assert wrote == ["acme/first", "acme/second", "acme/first"]
    assert second.pk in Message.objects.values_list("model", flat=True)


def test_where_none_is_named_ones_own_default_answers_else_the_first_enabled(
    served: Served, place: MakePlace, page: Talker, alice: User
) -> None:
    acme = place()
    a_served_model(acme, "a")
    own = a_served_model(acme, "b")
    served.refresh()

    first = page.say("x")
    preferences.set_default_model(own.pk, of_user(alice, "api"))
    chosen = page.say("x")
    kept = page.say("x", conversationId=first["conversationId"])

    assert (first["modelId"], first["reason"]) == ("a", "first-enabled")
    assert (chosen["modelId"], chosen["reason"]) == ("b", "preference")
    assert (kept["modelId"], kept["reason"]) == ("a", "preference")


def test_a_model_that_is_gone_is_stood_in_for_unless_it_is_named(
    served: Served, place: MakePlace, page: Talker
) -> None:
    acme = place()
    old, spare = a_served_model(acme, "old"), a_served_model(acme, "spare")
    by_hand = registration.add_model(provider=acme.row, model_id="by-hand", by=ADMIN, stated={"name": "By hand"})
    served.refresh()
    disabled, deprecated, deleted = (
        page.say("x", modelId=name)["conversationId"] for name in ("acme/old", "acme/spare", "acme/by-hand")
    )
    lifecycle.move(AIModel.objects.filter(pk=old.pk), "disable", ADMIN)
    AIModel.objects.filter(pk=spare.pk).update(successor=a_served_model(acme, "heir"))
    lifecycle.move(AIModel.objects.filter(pk=spare.pk), "deprecate", ADMIN)
    registration.delete_model(by_hand, ADMIN)
    served.refresh()

    replies = [page.say("x", conversationId=pk) for pk in (disabled, deprecated, deleted)]

    assert [(reply["modelId"], reply["reason"]) for reply in replies] == [
        ("heir", "first-enabled"),
        ("heir", "successor"),
        ("heir", "first-enabled"),
    ]
    assert page.read(deleted)["model"] == "acme/by-hand"
    assert page.read(deleted)["messages"][1]["model"] == "acme/by-hand"
    refused = page.post(
        {"messages": [{"role": "user", "content": "x"}], "modelId": "acme/old", "conversationId": disabled}
    )
    assert (refused.status_code, refused.json()["error"]["code"]) == (403, "model_not_enabled")
    assert refused.json()["error"]["details"]["model"] == "acme/old"


def test_a_route_keeps_a_conversation_with_one_variant(served: Served, place: MakePlace, page: Talker) -> None:
    acme = place()
    for name in ("a", "b"):
        a_served_model(acme, name)
    a_route("split", {"model": "acme/a", "weight": 1, "variant": "a"}, {"model": "acme/b", "weight": 1, "variant": "b"})
    served.refresh()

    first = page.say("x", modelId="split")
    others = {page.say("x", conversationId=first["conversationId"])["modelId"] for _ in range(6)}

    assert others == {first["modelId"]}
    assert page.read(first["conversationId"])["model"] == "split"
    assert Conversation.objects.get().model is None


def test_a_personal_model_answers_its_owner(served: Served, place: MakePlace, page: Talker, alice: User) -> None:
    acme = place()
    mine = a_personal_model(alice, "mine", provider=acme.row, secret=Secret(key="sk-of-alice-1"))
    served.refresh()

    assert page.say("x", modelId=mine.pk)["modelId"] == "mine"
    assert acme.asked[0].headers["authorization"] == "Bearer sk-of-alice-1"


# Who


def test_conversations_are_their_owners_alone(
    served: Served, place: MakePlace, page: Talker, bob: User, admin_key: str
) -> None:
    a_served_model(place())
    served.refresh()
    pk = page.say("secret", modelId="m")["conversationId"]
    boss = with_session(served, User.objects.create_superuser("boss"))
    service = with_key(served)
    operator = Talker(served, headers={"Authorization": f"Bearer {admin_key}"})

    for other in (with_session(served, bob), with_key(served, bob), boss, service, operator):
        assert other.http.get(f"/api/conversations/{pk}").status_code == 404
        assert other.http.delete(f"/api/conversations/{pk}").status_code == 404
        body = {"messages": [{"role": "user", "content": "x"}], "modelId": "m", "conversationId": pk}
        assert other.post(body).status_code == 404
        assert other.http.get("/api/conversations").json()["conversations"] == []

    assert [row["id"] for row in page.http.get("/api/conversations").json()["conversations"]] == [pk]
    assert page.http.delete(f"/api/conversations/{pk}").status_code == 204
    assert page.http.get(f"/api/conversations/{pk}").status_code == 404
    assert Message.objects.count() == 0


def test_a_service_is_answered_and_nothing_is_kept(served: Served, place: MakePlace) -> None:
    a_served_model(place())
    served.refresh()

    reply = with_key(served).say("x")

    assert (reply["message"]["content"], reply["conversationId"]) == ("You said: x", None)
    assert Conversation.objects.count() == 0


def test_a_key_of_a_person_keeps_conversations_and_its_own_bounds(
    served: Served, place: MakePlace, page: Talker, alice: User
) -> None:
    acme = place()
    a_served_model(acme, "a")
    a_served_model(acme, "b")
    served.refresh()
    program = with_key(served, alice, allowed_models=["b"], requests_per_minute=1)

    reply = program.say("x")
    refused = program.post({"messages": [{"role": "user", "content": "x"}]})

    assert reply["modelId"] == "b"
    assert page.read(reply["conversationId"])["messageCount"] == 2
    assert (refused.status_code, refused.json()["error"]["code"]) == (429, "rate_limited")
    assert int(refused.headers["retry-after"]) >= 1


def test_a_person_is_held_to_their_limits(served: Served, place: MakePlace, page: Talker, alice: User) -> None:
    a_served_model(place())
    UserLimits.objects.create(user=alice, monthly_budget=Decimal("0.00"))
    served.refresh()

    refused = page.post({"messages": [{"role": "user", "content": "x"}]})

    assert (refused.status_code, refused.json()["error"]["code"]) == (402, "budget_spent")
    assert Conversation.objects.count() == 0


def test_nobody_strangers_and_forged_requests_are_refused(
    served: Served, place: MakePlace, page: Talker, alice: User
) -> None:
    acme = place()
    a_served_model(acme)
    served.refresh()
    body = {"messages": [{"role": "user", "content": "x"}]}

    assert Talker(served).post(body).status_code == 401
    assert Talker(served, headers={"Authorization": "Bearer mr_wrong"}).post(body).status_code == 401
    assert with_key(served, alice, scopes=["catalog:read"]).post(body).status_code == 403
    forged = page.post(body, headers={"X-CSRFToken": "u" * 32})
    assert (forged.status_code, forged.json()["error"]["code"]) == (403, "forbidden")
    assert "CSRF" in forged.json()["error"]["message"]
    foreign = page.post(body, headers={"Origin": "https://evil.example"})
    assert foreign.status_code == 403
    assert acme.asked == []


# What can go wrong


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "messages"),
        ({"messages": []}, "messages"),
        ({"messages": "Hello"}, "messages"),
        ({"messages": [{"role": "robot", "content": "x"}]}, "messages[0].role"),
        ({"messages": [{"role": "user", "content": "x"}, {"role": "user"}]}, "messages[1].content"),
        ({"messages": [{"role": "user", "content": "x"}], "modelId": True}, "modelId"),
        ({"messages": [{"role": "user", "content": "x"}], "model_id": ""}, "model_id"),
        ({"messages": [{"role": "user", "content": "x"}], "conversation_id": "7"}, "conversation_id"),
        ({"messages": [{"role": "user", "content": "x"}], "maxTokens": "many"}, "maxTokens"),
        ({"messages": [{"role": "user", "content": "x"}], "max_tokens": 1.5}, "max_tokens"),
        ({"messages": [{"role": "user", "content": "x"}], "tools": [{"function": {}}]}, "tools[0].function.name"),
        ({"messages": [{"role": "user", "content": "x"}], "stream": "yes"}, "stream"),
        ({"messages": [{"role": "user", "content": "x"}], "model": "m"}, "model"),
    ],
)
def test_what_is_wrong_is_named_as_it_was_sent(served: Served, page: Talker, body: Any, field: str) -> None:
    answer = page.post(body)

    assert answer.status_code == 400, answer.text
    assert list(answer.json()["error"]["details"]) == [field]


def test_a_conversation_that_is_not_there_is_not_begun(served: Served, place: MakePlace, page: Talker) -> None:
    a_served_model(place())
    served.refresh()
    body = {"messages": [{"role": "user", "content": "x"}], "conversationId": str(uuid.uuid4())}

    assert page.post(body).status_code == 404


def test_a_body_that_is_too_large_is_refused(served: Served, page: Talker) -> None:
    assert page.post({"messages": [{"role": "user", "content": "x" * 3_000_000}]}).status_code == 413


@pytest.mark.parametrize("streamed", STREAMED)
@pytest.mark.parametrize(("order", "status"), [("fail 500", 502), ("fail 401", 502), ("html", 502), ("fail 429", 429)])
def test_a_provider_that_fails_is_told_and_nothing_is_kept(
    served: Served, place: MakePlace, page: Talker, order: str, status: int, streamed: bool
) -> None:
    acme = place()
    a_served_model(acme)
    served.refresh()
    acme.upstream.always(order)

    answer = page.post({"messages": [{"role": "user", "content": "x"}], "modelId": "m", "stream": streamed})

    assert answer.status_code == status
    assert set(answer.json()["error"]) == {"code", "message", "details"}
    assert "sk-upstream" not in answer.text
    assert "127.0.0.1" not in answer.text
    assert Conversation.objects.count() == 0
    assert served.usage()[0].outcome == "error"


@pytest.mark.parametrize("protocol", ["openai", "anthropic"])
def test_a_stream_that_breaks_ends_in_an_error_and_nothing_is_kept(
    served: Served, place: MakePlace, page: Talker, protocol: str
) -> None:
    acme = place(protocol=protocol)
    a_served_model(acme)
    served.refresh()
    acme.upstream.always("cut 6")

    answer = page.post({"messages": [{"role": "user", "content": "a b c d e f"}], "modelId": "m", "stream": True})

    assert answer.status_code == 200
    events = events_in(answer)
    assert events[-1]["type"] == "error"
    assert set(events[-1]["error"]) == {"code", "message", "details"}
    assert Conversation.objects.count() == 0


def test_who_leaves_ends_the_call(served: Served, place: MakePlace, page: Talker) -> None:
    acme = place()
    a_served_model(acme)
    served.refresh()
    acme.upstream.always("slow 0.02")
    body = {"messages": [{"role": "user", "content": "[words 500] x"}], "modelId": "m", "stream": True}

    with page.http.stream("POST", "/api/chat", json=body) as answer:
        next(answer.iter_bytes())

    assert served.usage()[0].outcome == "cancelled"
    assert Conversation.objects.count() == 0


def test_a_conversation_deleted_during_its_turn_stays_deleted(served: Served, place: MakePlace, page: Talker) -> None:
    acme = place()
    a_served_model(acme)
    served.refresh()
    pk = page.say("x", modelId="m")["conversationId"]
    acme.upstream.always("wait 0.5")

    with ThreadPoolExecutor() as pool:
        turn = pool.submit(page.say, "y", conversationId=pk)
        eventually(lambda: len(acme.asked) == 2)
        assert page.http.delete(f"/api/conversations/{pk}").status_code == 204
        reply = turn.result()

    assert (reply["message"]["content"], reply["conversationId"]) == ("You said: y", None)
    assert Conversation.objects.count() == 0


def test_turns_at_the_same_time_are_kept_one_after_the_other(served: Served, place: MakePlace, page: Talker) -> None:
    acme = place()
    a_served_model(acme)
    served.refresh()
    pk = page.say("first", modelId="m")["conversationId"]
    acme.upstream.always("wait 0.2")

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda number: page.say(f"n{number}", conversationId=pk), range(8)))

    messages = page.read(pk)["messages"]
    assert [message["position"] for message in messages] == list(range(18))
    said = [message["message"]["content"] for message in messages]
    assert all(answer == f"You said: {asked}" for asked, answer in zip(said[::2], said[1::2], strict=True))


def test_slow_models_do_not_keep_others_from_the_registry(served: Served, place: MakePlace, page: Talker) -> None:
    acme = place()
    a_served_model(acme)
    served.refresh()
    acme.upstream.always("wait 3")

    with ThreadPoolExecutor(20) as pool:
        turns = [pool.submit(page.say, "x", modelId="m") for _ in range(20)]
        eventually(lambda: len(acme.asked) == 20)
        assert page.http.get("/api/conversations", timeout=2).status_code == 200
        for turn in turns:
            turn.result()


def test_answers_are_as_the_document_says(served: Served, place: MakePlace, page: Talker) -> None:
    a_served_model(place())
    served.refresh()
    document = SchemaGenerator().get_schema(public=True)
    described = document["paths"]
    reply = page.say("x")
    answers = [
        (described["/api/chat"]["post"], reply),
        (described["/api/conversations"]["get"], page.http.get("/api/conversations").json()),
        (described["/api/conversations/{conversation}"]["get"], page.read(reply["conversationId"])),
    ]

    for operation, answer in answers:
        schema = operation["responses"]["200"]["content"]["application/json"]["schema"]
        Draft202012Validator({**schema, "components": closed(document["components"])}).validate(answer)


def test_a_server_without_the_gateway_says_so(alice: User) -> None:
    browser = Client()
    browser.force_login(alice)

    answer = browser.post(
        "/api/chat", {"messages": [{"role": "user", "content": "x"}]}, content_type="application/json"
    )

    assert (answer.status_code, answer.json()["error"]["code"]) == (503, "no_gateway")
