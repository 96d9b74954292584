"""The pages of people: models, keys, access, preferences, as one clicks through them."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.contrib.auth.models import User
from django.http import HttpResponse
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from access.caller import of_user
from access.models import ApiKey, AuthEvent
from catalog import credentials, grants, preferences
from catalog.credentials import Origin
from catalog.models import AccessRequest, AIModel, Credential, Effect, Provider
from tests.builders import ADMIN, a_model, a_person, a_personal_model, a_provider, some_models

pytestmark = pytest.mark.django_db

KEY = "sk-0123456789abcdef"
OWN = "https://9.9.9.9/v1"
PAGES = ("models", "models/add", "catalog", "requests", "keys", "keys/add", "api-keys", "preferences", "password")
NEW_MODEL = {"model_id": "m", "base_url": OWN, "category": "text"}


def client_of(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


@pytest.fixture
def bob() -> User:
    return a_person("bob")


@pytest.fixture
def site(bob: User) -> Client:
    return client_of(bob)


def text(answer: HttpResponse) -> str:
    assert answer.status_code == 200, answer.status_code
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", answer.content.decode()))


def post(site: Client, path: str, **fields: Any) -> HttpResponse:
    """Send a form and look at the page it leads to."""
    return site.post(f"/account/{path}", fields, follow=True)


def own(user: User) -> AIModel:
    return AIModel.objects.select_related("provider").get(owner=user)


class TestSigningIn:
    def test_a_person_signs_in_sees_their_models_and_signs_out(self) -> None:
        User.objects.create_user("bob", password="a-good-password")
        site = Client()
        assert site.get("/account/keys", follow=True).redirect_chain == [("/account/login?next=/account/keys", 302)]

        answer = post(site, "login", username="bob", password="a-good-password")

        assert answer.redirect_chain[-1][0] == "/account/models"
        assert "You have no models of your own yet" in text(answer) and "Admin" not in text(answer)
        assert AuthEvent.objects.filter(kind="sign_in", who="bob").exists()
        post(site, "logout")
        assert site.get("/account/models").status_code == 302

    def test_a_wrong_password_says_so_and_five_lock_the_name(self) -> None:
        User.objects.create_user("bob", password="a-good-password")
        for _ in range(4):
            assert "enter a correct username" in text(post(Client(), "login", username="bob", password="wrong"))

        assert post(Client(), "login", username="bob", password="wrong").status_code == 429
        assert post(Client(), "login", username="bob", password="a-good-password").status_code == 429

    def test_nobody_is_led_elsewhere_by_a_link(self) -> None:
        User.objects.create_user("bob", password="a-good-password")

        answer = Client().post(
            "/account/login?next=https://evil.example/", {"username": "bob", "password": "a-good-password"}
        )

        assert answer["Location"] == "/account/models"

    def test_staff_are_led_to_the_admin_and_have_own_pages_too(self) -> None:
        root = User.objects.create_superuser("root", password="a-good-password")
        answer = Client().post("/account/login", {"username": "root", "password": "a-good-password"})

        assert answer["Location"] == "/admin/"
        assert "Admin" in text(client_of(root).get("/account/models"))

    def test_the_password_is_changed_by_who_knows_the_old_one(self) -> None:
        bob = User.objects.create_user("bob", password="a-good-password")
        site = client_of(bob)
        new = {"new_password1": "an-even-better-1", "new_password2": "an-even-better-1"}

        assert "incorrectly" in text(post(site, "password", old_password="wrong", **new))
        assert "Your password was changed" in text(post(site, "password", old_password="a-good-password", **new))
        bob.refresh_from_db()
        assert bob.check_password("an-even-better-1")
        assert Client().get("/account/password")["Location"].startswith("/account/login")


def test_everyone_lands_where_they_belong(site: Client) -> None:
    assert site.get("/")["Location"] == site.get("/account/")["Location"] == "/account/models"
    assert client_of(User.objects.create_superuser("root")).get("/")["Location"] == "/admin/"
    assert Client().get("/", follow=True).redirect_chain[-1] == ("/account/login?next=/account/models", 302)


@pytest.mark.parametrize("page", PAGES)
def test_a_page_needs_somebody_is_kept_by_no_cache_and_holds_no_script(site: Client, page: str) -> None:
    assert Client().get(f"/account/{page}")["Location"].startswith("/account/login?next=")

    answer = site.get(f"/account/{page}")

    assert answer.status_code == 200
    assert "no-store" in answer["Cache-Control"] and "default-src 'none'" in answer["Content-Security-Policy"]
    assert b"<script" not in answer.content and b"style=" not in answer.content


def test_forms_need_their_token(bob: User) -> None:
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(bob)

    assert strict.post("/account/api-keys", {"name": "x"}).status_code == 403


class TestModels:
    def test_a_model_is_made_from_a_template_with_a_key(self, site: Client, bob: User) -> None:
        assert "Any compatible server" in text(site.get("/account/models/add"))
        assert 'value="claude-sonnet-4-5"' in site.get("/account/models/add/anthropic").content.decode()

        answer = post(site, "models/add/anthropic", model_id="claude-x", api_key=KEY, category="text", tools="True")

        assert "claude-x is yours to use" in text(answer) and "ends in cdef" in text(answer)
        model = own(bob)
        assert (model.name, model.status, model.supports_tools, model.supports_vision) == (
            *("claude-x", "enabled"),
            *(True, None),
        )
        assert credentials.key_for_call(model, of_user(bob, "api")).headers == {"x-api-key": KEY}

    def test_everything_of_a_model_by_hand_is_kept(self, site: Client, bob: User) -> None:
        fields = {
            **{"name": "Lab", "base_url": f"{OWN}/", "api_key": KEY, "auth": "api-key", "headers": "X-Lab: 7\nX-B: c"},
            **{"context_window": "9000", "max_output_tokens": "900", "default_temperature": "0.2"},
            **{"default_top_p": "0.9", "requests_per_minute": "5", "tokens_per_minute": "500"},
            **{"input_price": "0", "output_price": "1.5", "cached_price": "0.25", "description": "In the lab"},
            **{"parameters": "70", "active_window": "2000", "weight_outputTokens": "4"},
        }
        post(site, "models/add/compatible", **{**NEW_MODEL, **fields})

        model = own(bob)
        assert (model.name, model.base_url, model.context_window, model.max_output_tokens) == ("Lab", OWN, 9000, 900)
        assert (float(model.default_temperature or 0), float(model.default_top_p or 0)) == (0.2, 0.9)
        assert (model.requests_per_minute, model.tokens_per_minute) == (5, 500)
        assert model.price and (model.price.input_mtok, float(model.price.output_mtok or 0)) == (0, 1.5)
        assert float(model.price.cache_read_mtok or 0) == 0.25
        assert (model.parameters, model.active_window, model.complexity_factor) == (70, 2000, 0.4)
        assert model.token_weights == {"outputTokens": 4.0}
        headers = credentials.key_for_call(model, of_user(bob, "api")).headers
        assert headers == {"api-key": KEY, "X-Lab": "7", "X-B": "c"}

    def test_what_is_not_said_is_unknown(self, site: Client, bob: User) -> None:
        post(site, "models/add/compatible", **NEW_MODEL)

        model = own(bob)
        assert (model.price, model.context_window, model.default_temperature, model.credential) == (None,) * 4

    @pytest.mark.parametrize(
        ("fields", "says"),
        [
            ({"base_url": "http://127.0.0.1:8000/v1"}, "it leads to this machine"),
            ({"base_url": ""}, "This field is required"),
            ({"base_url": "9.9.9.9"}, "Must be an http"),
            ({"api_key": "two words"}, "Must be a key of printable ASCII"),
            ({"headers": "Host: evil"}, "Host is set by the registry"),
            ({"headers": "nonsense"}, "Write one header a line"),
            ({"context_window": "0"}, "greater than or equal to 1"),
            ({"default_temperature": "3"}, "less than or equal to 2"),
            ({"input_price": "-1"}, "Is negative"),
            ({"model_id": " "}, "This field is required"),
            ({"category": "poetry"}, "valid choice"),
        ],
    )
    def test_what_cannot_be_is_marked_and_no_secret_comes_back(
        self, site: Client, fields: dict[str, str], says: str
    ) -> None:
        answer = post(site, "models/add/compatible", **{**NEW_MODEL, "api_key": KEY, **fields})

        assert re.search(says, text(answer)) and not AIModel.objects.exists()
        assert KEY not in answer.content.decode() and "evil" not in answer.content.decode()

    def test_a_name_is_taken_once(self, site: Client, bob: User) -> None:
        a_personal_model(bob, "m")

        assert "already have a model named m" in text(post(site, "models/add/compatible", **NEW_MODEL))

    def test_only_what_was_changed_is_changed_and_an_empty_key_keeps_the_stored_one(
        self, site: Client, bob: User
    ) -> None:
        post(site, "models/add/compatible", **{**NEW_MODEL, "api_key": KEY, "input_price": "1", "output_price": "2"})
        model = own(bob)
        page = site.get(f"/account/models/{model.pk}")
        assert "stored, ends in cdef" in text(page) and KEY not in page.content.decode()

        fields = {"name": "Other", "base_url": OWN, "category": "text", "input_price": "3.0000000000"}
        answer = post(site, f"models/{model.pk}", **fields, output_price="")

        assert "Other was changed" in text(answer)
        model = own(bob)
        assert model.price and (float(model.price.input_mtok or 0), model.price.output_mtok) == (3, None)
        assert credentials.key_for_call(model, of_user(bob, "api")).headers == {"Authorization": f"Bearer {KEY}"}

    def test_key_and_headers_are_deleted_when_asked_or_with_the_address(self, site: Client, bob: User) -> None:
        post(site, "models/add/compatible", **{**NEW_MODEL, "api_key": KEY, "headers": "X-A: b"})
        pk = own(bob).pk
        keep = {"name": "m", "base_url": OWN, "category": "text"}

        post(site, f"models/{pk}", **keep, delete_key="on")
        assert credentials.key_for_call(own(bob), of_user(bob, "api")).headers == {"X-A": "b"}
        post(site, f"models/{pk}", **{**keep, "base_url": "https://8.8.8.8/v1"})
        assert own(bob).credential is None and not Credential.objects.exists()

    def test_a_model_is_deleted_after_a_question(self, site: Client, bob: User) -> None:
        pk = a_personal_model(bob, "mine").pk
        assert "Delete mine?" in text(site.get(f"/account/models/{pk}/delete"))
        assert AIModel.objects.filter(pk=pk).exists()

        assert "mine was deleted" in text(post(site, f"models/{pk}/delete"))
        assert not AIModel.objects.filter(pk=pk).exists()

    def test_an_admin_too_makes_personal_models_here(self) -> None:
        root = User.objects.create_superuser("root")
        post(client_of(root), "models/add/compatible", **NEW_MODEL)

        assert own(root).status == "enabled"
        answer = post(client_of(root), "models/add/compatible", **{**NEW_MODEL, "base_url": "http://10.0.0.1/v1"})
        assert "it leads to a private network" in text(answer)

    def test_the_list_asks_the_same_number_of_questions_for_any_number(
        self, site: Client, bob: User, django_assert_max_num_queries: DjangoAssertNumQueries
    ) -> None:
        for number in range(12):
            a_personal_model(bob, f"m{number}")

        with django_assert_max_num_queries(6):
            assert "m11" in text(site.get("/account/models"))


class TestKeys:
    def test_a_key_is_stored_replaced_and_deleted(self, site: Client, bob: User) -> None:
        openai = Provider.objects.get(slug="openai")
        assert "You have stored no keys" in text(site.get("/account/keys"))
        post(site, "keys/add", provider=openai.pk, key="sk-old-0123456789abcd")

        answer = post(site, "keys/add", provider=openai.pk, key=KEY, headers="X-Org: secret-org")

        assert "Your key for OpenAI is stored" in text(answer) and "ends in cdef" in text(answer)
        assert "X-Org" in text(answer) and "secret-org" not in text(answer) and KEY not in text(answer)
        row = Credential.objects.get()
        assert (row.owner, row.base_url) == (bob, openai.base_url)
        call = credentials.key_for_call(a_model(provider=openai, status="enabled"), of_user(bob, "api"))
        assert (call.origin, call.headers["X-Org"]) == (Origin.CALLER, "secret-org")
        post(site, f"keys/{row.pk}/delete")
        assert not Credential.objects.exists()

    def test_an_address_of_ones_own_is_offered_again_when_the_key_is_replaced(self, site: Client) -> None:
        azure = Provider.objects.get(slug="azure-openai")
        post(site, "keys/add", provider=azure.pk, key=KEY, base_url=OWN)

        page = site.get("/account/keys").content.decode()

        assert f"?provider={azure.pk}&amp;address=https%3A%2F%2F9.9.9.9%2Fv1" in page
        again = site.get(f"/account/keys/add?provider={azure.pk}&address={OWN}").content.decode()
        assert f'value="{OWN}"' in again

    @pytest.mark.parametrize(
        ("slug", "fields", "says"),
        [
            ("openai", {"key": ""}, "This field is required"),
            ("openai", {"key": "two words"}, "printable ASCII"),
            ("azure-openai", {"key": KEY}, "Enter the provider's address first|address"),
            ("openai", {"key": KEY, "base_url": "http://169.254.169.254/"}, "leads to the local link"),
            ("openai", {"key": KEY, "headers": "Cookie: a=b"}, "Cookie is set by the registry"),
        ],
    )
    def test_what_cannot_be_stored_is_marked(self, site: Client, slug: str, fields: dict[str, str], says: str) -> None:
        answer = post(site, "keys/add", provider=Provider.objects.get(slug=slug).pk, **fields)

        assert re.search(says, text(answer)) and not Credential.objects.exists()
        assert KEY not in answer.content.decode()


def test_the_catalog_leads_to_the_playground_with_what_answers_in_words(site: Client, bob: User) -> None:
    model = a_model("vendor/m 1", status="enabled")
    a_model("speaker", status="enabled", category="tts")
    credentials.set_key(model.provider, KEY, ADMIN)

    page = site.get("/account/catalog").content.decode()

    assert re.findall(r'href="(/playground[?][^"]*)"', page) == ["/playground?model=acme%2Fvendor%2Fm%201"]
    assert "acme/vendor/m 1" in text(site.get("/playground?model=acme%2Fvendor%2Fm%201"))


def test_the_catalog_leads_to_a_key_where_there_is_none(site: Client, bob: User) -> None:
    model = a_model("m", status="enabled")

    page = site.get("/account/catalog")
    form = site.get(re.findall(r'href="(/account/keys/add[^"]*)"', page.content.decode())[0]).content.decode()
    post(site, "keys/add", provider=model.provider.pk, key=KEY)

    assert "no key" in text(page) and "/playground?" not in page.content.decode()
    assert f'<option value="{model.provider.pk}" selected>' in form
    assert "no key" not in text(site.get("/account/catalog"))


class TestAccess:
    def test_what_is_by_request_is_named_asked_for_and_withdrawn(self, site: Client, bob: User) -> None:
        model = a_model("rare", status="enabled", description="the details")
        grants.give(model, ADMIN, effect=Effect.DENY)
        page = text(site.get("/account/requests"))
        assert "acme/rare" in page and "the details" not in page
        assert "rare" not in text(site.get("/account/catalog")) and "open by request" in text(
            site.get("/account/catalog")
        )

        answer = text(post(site, f"requests/ask/model/{model.pk}", why="to try"))

        assert "You have asked for rare" in answer and "Waiting" in answer and "Ask for access" not in answer
        row = AccessRequest.objects.get()
        assert (row.user, row.words) == (bob, "to try")
        assert "Withdrawn" in text(post(site, f"requests/{row.pk}/withdraw"))
        grants.answer(grants.ask(model, of_user(bob, "api")), ADMIN, give_it=True, words="enjoy")
        assert "enjoy" in text(site.get("/account/requests")) and "acme/rare" in text(site.get("/account/catalog"))

    def test_nothing_else_can_be_asked_for(self, site: Client) -> None:
        hers = a_personal_model(a_person("eve"))
        for path in (f"model/{hers.pk}", f"model/{a_model('open', status='enabled').pk}", "model/99999999999999999999"):
            assert site.post(f"/account/requests/ask/{path}").status_code == 404
        for path in (f"provider/{a_provider().pk}", "user/1"):
            assert site.post(f"/account/requests/ask/{path}").status_code == 404

    def test_the_catalog_is_searched_and_paged(
        self, site: Client, django_assert_max_num_queries: DjangoAssertNumQueries
    ) -> None:
        some_models(120, a_provider(), status="enabled")

        with django_assert_max_num_queries(10):
            page = text(site.get("/account/catalog?page=2"))
        assert "120 models, page 2 of 3" in page
        assert "1 model " in text(site.get("/account/catalog?q=119"))
        assert "Nothing found" in text(site.get("/account/catalog?q=nothing&category=text"))
        for query in ("q=%00", "page=x", "page=99999999999", "category=poetry", "q=" + "x" * 500):
            assert site.get(f"/account/catalog?{query}").status_code == 200


class TestPreferences:
    def test_a_default_is_found_chosen_and_cleared(self, site: Client, bob: User) -> None:
        model = a_model("llama", status="enabled")
        assert "acme/llama" in text(site.get("/account/preferences?q=lla"))

        assert "llama is your default model" in text(post(site, "preferences/default", model=model.pk))
        assert preferences.default_model_of(of_user(bob, "api")) == model
        assert "You have no default model" in text(post(site, "preferences/default", model=""))

    def test_what_one_may_not_use_is_no_default(self, site: Client, bob: User) -> None:
        for pk in (a_personal_model(a_person("eve")).pk, a_model("waiting").pk, 10**18 - 1):
            assert f"There is no model {pk} you could use" in text(post(site, "preferences/default", model=pk))
        assert preferences.default_model_of(of_user(bob, "api")) is None


class TestApiKeys:
    def test_a_key_is_made_shown_once_rotated_and_revoked(self, site: Client, bob: User) -> None:
        sent = {"name": "laptop", "scopes": ["catalog:read", "gateway"], "days": "30", "form_id": uuid4()}
        page = post(site, "api-keys", **sent).content.decode()
        (plaintext,) = re.findall(r"mr_[a-z0-9]{8}_[\w-]{43}", page)
        key = ApiKey.objects.get()
        assert (key.owner, key.scopes, key.expires_at is None) == (bob, ["catalog:read", "gateway"], False)
        reader = Client(headers={"authorization": f"Bearer {plaintext}"})
        assert reader.get("/api/config/models").status_code == 200
        assert plaintext not in site.get("/account/api-keys").content.decode()

        page = post(site, f"api-keys/{key.pk}/rotate", seen=key.prefix).content.decode()
        assert plaintext not in page and "mr_" in page
        assert reader.get("/api/config/models").status_code == 401
        assert "no key can be unrevoked" in text(site.get(f"/account/api-keys/{key.pk}/revoke"))
        assert "Active" in text(site.get("/account/api-keys"))
        assert "opens nothing any more" in text(post(site, f"api-keys/{key.pk}/revoke"))
        assert "Revoked" in text(site.get("/account/api-keys"))

    def test_reloading_the_answer_that_shows_a_key_makes_and_rotates_nothing(self, site: Client) -> None:
        (form_id,) = re.findall(r'name="form_id" value="([^"]+)"', site.get("/account/api-keys").content.decode())
        sent = {"name": "laptop", "scopes": ["gateway"], "form_id": form_id}
        page = post(site, "api-keys", **sent).content.decode()
        assert form_id not in page

        again = post(site, "api-keys", **sent)
        assert "A key was made with this form already" in text(again)
        assert (again.redirect_chain, ApiKey.objects.count()) == ([("/account/api-keys", 302)], 1)

        rotate = f"api-keys/{ApiKey.objects.get().pk}/rotate"
        (seen,) = re.findall(r'name="seen" value="([^"]+)"', page)
        (plaintext,) = re.findall(r"mr_[a-z0-9]{8}_[\w-]{43}", post(site, rotate, seen=seen).content.decode())
        assert "This key was rotated since you opened the page" in text(post(site, rotate, seen=seen))
        assert ApiKey.objects.get().prefix in plaintext

    def test_times_are_told_from_now_with_the_exact_one_on_hover(self, site: Client, bob: User) -> None:
        post(site, "api-keys", name="laptop", scopes=["gateway"], days="90", form_id=uuid4())
        used = timezone.now() - timedelta(hours=3, minutes=5)
        assert "never" in text(site.get("/account/api-keys"))
        ApiKey.objects.update(last_used_at=used)
        grants.give(rare := a_model("rare", status="enabled"), ADMIN, effect=Effect.DENY)
        grants.ask(rare, of_user(bob, "api"))
        AccessRequest.objects.update(asked_at=used)
        exact = f'title="{used:%Y-%m-%d %H:%M:%S} UTC">3 hours ago</time>'

        page = site.get("/account/api-keys").content.decode()

        assert exact in page and ">in 2 months</time>" in page
        assert exact in site.get("/account/requests").content.decode()

    @pytest.mark.parametrize("scopes", [["admin"], ["sync"], ["gateway", "admin"], []])
    def test_it_may_do_no_more_than_its_owner(self, site: Client, scopes: list[str]) -> None:
        post(site, "api-keys", name="laptop", scopes=scopes, form_id=uuid4())

        assert not ApiKey.objects.exists()

    def test_an_admin_makes_no_more_than_a_person_here(self) -> None:
        post(
            client_of(User.objects.create_superuser("root")),
            "api-keys",
            name="laptop",
            scopes=["admin"],
            form_id=uuid4(),
        )

        assert not ApiKey.objects.exists()


class TestOthers:
    def test_what_is_anothers_is_not_there(self, bob: User) -> None:
        eve = client_of(a_person("eve"))
        model = a_personal_model(bob, "bobs-model")
        key = credentials.set_key(a_provider(), KEY, of_user(bob, "api"), owner_id=bob.pk)
        post(client_of(bob), "api-keys", name="bobs-laptop", scopes=["gateway"], form_id=uuid4())
        grants.give(rare := a_model("rare", status="enabled"), ADMIN, effect=Effect.DENY)
        request = grants.ask(rare, of_user(bob, "api"), "bobs reason")

        for path in (f"models/{model.pk}", f"models/{model.pk}/delete"):
            assert eve.get(f"/account/{path}").status_code == eve.post(f"/account/{path}").status_code == 404
        for path in (f"keys/{key.pk}/delete", f"requests/{request.pk}/withdraw"):
            assert "You have no such" in text(post(eve, path))
        for verb in ("rotate", "revoke"):
            assert "There is no such key" in text(post(eve, f"api-keys/{ApiKey.objects.get().pk}/{verb}"))
        asked = eve.get(f"/account/api-keys/{ApiKey.objects.get().pk}/revoke", follow=True)
        assert "There is no such key" in text(asked) and "bobs" not in text(asked)
        for page in PAGES:
            assert "bobs" not in text(eve.get(f"/account/{page}"))
        assert AIModel.objects.filter(pk=model.pk).exists() and Credential.objects.filter(pk=key.pk).exists()
        assert ApiKey.objects.usable().exists() and AccessRequest.objects.get().state == "waiting"
