"""A call through /v1, as a client makes it and as the record tells it."""

from __future__ import annotations

import socket
import time
from collections.abc import Callable
from decimal import Decimal

import anthropic
import httpx2
import openai
import orjson
import pytest
from django.contrib.auth.models import Group, User

from access import keys, tokens
from access.caller import of_user
from catalog import grants, lifecycle, voices
from catalog.models import AIModel, Effect, Voice
from gateway.runtime import POLL
from tests.builders import ADMIN, a_model, a_personal_model
from tests.gateway.conftest import Place, Served, a_served_model, eventually

MakePlace = Callable[..., Place]
STREAMED = [False, True]


def said(answer: object) -> str:
    """The text of a plain answer or a stream."""
    if answer.headers["content-type"].startswith("application/json"):  # type: ignore[attr-defined]
        return answer.json()["choices"][0]["message"]["content"]  # type: ignore[attr-defined]
    chunks = [orjson.loads(line[6:]) for line in answer.text.splitlines() if line.startswith("data: {")]  # type: ignore[attr-defined]
    return "".join(chunk["choices"][0]["delta"].get("content") or "" for chunk in chunks if chunk["choices"])


def test_a_chat_is_answered_by_the_model_that_was_named(served: Served, place: MakePlace) -> None:
    acme = place()
    a_served_model(acme)
    served.refresh()

    answer = served.chat("acme/m")

    assert answer.status_code == 200, answer.text
    assert said(answer) == "You said: Hello"
    assert answer.headers["x-registry-model"] == answer.headers["x-registry-requested"] == "acme/m"
    assert answer.headers["x-registry-reason"] == "requested"
    asked = acme.asked[0]
    assert asked.json == {"model": "m", "messages": [{"role": "user", "content": "Hello"}]}
    assert asked.headers["authorization"] == "Bearer sk-upstream-key-1234"
    usage = answer.json()["usage"]
    row = served.usage()[0]
    assert (row.call_id, row.outcome, row.status) == (answer.headers["x-request-id"], "ok", 200)
    assert (row.input_tokens, row.output_tokens) == (usage["prompt_tokens"], usage["completion_tokens"])
    assert row.cost == Decimal(2 * usage["prompt_tokens"] + 8 * usage["completion_tokens"]) / 10**6
    assert (row.key_name, row.requested, row.reason, row.attempts) == ("service", "acme/m", "requested", 1)


def test_a_body_passes_byte_for_byte_but_for_the_model(served: Served, place: MakePlace) -> None:
    acme = place()
    a_served_model(acme)
    served.refresh()
    body = b'{ "messages" : [{"role":"user","content":"\\u00e9 \\"model\\": 1"}],"top_p":1.0 ,"model" : "acme/m"}'

    with served.client() as client:
        client.post("/v1/chat/completions", content=body)

    assert acme.asked[0].body == body.replace(b'"acme/m"', b'"m"')


OF_GEMINI = {"type": "reasoning.text", "text": "Hm", "signature": "s", "format": "registry:gemini", "index": 0}
MIXED = [
    {"role": "user", "content": "Hello"},
    {"role": "assistant", "content": "Hi", "reasoning_details": [OF_GEMINI]},
    {"role": "user", "content": "Go on"},
]


def test_several_answers_all_arrive_also_where_the_question_holds_thoughts_of_others(
    served: Served, place: MakePlace
) -> None:
    acme = place()
    a_served_model(acme)
    served.refresh()
    choices = [
        {"index": n, "message": {"role": "assistant", "content": f"Answer {n}"}, "finish_reason": "stop"}
        for n in range(2)
    ]
    acme.fake.serve("/openai/v1/chat/completions", {"id": "x", "object": "chat.completion", "choices": choices})

    answer = served.post("/v1/chat/completions", {"model": "acme/m", "messages": MIXED, "n": 2})

    assert [choice["message"]["content"] for choice in answer.json()["choices"]] == ["Answer 0", "Answer 1"]
    assert acme.asked[0].json["n"] == 2
    assert b"Hm" not in acme.asked[0].body


