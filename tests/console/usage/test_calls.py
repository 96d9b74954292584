"""Single calls: the newest first by cursor, and all that is known of one."""

from __future__ import annotations

import re
from datetime import timedelta
from decimal import Decimal

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pytest_django.asserts import assertContains, assertNotContains

from catalog.models import AIModel, Price
from gateway.metering import ledger
from gateway.metering.spool import encoded
from gateway.models import Rating, Usage
from tests.builders import a_model, a_route
from tests.console.usage.conftest import note
from tests.gateway.records import a_record

pytestmark = pytest.mark.django_db

ALL, OWN = "/admin/usage/calls", "/usage/calls"
LINK = re.compile(r'<th scope="row"><a href="[a-z/]*/calls/(\w+)"')
PRICE = {"input_mtok": "2", "output_mtok": "8"}


def listed(client: Client, address: str) -> list[str]:
    page = client.get(address)
    assert page.status_code == 200
    return LINK.findall(page.content.decode())


def text_of(client: Client, call: Usage | str, door: str = ALL) -> str:
    page = client.get(f"{door}/{call if isinstance(call, str) else call.call_id}")
    assert page.status_code == 200
    return " ".join(re.sub(r"<[^>]*>", " ", page.content.decode().partition("<h1")[2]).split())


class TestTheList:
    @pytest.fixture(autouse=True)
    def calls(self) -> None:
        note("ok", days_ago=1)
        note(
            "bad", days_ago=2, outcome="error", status=502, cost=None, first_ms=None, input_tokens=None,
            output_tokens=None, model="beta/b", provider="beta", key_id=2, key_name="batch",
        )  # fmt: skip
        note("said", days_ago=3, kind="speech", characters=2_000, input_tokens=None, output_tokens=None, key_id=2)
        note("bare", days_ago=4, cost=None)
        note("broken", days_ago=5, cost=None, outcome="error", status=502)
        note("old", days_ago=60)

    @pytest.mark.parametrize(
        ("question", "found"),
        [
            ("", ["ok", "bad", "said", "bare", "broken"]),
            ("?days=90", ["ok", "bad", "said", "bare", "broken", "old"]),
            ("?outcome=error", ["bad", "broken"]),
            ("?unpriced=1", ["bare", "broken"]),
            ("?kind=speech", ["said"]),
            ("?provider=beta", ["bad"]),
            ("?model=beta%2Fb", ["bad"]),
            ("?key=2", ["bad", "said"]),
            ("?key=batch", ["bad"]),
            ("?model=nothing", []),
        ],
    )
    def test_they_are_filtered_by_the_address(self, admin_client: Client, question: str, found: list[str]) -> None:
        assert listed(admin_client, ALL + question) == found

    def test_unknown_is_a_word_and_what_failed_has_no_cost_to_know(self, admin_client: Client) -> None:
        text = admin_client.get(ALL).content.decode()
        rows = {LINK.findall(row)[0]: row for row in text.split("<tr>")[1:] if LINK.search(row)}

        assert '<span class="attention-word">unpriced</span>' in rows["bare"] and "2,000 characters" in rows["said"]
        assert "unpriced" not in rows["bad"] and "Failed: 502" in rows["bad"]

    def test_an_id_finds_its_call_whatever_the_filters_say(self, admin_client: Client) -> None:
        answer = admin_client.get(ALL, {"callId": " old ", "outcome": "error"})

        assert answer.headers["Location"] == f"{ALL}/old"
        assertContains(admin_client.get(ALL, {"callId": "nothing"}), "There is no call nothing here.")

    def test_what_cannot_be_asked_is_said(self, admin_client: Client) -> None:
        for question in ("?outcome=maybe", "?unpriced=2", "?days=x", "?groupBy=day"):
            assert admin_client.get(ALL + question).status_code == 400
        assert listed(admin_client, f"{ALL}?cursor=nonsense")[0] == "ok"


def test_older_ones_are_behind_a_cursor_and_nothing_is_counted(admin_client: Client) -> None:
    now = timezone.now()
    ledger.write([encoded(a_record(call_id=f"c{number}", at=now - timedelta(seconds=number))) for number in range(120)])

    address, seen = ALL, []
    while address:
        with CaptureQueriesContext(connection) as made:
            text = admin_client.get(address).content.decode()
        seen += LINK.findall(text)
        older = re.search(r'<a href="(\?cursor=[^"]*)" rel="next">', text)
        address = ALL + older[1] if older else ""
        assert len(made) <= 12
        asked = [query["sql"] for query in made if 'FROM "gateway_usage"' in query["sql"]]
        assert len(asked) == 1 and "COUNT" not in asked[0] and "LIMIT 51" in asked[0]

    assert seen == [f"c{number}" for number in range(120)]
    assert "These are the oldest." in text and ">Newest</a>" in text


@pytest.mark.skipif(connection.vendor != "sqlite", reason="how SQLite plans")
def test_unpriced_calls_are_found_by_an_index_of_their_own(admin_client: Client) -> None:
    with CaptureQueriesContext(connection) as made:
        admin_client.get(f"{ALL}?unpriced=1")
    (sql,) = [query["sql"] for query in made if 'FROM "gateway_usage"' in query["sql"]]

    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN QUERY PLAN {sql}")
        plan = str(cursor.fetchall())

    assert "usage_without_cost" in plan and "TEMP B-TREE" not in plan


