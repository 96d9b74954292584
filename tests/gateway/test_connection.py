"""Testing connections, by the API, on the command line, and what is learned without paying for it."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from io import StringIO
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.management import CommandError, call_command
from rest_framework.test import APIClient

from catalog import connections
from catalog.credentials import Secret
from catalog.models import Credential, Provider
from gateway import connection
from gateway.connection import looking, trial
from gateway.process import PROCESS
from tests.access.conftest import a_key
from tests.builders import ADMIN, a_model, a_personal_model
from tests.fakes.provider import Reply, Responder, Seen, json_reply
from tests.gateway.conftest import MakePlace, Place, a_served_model, usage

KEY = "sk-upstream-key-1234"
UNKNOWN = {"reachable": True, "authorised": None, "modelExists": None, "answers": None, "billed": False}


@pytest.fixture(autouse=True)
def gateway_of_this_process(transactional_db: None) -> Iterator[None]:
    yield
    PROCESS.close()


def guarded(payload: Any) -> Responder:
    """What only the right key opens."""

    def respond(seen: Seen) -> Reply:
        if KEY not in "".join(seen.headers.values()):
            return json_reply({"error": {"message": f"Incorrect API key: {seen.headers.get('authorization')}"}}, 401)
        return json_reply(payload)

    return respond


def with_list(place: MakePlace, *ids: str, slug: str = "acme", protocol: str = "openai", **how: Any) -> Place:
    acme = place(slug, protocol, **how)
    acme.fake.serve(
        acme.row.base_url.removeprefix(acme.fake.url) + "/models", guarded({"data": [{"id": id} for id in ids]})
    )
    return acme


def ask(client: APIClient, body: Any) -> dict[str, Any]:
    answer = client.post("/api/models/test-connection", body)
    assert answer.status_code == 200, answer.content
    found: dict[str, Any] = answer.json()
    assert isinstance(found.pop("latencyMs"), int | None)
    assert KEY not in json.dumps(found)
    return found


def facts(found: dict[str, Any]) -> tuple[Any, ...]:
    return tuple(found[name] for name in ("reachable", "authorised", "modelExists", "answers", "billed"))


@pytest.fixture
def bob_api(bob: User) -> APIClient:
    client = APIClient()
    client.credentials(HTTP_AUTHORIZATION=f"Bearer {a_key('catalog:write', 'gateway', owner=bob).plaintext}")
    return client


# For nothing


@pytest.mark.parametrize(
    ("protocol", "path", "payload"),
    [
        ("openai", "/models", {"data": [{"id": "m"}, {"id": "other"}]}),
        ("anthropic", "/models", {"data": [{"type": "model", "id": "m", "display_name": "M"}], "has_more": False}),
        ("gemini", "/models", {"models": [{"name": "models/m", "displayName": "M"}]}),
        ("ollama", "/api/tags", {"models": [{"name": "m:latest", "model": "m:latest"}]}),
        ("tgi", "/v1/models", {"object": "list", "data": [{"id": "m"}]}),
    ],
)
def test_a_list_tells_of_the_key_and_the_model_and_nothing_is_called(
    place: MakePlace, admin_api: APIClient, protocol: str, path: str, payload: Any
) -> None:
    acme = place(protocol=protocol)
    acme.fake.serve(acme.row.base_url.removeprefix(acme.fake.url) + path, guarded(payload))
    row = a_model("m", provider=acme.row)

    found = ask(admin_api, {"id": row.pk})

    assert facts(found) == (True, True, True, None, False)
    assert "The key is accepted. Its list names m. No call was made." in found["message"]
    assert acme.asked == []


def test_a_wrong_key_is_told_and_not_repeated(place: MakePlace, admin_api: APIClient) -> None:
    acme = with_list(place, "m", key="sk-wrong-key-that-is-secret-5678")

    found = ask(admin_api, {"provider": "acme"})

    assert facts(found) == (True, False, None, None, False)
    assert "The key is refused." in found["message"]
    assert "5678" not in found["message"]
    assert all(seen.method == "GET" for seen in acme.fake.seen)


def test_a_model_that_is_not_there_is_told_where_the_list_is_whole(place: MakePlace, admin_api: APIClient) -> None:
    acme = with_list(place, "other")

    assert ask(admin_api, {"id": a_model("m", provider=acme.row).pk})["modelExists"] is False


def test_what_the_provider_knows_under_another_name_is_there(place: MakePlace, admin_api: APIClient) -> None:
    acme = with_list(place, "m-2026-01-01", protocol="anthropic")
    acme.fake.serve("/anthropic/v1/models/m-latest", {"id": "m-2026-01-01", "type": "model"})

    assert ask(admin_api, {"id": a_model("m-latest", provider=acme.row).pk})["modelExists"] is True


@pytest.mark.parametrize("more", [{"has_more": True}, {"nextPageToken": "x"}])
def test_a_list_that_goes_on_proves_no_absence(place: MakePlace, admin_api: APIClient, more: dict[str, Any]) -> None:
    acme = place()
    acme.fake.serve("/openai/v1/models", guarded({"data": [{"id": "other"}], **more}))

    found = ask(admin_api, {"id": a_model("m", provider=acme.row).pk})

    assert found["modelExists"] is None
    assert "only a call tells" in found["message"]


def test_a_public_list_says_nothing_of_the_key(place: MakePlace, admin_api: APIClient) -> None:
    acme = place()
    acme.fake.serve("/openai/v1/models", {"data": [{"id": "m"}]})

    found = ask(admin_api, {"id": a_model("m", provider=acme.row).pk})

    assert facts(found) == (True, None, True, None, False)


def test_a_provider_whose_list_is_not_all_it_serves_leaves_the_model_unknown(
    place: MakePlace, admin_api: APIClient
) -> None:
    acme = with_list(place, "other")
    row = Provider.objects.get(slug="openrouter")
    connections.change_provider(row, {"base_url": acme.row.base_url}, ADMIN, key=KEY)

    assert facts(ask(admin_api, {"id": a_model("m:nitro", provider=row).pk})) == (True, True, None, None, False)


def test_without_a_key_it_says_so(place: MakePlace, admin_api: APIClient) -> None:
    acme = with_list(place, "m", key="")

    found = ask(admin_api, {"id": a_model("m", provider=acme.row).pk})

    assert facts(found)[:2] == (True, False)
    assert "No key is stored" in found["message"]


def test_where_no_key_is_needed_none_is_missed(place: MakePlace, admin_api: APIClient) -> None:
    acme = place(auth="none")
    acme.fake.serve("/openai/v1/models", {"data": [{"id": "m"}]})

    assert facts(ask(admin_api, {"provider": "acme", "modelId": "m"})) == (True, True, True, None, False)


@pytest.mark.parametrize(
    ("reply", "reachable", "words"),
    [
        (Reply(wait=60), False, "sent nothing for"),
        (Reply(headers={"Content-Type": "text/html"}, body=b"<html><h1>Welcome</h1></html>"), True, "web page"),
        (json_reply({"error": "broken"}, 500), True, "answered 500"),
        (json_reply({"detail": "Not Found"}, 404), True, "Check the base URL"),
        (Reply(status=302, headers={"Location": "https://login.example/"}), True, "redirects"),
    ],
)
def test_whatever_else_comes_back_proves_nothing(
    place: MakePlace,
    admin_api: APIClient,
    monkeypatch: pytest.MonkeyPatch,
    reply: Reply,
    reachable: bool,
    words: str,
) -> None:
    monkeypatch.setattr(looking, "READ", 0.3)
    acme = place()
    acme.fake.serve("/openai/v1/models", reply)

    found = ask(admin_api, {"provider": "acme", "modelId": "m"})

    assert facts(found) == (reachable, None, None, None, False)
    assert words in found["message"]


def test_nobody_at_the_address(place: MakePlace, admin_api: APIClient) -> None:
    acme = place()
    acme.fake.close()
    acme.fake.close = lambda: None  # type: ignore[method-assign]  # the fixture's turn comes too

    assert facts(ask(admin_api, {"provider": "acme"})) == (False, None, None, None, False)


def test_a_protocol_without_a_list_is_only_reached(place: MakePlace, admin_api: APIClient) -> None:
    place(protocol="openai", wire="fal")

    found = ask(admin_api, {"provider": "acme", "modelId": "m"})

    assert {name: found[name] for name in UNKNOWN} == UNKNOWN
    assert "only a call tells" in found["message"]


# With a call


@pytest.mark.parametrize("protocol", ["openai", "anthropic", "gemini", "ollama", "cohere"])
def test_a_call_is_made_if_it_is_asked_for_and_metered(place: MakePlace, admin_api: APIClient, protocol: str) -> None:
    acme = place(protocol=protocol)
    row = a_model("m", provider=acme.row, price={"input_mtok": "2", "output_mtok": "8"})

    found = ask(admin_api, {"id": row.pk, "bill": True})

    assert facts(found) == (True, True, True, True, True)
    assert len(acme.asked) == 1
    used = usage()[0]
    assert (used.outcome, used.model, used.model_row, used.attempts) == ("ok", "acme/m", row.pk, 1)
    assert used.output_tokens is not None
    assert used.output_tokens <= trial.MOST_TOKENS
    assert used.cost is not None


@pytest.mark.parametrize(
    ("order", "expected"),
    [
        ("fail 401", (True, False, None, False, True)),
        ("fail 404", (True, None, False, False, True)),
        ("fail 500", (True, None, None, False, True)),
        ("fail 429", (True, None, None, False, True)),
        ("html", (True, None, None, False, True)),
    ],
)
def test_a_call_that_fails_tells_what_it_proves(
    place: MakePlace, admin_api: APIClient, order: str, expected: tuple[Any, ...]
) -> None:
    acme = place()
    acme.upstream.always(order)

    found = ask(admin_api, {"id": a_model("m", provider=acme.row).pk, "bill": True})

    assert facts(found) == expected
    assert "127.0.0.1" not in found["message"]
    assert len(acme.asked) == 1
    assert usage()[0].outcome == "error"


def test_a_call_that_hangs_is_given_up(place: MakePlace, admin_api: APIClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(trial, "PATIENCE", 0.3)
    acme = place()
    acme.upstream.always("hang")

    found = ask(admin_api, {"id": a_model("m", provider=acme.row).pk, "bill": True})

    assert (found["answers"], found["billed"]) == (False, True)
    assert "did not answer" in found["message"]


@pytest.mark.parametrize(("category", "kind"), [("embedding", "embedding"), ("tts", "speech")])
def test_embeddings_and_speech_are_tried_by_their_kind(
    place: MakePlace, admin_api: APIClient, category: str, kind: str
) -> None:
    acme = place(wire="openai")
    acme.row.voices.create(voice_id="alloy", name="Alloy")

    found = ask(admin_api, {"id": a_model("m", provider=acme.row, category=category).pk, "bill": True})

    assert facts(found) == (True, True, True, True, True), found
    assert usage()[0].kind == kind


@pytest.mark.parametrize(
    ("protocol", "model_id", "asked"),
    [
        ("openai", "dall-e-3", {"model": "dall-e-3", "n": 1}),
        ("openai", "gpt-image-1", {"model": "gpt-image-1", "n": 1, "size": "1024x1024", "quality": "low"}),
        ("fal", "fal-ai/flux/dev", {"num_images": 1, "image_size": {"width": 512, "height": 512}}),
    ],
)
def test_one_small_image_is_drawn_if_a_call_is_asked_for(
    place: MakePlace, admin_api: APIClient, protocol: str, model_id: str, asked: dict[str, Any]
) -> None:
    acme = place(protocol=protocol)
    row = a_model(model_id, provider=acme.row, category="image", price={"image": "0.04"})

    found = ask(admin_api, {"id": row.pk, "bill": True})

    assert facts(found) == (True, True, True, True, True), found
    assert [seen.json for seen in acme.asked] == [{"prompt": "A red dot.", **asked}]
    assert (usage()[0].kind, usage()[0].images, usage()[0].model_row) == ("image", 1, row.pk)


def test_images_are_drawn_by_gemini_too(place: MakePlace, admin_api: APIClient) -> None:
    acme = place(protocol="gemini")

    found = ask(admin_api, {"id": a_model("m", provider=acme.row, category="image").pk, "bill": True})

    assert facts(found) == (True, True, True, True, True), found
    assert usage()[0].images == 1


def test_a_protocol_without_images_says_so_and_nothing_is_called(place: MakePlace, admin_api: APIClient) -> None:
    acme = place(protocol="anthropic")

    found = ask(admin_api, {"id": a_model("m", provider=acme.row, category="image").pk, "bill": True})

    assert (found["answers"], found["billed"]) == (None, False)
    assert "cannot make images here" in found["message"]
    assert acme.asked == []


def test_what_the_gateway_cannot_call_is_told_with_what_was_checked_instead(
    place: MakePlace, admin_api: APIClient
) -> None:
    acme = with_list(place, "m")

    found = {
        category: ask(admin_api, {"id": a_model(model_id, provider=acme.row, category=category).pk, "bill": True})
        for category, model_id in (("rerank", "m"), ("video", "other"))
    }

    assert facts(found["rerank"]) == (True, True, True, None, False)
    assert found["rerank"]["message"].endswith(
        "Models of category rerank cannot be called through the gateway, so no call was made."
        " Checked instead: reachable, authorised, listed."
    )
    assert found["video"]["message"].endswith("Checked instead: reachable, authorised, not listed.")
    assert acme.asked == []


# Who


def test_people_test_their_own_and_what_they_are_about_to_add(place: MakePlace, bob: User, bob_api: APIClient) -> None:
    acme = with_list(place, "mine", key="")
    own = a_personal_model(bob, "mine", provider=acme.row, secret=Secret(key=KEY))

    stored = ask(bob_api, {"id": own.pk})
    entered = ask(bob_api, {"provider": "acme", "modelId": "mine", "apiKey": KEY, "bill": True})
    wrong = ask(bob_api, {"provider": "acme", "modelId": "mine", "apiKey": "sk-wrong"})

    assert facts(stored) == (True, True, True, None, False)
    assert facts(entered) == (True, True, True, True, True)
    assert facts(wrong)[:2] == (True, False)
    assert (usage()[0].user_name, usage()[0].personal) == ("bob", True)
    assert Credential.objects.count() == 1


def test_the_organisations_key_is_not_for_people_to_test(
    place: MakePlace, bob: User, bob_api: APIClient, admin_api: APIClient
) -> None:
    acme = with_list(place, "m")
    row = a_served_model(acme)

    assert bob_api.post("/api/models/test-connection", {"id": row.pk}).status_code == 403
    found = ask(bob_api, {"provider": "acme", "modelId": "m"})
    assert facts(found)[:2] == (True, False)
    assert all(KEY not in str(seen.headers) for seen in acme.fake.seen)
    theirs = a_personal_model(bob, "mine", provider=acme.row, secret=Secret(key=KEY))
    assert admin_api.post("/api/models/test-connection", {"id": theirs.pk}).status_code == 404


def test_inner_addresses_are_for_admins(place: MakePlace, bob_api: APIClient, admin_api: APIClient) -> None:
    acme = with_list(place, "m")
    body = {"template": "compatible", "modelId": "m", "baseUrl": acme.row.base_url, "apiKey": KEY}

    refused = bob_api.post("/api/models/test-connection", body)

    assert refused.status_code == 400
    assert list(refused.json()["error"]["details"]) == ["baseUrl"]
    assert acme.fake.seen == []
    assert facts(ask(admin_api, body)) == (True, True, True, None, False)


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "template"),
        ({"template": "openai", "provider": "openai"}, "template"),
        ({"id": "7"}, "id"),
        ({"id": 7, "apiKey": "x"}, "apiKey"),
        ({"provider": "nobody"}, "provider"),
        ({"provider": "openai", "category": "poems"}, "category"),
        ({"provider": "openai", "baseUrl": "ftp://x"}, "baseUrl"),
        ({"provider": "openai", "model_id": " m"}, "model_id"),
        ({"provider": "openai", "api_key": "two words"}, "api_key"),
        ({"provider": "openai", "bill": "yes"}, "bill"),
        ({"provider": "cursor"}, "baseUrl"),
        ({"provider": "openai", "color": "red"}, "color"),
    ],
)
def test_what_is_wrong_is_named(admin_api: APIClient, body: Any, field: str) -> None:
    answer = admin_api.post("/api/models/test-connection", body)

    assert answer.status_code == 400, answer.content
    assert list(answer.json()["error"]["details"]) == [field]
    assert "two words" not in answer.content.decode()


def test_a_call_needs_the_right_to_call(place: MakePlace, bob: User) -> None:
    acme = with_list(place, "mine", key="")
    own = a_personal_model(bob, "mine", provider=acme.row, secret=Secret(key=KEY))
    writer = APIClient()
    writer.credentials(HTTP_AUTHORIZATION=f"Bearer {a_key('catalog:write', owner=bob).plaintext}")

    assert writer.post("/api/models/test-connection", {"id": own.pk}).status_code == 200
    assert writer.post("/api/models/test-connection", {"id": own.pk, "bill": True}).status_code == 403
    assert acme.asked == []


def test_a_provider_that_repeats_the_key_is_not_quoted(place: MakePlace, admin_api: APIClient) -> None:
    acme = place()
    echo: Callable[[Seen], Reply] = lambda seen: json_reply({"error": {"message": str(seen.headers)}}, 503)  # noqa: E731
    acme.fake.serve("/openai/v1/models", echo)
    acme.fake.serve("/openai/v1/chat/completions", echo)

    assert ask(admin_api, {"id": a_model("m", provider=acme.row).pk, "bill": True})["answers"] is False


# On the command line


def run(*arguments: str) -> tuple[int, str]:
    said = StringIO()
    try:
        call_command("test_connections", *arguments, stdout=said)
    except SystemExit as left:
        return int(str(left)), said.getvalue()
    return 0, said.getvalue()


def test_the_command_tests_what_is_configured_and_fails_if_one_does(place: MakePlace) -> None:
    Provider.objects.update(is_active=False)
    with_list(place, "m", slug="good")
    place("keyless", key="")

    assert run()[0] == 0
    with_list(place, "m", slug="bad", key="sk-wrong-key-5678")
    code, said = run()

    assert code == 1
    assert [line.split()[0] for line in said.splitlines()[1:]] == ["bad", "good"]
    assert "The key is refused." in said
    assert "5678" not in said


def test_the_command_tests_what_is_named_and_speaks_json(place: MakePlace) -> None:
    acme = with_list(place, "m")
    row = a_served_model(acme)
    a_served_model(acme, "gone")

    code, said = run("--models", "acme/m", str(row.pk), "--bill", "--json")
    failed, _ = run("--models", "acme/gone")

    assert code == 0
    assert [(found["name"], found["answers"]) for found in json.loads(said)] == [("acme/m", True)] * 2
    assert failed == 1
    for wrong in (["--providers", "nobody"], ["--models", "acme/none"]):
        with pytest.raises(CommandError):
            call_command("test_connections", *wrong)


def test_settings_do_not_show_their_key(place: MakePlace) -> None:
    settings = connection.of_provider(place().row)

    assert settings.secrets == [KEY]
    assert KEY not in repr(settings)
