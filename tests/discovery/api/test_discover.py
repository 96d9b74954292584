from __future__ import annotations

from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.utils import timezone
from rest_framework.test import APIClient

from catalog.models import AIModel, Provider
from discovery import launch, sync
from discovery.api import views
from discovery.models import SyncRun
from tests.builders import ADMIN, a_provider
from tests.discovery.doors import entries, entry, serve
from tests.fakes import faults
from tests.fakes.provider import FakeProvider

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("done_at_once")]

URL = "/api/admin/models/discover"


def refreshed(provider: Provider, ago: float) -> None:
    Provider.objects.filter(pk=provider.pk).update(last_synced_at=timezone.now() - timedelta(seconds=ago))


def test_discovering_answers_with_what_the_provider_offers_and_what_of_it_is_new(
    acme: Provider, fake_provider: FakeProvider, admin_api: APIClient
) -> None:
    serve(fake_provider, [entry("acme/old")])
    admin_api.post(URL, {"provider": "acme"})
    serve(fake_provider, [entry("acme/old"), entry("acme/new", name="New", description="Swift.")])

    answer = admin_api.post(URL, {"provider": "acme", "category": "text", "force": True})

    (result,) = answer.json()["results"]
    assert answer.status_code == 200
    assert (answer.json()["totalNew"], answer.json()["totalErrors"]) == (1, 0)
    assert (result["provider"], result["category"], result["errors"]) == ("acme", "text", [])
    assert [model["modelId"] for model in result["discovered"]] == ["acme/new", "acme/old"]
    assert result["newModels"] == [
        {
            "modelId": "acme/new",
            "displayName": "New",
            "category": "text",
            "contextWindow": 8_192,
            "description": "Swift.",
            "supportsStreaming": None,
        }
    ]
    assert AIModel.objects.get(model_id="acme/new").status == "pending"


def test_a_body_may_be_empty_and_then_all_active_providers_are_asked(
    acme: Provider, fake_provider: FakeProvider, admin_api: APIClient
) -> None:
    serve(fake_provider, entries(2))

    answer = admin_api.post(URL)

    assert [result["provider"] for result in answer.json()["results"]] == ["acme"]
    assert answer.json()["totalNew"] == 2


def test_what_went_wrong_is_an_error_of_its_provider_alone(
    acme: Provider, fake_provider: FakeProvider, admin_api: APIClient
) -> None:
    a_provider("dead", base_url=faults.closed_port_url(), auth="none")
    serve(fake_provider, entries(2))

    answer = admin_api.post(URL, {})

    by_slug = {result["provider"]: result for result in answer.json()["results"]}
    assert (answer.status_code, answer.json()["totalErrors"]) == (200, 1)
    assert len(by_slug["acme"]["newModels"]) == 2
    assert (by_slug["dead"]["discovered"], by_slug["dead"]["state"]) == ([], "failed")
    assert "dead" in by_slug["dead"]["errors"][0]


def test_a_provider_refreshed_a_moment_ago_is_refused_with_its_age(acme: Provider, admin_api: APIClient) -> None:
    refreshed(acme, 130)

    answer = admin_api.post(URL, {"provider": "acme"})

    error = answer.json()["error"]
    assert (answer.status_code, error["code"]) == (429, "too_soon")
    assert error["message"] == "acme was refreshed 2 minutes ago. Wait 3 minutes, or force it."
    assert 168 <= int(answer["Retry-After"]) <= 170
    assert SyncRun.objects.count() == 0


def test_of_several_providers_the_fresh_ones_are_skipped_and_named(
    acme: Provider, fake_provider: FakeProvider, admin_api: APIClient
) -> None:
    other = a_provider("other", base_url=f"{fake_provider.url}/v1", auth="none")
    refreshed(other, 61)
    serve(fake_provider, entries(1))

    answer = admin_api.post(URL, {})

    by_slug = {result["provider"]: result for result in answer.json()["results"]}
    assert (answer.status_code, answer.json()["totalErrors"]) == (200, 0)
    assert (by_slug["acme"]["state"], by_slug["other"]["state"]) == ("succeeded", "skipped")
    assert by_slug["other"]["message"] == "Refreshed 1 minute ago; force to ask again."


def test_force_asks_again_at_once(acme: Provider, fake_provider: FakeProvider, admin_api: APIClient) -> None:
    refreshed(acme, 1)
    serve(fake_provider, entries(1))

    assert admin_api.post(URL, {"provider": "acme", "force": True}).json()["totalNew"] == 1


def test_a_provider_without_a_key_answers_with_the_curated_list_and_the_note(admin_api: APIClient) -> None:
    answer = admin_api.post(URL, {"provider": "perplexity"})

    (result,) = answer.json()["results"]
    assert "Using curated list" in result["message"]
    assert "sonar" in {model["modelId"] for model in result["newModels"]}


def test_whoever_waits_too_long_is_told_where_to_ask(
    acme: Provider, admin_api: APIClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(launch, "start_process", lambda run: None)
    monkeypatch.setattr(views, "PATIENCE", 0)

    answer = admin_api.post(URL, {"provider": "acme"})

    run = SyncRun.objects.get()
    assert answer.status_code == 202
    assert answer.json()["run"] == answer["Location"] == f"http://testserver/api/admin/runs/{run.pk}"
    assert admin_api.get(answer["Location"]).json()["state"] == "queued"


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"category": "poetry"}, "category"),
        ({"category": []}, "category"),
        ({"provider": 7}, "provider"),
        ({"provider": "a\x00"}, "provider"),
        ({"force": "yes"}, "force"),
        ({"providers": ["acme"]}, "providers"),
    ],
)
def test_a_body_that_asks_for_nothing_one_can_do_is_refused(admin_api: APIClient, body: dict, field: str) -> None:
    answer = admin_api.post(URL, body)

    assert (answer.status_code, list(answer.json()["error"]["details"])) == (400, [field])


def test_a_body_that_is_a_list_and_an_unknown_provider_are_refused(admin_api: APIClient) -> None:
    assert admin_api.post(URL, []).status_code == 400
    answer = admin_api.post(URL, {"provider": "nobody"})
    assert (answer.status_code, answer.json()["error"]["message"]) == (404, "No provider is called nobody.")


def test_only_admins_discover(api: APIClient, django_user_model: type[User]) -> None:
    assert api.post(URL, {}).status_code == 401
    api.force_login(django_user_model.objects.create(username="bob"))
    assert api.post(URL, {}).status_code == 403


def test_a_run_tells_how_far_it_is_and_what_it_did(
    acme: Provider, fake_provider: FakeProvider, admin_api: APIClient
) -> None:
    serve(fake_provider, [*entries(2), {"id": 7}])
    run = sync.create_run(ADMIN, ["acme"])
    waiting = admin_api.get(f"/api/admin/runs/{run.pk}").json()
    sync.execute(run)

    ended = admin_api.get(f"/api/admin/runs/{run.pk}").json()

    assert (waiting["state"], waiting["done"], waiting["finishedAt"]) == ("queued", 0, None)
    assert (ended["state"], ended["done"], ended["total"]) == ("succeeded", 1, 1)
    assert ended["providers"][0]["modelsSynced"] == ended["totals"]["new"] == 2
    assert len(ended["providers"][0]["skipped"]) == 1
    assert admin_api.get("/api/admin/runs/0").status_code == 404
