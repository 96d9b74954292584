"""What the playground offers to whom, its token, and which answer was better. tests/browser has the rest."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.utils import timezone

from access import tokens
from access.caller import of_user
from catalog import connections, grants, preferences
from catalog.models import AIModel, Effect, Provider
from gateway.models import Conversation, Rating, Usage
from tests.builders import ADMIN, a_model, a_person, a_personal_model, a_provider, a_route, some_models

pytestmark = pytest.mark.django_db

DATA = re.compile(r'<script id="playground-data" type="application/json">(.*?)</script>')


@pytest.fixture
def bob() -> User:
    return a_person("bob")


@pytest.fixture
def page(bob: User) -> Client:
    client = Client()
    client.force_login(bob)
    return client


@pytest.fixture
def acme() -> Provider:
    row = a_provider()
    connections.change_provider(row, {}, ADMIN, key="sk-acme-0123456789")
    return row


def enabled(model_id: str, provider: Provider, **fields: Any) -> AIModel:
    return a_model(model_id, provider=provider, status="enabled", **fields)


def offered(page: Client, query: str = "") -> list[str]:
    return [option["name"] for option in page.get(f"/playground/models{query}").json()["models"]]


def chosen(page: Client, query: str = "") -> list[str]:
    found = DATA.search(page.get(f"/playground{query}").content.decode())
    assert found is not None
    return [option["name"] for option in json.loads(found[1])["chosen"]]


class TestWhatIsOffered:
    def test_only_enabled_text_models_with_a_key(self, page: Client, acme: Provider) -> None:
        enabled("m", acme)
        a_model("waiting", provider=acme)
        enabled("voice", acme, category="tts")
        enabled("keyless", a_provider("other"))

        assert offered(page) == ["acme/m"]

    def test_nothing_that_is_denied(self, page: Client, acme: Provider, bob: User) -> None:
        grants.give(enabled("secret", acme), ADMIN, user=bob, effect=Effect.DENY)
        enabled("m", acme)

        assert offered(page) == ["acme/m"]
        assert chosen(page, "?model=acme/secret&model=acme/m") == ["acme/m"]

    def test_routes_first_then_by_provider(self, page: Client, acme: Provider) -> None:
        zoo = a_provider("zoo", auth="none")
        enabled("z", zoo)
        enabled("m", acme)
        a_route("chat", {"model": "acme/m", "weight": 1}, description="For all")
        a_route("hidden", {"model": "acme/m", "weight": 1}, is_listed=False)

        assert offered(page) == ["chat", "acme/m", "zoo/z"]
        assert page.get("/playground/models").json()["models"][0]["note"] == "For all"

    def test_no_route_that_leads_to_nothing_for_the_reader(self, page: Client, acme: Provider, bob: User) -> None:
        model = enabled("m", acme)
        a_route("chat", {"model": "acme/m", "weight": 1})
        grants.give(model, ADMIN, user=bob, effect=Effect.DENY)

        assert offered(page) == []

    def test_one_s_own_and_everyone_s_can_be_switched_off(self, page: Client, acme: Provider, bob: User) -> None:
        enabled("m", acme)
        a_personal_model(bob, "mine", base_url="https://9.9.9.9/v1")
        a_personal_model(a_person("eve"), "hers", base_url="https://9.9.9.9/v1")

        assert offered(page) == ["acme/m", "acme/mine"]
        assert offered(page, "?personal=0") == ["acme/m"]
        assert offered(page, "?global=0") == ["acme/mine"]

    def test_what_another_of_the_same_name_would_answer_for_is_called_otherwise(
        self, page: Client, acme: Provider, bob: User
    ) -> None:
        """The gateway prefers the global one of two of one name; a model's own name still reaches it."""
        for name, model_id in (("Mine", "m"), ("n", "n")):
            enabled(model_id, acme)
            a_personal_model(bob, model_id, base_url="https://9.9.9.9/v1", name=name)

        assert offered(page, "?global=0") == ["Mine"]
        assert chosen(page, "?model=Mine") == ["Mine"]

    def test_words_are_found_in_names_ids_and_providers(self, page: Client, acme: Provider) -> None:
        enabled("large", acme, name="The Large One")
        enabled("small", acme)

        assert offered(page, "?q=acme+LARGE") == offered(page, "?q=acme/large") == ["acme/large"]
        assert offered(page, "?q=the+one") == ["acme/large"]
        assert offered(page, "?q=%00none") == []

    def test_of_very_many_the_first_are_shown(self, page: Client, acme: Provider) -> None:
        some_models(310, acme, category="text", status="enabled")

        answer = page.get("/playground/models").json()

        assert (len(answer["models"]), answer["isCut"]) == (300, True)

    def test_unknown_prices_and_abilities_are_not_made_up(self, page: Client, acme: Provider) -> None:
        enabled("m", acme, supports_vision=False, supports_tools=True)

        [option] = page.get("/playground/models").json()["models"]

        assert (option["note"], option["can"], option["cannot"]) == ("price unknown", ["tools"], ["images"])