@pytest.mark.parametrize("wanted", STREAMED)
def test_a_stream_shows_no_usage_that_was_not_asked_for_where_the_question_holds_thoughts_of_others(
    served: Served, place: MakePlace, wanted: bool
) -> None:
    acme = place()
    a_served_model(acme)
    served.refresh()
    more = {"stream_options": {"include_usage": True}} if wanted else {}

    answer = served.post("/v1/chat/completions", {"model": "acme/m", "messages": MIXED, "stream": True, **more})

    assert said(answer) == "You said: Go on"
    assert (b'"completion_tokens"' in answer.content) is wanted
    assert served.usage()[0].output_tokens == 4


@pytest.mark.parametrize("wanted", STREAMED)
def test_usage_in_a_stream_is_metered_and_shown_only_if_asked_for(
    served: Served, place: MakePlace, wanted: bool
) -> None:
    acme = place()
    a_served_model(acme)
    served.refresh()
    more = {"stream_options": {"include_usage": True}} if wanted else {}

    answer = served.chat("acme/m", stream=True, **more)

    assert said(answer) == "You said: Hello"
    assert answer.text.endswith("data: [DONE]\n\n")
    assert ('"usage":{' in answer.text) is wanted
    assert acme.asked[0].json["stream_options"] == {"include_usage": True}
    row = served.usage()[0]
    assert (row.outcome, row.streamed, row.input_tokens, row.output_tokens) == ("ok", True, 1, 3)
    assert row.first_ms is not None


@pytest.mark.parametrize("streamed", STREAMED)
@pytest.mark.parametrize("protocol", ["openai", "anthropic", "gemini", "ollama", "tgi", "cohere"])
def test_every_wire_answers_both_clients(served: Served, place: MakePlace, protocol: str, streamed: bool) -> None:
    from gateway.wires import WIRES

    if protocol not in WIRES:
        pytest.skip("this wire is not there yet")
    acme = place(protocol=protocol)
    a_served_model(acme)
    served.refresh()
    of_openai = openai.OpenAI(base_url=f"{served.url}/v1", api_key=served.key, max_retries=0)
    of_anthropic = anthropic.Anthropic(base_url=served.url, api_key=served.key, max_retries=0)
    messages = [{"role": "user", "content": "Hello"}]

    if streamed:
        chunks = of_openai.chat.completions.create(model="acme/m", messages=messages, stream=True)
        first = "".join(chunk.choices[0].delta.content or "" for chunk in chunks if chunk.choices)
        with of_anthropic.messages.stream(model="acme/m", max_tokens=100, messages=messages) as stream:
            second = stream.get_final_message().content[0].text
    else:
        first = of_openai.chat.completions.create(model="acme/m", messages=messages).choices[0].message.content
        second = of_anthropic.messages.create(model="acme/m", max_tokens=100, messages=messages).content[0].text

    assert first == second == "You said: Hello"
    rows = served.usage(2)
    assert [(row.outcome, row.input_tokens, row.output_tokens) for row in rows] == [("ok", 1, 3)] * 2
    assert [row.dialect for row in rows] == ["openai", "anthropic"]


# Who may


def test_nobody_without_a_key_of_ours(served: Served, admin_key: str) -> None:
    for key in ("sk-something", "mr_" + "x" * 52, admin_key):
        answer = served.chat("acme/m", key=key)
        assert answer.status_code == 401
        assert answer.json()["error"]["code"] == "invalid_api_key"
    with httpx2.Client(base_url=served.url) as client:
        answer = client.post("/v1/messages", json={"model": "m"}, headers={"x-api-key": "nonsense"})
    assert answer.json()["type"] == "error"
    assert answer.json()["error"]["type"] == "authentication_error"


def test_a_key_needs_the_scope_and_is_kept_to_its_patterns(served: Served, place: MakePlace) -> None:
    acme = place()
    a_served_model(acme)
    a_served_model(acme, "other")
    served.refresh()
    reader = served.new_key("reader", scopes=["catalog:read"])
    narrow = served.new_key("narrow", allowed_models=["acme/other"])

    assert served.chat("acme/m", key=reader).status_code == 403
    refused = served.chat("acme/m", key=narrow)
    assert (refused.status_code, refused.json()["error"]["code"]) == (403, "model_not_allowed")
    assert served.chat("acme/other", key=narrow).status_code == 200
    rows = served.usage(3)
    assert [(row.outcome, row.status, row.error_code) for row in rows] == [
        ("refused", 403, "forbidden"),
        ("refused", 403, "model_not_allowed"),
        ("ok", 200, ""),
    ]


