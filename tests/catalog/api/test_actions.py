"""Populate, bulk update and set default: their answers, and that a refused one changes nothing."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from rest_framework.test import APIClient

from catalog import lifecycle
from catalog.models import AIModel, Change, ChangeSet
from tests.builders import ADMIN, a_model, a_provider, some_models

SignIn = Callable[..., APIClient]

pytestmark = pytest.mark.django_db

BULK = "/api/admin/models/bulk-update"
DEFAULT = "/api/admin/models/set-default"


class TestPopulate:
    def test_it_says_what_it_created_and_the_second_time_that_all_exists(self, admin_api: APIClient) -> None:
        first = admin_api.post("/api/admin/models/populate")
        second = admin_api.post("/api/admin/models/populate", {})

        assert (first.status_code, second.status_code) == (200, 200)
        total = len(first.json()["results"])
        assert first.json()["message"] == "Model population completed"
        assert first.json()["summary"] == {"created": total, "skipped": 0, "total": total}
        assert second.json()["summary"] == {"created": 0, "skipped": total, "total": total}
        created = next(row for row in first.json()["results"] if row["modelId"] == "claude-sonnet-4-20250514")
        pk = AIModel.objects.get(model_id="claude-sonnet-4-20250514").pk
        assert (created["status"], created["id"]) == ("created", pk)
        skipped = next(row for row in second.json()["results"] if row["modelId"] == "gpt-4.1")
        assert (skipped["status"], skipped["reason"]) == ("skipped", "already exists")

    def test_the_default_models_have_the_documents_values(self, admin_api: APIClient) -> None:
        admin_api.post("/api/admin/models/populate")

        (shown,) = admin_api.get("/api/admin/models?modelId=claude-sonnet-4-20250514").json()["models"]

        assert {name: shown[name] for name in SONNET_4} == SONNET_4
        assert shown["sources"]["inputPricePerMtok"] == "curated"


SONNET_4 = {
    "name": "Sonnet 4",
    "modelId": "claude-sonnet-4-20250514",
    "endpointType": "anthropic",
    "thinking": True,
    "contextWindow": 200000,
    "maxOutput": 64000,
    "knowledgeCutoff": "2025-03-01T00:00:00Z",
    "inputPricePerMtok": 3,
    "outputPricePerMtok": 15,
    "isActive": True,
}


class TestBulkUpdate:
    @pytest.mark.parametrize("written", [int, str])
    def test_models_named_by_row_id_are_brought_to_a_status(
        self, admin_api: APIClient, written: Callable[[int], Any]
    ) -> None:
        waiting, there = a_model("a"), a_model("b", status="enabled")
        ids = [written(waiting.pk), written(there.pk), waiting.pk]

        answer = admin_api.post(BULK, {"model_ids": ids, "status": "enabled", "reason": "reviewed"})

        assert answer.status_code == 200
        assert answer.json() == {"updated": 1, "unchanged": 1, "defaults": []}
        assert ChangeSet.objects.latest("id").reason == "reviewed"

    def test_a_filter_names_them_too(self, admin_api: APIClient) -> None:
        a_model("gpt-a"), a_model("gpt-b", status="disabled"), a_model("other")
        conditions = {"provider": ["acme"], "search": "gpt", "is_active": False}

        answer = admin_api.post(BULK, {"filter": conditions, "status": "enabled"})

        assert answer.json()["updated"] == 2
        assert set(AIModel.objects.enabled().values_list("model_id", flat=True)) == {"gpt-a", "gpt-b"}

    def test_a_default_that_is_lost_is_reported(self, admin_api: APIClient) -> None:
        model = a_model(status="enabled")
        lifecycle.set_default(model, ADMIN)

        answer = admin_api.post(BULK, {"modelIds": [model.pk], "status": "disabled"}).json()

        assert answer["defaults"] == [
            {
                "provider": "acme",
                "category": "text",
                "previous": "acme/m-1",
                "current": None,
                "message": "acme (text) has no default any more: acme/m-1 was it.",
            }
        ]

    @pytest.mark.parametrize("unknown", [424242, "99999999999999999999", 2**63])
    def test_one_unknown_id_or_illegal_move_and_nothing_changes_each_named(
        self, admin_api: APIClient, unknown: int | str
    ) -> None:
        good, archived = a_model("good"), a_model("old", status="archived")
        changes = Change.objects.count()

        only_unknown = admin_api.post(BULK, {"model_ids": [good.pk, unknown], "status": "enabled"})
        both = admin_api.post(BULK, {"model_ids": [good.pk, unknown, archived.pk], "status": "enabled"})

        assert (only_unknown.status_code, both.status_code) == (409, 409)
        missing = {"id": int(unknown), "reason": "does not exist"}
        assert only_unknown.json()["error"]["details"] == [missing]
        assert both.json()["error"]["details"] == [
            missing,
            {"id": archived.pk, "model": "acme/old", "status": "archived", "allowed": ["restore"]},
        ]
        good.refresh_from_db()
        assert (good.status, Change.objects.count()) == ("pending", changes)

    def test_others_personal_models_do_not_exist(self, admin_api: APIClient, sign_in: SignIn) -> None:
        pk = sign_in().post("/api/models", {"name": "Mine", "modelId": "mine"}).json()["id"]

        assert admin_api.post(BULK, {"model_ids": [pk], "status": "disabled"}).status_code == 409

    def test_ten_thousand_ids_take_no_statement_per_row(self, admin_api: APIClient) -> None:
        ids = [model.pk for model in some_models(10_000, a_provider())]

        with CaptureQueriesContext(connection) as queries:
            answer = admin_api.post(BULK, {"model_ids": ids, "status": "enabled"})

        assert answer.json()["updated"] == 10_000
        assert len(queries) < 100  # SQLite takes the changes in some seventy statements

    @pytest.mark.parametrize(
        ("body", "name", "says"),
        [
            ({"status": "enabled"}, "model_ids", "give either these or a filter"),
            ({"model_ids": [1], "filter": {"status": "pending"}, "status": "enabled"}, "model_ids", "either"),
            ({"model_ids": [], "status": "enabled"}, "model_ids", "1 to 30000 ids"),
            ({"model_ids": "1", "status": "enabled"}, "model_ids", "must be a list"),
            ({"modelIds": [True], "status": "enabled"}, "modelIds", "not True"),
            ({"model_ids": ["1.5", -1, None], "status": "enabled"}, "model_ids", "not 1.5, -1, None"),
            ({"model_ids": ["٣"], "status": "enabled"}, "model_ids", "not ٣"),
            ({"model_ids": [1], "status": "archived"}, "status", "must be one of enabled, disabled, deprecated"),
            ({"model_ids": [1]}, "status", "must be one of"),
            ({"model_ids": [1], "status": "enabled", "reason": 5}, "reason", "must be text"),
            ({"model_ids": [1], "status": "enabled", "reason": "x" * 501}, "reason", "at most 500"),
            ({"model_ids": [1], "status": "enabled", "admin_notes": "x"}, "admin_notes", "is nothing this takes"),
            ({"filter": {}, "status": "enabled"}, "filter", "at least one condition"),
            ({"filter": "all", "status": "enabled"}, "filter", "must be an object"),
            ({"filter": {"status": "gone"}, "status": "enabled"}, "filter.status", "unknown: gone"),
            ({"filter": {"stauts": "pending"}, "status": "enabled"}, "filter.stauts", "is no filter"),
            ({"filter": {"search": {"a": 1}}, "status": "enabled"}, "filter.search", "must be text"),
            ({"filter": {"page": 2}, "status": "enabled"}, "filter.page", "is no filter"),
        ],
    )
    def test_what_cannot_be_meant_is_refused_by_name(
        self, admin_api: APIClient, body: dict[str, Any], name: str, says: str
    ) -> None:
        a_model()

        answer = admin_api.post(BULK, body)

        assert answer.status_code == 400
        assert says in answer.json()["error"]["details"][name]
        assert AIModel.objects.get().status == "pending"


class TestSetDefault:
    def test_it_says_what_was_the_default_before(self, admin_api: APIClient) -> None:
        a_model("one", status="enabled"), a_model("a/b:c@d", status="enabled")
        body = {"provider": "acme", "category": "text"}
        admin_api.post(DEFAULT, {**body, "model_id": "one"})

        answer = admin_api.post(DEFAULT, {**body, "modelId": "a/b:c@d", "reason": "cheaper"})

        assert answer.status_code == 200
        assert answer.json() == {
            **body,
            "previous": "acme/one",
            "current": "acme/a/b:c@d",
            "message": "acme/a/b:c@d is now the default of acme (text), it was acme/one.",
        }
        assert admin_api.get("/api/admin/providers/acme").json()["defaultModels"] == {"text": "a/b:c@d"}

    @pytest.mark.parametrize(
        ("change", "status"),
        [
            ({"model_id": "nothing"}, 404),
            ({"provider": "nobody"}, 404),
            ({"category": "image"}, 404),
            ({"model_id": "waiting"}, 409),
            ({"category": "smell"}, 400),
            ({"category": []}, 400),
            ({"model_id": None}, 400),
            ({"model_id": 5}, 400),
            ({"model_id": "\x00"}, 400),
            ({"provider": ""}, 400),
            ({"more": 1}, 400),
        ],
    )
    def test_only_an_enabled_model_that_exists_becomes_one(
        self, admin_api: APIClient, change: dict[str, Any], status: int
    ) -> None:
        a_model("one", status="enabled"), a_model("waiting")

        answer = admin_api.post(DEFAULT, {"provider": "acme", "category": "text", "model_id": "one"} | change)

        assert answer.status_code == status
        assert not AIModel.objects.filter(is_default=True).exists()