class TestWhatIsChosen:
    def test_one_s_default_is_chosen_first(self, page: Client, acme: Provider, bob: User) -> None:
        rows = [enabled(name, acme) for name in ("a", "b")]
        assert chosen(page) == ["acme/a"]

        preferences.set_default_model(rows[1].pk, of_user(bob, "admin"))

        assert chosen(page) == ["acme/b"]

    def test_an_address_chooses_up_to_four_in_its_order(self, page: Client, acme: Provider) -> None:
        for name in "abcde":
            enabled(name, acme)

        found = chosen(page, "?" + "&".join(f"model=acme/{name}" for name in "edcba"))

        assert found == ["acme/e", "acme/d", "acme/c", "acme/b"]

    def test_what_is_not_there_is_told(self, page: Client, acme: Provider) -> None:
        enabled("m", acme)

        answer = page.get("/playground?model=acme/gone%00&model=%3Cb%3E")

        assert "<code>acme/gone</code>, <code>&lt;b&gt;</code>" in answer.content.decode()
        assert chosen(page, "?model=acme/gone") == ["acme/m"]

    def test_without_any_model_it_says_what_to_do(self, page: Client, admin_client: Client) -> None:
        assert "Ask for access" in page.get("/playground").content.decode()
        assert "Give a provider its key" in admin_client.get("/playground").content.decode()

    def test_few_queries_however_many_there_are(
        self, page: Client, acme: Provider, django_assert_max_num_queries: Any
    ) -> None:
        some_models(400, acme, category="text", status="enabled")
        a_route("chat", {"model": "acme/m-1", "weight": 1})

        with django_assert_max_num_queries(12):
            page.get("/playground/models")
        with django_assert_max_num_queries(14):
            page.get("/playground")


class TestToken:
    def test_it_is_the_reader_s_and_in_no_page(self, page: Client, bob: User, acme: Provider) -> None:
        enabled("m", acme)

        answer = page.post("/playground/token")

        assert tokens.PEOPLE.user_id_of(answer.json()["token"]) == bob.pk
        assert answer.json()["life"] == 600
        assert "no-store" in answer["Cache-Control"]
        assert tokens.START not in page.get("/playground").content.decode()

    def test_it_needs_a_csrf_token_and_a_person(self, bob: User) -> None:
        client = Client(enforce_csrf_checks=True)
        assert client.post("/playground/token").status_code == 403
        client.force_login(bob)

        assert client.post("/playground/token").status_code == 403
        assert client.get("/playground/token").status_code == 405
        assert Client().post("/playground/token").status_code == 302


