from __future__ import annotations

from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.utils import timezone
from rest_framework.test import APIClient

from catalog.models import AIModel, Provider
from discovery import sync
from tests.builders import ADMIN, a_provider
from tests.discovery.doors import entries, serve
from tests.fakes import faults
from tests.fakes.provider import FakeProvider

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("done_at_once")]

ONE = "/admin/model-sync/provider/acme"
ALL = "/admin/model-sync/all"


def test_a_sync_of_one_provider_answers_as_documented(
    acme: Provider, fake_provider: FakeProvider, admin_api: APIClient
) -> None:
    serve(fake_provider, [*entries(3), {"id": 7}])

    body = admin_api.post(ONE).json()

    details = body["details"]
    assert body["success"] is True
    assert body["message"] == "Synced 3 models from acme. Fetched: 4, Transformed: 3, Skipped: 1"
    assert (details["provider"], details["provider_id"]) == ("acme", acme.pk)
    assert [details[f"models_{name}"] for name in ("fetched", "transformed", "skipped", "synced")] == [4, 3, 1, 3]
    assert [details[name] for name in ("new", "changed", "unchanged", "missing", "held")] == [3, 0, 0, 0, 0]
    assert len(details["skipped"]) == 1
    assert details["duration"] >= 0


def test_it_is_not_bound_by_the_five_minutes(acme: Provider, fake_provider: FakeProvider, admin_api: APIClient) -> None:
    serve(fake_provider, entries(1))

    assert [admin_api.post(ONE).json()["details"]["unchanged"] for _ in range(2)] == [0, 1]


def test_a_dry_run_says_what_it_would_do_and_writes_nothing(
    acme: Provider, fake_provider: FakeProvider, admin_api: APIClient
) -> None:
    serve(fake_provider, entries(2))

    body = admin_api.post(f"{ONE}?dry_run=true").json()

    assert body["message"].startswith("Would sync 2 models from acme.")
    assert (body["details"]["new"], body["details"]["models_synced"]) == (2, 0)
    assert not AIModel.objects.filter(provider=acme).exists()


def test_an_unknown_provider_is_404_and_one_being_synced_409(acme: Provider, admin_api: APIClient) -> None:
    other = sync.create_run(ADMIN, ["acme"])
    other.results.update(state="running", lease_until=timezone.now() + timedelta(minutes=1))

    answer = admin_api.post(ONE)

    assert admin_api.post("/admin/model-sync/provider/nobody").status_code == 404
    assert (answer.status_code, answer.json()["error"]["code"]) == (409, "already_running")
    assert "acme is running" in answer.json()["error"]["message"]


def test_a_sync_that_fails_says_so(acme: Provider, fake_provider: FakeProvider, admin_api: APIClient) -> None:
    fake_provider.serve("/v1/models", faults.refused())

    answer = admin_api.post(ONE)

    assert (answer.status_code, answer.json()["success"]) == (200, False)
    assert "401" in answer.json()["message"]


def test_all_and_some_providers_are_synced_together(
    acme: Provider, fake_provider: FakeProvider, admin_api: APIClient
) -> None:
    a_provider("other", base_url=f"{fake_provider.url}/other", auth="none")
    serve(fake_provider, entries(3))
    serve(fake_provider, entries(2), "/other/models")

    every = admin_api.post(ALL).json()
    some = admin_api.post(f"{ALL}?providers=other&providers=acme&dry_run=true").json()
    one = admin_api.post(f"{ALL}?providers=other").json()

    assert every["success"] is True
    assert every["message"] == "Synced 5 models from 2 providers. Fetched: 5, Transformed: 5, Skipped: 0"
    assert [item["provider"] for item in every["details"]["providers"]] == ["acme", "other"]
    assert every["details"]["totals"]["models_synced"] == every["details"]["totals"]["new"] == 5
    assert some["details"]["totals"]["unchanged"] == 5
    assert [item["provider"] for item in one["details"]["providers"]] == ["other"]


def test_all_names_the_providers_that_failed(acme: Provider, fake_provider: FakeProvider, admin_api: APIClient) -> None:
    a_provider("dead", base_url=faults.closed_port_url(), auth="none")
    serve(fake_provider, entries(1))

    body = admin_api.post(ALL).json()

    assert (body["success"], body["message"].endswith("Failed: dead")) == (False, True)


@pytest.mark.parametrize("query", ["dry_run=maybe", "providers=", "providers=a%00"])
def test_parameters_that_mean_nothing_are_refused(admin_api: APIClient, query: str) -> None:
    assert admin_api.post(f"{ALL}?{query}").status_code == 400


def test_the_providers_and_their_state_are_listed(
    acme: Provider, fake_provider: FakeProvider, admin_api: APIClient
) -> None:
    serve(fake_provider, entries(2))
    before = admin_api.get("/admin/model-sync/status").json()["providers"][0]
    admin_api.post(ONE)

    assert admin_api.get("/admin/model-sync/providers").json() == {"providers": ["acme"], "count": 1}
    body = admin_api.get("/admin/model-sync/status").json()
    (after,) = body["providers"]
    assert (before["stale"], before["health"], before["last_run"]) == (True, "unknown", None)
    assert (after["stale"], after["health"], after["running"]) == (False, "healthy", False)
    assert (after["models"]["pending"], after["models"]["total"]) == (2, 2)
    assert after["last_run"]["state"] == "succeeded"
    assert body["totals"] == {"providers": 1, "healthy": 1, "stale": 0, "models": 2}


@pytest.mark.parametrize(
    ("method", "path"),
    [("post", ONE), ("post", ALL), ("get", "/admin/model-sync/status"), ("get", "/admin/model-sync/providers")],
)
def test_the_admin_key_alone_opens_these_routes(api: APIClient, admin_user: User, method: str, path: str) -> None:
    nobody = getattr(api, method)(path)
    wrong = getattr(api, method)(path, HTTP_AUTHORIZATION="Bearer " + "x" * 43)
    api.force_login(admin_user)
    signed_in = getattr(api, method)(path)

    assert [answer.status_code for answer in (nobody, wrong, signed_in)] == [401, 401, 403]


def test_an_address_that_is_not_there_is_told_as_json(admin_api: APIClient) -> None:
    answer = admin_api.get("/admin/model-sync/nothing")

    assert (answer.status_code, answer.json()["error"]["code"]) == (404, "not_found")
