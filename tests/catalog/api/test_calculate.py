"""POST /api/models/calculate: worked by hand, ranked, refused by name, and only of models one may see."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from pytest_django import DjangoAssertNumQueries
from rest_framework.test import APIClient

from catalog.models import Status
from tests.builders import a_model, a_person, a_personal_model

SignIn = Callable[..., APIClient]

pytestmark = pytest.mark.django_db

ADDRESS = "/api/models/calculate"
CALL = {"inputWithCache": 1000, "inputWithoutCache": 2000, "cacheRead": 10000, "outputTokens": 500}
TALK = {"turns": 2, "agents": 2, "systemTokens": 1000, "userTokens": 100, "answerTokens": 200, "cache": True}
DEAR = {"input_mtok": "3", "output_mtok": "15", "cache_read_mtok": "0.3", "cache_write_mtok": "3.75"}


@pytest.fixture
def bob(sign_in: SignIn) -> APIClient:
    return sign_in("bob")


def asked(api: APIClient, **body: Any) -> dict[str, Any]:
    answer = api.post(ADDRESS, body)
    assert answer.status_code == 200, answer.content
    return answer.json()


def refused(api: APIClient, **body: Any) -> dict[str, str]:
    answer = api.post(ADDRESS, body)
    assert answer.status_code == 400, answer.content
    return answer.json()["error"]["details"]


def test_a_call_is_priced_weighed_and_its_energy_estimated(bob: APIClient) -> None:
    """The numbers are worked by hand in tests/catalog/test_calculation.py."""
    model = a_model("m-1", status=Status.ENABLED, price=DEAR, parameters=70)

    answer = asked(bob, tokens=CALL)

    [result] = answer["results"]
    assert {name: result[name] for name in ("rank", "id", "model", "cost", "tokens", "calls", "fits")} == {
        **{"rank": 1, "id": model.pk, "model": "acme/m-1", "cost": 0.02025, "tokens": CALL, "calls": 1, "fits": True},
    }
    assert (result["weightedTokens"], result["complexityFactor"], result["ownWeights"]) == (6750, 0.4, False)
    assert [round(result["joules"], 2), round(result["kilowattHours"], 9), round(result["co2Grams"], 6)] == [
        *(1997.56, 0.000554878, 0.266896)
    ]
    assert (answer["count"], answer["complete"]) == (1, True)
    assert answer["estimate"]["hardware"]["watts"] == 700 and answer["estimate"]["hardware"]["tokensPerSecond"] == 1476
    assert (answer["estimate"]["site"]["pue"], answer["estimate"]["grid"]["gramsPerKwh"]) == (1.56, 481)
    assert all(answer["estimate"][name]["source"] for name in ("hardware", "site", "grid"))


def test_a_conversation_may_be_described_in_snake_case_too(bob: APIClient) -> None:
    a_model("m-1", status=Status.ENABLED, price=DEAR)
    snake = {"turns": 2, "agents": 2, "system_tokens": 1000, "user_tokens": 100, "answer_tokens": 200, "cache": True}

    first, second = asked(bob, conversation=TALK), asked(bob, conversation=snake)

    assert first == second
    assert (first["results"][0]["cost"], first["results"][0]["calls"]) == (0.02547, 4)


def test_the_cheapest_comes_first_and_the_unknown_last_without_a_rank(bob: APIClient) -> None:
    dear = a_model("dear", status=Status.ENABLED, price=DEAR)
    unknown = a_model("unknown", status=Status.ENABLED)
    cheap = a_model("cheap", status=Status.ENABLED, price={"input_mtok": "0.1", "output_mtok": "0.2"})

    found = asked(bob, tokens=CALL, models=[unknown.pk, str(dear.pk), "acme/cheap", cheap.pk])["results"]

    assert [(row["id"], row["rank"]) for row in found] == [(cheap.pk, 1), (dear.pk, 2), (unknown.pk, None)]
    assert [found[2][name] for name in ("cost", "joules", "kilowattHours", "co2Grams", "complexityFactor")] == [
        None
    ] * 5
    assert found[2]["weightedTokens"] == 6750


def test_custom_costs_are_one_more_offer(bob: APIClient) -> None:
    a_model("m-1", status=Status.ENABLED, price=DEAR)
    costs = {"inputWithCache": 1, "input_without_cache": 1, "cacheRead": 0.1, "outputTokens": 2}

    found = asked(bob, tokens=CALL, customCosts=costs)["results"]

    assert [(row["rank"], row["name"], row["id"] is None, row["cost"]) for row in found] == [
        (1, "Custom costs", True, 0.005),
        (2, "m-1", False, 0.02025),
    ]


def test_where_it_runs_changes_the_estimate(bob: APIClient) -> None:
    a_model("m-1", status=Status.ENABLED, price=DEAR, parameters=175)

    usual = asked(bob, tokens=CALL)["results"][0]
    sweden = asked(bob, tokens=CALL, grid="se", site="google", hardware="h200")["results"][0]

    assert sweden["joules"] == pytest.approx(700 / (265 * 6) * 6750 * 1.10)
    assert sweden["co2Grams"] < usual["co2Grams"] / 10


def test_a_model_whose_window_is_too_small_says_so(bob: APIClient) -> None:
    a_model("tiny", status=Status.ENABLED, price=DEAR, context_window=1299)
    a_model("small", status=Status.ENABLED, price=DEAR, context_window=1300)

    small, tiny = asked(bob, conversation={**TALK, "agents": 1})["results"]

    assert (small["fits"], small["cut"], small["rank"]) == (True, True, 1)
    assert (tiny["fits"], tiny["cost"], tiny["tokens"], tiny["rank"]) == (False, None, None, None)


@pytest.mark.parametrize(
    ("body", "named"),
    [
        ({}, {"tokens"}),
        ({"tokens": CALL, "conversation": TALK}, {"tokens"}),
        ({"tokens": 5}, {"tokens"}),
        ({"tokens": {"cacheRead": -1, "output_tokens": "5"}}, {"tokens.cacheRead", "tokens.output_tokens"}),
        ({"tokens": {"images": 1}}, {"tokens.images"}),
        ({"conversation": {"turns": 0}}, {"conversation.turns"} | {f"conversation.{name}" for name in list(TALK)[1:5]}),
        ({"conversation": {**TALK, "cache": 1}}, {"conversation.cache"}),
        ({"conversation": {**TALK, "turns": 1000, "agents": 100}}, {"conversation.turns"}),
        ({"tokens": CALL, "models": "acme/m"}, {"models"}),
        ({"tokens": CALL, "models": [{}]}, {"models"}),
        ({"tokens": CALL, "models": ["acme/nothing", 10**30, "x\x00/y", "a" * 300]}, {"models"}),
        ({"tokens": CALL, "customCosts": {"outputTokens": -1, "cacheRead": "1"}}, {"customCosts.outputTokens"}),
        ({"tokens": CALL, "grid": "mars", "hardware": 5}, {"grid", "hardware"}),
        ({"tokens": CALL, "budget": 5}, {"budget"}),
    ],
)
def test_what_cannot_be_is_refused_by_the_name_it_was_sent_with(
    bob: APIClient, body: dict[str, Any], named: set[str]
) -> None:
    assert set(refused(bob, **body)) >= named


def test_only_models_one_may_see_are_compared(bob: APIClient, sign_in: SignIn) -> None:
    own = a_personal_model(a_person("bob"), "own", price=DEAR)
    a_model("pending", price=DEAR)
    a_model("unpriced", status=Status.ENABLED)
    a_model("voice", status=Status.ENABLED, category="tts", price=DEAR)
    eve = sign_in("eve")

    assert [row["id"] for row in asked(bob, tokens=CALL)["results"]] == [own.pk]
    assert asked(eve, tokens=CALL)["results"] == []
    for name in (own.pk, "acme/own", "acme/pending"):
        assert "there is no model" in refused(eve, tokens=CALL, models=[name])["models"]


def test_ones_own_model_goes_before_another_of_the_same_name(bob: APIClient) -> None:
    a_model("twin", status=Status.ENABLED, price=DEAR)
    own = a_personal_model(a_person("bob"), "twin", price=DEAR)

    assert [row["id"] for row in asked(bob, tokens=CALL, models=["acme/twin"])["results"]] == [own.pk]


def test_many_models_take_few_queries(bob: APIClient, django_assert_max_num_queries: DjangoAssertNumQueries) -> None:
    models = [a_model(f"m-{n}", status=Status.ENABLED, price=DEAR) for n in range(20)]

    with django_assert_max_num_queries(8):
        asked(bob, tokens=CALL)
    with django_assert_max_num_queries(8):
        asked(bob, tokens=CALL, models=[*(model.pk for model in models[:10]), *(f"acme/m-{n}" for n in range(10, 20))])