class TestBetter:
    @staticmethod
    def a_call(call_id: str, user: User) -> None:
        Usage.objects.create(
            call_id=call_id, at=timezone.now(), user_id=user.pk, model=f"acme/{call_id}", outcome="ok", status=200,
            duration_ms=9,
        )  # fmt: skip

    def test_the_chosen_is_rated_1_and_the_others_0(self, page: Client, bob: User) -> None:
        for call_id in "abc":
            self.a_call(call_id, bob)

        first = page.post("/playground/better", {"chosen": "a", "other": ["b", "c"]})
        again = page.post("/playground/better", {"chosen": "c", "other": ["a", "b"]})

        assert (first.status_code, again.status_code) == (204, 204)
        assert dict(Rating.objects.values_list("model", "score")) == {"acme/a": 0, "acme/b": 0, "acme/c": 1}

    @pytest.mark.parametrize(
        ("sent", "status"),
        [
            ({"chosen": "a"}, 400),
            ({"chosen": "a", "other": "a"}, 400),
            ({"chosen": "a", "other": "hers"}, 404),
            ({"chosen": "a", "other": "\x00"}, 404),
            ({}, 400),
        ],
    )
    def test_nothing_else_is_kept(self, page: Client, bob: User, sent: dict[str, Any], status: int) -> None:
        self.a_call("a", bob)
        self.a_call("hers", a_person("eve"))

        answer = page.post("/playground/better", sent)

        assert answer.status_code == status
        assert answer.json()["error"]["message"]
        assert not Rating.objects.exists()


class TestKeeping:
    SAID = [{"role": "system", "content": "Be brief."}, {"role": "user", "content": "Why is the sky blue?"}]
    ANSWER = {"role": "assistant", "content": "It scatters."}

    @pytest.fixture
    def call(self, bob: User) -> str:
        model = a_model("m", status="enabled")
        Usage.objects.create(
            call_id="a", at=timezone.now(), user_id=bob.pk, model="acme/m", model_row=model.pk, requested="acme/m",
            reason="requested", outcome="ok", status=200, duration_ms=9,
        )  # fmt: skip
        return "a"

    def keep(self, page: Client, call: Any, said: Any, answer: Any) -> Any:
        body = {"callId": call, "messages": said, "answer": answer}
        return page.post("/playground/keep", body, content_type="application/json")

    def test_a_conversation_begins_that_can_be_read(self, page: Client, call: str) -> None:
        kept = self.keep(page, call, self.SAID, self.ANSWER)

        found = page.get(f"/api/conversations/{kept.json()['conversationId']}").json()
        assert (found["title"], found["model"]) == ("Why is the sky blue?", "acme/m")
        assert [message["message"] for message in found["messages"]] == [*self.SAID, self.ANSWER]
        assert (found["messages"][2]["model"], found["messages"][2]["callId"]) == ("acme/m", "a")

    def test_it_begins_once(self, page: Client, call: str) -> None:
        self.keep(page, call, self.SAID, self.ANSWER)

        again = self.keep(page, call, self.SAID, self.ANSWER)

        assert (again.status_code, Conversation.objects.count()) == (409, 1)

    def test_of_nobody_else_s_call(self, call: str) -> None:
        eve = Client()
        eve.force_login(a_person("eve"))

        assert self.keep(eve, call, self.SAID, self.ANSWER).status_code == 404

    @pytest.mark.parametrize(
        ("said", "answer"),
        [
            ([], ANSWER),
            (SAID, SAID[0]),
            ([{"role": "nobody"}], ANSWER),
            ([7], ANSWER),
            ([{}], ANSWER),
            (SAID, {}),
            ("text", ANSWER),
            (SAID, None),
            ([{"role": "user", "content": {"a": 1}}], ANSWER),
        ],
    )
    def test_of_nothing_that_is_no_conversation(self, page: Client, call: str, said: Any, answer: Any) -> None:
        refused = self.keep(page, call, said, answer)

        assert refused.status_code == 400
        assert refused.json()["error"]["message"]
        assert not Conversation.objects.exists()

    def test_of_nothing_that_is_no_json(self, page: Client, call: str) -> None:
        for body in (b"", b"[]", b"{", b'{"callId": 7}'):
            assert page.post("/playground/keep", body, content_type="application/json").status_code == 400


def test_it_is_in_the_navigation(page: Client, admin_client: Client) -> None:
    assert 'href="/playground"' in page.get("/account/models").content.decode()
    assert 'href="/playground"' in admin_client.get("/admin/").content.decode()


def test_a_provider_that_is_switched_off_offers_nothing(page: Client, acme: Provider) -> None:
    enabled("m", acme)
    connections.change_provider(acme, {"is_active": False}, ADMIN)

    assert offered(page) == []
