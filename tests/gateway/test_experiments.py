"""GET /api/experiments and POST …/ratings, over what calls have left in the database."""

from __future__ import annotations

import random
from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.utils import timezone
from rest_framework.test import APIClient

from catalog.models import Route
from gateway.models import Rating, Usage, UsageDay
from gateway.statistics import Sample, Share, newcombe, welch, wilson
from tests.access.conftest import a_key, alice, program
from tests.builders import a_model, a_route

__all__ = ["alice", "program"]

pytestmark = pytest.mark.django_db

EXPERIMENTS = "/api/experiments"
TODAY = timezone.now().date()

Program = Callable[[str], APIClient]


@pytest.fixture
def split() -> Route:
    for name in ("a", "b", "c"):
        a_model(name, status="enabled")
    targets = [
        {"model": "acme/a", "weight": 3, "variant": "old"},
        {"model": "acme/b", "weight": 1},
        {"model": "acme/c"},
    ]
    return a_route("chat", *targets, is_experiment=True, description="Which is better?")


def a_day(variant: str, *, day: date = TODAY, durations: list[int] | None = None, **sums: Any) -> None:
    """A row of UsageDay as metering writes it: here each answered call has 10 tokens and costs 0.5."""
    times = durations or []
    count = len(times)
    usual = {
        "calls": count + sums.get("errors", 0) + sums.get("refused", 0),
        "answered": count,
        "duration_ms": sum(times),
        "duration_squares": float(sum(time * time for time in times)),
        "counted": count,
        "input_tokens": 4 * count,
        "output_tokens": 6 * count,
        "token_squares": 100.0 * count,
        "priced": count,
        "cost": Decimal("0.5") * count,
        "cost_squares": 0.25 * count,
    }
    UsageDay.objects.create(day=day, route="chat", variant=variant, **{**usual, **sums})


def a_call(call_id: str, *, variant: str = "old", route: str = "chat", **fields: Any) -> Usage:
    usual = {"at": timezone.now(), "model": "acme/a", "outcome": "ok", "status": 200, "duration_ms": 9}
    return Usage.objects.create(call_id=call_id, route=route, variant=variant, **{**usual, **fields})


def read(client: APIClient, route: Route, query: str = "") -> dict[str, Any]:
    answer = client.get(f"{EXPERIMENTS}/{route.pk}{query}")
    assert answer.status_code == 200, answer.content
    return answer.json()


