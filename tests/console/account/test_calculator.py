"""The calculator's page: asked by its address, it shows what the API answers, and says what it cannot know."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import urlencode

import pytest
from django.contrib.auth.models import User
from django.http import HttpResponse
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from catalog.models import Status
from tests.builders import a_model, a_person, a_personal_model

pytestmark = pytest.mark.django_db

DEAR = {"input_mtok": "3", "output_mtok": "15", "cache_read_mtok": "0.3", "cache_write_mtok": "3.75"}
CHEAP = {"input_mtok": "0.1", "output_mtok": "0.2"}
CALL = {"inputWithCache": 1000, "inputWithoutCache": 2000, "cacheRead": 10000, "outputTokens": 500}
TALK = {"mode": "conversation", "turns": 2, "agents": 2, "systemTokens": 1000, "userTokens": 100, "answerTokens": 200}


@pytest.fixture
def bob() -> User:
    return a_person("bob")


@pytest.fixture
def site(bob: User) -> Client:
    client = Client()
    client.force_login(bob)
    return client


def page(client: Client, **query: Any) -> str:
    answer: HttpResponse = client.get(f"/account/calculator?{urlencode(query, doseq=True)}")
    assert answer.status_code == 200
    assert b"style=" not in answer.content
    return re.sub(r"\s+", " ", answer.content.decode())


def text(html: str) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", html))


def ranks(html: str) -> list[tuple[str, str]]:
    """Rank and id of each offer, from the top."""
    return re.findall(r'data-label="Rank">([^<]+)</td>.*?<code>([^<]+)</code>', html)


def test_a_call_is_shown_with_its_cost_weight_and_estimate(site: Client) -> None:
    a_model("m-1", status=Status.ENABLED, price=DEAR, parameters=70)

    shown = text(page(site, **CALL))

    assert "0.02025" in shown and "6,750" in shown and "0.4" in shown
    assert "1,997.6 J 0.000555 kWh" in shown and "0.267 g" in shown
    assert "NVIDIA H100 SXM 80 GB 700 W" in shown and "1.56, Average data centre" in shown
    assert "481 g CO₂ per kWh, World" in shown and "Ember, yearly electricity data, 2023" in shown
    assert "joules = watts / tokens per second x weighted tokens x complexity factor x PUE" in shown


def test_a_conversation_is_counted_turn_by_turn(site: Client) -> None:
    a_model("m-1", status=Status.ENABLED, price=DEAR)

    shown = text(page(site, **TALK, cache="on"))

    assert "0.02547" in shown and "8,490" in shown
    assert "Written to the cache 3,400" in shown and "Read from the cache 2,400" in shown and "Calls 4" in shown
    assert "Input beside the cache 5,800" in text(page(site, **TALK, cache="off"))


def test_the_unknown_is_said_to_be_so_and_has_no_rank(site: Client) -> None:
    a_model("dear", status=Status.ENABLED, price=DEAR)
    a_model("cheap", status=Status.ENABLED, price=CHEAP)
    a_model("riddle", status=Status.ENABLED)

    priced, everything = page(site), page(site, priced="all")

    assert ranks(priced) == [("1", "acme/cheap"), ("2", "acme/dear")]
    assert ranks(everything) == [*ranks(priced), ("–", "acme/riddle")]
    assert everything.count('<td class="cost" data-label="Cost in USD"><span class="quiet">unknown') == 1


def test_the_bars_are_as_long_as_the_costs(site: Client) -> None:
    a_model("dear", status=Status.ENABLED, price={"input_mtok": "4", "output_mtok": "4"})
    a_model("cheap", status=Status.ENABLED, price={"input_mtok": "1", "output_mtok": "1"})

    assert re.findall(r'<rect width="([\d.]+)%"', page(site)) == ["25.00", "100.00"]


def test_the_chosen_ones_are_compared_and_the_address_can_be_shared(site: Client) -> None:
    for name in ("one", "two", "three"):
        a_model(name, status=Status.ENABLED, price=DEAR)

    shown = page(site, compare=["acme/one", "acme/three", "acme/gone"], only=1)

    assert [name for _, name in ranks(shown)] == ["acme/one", "acme/three"]
    assert "Not there, or not open to you: acme/gone" in text(shown)
    assert shown.count(" checked>") == 2


def test_a_search_narrows_the_offers(site: Client) -> None:
    a_model("vendor/small", status=Status.ENABLED, price=DEAR)
    a_model("vendor/large", status=Status.ENABLED, price=DEAR)

    assert [name for _, name in ranks(page(site, q="small"))] == ["acme/vendor/small"]
    assert "Nothing to compare" in page(site, q="nowhere")


def test_costs_of_ones_own_stand_among_the_models(site: Client) -> None:
    a_model("m-1", status=Status.ENABLED, price=DEAR)

    shown = page(site, **CALL, **{"cost-inputWithoutCache": "1", "cost-outputTokens": "2"})

    assert "Custom costs" in shown and "0.014" in text(shown)
    assert '<details id="own-costs" open>' in shown


def test_other_hardware_and_grid_change_the_estimate(site: Client) -> None:
    a_model("m-1", status=Status.ENABLED, price=DEAR, parameters=175)

    shown = text(page(site, hardware="a100", site="google", grid="se"))

    assert "NVIDIA A100 SXM 80 GB 400 W, 558 tokens" in shown
    assert "1.10, Google" in shown and "41 g CO₂ per kWh, Sweden" in shown


def test_windows_that_are_too_small_are_marked(site: Client) -> None:
    a_model("narrow", status=Status.ENABLED, price=DEAR, context_window=1500)
    a_model("tiny", status=Status.ENABLED, price=DEAR, context_window=1000)

    shown = page(site, **TALK)

    assert ranks(shown) == [("1", "acme/narrow"), ("–", "acme/tiny")]
    assert "drops messages" in shown and "too small" in shown


@pytest.mark.parametrize(
    ("query", "says"),
    [
        ({"outputTokens": "many"}, "Enter a whole number."),
        ({"cacheRead": "-1"}, "Ensure this value is greater than or equal to 0."),
        ({"outputTokens": "9" * 30}, "Ensure this value is less than or equal to 1000000000."),
        ({**TALK, "turns": "1000", "agents": "100"}, "May make at most 2,000 calls with these agents."),
        ({"grid": "mars"}, "Select a valid choice."),
        ({"cost-outputTokens": "-5"}, "Ensure this value is greater than or equal to 0."),
    ],
)
def test_what_cannot_be_is_said_beside_the_field(site: Client, query: dict[str, str], says: str) -> None:
    shown = page(site, **query)

    assert f'<p class="error">{says}' in shown
    assert "What is counted" not in shown


@pytest.mark.parametrize(
    "query",
    [
        {"mode": "trance"},
        {"page": "x"},
        {"page": "99"},
        {"compare": "\x00/x", "only": "1"},
        {"q": "a\x00"},
        {"turns": ""},
    ],
)
def test_a_strange_address_is_no_error(site: Client, query: dict[str, str]) -> None:
    page(site, **query)


def test_only_models_open_to_one_are_offered(site: Client, bob: User) -> None:
    a_personal_model(a_person("eve"), "eves", price=DEAR)
    a_personal_model(bob, "mine", price=DEAR)
    a_model("pending", price=DEAR)

    assert [name for _, name in ranks(page(site, priced="all"))] == ["acme/mine"]
    assert "acme/eves" in text(page(site, compare="acme/eves", only=1))
    assert ranks(page(site, compare="acme/eves", only=1)) == []


def test_many_models_take_few_queries_and_stand_on_pages(
    site: Client, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    for number in range(60):
        a_model(f"m-{number}", status=Status.ENABLED, price=DEAR)

    with django_assert_max_num_queries(8):
        first = page(site)

    assert len(ranks(first)) == 50 and "60 offers" in first
    assert len(ranks(page(site, page=2))) == 10
