"""Lists: the public map, filters, search, ordering, pages, and how many questions they ask the database."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from rest_framework.test import APIClient

from catalog import connections, lifecycle
from catalog.models import AIModel, Provider
from tests.builders import ADMIN, a_model, a_provider, some_models

SignIn = Callable[..., APIClient]

pytestmark = pytest.mark.django_db

MODELS = "/api/admin/models"


def names(api: APIClient, query: str = "", path: str = MODELS) -> list[str]:
    answer = api.get(f"{path}{query}")
    assert answer.status_code == 200, answer.json()
    return [row["modelId"] for row in answer.json()["models"]]


class TestThePublicMap:
    @pytest.fixture(autouse=True)
    def keyless_environment(self, monkeypatch: pytest.MonkeyPatch) -> None:
        for name in Provider.objects.exclude(api_key_env="").values_list("api_key_env", flat=True):
            monkeypatch.delenv(name, raising=False)

    def test_enabled_text_models_stand_under_their_endpoint_type_the_default_first(
        self, api: APIClient, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("OPENAI_API_KEY", "sk-loopback")
        openai = Provider.objects.get(slug="openai")
        for model_id in ("b", "a", "c"):
            model = a_model(model_id, provider=openai, status="enabled")
        lifecycle.set_default(model, ADMIN)
        a_model("waiting", provider=openai)
        a_model("loud", provider=openai, status="enabled", category="tts")

        assert api.get("/api/models").json() == {"openAI": ["c", "a", "b"]}

    def test_a_change_in_the_database_shows_at_once(self, api: APIClient) -> None:
        model = a_model("m", provider=a_provider("local", auth="none"), status="enabled")
        assert api.get("/api/models").json() == {"local": ["m"]}

        AIModel.objects.filter(pk=model.pk).update(model_id="n")

        assert api.get("/api/models").json() == {"local": ["n"]}

    def test_an_endpoint_without_a_key_or_switched_off_is_left_out(self, api: APIClient) -> None:
        a_model(provider=a_provider("keyless"), status="enabled")
        a_model(provider=a_provider("off", auth="none", is_active=False), status="enabled")
        a_model(provider=a_provider("local", auth="none"), status="enabled")

        assert api.get("/api/models").json() == {"local": ["m-1"]}
        keyed = Provider.objects.get(slug="keyless")
        connections.change_provider(keyed, {}, ADMIN, key="sk-0123456789abcdef")
        assert list(api.get("/api/models").json()) == ["keyless", "local"]

    def test_providers_of_one_endpoint_type_are_one_group_that_names_a_model_once(self, api: APIClient) -> None:
        for slug in ("east", "west"):
            a_model("twin", provider=a_provider(slug, auth="none", endpoint_type="both"), status="enabled")

        assert api.get("/api/models").json() == {"both": ["twin"]}

    def test_without_any_it_says_so(self, api: APIClient) -> None:
        answer = api.get("/api/models")

        assert answer.status_code == 503
        assert answer.json() == {
            "error": {"code": "no_models", "message": "No models/endpoints available", "details": {}}
        }

    def test_a_key_of_another_service_does_not_matter_here(self, api: APIClient) -> None:
        api.credentials(HTTP_AUTHORIZATION="Bearer of-somebody-else")

        assert api.get("/api/models").status_code == 503

    def test_it_asks_three_questions_however_many_models(
        self, api: APIClient, django_assert_num_queries: Callable[..., Any]
    ) -> None:
        some_models(500, a_provider(auth="none"), status="enabled")

        with django_assert_num_queries(3):
            assert len(api.get("/api/models").json()["acme"]) == 500

    def test_view_list_is_the_callers_list(self, admin_api: APIClient) -> None:
        a_model("waiting")

        assert names(admin_api, "?view=list&status=pending", "/api/models") == ["waiting"]
        answer = admin_api.get("/api/models?view=tree")
        assert answer.json()["error"]["details"] == {"view": "unknown: tree; known: list"}


class TestFilters:
    @pytest.fixture(autouse=True)
    def world(self) -> None:
        other = a_provider("other", endpoint_type="shared")
        a_model("alpha", supports_tools=True, supports_vision=True, context_window=9, status="enabled")
        a_model("beta", supports_tools=True, context_window=100, price={"input_mtok": "2", "output_mtok": "2"})
        a_model("gamma", category="image", status="disabled")
        a_model("delta", provider=other, status="deprecated", price={"input_mtok": "1", "output_mtok": "1"})
        a_model("omega", provider=other, status="archived")
        lifecycle.set_default(AIModel.objects.get(model_id="alpha"), ADMIN)

    @pytest.mark.parametrize(
        ("query", "found"),
        [
            ("", "alpha beta delta gamma"),
            ("?status=archived", "omega"),
            ("?status=pending,enabled", "alpha beta"),
            ("?status=pending&status=disabled", "beta gamma"),
            ("?provider=other", "delta"),
            ("?provider=acme,other&category=text", "alpha beta delta"),
            ("?category=image", "gamma"),
            ("?endpointType=shared", "delta"),
            ("?endpoint_type=acme&category=text", "alpha beta"),
            ("?isActive=true", "alpha"),
            ("?is_active=false", "beta delta gamma"),
            ("?isDefault=true", "alpha"),
            ("?isSystem=true", ""),
            ("?isPersonal=true", ""),
            ("?capability=tools", "alpha beta"),
            ("?capability=tools,vision", "alpha"),
            ("?capability=structuredOutput", ""),
            ("?hasPricing=true", "beta delta"),
            ("?modelId=beta", "beta"),
            ("?search=ET", "beta"),
            ("?search=a+lph", "alpha"),
            ("?ordering=-name", "gamma delta beta alpha"),
            ("?ordering=contextWindow", "alpha beta gamma delta"),
            ("?ordering=-contextWindow,name", "beta alpha delta gamma"),
            ("?ordering=inputPricePerMtok,-name", "delta beta gamma alpha"),
            ("?ordering=provider,-modelId", "gamma beta alpha delta"),
        ],
    )
    def test_each_filter_leaves_what_it_says(self, admin_api: APIClient, query: str, found: str) -> None:
        assert names(admin_api, query) == found.split()

    @pytest.mark.parametrize(
        ("query", "name", "says"),
        [
            ("status=gone", "status", "unknown: gone; known: pending, enabled, disabled, deprecated, archived"),
            ("provider=acme,nobody", "provider", "unknown: nobody; known: acme, "),
            ("category=smell", "category", "unknown: smell; known: text, tts"),
            ("endpointType=none", "endpointType", "known: acme, "),
            ("endpoint_type=none", "endpoint_type", "known: acme, "),
            ("capability=flight", "capability", "known: streaming, tools, vision, reasoning, structuredOutput"),
            ("isActive=maybe", "isActive", "must be true or false"),
            ("is_active=maybe", "is_active", "must be true or false"),
            ("ordering=colour", "ordering", "known: name, -name"),
            ("stauts=enabled", "stauts", "is no filter; known: provider, category, status"),
            ("search=%00", "search", "Null characters are not allowed."),
            ("modelId=%00", "modelId", "Null characters are not allowed."),
            ("provider=%00", "provider", "unknown"),
            ("search=" + "x" * 201, "search", "at most 200 characters"),
            ("page=abc", "page", "must be a whole number from 1 to 1000000000"),
            ("page=0", "page", "must be a whole number"),
            ("page=-1", "page", "must be a whole number"),
            ("page=%D9%A3", "page", "must be a whole number"),
            ("page=99999999999999999999", "page", "must be a whole number"),
            ("pageSize=0", "pageSize", "must be a whole number from 1 to 1000"),
            ("pageSize=100000", "pageSize", "must be a whole number from 1 to 1000"),
            ("page_size=1.5", "page_size", "must be a whole number"),
        ],
    )
    def test_what_nobody_knows_is_refused_by_name(self, admin_api: APIClient, query: str, name: str, says: str) -> None:
        answer = admin_api.get(f"{MODELS}?{query}")

        assert answer.status_code == 400
        assert answer.json()["error"]["code"] == "invalid"
        assert says in answer.json()["error"]["details"][name]


class TestPages:
    def test_a_page_names_its_neighbours_by_absolute_addresses(self, admin_api: APIClient) -> None:
        some_models(5, a_provider())

        first = admin_api.get(f"{MODELS}?pageSize=2&provider=acme").json()
        second = admin_api.get(first["next"]).json()
        third = admin_api.get(second["next"]).json()

        assert first["next"] == "http://testserver/api/admin/models?page=2&pageSize=2&provider=acme"
        assert (first["count"], first["previous"], third["next"]) == (5, None, None)
        assert second["previous"] == "http://testserver/api/admin/models?pageSize=2&provider=acme"
        found = [row["modelId"] for page in (first, second, third) for row in page["models"]]
        assert found == ["m-0", "m-1", "m-2", "m-3", "m-4"]

    def test_a_hundred_a_page_unless_asked_for(self, admin_api: APIClient) -> None:
        some_models(101, a_provider())

        assert [len(names(admin_api, query)) for query in ("", "?page=2", "?pageSize=1000")] == [100, 1, 101]

    def test_an_empty_list_has_a_first_page_and_no_other(self, admin_api: APIClient) -> None:
        assert admin_api.get(MODELS).json() == {"models": [], "count": 0, "next": None, "previous": None}
        answer = admin_api.get(f"{MODELS}?page=2")
        assert answer.status_code == 404
        assert answer.json()["error"]["message"] == "There is no page 2: 0 found, 100 a page."


def questions(api: APIClient, path: str) -> int:
    with CaptureQueriesContext(connection) as queries:
        assert api.get(path).status_code == 200
    return len(queries)


@pytest.mark.parametrize("query", ["?pageSize=1000", "?pageSize=1000&provider=acme&search=model&ordering=-createdAt"])
def test_a_list_of_models_asks_as_many_questions_for_ten_as_for_a_hundred(
    admin_api: APIClient, sign_in: SignIn, query: str
) -> None:
    def one_of_each_kind(prefix: str) -> None:
        heir = a_model(f"{prefix}-heir", status="enabled")
        for number in range(9 if prefix == "few" else 90):
            a_model(f"{prefix}-model-{number}", price={"input_mtok": "1", "output_mtok": "1"}, status="enabled")
        AIModel.objects.exclude(pk=heir.pk).update(successor=heir)

    superuser = sign_in("root", is_staff=True, is_superuser=True)
    one_of_each_kind("few")
    few = [questions(api, f"{MODELS}{query}") for api in (admin_api, superuser)]
    one_of_each_kind("many")

    assert [questions(api, f"{MODELS}{query}") for api in (admin_api, superuser)] == few
    assert max(few) <= 12


def test_a_list_of_providers_asks_as_many_questions_for_ten_as_for_a_hundred(admin_api: APIClient) -> None:
    def some(prefix: str, count: int) -> None:
        for number in range(count):
            model = a_model(provider=a_provider(f"{prefix}-{number}"), status="enabled")
            lifecycle.set_default(model, ADMIN)

    some("few", 5)
    few = questions(admin_api, "/api/admin/providers?pageSize=1000")
    some("many", 50)

    assert questions(admin_api, "/api/admin/providers?pageSize=1000") == few <= 12