def by_name(experiment: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {variant["name"]: variant for variant in experiment["variants"]}


def test_variants_stand_side_by_side_with_their_intervals(admin_api: APIClient, split: Route) -> None:
    old, new = [100, 200, 300, 400] * 5, [50, 60, 70] * 4
    a_day("old", durations=old, errors=10, refused=3, fallbacks=2, unpriced=1)
    a_day("acme/b", durations=new[:6], errors=1)
    a_day("acme/b", durations=new[6:], day=TODAY - timedelta(days=1))

    shown = read(admin_api, split)

    assert (shown["name"], shown["description"], shown["isExperiment"]) == ("chat", "Which is better?", True)
    assert (shown["from"], shown["to"]) == ((TODAY - timedelta(days=29)).isoformat(), TODAY.isoformat())
    first, second = shown["variants"]
    assert (first["name"], first["share"], second["name"], second["share"]) == ("old", 0.75, "acme/b", 0.25)
    assert (first["calls"], first["errors"], first["refused"]) == (33, 10, 3)
    assert (first["fallbacks"], first["unpriced"]) == (2, 1)
    assert (second["calls"], second["errors"]) == (13, 1)

    interval = wilson(10, 30)
    assert first["errorRate"] == {
        "value": 10 / 30, "low": interval.low, "high": interval.high, "of": 30, "difference": None
    }  # fmt: skip
    difference = newcombe(Share(10, 30), Share(1, 13))
    assert difference is not None
    assert second["errorRate"]["difference"] == {
        "value": pytest.approx(1 / 13 - 10 / 30), "low": difference.low, "high": difference.high, "isReal": False
    }  # fmt: skip
    assert (first["fallbackRate"]["value"], first["fallbackRate"]["of"]) == (0.1, 20)
    faster = welch(*(Sample(len(times), sum(times), sum(t * t for t in times)) for times in (old, new)))
    assert faster is not None
    assert second["latencyMs"]["value"] == 60
    assert second["latencyMs"]["difference"] == {
        "value": -190, "low": pytest.approx(faster.low), "high": pytest.approx(faster.high), "isReal": True
    }  # fmt: skip
    assert (first["tokens"]["value"], first["cost"]["value"]) == (10, 0.5)
    assert second["cost"]["difference"] == {"value": 0, "low": 0, "high": 0, "isReal": False}


def test_what_is_not_known_is_null_and_not_zero(admin_api: APIClient, split: Route) -> None:
    a_day("old", durations=[100], counted=0, input_tokens=0, output_tokens=0, priced=0, cost=0)

    first, second = read(admin_api, split)["variants"]

    nothing = {"value": None, "low": None, "high": None, "of": 0, "difference": None}
    assert first["tokens"] == first["cost"] == first["rating"] == nothing
    assert first["latencyMs"] == {"value": 100, "low": None, "high": None, "of": 1, "difference": None}
    assert {name: second[name] for name in ("errorRate", "latencyMs", "cost")} == dict.fromkeys(
        ("errorRate", "latencyMs", "cost"), nothing
    )


def test_too_few_calls_leave_the_difference_open(admin_api: APIClient, split: Route) -> None:
    a_day("old", durations=[100, 200])
    a_day("acme/b", durations=[300])

    difference = read(admin_api, split)["variants"][1]["latencyMs"]["difference"]

    assert difference == {"value": 150, "low": None, "high": None, "isReal": None}


def test_only_the_days_asked_for_count(admin_api: APIClient, split: Route) -> None:
    for days in range(5):
        a_day("old", day=TODAY - timedelta(days=days), durations=[1])
    begin, end = TODAY - timedelta(days=3), TODAY - timedelta(days=1)

    assert by_name(read(admin_api, split, f"?from={begin}&to={end}"))["old"]["calls"] == 3
    assert by_name(read(admin_api, split, f"?to={end}"))["old"]["calls"] == 4


@pytest.mark.parametrize(
    ("query", "field"),
    [("from=yesterday", "from"), ("to=2026-13-01", "to"), ("from=2026-02-01&to=2026-01-01", "from"), ("day=x", "day")],
)
def test_days_that_are_none_are_refused(admin_api: APIClient, split: Route, query: str, field: str) -> None:
    for path in (EXPERIMENTS, f"{EXPERIMENTS}/{split.pk}"):
        answer = admin_api.get(f"{path}?{query}")

        assert answer.status_code == 400
        assert list(answer.json()["error"]["details"]) == [field]


@pytest.mark.parametrize("query", ["to=0001-01-01", "to=9999-12-31", "from=0001-01-01"])
def test_the_ends_of_the_calendar_are_days_too(admin_api: APIClient, split: Route, query: str) -> None:
    assert admin_api.get(f"{EXPERIMENTS}?{query}").status_code == 200


def test_variants_that_a_route_had_once_come_last(admin_api: APIClient, split: Route) -> None:
    a_day("older", durations=[1])

    assert [(one["name"], one["share"]) for one in read(admin_api, split)["variants"]] == [
        ("old", 0.75), ("acme/b", 0.25), ("older", None)
    ]  # fmt: skip


def test_a_route_within_a_route_stands_for_itself_or_for_its_variants(admin_api: APIClient, split: Route) -> None:
    unnamed = a_route("unnamed", {"route": "chat", "weight": 1}, {"model": "acme/c", "weight": 1})
    named = a_route("named", {"route": "chat", "weight": 1, "variant": "split"}, {"model": "acme/c", "weight": 1})

    assert {one["name"]: one["share"] for one in read(admin_api, unnamed)["variants"]} == {
        "old": 0.375, "acme/b": 0.125, "acme/c": 0.5
    }  # fmt: skip
    assert [one["name"] for one in read(admin_api, named)["variants"]] == ["split", "acme/c"]


def test_experiments_and_splits_are_listed_and_aliases_are_not(admin_api: APIClient, split: Route) -> None:
    one = {"model": "acme/a", "weight": 1}
    a_route("alias", one, {"model": "acme/b"})
    a_route("marked", one, is_experiment=True, is_active=False)
    a_route("other", one, {"model": "acme/b", "weight": 1})

    listed = admin_api.get(EXPERIMENTS).json()

    assert [experiment["name"] for experiment in listed["experiments"]] == ["chat", "marked", "other"]
    assert (listed["count"], listed["next"]) == (3, None)
    assert admin_api.get(f"{EXPERIMENTS}/{Route.objects.get(name='alias').pk}").status_code == 404
    assert admin_api.get(f"{EXPERIMENTS}/999999").status_code == 404


def test_many_experiments_ask_no_more_questions_than_few(
    admin_api: APIClient, split: Route, django_assert_max_num_queries: Any
) -> None:
    for number in range(20):
        a_route(f"r{number}", {"model": "acme/a", "weight": 1}, {"model": "acme/b", "weight": 1})

    with django_assert_max_num_queries(9):
        assert admin_api.get(EXPERIMENTS).json()["count"] == 21


def test_of_two_variants_drawn_from_one_nothing_is_called_real_and_of_unequal_ones_it_is(
    admin_api: APIClient, split: Route
) -> None:
    chance = random.Random(3)

    def times(mean: float) -> list[int]:
        return [round(chance.gammavariate(3, mean / 3)) for _ in range(400)]

    a_day("old", durations=times(900), errors=8)
    a_day("acme/b", durations=times(900), errors=9)
    a_day("slow", durations=times(1_200), errors=60)

    shown = by_name(read(admin_api, split))

    real = {
        name: [shown[name][measure]["difference"]["isReal"] for measure in ("latencyMs", "errorRate")]
        for name in ("acme/b", "slow")
    }
    assert real == {"acme/b": [False, False], "slow": [True, True]}


# who sees and rates what


def test_others_see_their_own_calls_only(program: Program, admin_api: APIClient, split: Route, alice: User) -> None:
    hers, service = a_key(owner=alice), a_key(name="service")
    a_day("old", durations=[1] * 5, user_id=alice.pk, key_id=hers.key.pk)
    a_day("old", durations=[1] * 7, key_id=service.key.pk)
    a_call("c-1", user_id=alice.pk)
    a_call("c-2")
    for call, score in (("c-1", 1), ("c-2", 0)):
        admin_api.post(f"{EXPERIMENTS}/{split.pk}/ratings", {"callId": call, "score": score})

    def seen(client: APIClient) -> tuple[int, float | None]:
        first = read(client, split)["variants"][0]
        return first["calls"], first["rating"]["value"]

    assert seen(admin_api) == (12, 0.5)
    assert seen(program(hers.plaintext)) == (5, 1.0)
    assert seen(program(service.plaintext)) == (7, None)


def test_hidden_and_idle_routes_and_those_a_key_may_not_use_are_not_there(program: Program, split: Route) -> None:
    one, other = {"model": "acme/a", "weight": 1}, {"model": "acme/b", "weight": 1}
    hidden = a_route("hidden", one, other, is_listed=False)
    idle = a_route("idle", one, other, is_active=False)
    client = program(a_key().plaintext)

    assert [one["name"] for one in client.get(EXPERIMENTS).json()["experiments"]] == ["chat"]
    assert [client.get(f"{EXPERIMENTS}/{route.pk}").status_code for route in (hidden, idle)] == [404, 404]


def rate(client: APIClient, route: Route, **body: Any) -> Any:
    return client.post(f"{EXPERIMENTS}/{route.pk}/ratings", body)


def test_a_call_is_rated_once_and_then_anew(program: Program, split: Route, alice: User) -> None:
    a_call("c-1", user_id=alice.pk, variant="acme/b", model="acme/b")
    client = program(a_key(owner=alice).plaintext)

    first = rate(client, split, callId="c-1", score=0, comment="Too long")
    again = rate(client, split, call_id="c-1", score=1)

    assert (first.status_code, again.status_code) == (201, 200)
    assert {**first.json(), "at": ""} == {
        "callId": "c-1", "route": "chat", "variant": "acme/b", "model": "acme/b", "score": 0, "comment": "Too long",
        "at": "",
    }  # fmt: skip
    rating = Rating.objects.get()
    assert (rating.score, rating.comment, rating.user_id) == (1, "", alice.pk)


def test_several_people_rate_one_call_each_for_themselves(
    program: Program, admin_api: APIClient, split: Route, alice: User
) -> None:
    a_call("c-1", user_id=alice.pk)

    assert rate(program(a_key(owner=alice).plaintext), split, callId="c-1", score=1).status_code == 201
    assert rate(admin_api, split, callId="c-1", score=0).status_code == 201

    share = read(admin_api, split)["variants"][0]["rating"]
    interval = wilson(1, 2)
    assert share == {"value": 0.5, "low": interval.low, "high": interval.high, "of": 2, "difference": None}


def test_a_service_rates_the_calls_of_its_own_key(program: Program, split: Route) -> None:
    mine, other = a_key(name="mine"), a_key(name="other")
    a_call("c-1", key_id=mine.key.pk)

    assert rate(program(mine.plaintext), split, callId="c-1", score=1).status_code == 201
    assert rate(program(other.plaintext), split, callId="c-1", score=0).status_code == 404


def test_calls_of_others_of_other_routes_and_unknown_ones_are_not_there(
    program: Program, admin_api: APIClient, split: Route, alice: User
) -> None:
    a_call("c-others", user_id=alice.pk + 1)
    a_call("c-elsewhere", user_id=alice.pk, route="another")
    client = program(a_key(owner=alice).plaintext)

    for call in ("c-others", "c-elsewhere", "c-none"):
        answer = rate(client, split, callId=call, score=1)
        assert answer.status_code == 404
        assert f"There is no call {call} of yours on the route chat" in answer.json()["error"]["message"]
    assert rate(admin_api, split, callId="c-others", score=1).status_code == 201
    assert admin_api.post(f"{EXPERIMENTS}/999999/ratings", {"callId": "c-others", "score": 1}).status_code == 404


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"callId": "c-1"}, "score"),
        ({"callId": "c-1", "score": 2}, "score"),
        ({"callId": "c-1", "score": True}, "score"),
        ({"callId": "c-1", "score": [1]}, "score"),
        ({"score": 1}, "callId"),
        ({"call_id": 5, "score": 1}, "call_id"),
        ({"callId": "c-1", "score": 1, "comment": "x" * 501}, "comment"),
        ({"callId": "c-1", "score": 1, "comment": "a\0"}, "comment"),
        ({"callId": "c-1", "score": 1, "stars": 5}, "stars"),
    ],
)
def test_what_is_no_rating_is_refused(admin_api: APIClient, split: Route, body: dict[str, Any], field: str) -> None:
    a_call("c-1")

    answer = rate(admin_api, split, **body)

    assert answer.status_code == 400 and field in answer.json()["error"]["details"]
    assert not Rating.objects.exists()


def test_a_key_that_may_not_call_may_not_rate(program: Program, split: Route) -> None:
    assert rate(program(a_key("catalog:read").plaintext), split, callId="c", score=1).status_code == 403


def test_admins_read_ratings_and_change_none(admin_client: Client, admin_api: APIClient, split: Route) -> None:
    a_call("c-1")
    rate(admin_api, split, callId="c-1", score=0, comment="Made it up")

    shown = admin_client.get("/admin/gateway/rating/").content.decode()

    assert "Made it up" in shown and "bad" in shown and "c-1" in shown
    assert "Add rating" not in shown
    assert admin_client.get(f"/admin/gateway/rating/{Rating.objects.get().pk}/change/").status_code == 403