class TestOneCall:
    def test_all_that_is_known_is_told(self, admin_client: Client) -> None:
        model = a_model("gpt-x", status="enabled", price=PRICE)
        call = note(
            model_row=model.pk, price_id=model.price_id, tried=[{"model": "acme/<b>", "why": "upstream_timeout"}],
            reason="fallback", requested="chat", reasoning_tokens=1_500, conversation="talk", cost=Decimal("0.002"),
            provider_cost=Decimal("0.0025"), route="chat", variant="new", user_id=900_007, user_name="ann",
        )  # fmt: skip
        Rating.objects.create(
            call_id=call.call_id, route="chat", variant="new", user_id=900_007, score=1, comment="Kind"
        )

        text = text_of(admin_client, call)

        for said in (
            "Asked for chat",
            "Conversation talk",
            "Key search User ann",
            "Model acme/gpt-x Why this one Another model was tried before it, and failed.",
            "acme/&lt;b&gt; upstream_timeout",
            "First content 200 ms All of it 800 ms",
            "reasoning 1,500",
            "By our prices USD 0.002 The provider says USD 0.0025 Difference +USD 0.0005 (+25.0 %)",
            "USD 2.00 in / 8.00 out per million tokens (source: provider), since just now",
            "Kind",
        ):
            assert said in text

    def test_it_leads_to_its_model_its_route_and_calls_like_it(self, admin_client: Client) -> None:
        model = a_model("gpt-x", status="enabled")
        route = a_route("chat", {"model": "acme/gpt-x", "weight": 1})
        call = note(model_row=model.pk, route="chat", user_id=900_007, user_name="ann")

        page = admin_client.get(f"{ALL}/{call.call_id}").content.decode()

        for url in (
            f"/admin/catalog/aimodel/{model.pk}/",
            f"/admin/catalog/route/{route.pk}/change/",
            f"{ALL}?key=1",
            f"{ALL}?user=900007",
            f"{ALL}?model=acme%2Fgpt-x",
        ):
            assert f'href="{url}' in page

    @pytest.mark.parametrize(
        ("fields", "said"),
        [
            ({"cost": None, "price_id": None}, "because no price of the model was known"),
            ({"cost": None, "price_id": 5}, "because a count that its price needs is unknown"),
            (
                {"cost": None, "outcome": "refused", "status": 403, "first_ms": None, "price_id": None},
                "Refused by us: 403",
            ),
            ({"price_id": 987}, "number 987, which is gone by now"),
            ({"provider_cost": Decimal("0.0012")}, "Difference none"),
            ({"cost": Decimal(0), "provider_cost": Decimal("0.1")}, "Difference +USD 0.10"),
            ({"provider_cost": Decimal("0.0006")}, "Difference -USD 0.0006 (-50.0 %)"),
            ({"reason": "brand-new"}, "Why this one brand-new"),
        ],
    )
    def test_what_is_unknown_and_what_differs_is_told(self, admin_client: Client, fields: dict, said: str) -> None:
        assert said in text_of(admin_client, note(**fields))

    def test_an_error_is_told_in_words_too(self, admin_client: Client) -> None:
        timed_out = note(outcome="error", status=504, error_code="upstream_timeout", cost=None, first_ms=None)
        strange = note(outcome="error", status=500, error_code="something_new", cost=None, first_ms=None)

        assert "upstream_timeout Which means The provider did not answer in time." in text_of(admin_client, timed_out)
        assert "Which means" not in text_of(admin_client, strange)

    def test_a_refused_call_is_not_unpriced(self, admin_client: Client) -> None:
        call = note(cost=None, price_id=None, outcome="refused", status=403, first_ms=None)

        assertNotContains(admin_client.get(f"{ALL}/{call.call_id}"), "Unpriced")

    def test_a_call_that_is_not_there_is_not_found(self, admin_client: Client) -> None:
        assert admin_client.get(f"{ALL}/nothing").status_code == 404


def test_of_others_calls_people_learn_nothing(bob: User, bobs: Client) -> None:
    note("mine", user_id=bob.pk, user_name="bob")
    note("theirs", user_id=bob.pk + 1, user_name="ann")

    assert listed(bobs, OWN) == ["mine"]
    assert bobs.get(f"{OWN}/theirs").status_code == 404
    assertContains(bobs.get(OWN, {"callId": "theirs"}), "There is no call theirs here.")
    assert "Key search" in text_of(bobs, "mine", OWN)
    assertNotContains(bobs.get(f"{OWN}/mine"), "/admin/")


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.dictionaries(st.sampled_from(["from", "to", "model", "key", "user", "cursor", "page", "outcome"]), st.text()))
def test_no_address_breaks_the_pages(admin_client: Client, query: dict[str, str]) -> None:
    for page in ("/admin/usage", ALL):
        assert admin_client.get(page, query).status_code in (200, 400)


def test_prices_of_calls_are_those_they_were_computed_with(admin_client: Client) -> None:
    model: AIModel = a_model("gpt-x", status="enabled", price=PRICE)
    old = Price.objects.get(model=model)
    Price.objects.filter(pk=old.pk).update(state="past")

    assert "USD 2.00 in / 8.00 out" in text_of(admin_client, note(model_row=model.pk, price_id=old.pk))
