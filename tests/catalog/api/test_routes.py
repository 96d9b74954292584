from __future__ import annotations

from typing import Any

import pytest
from django.utils import timezone
from rest_framework.test import APIClient

from catalog import lifecycle
from catalog.models import AIModel, Change, Route
from gateway.models import UsageDay
from tests.builders import ADMIN, a_model, a_route
from tests.catalog.api.conftest import SignIn

pytestmark = pytest.mark.django_db

ROUTES = "/api/admin/routes"
SPLIT = [
    {"model": "acme/a", "weight": 70, "variant": "old"},
    {"model": "acme/b", "weight": 30},
    {"model": "acme/vendor/c"},
]


@pytest.fixture(autouse=True)
def models() -> list[AIModel]:
    return [a_model(name, status="enabled") for name in ("a", "b", "vendor/c")]


def details(answer: Any) -> dict[str, str]:
    assert answer.status_code == 400
    return answer.json()["error"]["details"]


def test_a_route_is_added_read_and_listed(admin_api: APIClient) -> None:
    answer = admin_api.post(ROUTES, {"name": "chat", "isExperiment": True, "targets": SPLIT, "reason": "trial"})

    assert answer.status_code == 201
    route = answer.json()
    assert route["notes"] == [] and route["updatedBy"] == "admin key"
    assert route["targets"] == [
        {"model": "acme/a", "route": None, "weight": 70, "variant": "old", "status": "enabled"},
        {"model": "acme/b", "route": None, "weight": 30, "variant": None, "status": "enabled"},
        {"model": "acme/vendor/c", "route": None, "weight": 0, "variant": None, "status": "enabled"},
    ]
    assert (route["isActive"], route["isListed"], route["isExperiment"]) == (True, True, True)
    UsageDay.objects.create(day=timezone.now().date(), model="acme/a", route="chat", calls=9, errors=2, refused=1)
    read = admin_api.get(f"{ROUTES}/{route['id']}").json()
    assert read["stats"] == {"days": 7, "calls": 8, "errors": 2}
    assert admin_api.get(ROUTES).json() == {"routes": [read], "count": 1, "next": None, "previous": None}
    assert Change.objects.get(object_type="route").change_set.reason == "trial"


def test_what_was_read_can_be_sent_back_with_one_thing_changed(admin_api: APIClient) -> None:
    path = f"{ROUTES}/{a_route('chat', *SPLIT).pk}"
    read = admin_api.get(path).json()

    read["targets"][0]["weight"] = 1
    answer = admin_api.put(path, read)

    assert answer.status_code == 200
    assert [target["weight"] for target in answer.json()["targets"]] == [1, 30, 0]
    assert Change.objects.filter(object_type="route").count() == 2
    assert list(Change.objects.filter(object_type="route")[0].after) == ["targets"]
    assert admin_api.put(path, read).status_code == 200
    assert Change.objects.filter(object_type="route").count() == 2


def test_names_may_come_in_snake_case_and_the_rest_stays(admin_api: APIClient) -> None:
    path = f"{ROUTES}/{a_route('chat', *SPLIT).pk}"

    answer = admin_api.patch(path, {"is_active": False, "is_listed": False})

    assert (answer.json()["isActive"], answer.json()["isListed"], len(answer.json()["targets"])) == (False, False, 3)


@pytest.mark.parametrize(
    ("body", "at", "says"),
    [
        ({}, "name", "blank"),
        ({"name": "x"}, "targets", "name at least one"),
        (
            {"name": "x", "targets": [{"model": "acme/a", "weight": 1}, {"model": "acme/z"}]},
            "targets[1].model",
            "no model",
        ),
        ({"name": "x", "targets": [{"model": "acme/a", "weight": "1"}]}, "targets[0].weight", "whole number"),
        ({"name": "x", "targets": [{"model": "acme/a", "weight": 1}, 5]}, "targets[1]", "an object"),
        ({"name": "x", "targets": [{"route": "y", "weight": 1}]}, "targets[0].route", "there is no route y"),
        ({"name": "x", "is_active": "yes", "targets": SPLIT}, "is_active", "true or false"),
        ({"name": "x", "salt": "s", "targets": SPLIT}, "salt", "nothing one can set"),
        ({"name": "x", "id": 5, "targets": SPLIT}, "id", "given by the registry"),
        ({"name": "x", "reason": 5, "targets": SPLIT}, "reason", "must be text"),
    ],
)
def test_what_is_wrong_is_named_as_it_was_sent(admin_api: APIClient, body: dict[str, Any], at: str, says: str) -> None:
    assert says in details(admin_api.post(ROUTES, body))[at]
    assert not Route.objects.exists()


