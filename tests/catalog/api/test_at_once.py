"""Two admins at the same moment, each with a thread and a connection: a clean sequence, never half a change."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import pytest
from django.conf import settings
from django.db import connection, connections
from rest_framework.test import APIClient

from catalog.models import AIModel, Change, Route, RouteTarget
from tests.builders import a_model, a_route, some_models

MODELS = "/api/admin/models"
ROUNDS = 8

pytestmark = pytest.mark.django_db(transaction=True)

Deed = Callable[[APIClient], Any]


@pytest.fixture(autouse=True)
def real_database() -> None:
    if connection.vendor == "sqlite" and connection.is_in_memory_db():
        pytest.skip("a database in memory is no database for two connections at once")


def at_once(*deeds: Deed) -> list[Any]:
    """Do all of it at the same moment; the answers in order. What a thread raises fails the test."""
    barrier = threading.Barrier(len(deeds))
    answers: list[Any] = [None] * len(deeds)

    def act(place: int, deed: Deed) -> None:
        client = APIClient(raise_request_exception=False)
        client.credentials(HTTP_AUTHORIZATION=f"Bearer {settings.ADMIN_API_KEY}")
        try:
            barrier.wait(timeout=10)
            answers[place] = deed(client)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=act, args=pair) for pair in enumerate(deeds)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    assert all(answer is not None for answer in answers)
    return answers


def history_of(model: AIModel, field: str) -> list[tuple[Any, Any]]:
    """What each change made of a field, oldest first."""
    changes = Change.objects.of("model", model.pk).order_by("id")
    return [(change.before.get(field), change.after[field]) for change in changes if field in change.after]


@pytest.mark.parametrize("number", range(ROUNDS))
def test_approving_and_rejecting_follow_one_another_and_both_are_kept(number: int) -> None:
    model = a_model(f"m-{number}")
    path = f"{MODELS}/{model.pk}"

    answers = at_once(
        lambda api: api.patch(path, {"status": "enabled", "reason": "approve"}),
        lambda api: api.patch(path, {"status": "disabled", "reason": "reject"}),
    )

    assert [answer.status_code for answer in answers] == [200, 200]
    model.refresh_from_db()
    steps = history_of(model, "status")
    assert [before for before, _ in steps] == [None, *[after for _, after in steps[:-1]]]
    assert {after for _, after in steps[1:]} == {"enabled", "disabled"}
    assert steps[-1][1] == model.status


def test_the_same_model_added_twice_at_once_exists_once() -> None:
    body = {"name": "Twin", "modelId": "twin", "provider": "openai"}

    answers = at_once(*[lambda api: api.post(MODELS, body)] * 4)

    assert sorted(answer.status_code for answer in answers) == [201, 409, 409, 409]
    assert AIModel.objects.get().name == "Twin"


@pytest.mark.parametrize("number", range(ROUNDS))
def test_two_defaults_at_once_leave_one(number: int) -> None:
    for name in ("a", "b"):
        a_model(f"{name}-{number}", status="enabled")

    def choose(name: str) -> Deed:
        body = {"provider": "acme", "category": "text", "model_id": f"{name}-{number}"}
        return lambda api: api.post(f"{MODELS}/set-default", body)

    answers = at_once(choose("a"), choose("b"))

    assert [answer.status_code for answer in answers] == [200, 200]
    assert AIModel.objects.filter(is_default=True).count() == 1


@pytest.mark.parametrize("number", range(ROUNDS))
def test_a_model_made_the_default_and_disabled_at_once_is_no_disabled_default(number: int) -> None:
    old, new = (a_model(f"{name}-{number}", status="enabled") for name in ("old", "new"))
    body = {"provider": "acme", "category": "text"}
    at_once(lambda api: api.post(f"{MODELS}/set-default", {**body, "model_id": old.model_id}))

    answers = at_once(
        lambda api: api.post(f"{MODELS}/set-default", {**body, "model_id": new.model_id}),
        lambda api: api.post(f"{MODELS}/bulk-update", {"model_ids": [new.pk, old.pk], "status": "disabled"}),
    )

    assert {answer.status_code for answer in answers} <= {200, 409}
    assert not AIModel.objects.filter(is_default=True).exclude(status="enabled").exists()


def test_many_models_enabled_and_disabled_at_once_end_all_in_one_status() -> None:
    ids = [model.pk for model in some_models(500, a_model("first").provider)]

    answers = at_once(
        lambda api: api.post(f"{MODELS}/bulk-update", {"model_ids": ids, "status": "enabled"}),
        lambda api: api.post(f"{MODELS}/bulk-update", {"model_ids": ids[::-1], "status": "disabled"}),
    )

    assert [answer.status_code for answer in answers] == [200, 200]
    assert AIModel.objects.filter(pk__in=ids).values("status").distinct().count() == 1
    assert Change.objects.filter(object_id__in=ids).count() == 1000


@pytest.mark.parametrize("number", range(ROUNDS))
def test_a_change_of_a_model_that_is_being_deleted_comes_before_or_finds_nothing(number: int) -> None:
    answer = at_once(lambda api: api.post(MODELS, {"name": "Brief", "modelId": "brief"}))[0]
    path = f"{MODELS}/{answer.json()['id']}"

    answers = at_once(lambda api: api.delete(path), lambda api: api.patch(path, {"name": "Long", "isActive": False}))

    assert answers[0].status_code == 204
    assert answers[1].status_code in (200, 404)


@pytest.mark.parametrize("number", range(ROUNDS))
def test_two_routes_led_to_each_other_at_once_make_no_loop(number: int) -> None:
    a_model("m", status="enabled")
    first, second = (a_route(name, {"model": "acme/m", "weight": 1}) for name in ("first", "second"))

    def lead(route: Route, other: Route) -> Deed:
        body = {"targets": [{"route": other.name, "weight": 1}]}
        return lambda api: api.patch(f"/api/admin/routes/{route.pk}", body)

    answers = at_once(lead(first, second), lead(second, first))

    assert sorted(answer.status_code for answer in answers) == [200, 400]
    assert RouteTarget.objects.exclude(to_route=None).count() == 1


@pytest.mark.parametrize("number", range(ROUNDS))
def test_a_route_switched_off_while_another_is_led_to_it_is_not_left_dangling(number: int) -> None:
    a_model("m", status="enabled")
    inner = a_route("inner", {"model": "acme/m", "weight": 1})

    answers = at_once(
        lambda api: api.patch(f"/api/admin/routes/{inner.pk}", {"isActive": False}),
        lambda api: api.post("/api/admin/routes", {"name": "outer", "targets": [{"route": "inner", "weight": 1}]}),
    )

    assert [answer.status_code for answer in answers] in ([200, 400], [409, 201])


@pytest.mark.parametrize("number", range(ROUNDS))
def test_a_model_deleted_while_a_route_is_led_to_it_is_gone_or_kept(number: int) -> None:
    answer = at_once(lambda api: api.post(MODELS, {"name": "Brief", "modelId": "brief", "provider": "openai"}))[0]
    body = {"name": "chat", "targets": [{"model": "openai/brief", "weight": 1}]}

    answers = at_once(
        lambda api: api.delete(f"{MODELS}/{answer.json()['id']}"),
        lambda api: api.post("/api/admin/routes", body),
    )

    assert [answer.status_code for answer in answers] in ([204, 400], [409, 201])