def test_a_page_calls_for_its_person_with_a_short_lived_token(
    served: Served, place: MakePlace, bob: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    a_served_model(place())
    served.refresh()
    token = tokens.make(bob.pk)

    assert served.chat("acme/m", key=token).status_code == 200
    assert served.usage()[0].user_name == "bob"
    assert served.chat("acme/m", key=token + "x").status_code == 401
    monkeypatch.setattr(tokens, "LIFE", -1)
    assert served.chat("acme/m", key=token).status_code == 401
    monkeypatch.setattr(tokens, "LIFE", 600)
    monkeypatch.setattr(tokens, "CHECKED", 0)
    bob.is_active = False
    bob.save()
    assert served.chat("acme/m", key=token).status_code == 401


def test_who_joins_a_group_or_leaves_it_is_known_within_a_second(served: Served, place: MakePlace, bob: User) -> None:
    model = a_served_model(place())
    team = Group.objects.create(name="team")
    grants.give(model, ADMIN, effect=Effect.DENY)
    grants.give(model, ADMIN, group=team)
    mine = keys.make("mine", by=of_user(bob, "admin"), owner_id=bob.pk).plaintext
    served.refresh()

    statuses = [served.chat("acme/m", key=mine).status_code]
    bob.groups.add(team)
    statuses.append(eventually(lambda: served.chat("acme/m", key=mine).status_code == 200))
    time.sleep(2 * POLL)
    bob.groups.remove(team)
    statuses.append(eventually(lambda: served.chat("acme/m", key=mine).status_code == 404))

    assert statuses == [404, True, True]


def test_a_personal_model_answers_its_owner_alone_with_its_own_key(served: Served, place: MakePlace, bob: User) -> None:
    from catalog.credentials import Secret

    acme = place()
    mine = keys.make("mine", by=of_user(bob, "admin"), owner_id=bob.pk).plaintext
    a_personal_model(bob, "m", provider=acme.row, secret=Secret(key="sk-of-bob-9999"))
    served.refresh()

    assert served.chat("acme/m", key=mine).status_code == 200
    assert acme.asked[0].headers["authorization"] == "Bearer sk-of-bob-9999"
    assert served.chat("acme/m").status_code == 404


# What the catalog decides


def test_a_retired_model_is_answered_by_its_successor_and_the_headers_say_so(served: Served, place: MakePlace) -> None:
    acme = place()
    old, new = a_served_model(acme, "old"), a_served_model(acme, "new")
    AIModel.objects.filter(pk=old.pk).update(successor=new)
    served.refresh()
    assert served.chat("acme/old").headers["x-registry-model"] == "acme/old"

    lifecycle.move(AIModel.objects.filter(pk=old.pk), "deprecate", ADMIN)

    def by_successor() -> bool:
        answer = served.chat("acme/old")
        assert answer.status_code == 200
        return answer.headers["x-registry-model"] == "acme/new"

    eventually(by_successor, 3)
    headers = served.chat("acme/old").headers
    assert headers["x-registry-requested"] == "acme/old"
    assert headers["x-registry-reason"] == "successor"
    assert headers["deprecation"].startswith("@")
    assert headers["link"] == '</v1/models/acme/new>; rel="successor-version"'


def test_a_refusal_names_the_model_and_its_status(served: Served, place: MakePlace) -> None:
    a_model("m", provider=place().row, status="pending")
    served.refresh()

    answer = served.chat("acme/m")

    assert answer.status_code == 403
    error = answer.json()["error"]
    assert (error["code"], error["param"]) == ("model_not_enabled", "model")
    assert "acme/m is pending" in error["message"]


@pytest.mark.parametrize(
    ("body", "field"),
    [
        (b"{", ""),
        (b"[]", ""),
        (b"{}", "model"),
        (b'{"model": 7, "messages": []}', "model"),
    ],
)
def test_what_cannot_be_read_is_refused_by_name(served: Served, body: bytes, field: str) -> None:
    with served.client() as client:
        answer = client.post("/v1/chat/completions", content=body)

    assert answer.status_code == 400
    assert (answer.json()["error"]["param"] or "") == field
    assert served.usage()[0].outcome == "refused"


def test_what_is_not_there_says_so(served: Served) -> None:
    with served.client() as client:
        assert client.get("/v1/nothing").status_code == 404
        assert client.get("/v1/chat/completions").status_code == 405
        assert client.post("/v1/models").status_code == 405


# Faults


@pytest.mark.parametrize("streamed", STREAMED)
@pytest.mark.parametrize("order", ["fail 500", "fail 429 60", "fail 401", "html", "cut 0", "refused"])
def test_a_route_falls_back_before_the_first_content(
    served: Served, place: MakePlace, order: str, streamed: bool
) -> None:
    bad, good = place("bad"), place("good")
    first, second = a_served_model(bad), a_served_model(good)
    make_route("both", first, second)
    served.refresh()
    if order == "refused":
        bad.fake.close()
    else:
        bad.upstream.always(order)

    answer = served.chat("both", stream=streamed)

    assert answer.status_code == 200, answer.text
    assert said(answer) == "You said: Hello"
    assert answer.headers["x-registry-model"] == "good/m"
    assert answer.headers["x-registry-reason"] == "fallback"
    row = served.usage()[0]
    assert (row.route, row.model, row.outcome) == ("both", "good/m", "ok")
    assert [tried["model"] for tried in row.tried] == ["bad/m"]


def make_route(name: str, *models: AIModel) -> None:
    """The first with a weight, the others as fallbacks."""
    from catalog.models import Route, RouteTarget

    route = Route.objects.create(name=name)
    for position, model in enumerate(models):
        RouteTarget.objects.create(route=route, position=position, model=model, weight=0 if position else 1)


@pytest.mark.parametrize("streamed", STREAMED)
def test_a_passing_fault_is_tried_again(served: Served, place: MakePlace, streamed: bool) -> None:
    acme = place()
    a_served_model(acme)
    served.refresh()
    acme.upstream.next("fail 503", "fail 429 0.1", "")

    answer = served.chat("acme/m", stream=streamed)

    assert (answer.status_code, said(answer)) == (200, "You said: Hello")
    assert served.usage()[0].attempts == 3


def test_the_callers_own_mistake_is_told_and_not_tried_again(served: Served, place: MakePlace) -> None:
    acme = place()
    a_served_model(acme)
    served.refresh()
    acme.upstream.always("fail 400")

    answer = served.chat("acme/m")

    assert answer.status_code == 400
    assert len(acme.asked) == 1
    row = served.usage()[0]
    assert (row.outcome, row.status, row.cost) == ("error", 400, None)


@pytest.mark.parametrize("order", ["cut 5", "end 5", "error 5"])
@pytest.mark.parametrize("protocol", ["openai", "anthropic"])
def test_a_stream_that_fails_in_the_middle_ends_in_an_error(
    served: Served, place: MakePlace, protocol: str, order: str
) -> None:
    acme = place(protocol=protocol)
    a_served_model(acme)
    served.refresh()
    acme.upstream.always(order)

    answer = served.chat("acme/m", "one two three four five", stream=True)

    assert answer.status_code == 200
    assert "[DONE]" not in answer.text
    assert '"error":' in answer.text.splitlines()[-2] or '"error":' in answer.text
    assert served.usage()[0].outcome == "error"


def test_a_stream_that_stalls_ends_in_an_error(
    served: Served, place: MakePlace, monkeypatch: pytest.MonkeyPatch
) -> None:
    import aiohttp

    acme = place()
    a_served_model(acme)
    served.refresh()
    served.gateway.relay.streamed = aiohttp.ClientTimeout(total=None, sock_connect=1, sock_read=0.3)
    acme.upstream.always("stall 3")
    started = time.monotonic()

    answer = served.chat("acme/m", "one two three four five", stream=True)

    assert time.monotonic() - started < 15
    assert "fell silent" in answer.text
    assert served.usage()[0].error_code == "upstream_timeout"


def test_a_client_that_leaves_cancels_the_call_upstream(served: Served, place: MakePlace) -> None:
    acme = place()
    a_served_model(acme)
    served.refresh()
    acme.upstream.always("slow 0.05")
    host, port = served.url.removeprefix("http://").split(":")
    body = orjson.dumps({"model": "acme/m", "stream": True, "messages": [{"role": "user", "content": "[words 400] x"}]})
    head = (
        f"POST /v1/chat/completions HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {served.key}\r\n"
        f"Content-Length: {len(body)}\r\n\r\n"
    )

    with socket.create_connection((host, int(port))) as connection:
        connection.sendall(head.encode() + body)
        assert connection.recv(100)

    row = served.usage()[0]
    assert (row.outcome, row.status) == ("cancelled", 499)
    assert row.duration_ms < 3_000


def test_a_breaker_opens_on_repeated_failure_and_is_seen(served: Served, place: MakePlace) -> None:
    from gateway.models import Breaker

    acme = place()
    a_served_model(acme)
    served.refresh()
    acme.upstream.always("fail 500")

    answers = [served.chat("acme/m") for _ in range(4)]

    assert [answer.status_code for answer in answers][-1] == 503
    assert "is not called for" in answers[-1].json()["error"]["message"]
    asked = len(acme.asked)
    assert served.chat("acme/m").status_code == 503
    assert len(acme.asked) == asked
    assert eventually(lambda: Breaker.objects.filter(provider="acme").first()).state == "open"


def test_streams_that_break_open_the_breaker_too(served: Served, place: MakePlace) -> None:
    acme = place()
    a_served_model(acme)
    served.refresh()
    acme.upstream.always("cut 5")

    answers = [served.chat("acme/m", "one two three four five", stream=True) for _ in range(6)]

    assert [answer.status_code for answer in answers] == [200] * 5 + [503]


def test_no_answer_tells_of_keys_or_addresses(served: Served, place: MakePlace) -> None:
    acme = place()
    a_served_model(acme)
    served.refresh()

    for order in ("fail 401", "fail 500", "html", "fail 400"):
        acme.upstream.always(order)
        answer = served.chat("acme/m")
        assert "sk-upstream" not in answer.text
        assert "127.0.0.1" not in answer.text
        served.gateway.breakers.circuits.clear()


# Limits


def test_limits_are_kept(served: Served, place: MakePlace) -> None:
    a_served_model(place())
    served.refresh()
    few = served.new_key("few", requests_per_minute=2)
    poor = served.new_key("poor", monthly_budget=Decimal("0.00"))

    assert [served.chat("acme/m", key=few).status_code for _ in range(3)] == [200, 200, 429]
    refused = served.chat("acme/m", key=poor)
    assert (refused.status_code, refused.json()["error"]["code"]) == (402, "budget_spent")


def test_a_budget_minds_unknown_prices(served: Served, place: MakePlace) -> None:
    acme = place()
    a_served_model(acme, price=None)
    served.refresh()
    budget = served.new_key("b", monthly_budget=Decimal(5))

    assert served.chat("acme/m", key=budget).status_code == 402
    assert served.chat("acme/m").status_code == 200
    assert [row.cost for row in served.usage(2)] == [None, None]


# Lists


def test_the_list_names_what_the_caller_may_call(served: Served, place: MakePlace) -> None:
    acme = place()
    a_served_model(acme, "vendor/m:free", context_window=1000, supports_tools=True)
    a_model("secret", provider=acme.row, status="pending")
    a_served_model(place("keyless", key=""), "m")
    served.refresh()

    with served.client() as client:
        answer = client.get("/v1/models")
        again = client.get("/v1/models", headers={"If-None-Match": answer.headers["etag"]})
        one = client.get("/v1/models/acme/vendor/m:free")
        escaped = client.get("/v1/models/acme%2Fvendor%2Fm:free")
        missing = client.get("/v1/models/acme/secret")

    entry = answer.json()["data"][0]
    assert [model["id"] for model in answer.json()["data"]] == ["acme/vendor/m:free"]
    assert entry["context_length"] == 1000
    assert entry["pricing"] == {"prompt": "0.000002", "completion": "0.000008"}
    assert "tools" in entry["supported_parameters"]
    assert (again.status_code, again.content) == (304, b"")
    assert one.json()["id"] == escaped.json()["id"] == "acme/vendor/m:free"
    assert missing.status_code == 404
    listed = openai.OpenAI(base_url=f"{served.url}/v1", api_key=served.key).models.list()
    assert [model.id for model in listed] == ["acme/vendor/m:free"]
    of_anthropic = anthropic.Anthropic(base_url=served.url, api_key=served.key).models.list()
    assert [(model.id, model.display_name) for model in of_anthropic] == [("acme/vendor/m:free", "vendor/m:free")]
    with served.client() as client:
        assert client.get("/health/ready").json()["checks"]["snapshot"] == "ok"


def test_embeddings(served: Served, place: MakePlace) -> None:
    acme = place()
    a_served_model(acme, "e", category="embedding")
    served.refresh()
    client = openai.OpenAI(base_url=f"{served.url}/v1", api_key=served.key)

    answer = client.embeddings.create(model="acme/e", input=["one", "two"])

    assert len(answer.data) == 2
    assert served.usage()[0].kind == "embedding"
    assert served.chat("acme/e").json()["error"]["code"] == "wrong_model_kind"


# Other kinds


def test_speech_is_made_with_the_voice_asked_for_or_the_models_own(served: Served, place: MakePlace) -> None:
    acme = place()
    a_served_model(acme, "s", category="tts", price={"mchar": "15"})
    for name in ("alloy", "nova"):
        Voice.objects.create(provider=acme.row, voice_id=name, name=name.title())
    served.refresh()
    client = openai.OpenAI(base_url=f"{served.url}/v1", api_key=served.key)

    known = client.audio.speech.with_raw_response.create(model="acme/s", voice="nova", input="Hello")
    unknown = client.audio.speech.with_raw_response.create(model="acme/s", voice="nobody", input="Hello")

    assert known.headers["content-type"].startswith("audio/")
    assert len(known.content) > 100
    assert (known.headers["x-registry-voice"], known.headers.get("x-registry-voice-reason")) == ("nova", None)
    assert unknown.headers["x-registry-voice"] == "alloy"
    assert "does not know" in unknown.headers["x-registry-voice-reason"]
    row = served.usage(2)[0]
    assert (row.kind, row.characters, row.cost) == ("speech", 5, Decimal("0.000075"))
    with served.client() as http:
        offered = http.get("/v1/audio/voices").json()["data"]
    assert [(voice["id"], voice["models"]) for voice in offered] == [("alloy", ["acme/s"]), ("nova", ["acme/s"])]


def test_google_is_told_the_model_of_geminis_voices(served: Served, place: MakePlace) -> None:
    acme = place(protocol="google-tts")
    a_served_model(acme, "gemini-2.5-flash-tts", category="tts")
    Voice.objects.create(provider=acme.row, voice_id="Kore", name="Kore", model_ids=["gemini-2.5-flash-tts"])
    served.refresh()

    answers = [
        served.post("/v1/audio/speech", {"model": "acme/gemini-2.5-flash-tts", "input": "Hello", "voice": voice})
        for voice in ("kore", "")
    ]

    assert [answer.status_code for answer in answers] == [200, 200]
    wanted = {"languageCode": "en-US", "name": "Kore", "modelName": "gemini-2.5-flash-tts"}
    assert [seen.json["voice"] for seen in acme.asked] == [wanted, wanted]


def test_voices_that_a_sync_brought_or_took_are_known_within_a_second(served: Served, place: MakePlace) -> None:
    acme = place()
    a_served_model(acme, "s", category="tts")
    served.refresh()

    def offered() -> list[str]:
        with served.client() as http:
            return [voice["id"] for voice in http.get("/v1/audio/voices").json()["data"]]

    voices.save([voices.row_of(acme.row, name, {"name": name}, None) for name in ("ann", "bob")])
    eventually(lambda: offered() == ["ann", "bob"])
    voices.retire(Voice.objects.filter(voice_id="ann").values_list("pk", flat=True))
    eventually(lambda: offered() == ["bob"])


@pytest.mark.parametrize("protocol", ["openai", "fal"])
def test_images_are_made(served: Served, place: MakePlace, protocol: str) -> None:
    acme = place(protocol=protocol, auth="key" if protocol == "fal" else "bearer")
    a_served_model(acme, "i", category="image", price={"image": "0.04"})
    served.refresh()
    client = openai.OpenAI(base_url=f"{served.url}/v1", api_key=served.key)

    answer = client.images.generate(model="acme/i", prompt="A cat", n=2)

    assert len(answer.data or []) == 2
    row = served.usage()[0]
    assert (row.kind, row.images, row.cost) == ("image", 2, Decimal("0.08"))
