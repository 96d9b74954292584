"""Models through the API: shown, added, changed, deleted; the values of the customer's first document."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

import pytest
from rest_framework.test import APIClient

from catalog import facts, registration
from catalog.models import AIModel, Change, ChangeSet, Price
from tests.builders import ADMIN, a_model, a_provider

SignIn = Callable[..., APIClient]

pytestmark = pytest.mark.django_db

GPT_5 = {
    "name": "GPT-5",
    "modelId": "gpt-5-turbo",
    "endpointType": "openAI",
    "thinking": True,
    "contextWindow": 256000,
    "maxOutput": 8192,
    "knowledgeCutoff": "2025-01-01T00:00:00Z",
    "inputPricePerMtok": 5,
    "outputPricePerMtok": 20,
    "isActive": True,
}
EMPTY_PRICING = {
    **dict.fromkeys(("input", "cachedInput", "output", "cacheWrite", "reasoning", "audioInput", "audioOutput")),
    **dict.fromkeys(("request", "image", "minute", "mchar")),
    "tiers": [],
}


def created(api: APIClient, **body: Any) -> dict[str, Any]:
    answer = api.post("/api/admin/models", body)
    assert answer.status_code == 201, answer.json()
    return answer.json()


class TestShowing:
    def test_a_model_is_shown_whole_and_bare(self, admin_api: APIClient) -> None:
        pk = created(admin_api, **GPT_5)["id"]

        shown = admin_api.get(f"/api/admin/models/{pk}").json()

        assert {name: shown[name] for name in GPT_5} == GPT_5
        assert (shown["provider"], shown["status"], shown["isSystem"], shown["isPersonal"]) == (
            *("openai", "enabled"),
            *(False, False),
        )
        assert shown["pricing"] == {**EMPTY_PRICING, "input": 5, "output": 20}
        assert shown["sources"]["contextLength"] == shown["sources"]["inputPricePerMtok"] == "admin"
        assert shown["createdAt"].endswith("Z")

    def test_what_nobody_states_is_null_and_lists_are_empty(self, admin_api: APIClient) -> None:
        shown = created(admin_api, name="Bare", modelId="bare")

        unknown = [name for name, value in shown.items() if value is None]
        assert set(unknown) == {
            *("description", "thinking", "supportsStreaming", "supportsTools", "supportsVision"),
            *("supportsStructuredOutput", "contextWindow", "contextLength", "activeWindow", "maxOutput"),
            *("knowledgeCutoff", "parameters", "complexityFactor", "tokenWeights", "pricing", "baseUrl"),
            *("defaultTemperature", "defaultTopP", "requestsPerMinute", "tokensPerMinute", "storedKey"),
            *("inputPricePerMtok", "outputPricePerMtok", "cachedInputPricePerMtok", "canonicalId", "successor"),
            *("retiresAt", "discoveredAt", "deprecatedAt", "lastUsedAt", "providerMetadata"),
        }
        assert shown["tags"] == shown["inputModalities"] == shown["conflicts"] == []
        assert shown["sources"] == {"name": "admin"}
        assert (shown["provider"], shown["category"], shown["adminNotes"]) == ("custom", "text", "")

    def test_each_field_names_its_source(self, admin_api: APIClient) -> None:
        model = a_model(context_window=8000, supports_reasoning=True)
        facts.state(model, {"name": "Ours"}, ADMIN)

        shown = admin_api.get(f"/api/models/{model.pk}").json()

        assert shown["sources"] == {
            "name": "admin",
            **dict.fromkeys(("contextWindow", "contextLength", "thinking"), "provider"),
        }

    def test_what_sources_disagree_on_is_shown_with_what_each_says(self, admin_api: APIClient) -> None:
        model = a_model(price={"input_mtok": "3", "output_mtok": "15"}, context_window=8000)
        others = {"price": {"input_mtok": "4", "output_mtok": "15"}, "context_window": 16000}
        facts.save_many([facts.tell(model, facts.ENRICHMENT, others, model.created_at)])

        shown = admin_api.get(f"/api/models/{model.pk}").json()["conflicts"]

        assert shown[0] == {"field": "contextWindow", "values": {"provider": 8000, "genai-prices": 16000}}
        assert shown[1]["field"] == "pricing"
        assert [value["input"] for value in shown[1]["values"].values()] == [3, 4]

    def test_prices_are_exact_numbers_and_tiers_speak_the_same_names(self, admin_api: APIClient) -> None:
        tiers = [{"from": 200000, "input": 2.5, "cachedInput": 0.0000001}]
        shown = created(
            admin_api, name="P", modelId="p", pricing={"input": 0.13, "output": 10, "request": 0, "tiers": tiers}
        )

        assert shown["pricing"] == {**EMPTY_PRICING, "input": 0.13, "output": 10, "request": 0, "tiers": tiers}
        assert (shown["inputPricePerMtok"], shown["cachedInputPricePerMtok"]) == (0.13, None)

    def test_what_the_provider_sent_is_on_single_objects_only_and_notes_are_for_admins(
        self, admin_api: APIClient, sign_in: SignIn
    ) -> None:
        model = a_model(status="enabled")
        AIModel.objects.filter(pk=model.pk).update(provider_metadata={"id": "m-1"}, admin_notes="cheap")

        single = admin_api.get(f"/api/models/{model.pk}").json()
        listed = admin_api.get("/api/admin/models").json()["models"][0]
        seen = sign_in().get(f"/api/models/{model.pk}").json()

        assert (single["providerMetadata"], single["adminNotes"], listed["adminNotes"]) == (
            {"id": "m-1"},
            *["cheap"] * 2,
        )
        assert "providerMetadata" not in listed
        assert "adminNotes" not in seen


class TestAdding:
    def test_parameters_will_do_in_place_of_an_id_which_is_made_of_the_name(self, admin_api: APIClient) -> None:
        shown = created(admin_api, name="Llama 3.1 (70B)", parameters=70)

        assert (shown["modelId"], shown["parameters"], shown["complexityFactor"]) == ("llama-3.1-70b", 70, 0.4)

    @pytest.mark.parametrize(
        ("sent", "limit", "active"),
        [
            ({"contextLength": 8000, "contextWindow": 1250}, 8000, 1250),
            ({"context_length": 8000, "context_window": 1250}, 8000, 1250),
            ({"contextLength": 8000}, 8000, None),
            ({"contextWindow": 8000}, 8000, None),
            ({"contextWindow": 8000, "contextLength": 8000}, 8000, None),
            ({"contextLength": 8000, "activeWindow": 1250}, 8000, 1250),
        ],
    )
    def test_context_length_and_a_smaller_window_are_limit_and_active_window(
        self, admin_api: APIClient, sent: dict[str, int], limit: int, active: int | None
    ) -> None:
        shown = created(admin_api, name="C", modelId="c", **sent)

        assert (shown["contextLength"], shown["contextWindow"], shown["activeWindow"]) == (limit, limit, active)

    def test_snake_case_is_taken_as_well(self, admin_api: APIClient) -> None:
        weights = {"input_with_cache": 1.25, "input_without_cache": 1, "cache_read": 0.1, "output_tokens": 5}
        body = {"name": "S", "model_id": "s", "max_output": 5, "token_weights": weights, "pricing": {"cached_input": 1}}

        shown = created(admin_api, **body, supports_tools=True, is_active=False)

        assert (shown["modelId"], shown["maxOutput"], shown["supportsTools"]) == ("s", 5, True)
        assert (shown["status"], shown["isActive"], shown["pricing"]["cachedInput"]) == ("disabled", False, 1)
        assert shown["tokenWeights"] == {
            "inputWithCache": 1.25,
            "inputWithoutCache": 1.0,
            "cacheRead": 0.1,
            "outputTokens": 5.0,
        }

    @pytest.mark.parametrize(
        ("sent", "provider"),
        [
            ({"endpointType": "openAI"}, "openai"),
            ({"endpointType": "openai"}, "openai"),
            ({"endpoint_type": "google"}, "gemini"),
            ({"provider": "google-vertex", "endpointType": "google"}, "google-vertex"),
            ({"provider": "mistral"}, "mistral"),
            ({}, "custom"),
        ],
    )
    def test_the_provider_is_named_or_the_primary_one_of_the_endpoint_type(
        self, admin_api: APIClient, sent: dict[str, str], provider: str
    ) -> None:
        assert created(admin_api, name="E", modelId="e", **sent)["provider"] == provider

    def test_null_states_nothing_of_a_new_model(self, admin_api: APIClient) -> None:
        shown = created(admin_api, name="N", modelId="n", contextWindow=None, pricing=None, inputPricePerMtok=None)

        assert shown["sources"] == {"name": "admin"}

    def test_any_id_a_provider_may_use_is_taken(self, admin_api: APIClient) -> None:
        for model_id in ("~a/b:free@2", "with space", "模型-🦙", "x" * 255):
            assert created(admin_api, name="I", modelId=model_id)["modelId"] == model_id

    def test_the_same_id_in_the_same_category_is_a_clash(self, admin_api: APIClient) -> None:
        created(admin_api, name="One", modelId="one", provider="openai")

        answer = admin_api.post("/api/admin/models", {"name": "Two", "model_id": "one", "provider": "openai"})

        assert answer.status_code == 409
        assert answer.json()["error"]["code"] == "conflict"
        assert answer.json()["error"]["details"] == {"model_id": "already exists"}
        created(admin_api, name="Two", modelId="one", provider="openai", category="image")

    def test_who_added_a_model_and_why_is_kept(self, admin_api: APIClient) -> None:
        created(admin_api, name="Why", modelId="why", reason="asked for by sales")

        (change_set,) = ChangeSet.objects.all()
        assert (change_set.actor_label, change_set.source, change_set.reason) == (
            "admin key",
            "api",
            "asked for by sales",
        )
        assert change_set.request_id


class TestChanging:
    @pytest.mark.parametrize("method", ["put", "patch"])
    def test_what_is_not_named_stays(self, admin_api: APIClient, method: str) -> None:
        pk = created(admin_api, **GPT_5)["id"]

        body = {"inputPricePerMtok": 2.5, "outputPricePerMtok": 12.5}
        shown = getattr(admin_api, method)(f"/api/admin/models/{pk}", body).json()

        assert (shown["inputPricePerMtok"], shown["outputPricePerMtok"], shown["maxOutput"]) == (2.5, 12.5, 8192)
        assert [price.state for price in Price.objects.filter(model=pk).order_by("id")] == ["past", "in_force"]

    def test_one_amount_is_changed_and_the_others_kept_whoever_stated_them(self, admin_api: APIClient) -> None:
        model = a_model(price={"input_mtok": "3", "output_mtok": "15", "tiers": [{"from": 9, "input_mtok": "6"}]})

        shown = admin_api.patch(f"/api/admin/models/{model.pk}", {"pricing": {"cachedInput": 0.3}}).json()
        assert shown["pricing"] == {
            **EMPTY_PRICING,
            **{"input": 3, "cachedInput": 0.3, "output": 15, "tiers": [{"from": 9, "input": 6}]},
        }

        shown = admin_api.patch(f"/api/admin/models/{model.pk}", {"inputPricePerMtok": None, "pricing": {"tiers": []}})
        assert shown.json()["pricing"] == {**EMPTY_PRICING, "cachedInput": 0.3, "output": 15}

        shown = admin_api.patch(f"/api/admin/models/{model.pk}", {"pricing": None}).json()
        assert (shown["pricing"], shown["sources"]["pricing"]) == (None, "admin")

    def test_a_reset_gives_fields_back_to_their_sources(self, admin_api: APIClient) -> None:
        model = a_model(price={"input_mtok": "3", "output_mtok": "15"}, supports_reasoning=True)
        edit = {"thinking": False, "inputPricePerMtok": 1, "name": "Ours"}
        admin_api.patch(f"/api/models/{model.pk}", edit)

        shown = admin_api.patch(f"/api/models/{model.pk}", {"reset": ["thinking", "input_price_per_mtok"]}).json()

        assert (shown["thinking"], shown["inputPricePerMtok"], shown["name"]) == (True, 3, "Ours")
        assert shown["sources"] == {
            "name": "admin",
            "thinking": "provider",
            **dict.fromkeys(
                ("pricing", "inputPricePerMtok", "outputPricePerMtok", "cachedInputPricePerMtok"), "provider"
            ),
        }

    def test_an_object_may_be_read_changed_in_one_place_and_sent_back_whole(self, admin_api: APIClient) -> None:
        pk = created(admin_api, **GPT_5)["id"]
        for change in (
            {"contextWindow": 128000},
            {"inputPricePerMtok": 2},
            {"isActive": False},
            {"status": "enabled"},
            {"pricing": {**EMPTY_PRICING, "input": 1, "output": 20}},
        ):
            whole = admin_api.get(f"/api/admin/models/{pk}").json()

            answer = admin_api.put(f"/api/admin/models/{pk}", whole | change)

            assert answer.status_code == 200, answer.json()
            assert change.items() <= answer.json().items()

    @pytest.mark.parametrize(
        ("status", "sent", "after"),
        [
            ("enabled", {"isActive": False}, "disabled"),
            ("disabled", {"isActive": True}, "enabled"),
            ("deprecated", {"isActive": True}, "enabled"),
            ("pending", {"isActive": True}, "enabled"),
            ("pending", {"isActive": False}, "disabled"),
            ("archived", {"isActive": False}, "archived"),
            ("archived", {"status": "disabled"}, "disabled"),
            ("enabled", {"status": "deprecated"}, "deprecated"),
            ("deprecated", {"status": "archived"}, "archived"),
            ("pending", {"status": "pending", "isActive": False}, "pending"),
            ("enabled", {"isActive": True}, "enabled"),
        ],
    )
    def test_is_active_enables_restores_and_disables(
        self, admin_api: APIClient, status: str, sent: dict[str, Any], after: str
    ) -> None:
        model = a_model(status=status)

        assert admin_api.patch(f"/api/models/{model.pk}", sent).json()["status"] == after

    def test_an_illegal_move_names_the_state_and_the_moves_it_allows(self, admin_api: APIClient) -> None:
        model = a_model(status="archived")

        answer = admin_api.patch(f"/api/models/{model.pk}", {"isActive": True, "name": "Other"})

        assert answer.status_code == 409
        error = answer.json()["error"]
        assert (error["code"], error["details"][0]["allowed"]) == ("illegal_move", ["restore"])
        assert "is archived and cannot become enabled" in error["message"]
        assert AIModel.objects.get().name == "m-1"

    def test_a_default_that_moves_is_reported(self, admin_api: APIClient) -> None:
        heir = a_model("heir", status="enabled")
        old = a_model("old", status="enabled")
        admin_api.post("/api/admin/models/set-default", {"provider": "acme", "category": "text", "model_id": "old"})
        assert admin_api.patch(f"/api/models/{old.pk}", {"successor": "acme/heir"}).json()["successor"] == "acme/heir"

        shown = admin_api.patch(f"/api/models/{old.pk}", {"status": "deprecated"}).json()

        assert (shown["status"], shown["isDefault"]) == ("deprecated", False)
        (moved,) = shown["defaults"]
        assert (moved["previous"], moved["current"]) == ("acme/old", "acme/heir")
        assert moved["message"] == "acme/heir is now the default of acme (text), it was acme/old."
        assert admin_api.get(f"/api/models/{heir.pk}").json()["isDefault"] is True

    def test_a_successor_is_written_as_an_id_or_a_name_and_taken_away_with_null(self, admin_api: APIClient) -> None:
        model, heir = a_model("a/b"), a_model("c/d:1")
        for written in (heir.pk, str(heir.pk), "acme/c/d:1"):
            assert (
                admin_api.patch(f"/api/models/{model.pk}", {"successor": written}).json()["successor"] == "acme/c/d:1"
            )
            assert admin_api.patch(f"/api/models/{model.pk}", {"successor": None}).json()["successor"] is None

        answer = admin_api.patch(f"/api/models/{model.pk}", {"successor": model.pk})

        assert answer.status_code == 400
        assert "comes back" in answer.json()["error"]["details"]["successor"]

    def test_an_empty_body_changes_nothing(self, admin_api: APIClient) -> None:
        model = a_model()
        before = Change.objects.count()

        assert admin_api.patch(f"/api/models/{model.pk}", {}).status_code == 200
        assert Change.objects.count() == before


class TestDeleting:
    def test_a_model_made_by_hand_is_deleted_with_a_reason(self, admin_api: APIClient) -> None:
        pk = created(admin_api, name="Gone", modelId="gone")["id"]

        answer = admin_api.delete(f"/api/admin/models/{pk}?reason=typo")

        assert (answer.status_code, answer.content) == (204, b"")
        assert admin_api.get(f"/api/admin/models/{pk}").status_code == 404
        assert ChangeSet.objects.latest("id").reason == "typo"

    def test_a_discovered_one_is_archived_instead(self, admin_api: APIClient) -> None:
        answer = admin_api.delete(f"/api/admin/models/{a_model().pk}")

        assert answer.status_code == 409
        assert "archive it instead" in answer.json()["error"]["message"]

    def test_a_system_model_stays(self, admin_api: APIClient) -> None:
        model = registration.add_model(
            provider=a_provider(), model_id="sys", by=ADMIN, stated={"name": "Sys"}, is_system=True
        )

        assert admin_api.delete(f"/api/admin/models/{model.pk}").status_code == 403

    def test_a_default_is_not_deleted_unnoticed(self, admin_api: APIClient) -> None:
        pk = created(admin_api, name="D", modelId="d", provider="openai")["id"]
        admin_api.post("/api/admin/models/set-default", {"provider": "openai", "category": "text", "model_id": "d"})

        answer = admin_api.delete(f"/api/admin/models/{pk}")

        assert answer.status_code == 409
        assert "is the default" in answer.json()["error"]["message"]


class TestCallers:
    def test_nobody_reads_no_model_and_a_user_no_admin_route(self, api: APIClient, sign_in: SignIn) -> None:
        pk = a_model(status="enabled").pk
        for path in ("/api/config/models", f"/api/models/{pk}", "/api/models?view=list", "/api/admin/models"):
            answer = api.get(path)
            assert (answer.status_code, answer.json()["error"]["code"]) == (401, "not_authenticated")
            assert answer["WWW-Authenticate"] == "Bearer"
        for path in ("/api/admin/models", f"/api/admin/models/{pk}", "/api/admin/providers"):
            answer = sign_in().get(path)
            assert (answer.status_code, answer.json()["error"]["code"]) == (403, "forbidden")

    def test_a_user_adds_a_personal_model_that_nobody_else_sees(self, admin_api: APIClient, sign_in: SignIn) -> None:
        bob, eve = sign_in("bob"), sign_in("eve")
        answer = bob.post("/api/models", {"name": "Mine", "modelId": "llama", "baseUrl": "https://9.9.9.9/v1"})
        pk = answer.json()["id"]

        assert answer.status_code == 201
        assert (answer.json()["isPersonal"], answer.json()["status"]) == (True, "enabled")
        for stranger in (eve, admin_api):
            for method in ("get", "patch", "delete"):
                assert getattr(stranger, method)(f"/api/models/{pk}").status_code == 404
            assert stranger.get("/api/config/models").json()["count"] == 0
        assert bob.get("/api/config/models").json()["count"] == 1
        assert bob.patch(f"/api/models/{pk}", {"contextWindow": 8}).json()["contextWindow"] == 8
        assert bob.post("/api/models", {"name": "Mine", "modelId": "other"}).status_code == 409
        assert eve.post("/api/models", {"name": "Mine", "modelId": "llama"}).status_code == 201
        assert bob.delete(f"/api/models/{pk}").status_code == 204

    def test_a_user_reads_global_models_in_use_and_changes_none(self, sign_in: SignIn) -> None:
        used, waiting = a_model("used", status="enabled"), a_model("waiting")
        bob = sign_in()

        assert [row["modelId"] for row in bob.get("/api/config/models").json()["models"]] == ["used"]
        assert bob.get(f"/api/models/{waiting.pk}").status_code == 404
        assert bob.patch(f"/api/models/{used.pk}", {"name": "Mine"}).status_code == 403
        assert bob.delete(f"/api/models/{used.pk}").status_code == 403
        assert bob.post("/api/models", {"name": "N", "modelId": "n", "adminNotes": "x"}).status_code == 403

    def test_an_admin_with_a_session_needs_the_csrf_token(self, sign_in: SignIn) -> None:
        admin = sign_in("root", is_staff=True, is_superuser=True)
        assert admin.post("/api/models", {"name": "N", "modelId": "n"}).json()["isPersonal"] is False
        strict = APIClient(enforce_csrf_checks=True)
        strict.cookies = admin.cookies

        answer = strict.post("/api/models", {"name": "M", "modelId": "m"})

        assert (answer.status_code, answer.json()["error"]["code"]) == (403, "forbidden")
        assert "CSRF" in answer.json()["error"]["message"]


@pytest.mark.django_db
def test_what_can_be_called_is_sent_again_only_if_something_changed(
    api: APIClient, django_assert_num_queries: Callable[[int], AbstractContextManager[object]]
) -> None:
    provider = a_provider("local", auth="none")
    a_model("one", provider=provider, status="enabled")
    etag = api.get("/api/models").headers["ETag"]

    with django_assert_num_queries(1):
        again = api.get("/api/models", headers={"if-none-match": etag})
    a_model("two", provider=provider, status="enabled")
    changed = api.get("/api/models", headers={"if-none-match": etag})

    assert (again.status_code, again.content) == (304, b"")
    assert changed.json() == {"local": ["one", "two"]}
