"""The audit: changes of the catalog and events at the doors, paged, filtered and exported."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import User
from rest_framework.test import APIClient

from access import events
from access.caller import of_user
from access.models import Kind
from catalog import lifecycle
from catalog.models import AIModel
from tests.access.conftest import a_key, alice, bob, program  # noqa: F401
from tests.builders import ADMIN, a_model

pytestmark = pytest.mark.django_db


def test_admins_see_every_change_with_who_when_why_and_what(admin_api: APIClient) -> None:
    lifecycle.move(AIModel.objects.filter(pk=a_model().pk), "approve", ADMIN, "looks good")

    answer = admin_api.get("/api/audit").json()

    newest = answer["changes"][0]
    assert answer["count"] == 2 and answer["next"] is None
    assert (newest["actor"], newest["reason"], newest["objectType"]) == ("alice", "looks good", "model")
    assert (newest["before"]["status"], newest["after"]["status"]) == ("pending", "enabled")


def test_others_see_their_own_alone(
    admin_api: APIClient,
    program: Callable[[str], APIClient],  # noqa: F811
    alice: User,  # noqa: F811
    bob: User,  # noqa: F811
) -> None:
    a_model()
    events.record(Kind.SIGN_IN, of_user(alice, "admin"))
    mine, yours = program(a_key(owner=alice).plaintext), program(a_key(owner=bob).plaintext)
    service = program(a_key().plaintext)

    def seen(client: APIClient, about: str) -> int:
        return int(client.get("/api/audit", {"about": about}).json()["count"])

    assert [seen(client, "events") for client in (mine, yours, service)] == [1, 0, 0]
    assert [seen(client, "changes") for client in (mine, yours, service)] == [0, 0, 0]
    assert seen(admin_api, "events") == 4 and seen(admin_api, "changes") == 1


@pytest.mark.parametrize(
    ("query", "count"),
    [
        ({"about": "events", "kind": "sign_in"}, 1),
        ({"about": "events", "kind": "locked"}, 0),
        ({"about": "events", "actor": "alice"}, 1),
        ({"since": "2020-01-01T00:00:00Z"}, 1),
        ({"until": "2020-01-01T00:00:00+02:00"}, 0),
        ({"objectType": "model"}, 1),
        ({"objectType": "provider"}, 0),
        ({"objectType": "model", "objectId": "987654"}, 0),
    ],
)
def test_what_is_asked_for_is_found(
    admin_api: APIClient,
    alice: User,  # noqa: F811
    query: dict[str, str],
    count: int,
) -> None:
    a_model()
    events.record(Kind.SIGN_IN, of_user(alice, "admin"))

    assert admin_api.get("/api/audit", query).json()["count"] == count


@pytest.mark.parametrize(
    "query",
    [
        {"about": "all"},
        {"kind": "sign_in", "about": "events", "nothing": "x"},
        {"since": "yesterday"},
        {"since": "2020-01-01T00:00:00"},
        {"since": "2020-99-01T00:00:00Z"},
        {"objectId": "x"},
        {"objectType": "user"},
        {"page": "0"},
        {"as": "pdf"},
        {"actor": "a\0"},
    ],
)
def test_what_cannot_be_asked_is_refused(admin_api: APIClient, query: dict[str, Any]) -> None:
    answer = admin_api.get("/api/audit", query)

    assert answer.status_code == 400 and answer.json()["error"]["details"]


def test_both_are_exported_as_csv_that_no_spreadsheet_runs(admin_api: APIClient) -> None:
    a_model("=1+1")
    events.record(Kind.REFUSED, detail="=cmd()")

    changes = admin_api.get("/api/audit", {"as": "csv"}).content.decode()
    told = admin_api.get("/api/audit", {"as": "csv", "about": "events"}).content.decode()

    assert changes.startswith("id,at,actor,") and "acme/=1+1" in changes
    assert "'=cmd()" in told


def test_a_page_costs_the_same_however_many_rows(admin_api: APIClient, django_assert_max_num_queries: Any) -> None:
    for number in range(5):
        a_model(f"m-{number}")

    with django_assert_max_num_queries(4):
        admin_api.get("/api/audit")