def test_a_dangling_or_looping_route_is_refused(admin_api: APIClient) -> None:
    lifecycle.move(AIModel.objects.filter(model_id="b"), "disable", ADMIN)
    assert details(admin_api.post(ROUTES, {"name": "x", "targets": SPLIT})) == {
        "targets[1].model": "acme/b is disabled; enable it first"
    }

    first = admin_api.post(ROUTES, {"name": "first", "targets": SPLIT[:1]}).json()
    admin_api.post(ROUTES, {"name": "second", "targets": [{"route": "first", "weight": 1}]})
    answer = admin_api.patch(f"{ROUTES}/{first['id']}", {"targets": [{"route": "second", "weight": 1}]})
    assert "first → second → first" in details(answer)["targets[0].route"]


def test_a_taken_name_and_a_route_in_use_are_conflicts(admin_api: APIClient) -> None:
    inner = a_route("inner", *SPLIT)
    a_route("outer", {"route": "inner", "weight": 1})

    for answer in (
        admin_api.post(ROUTES, {"name": "inner", "targets": SPLIT}),
        admin_api.delete(f"{ROUTES}/{inner.pk}"),
        admin_api.patch(f"{ROUTES}/{inner.pk}", {"isActive": False}),
    ):
        assert answer.status_code == 409, answer.content


def test_deleting_a_model_in_use_is_a_conflict_that_names_the_routes(admin_api: APIClient) -> None:
    model = admin_api.post("/api/admin/models", {"name": "Mine", "provider": "acme"} | {"modelId": "mine"}).json()
    a_route("chat", {"model": "acme/mine", "weight": 1})

    answer = admin_api.delete(f"/api/admin/models/{model['id']}")

    assert answer.status_code == 409
    assert "acme/mine is a target of chat" in answer.json()["error"]["message"]


def test_a_route_is_deleted_with_a_reason_and_then_not_there(admin_api: APIClient) -> None:
    path = f"{ROUTES}/{a_route('chat', *SPLIT).pk}"

    assert admin_api.delete(f"{path}?reason=over").status_code == 204

    assert Change.objects.filter(object_type="route")[0].change_set.reason == "over"
    for answer in (admin_api.get(path), admin_api.patch(path, {"name": "x"}), admin_api.delete(path)):
        assert answer.status_code == 404


def test_lists_are_narrowed(admin_api: APIClient) -> None:
    a_route("chat", *SPLIT, is_experiment=True)
    a_route("voice", *SPLIT, is_active=False)

    def names(query: str) -> list[str]:
        return [route["name"] for route in admin_api.get(f"{ROUTES}?{query}").json()["routes"]]

    assert names("") == ["chat", "voice"]
    assert names("isExperiment=true") == names("is_active=true") == names("search=HAT") == ["chat"]
    assert names("pageSize=1&page=2") == ["voice"]
    assert admin_api.get(f"{ROUTES}?colour=red").status_code == 400


def test_only_admins_have_routes(sign_in: SignIn) -> None:
    assert sign_in("bob").get(ROUTES).status_code == 403


def test_the_list_asks_the_same_number_of_questions_for_any_number(
    admin_api: APIClient, django_assert_max_num_queries: Any
) -> None:
    for number in range(30):
        a_route(f"r{number}", *SPLIT)

    with django_assert_max_num_queries(8):
        assert len(admin_api.get(ROUTES).json()["routes"]) == 30
