"""The pages of usage: what calls came to, by what one asks for; everyone's for staff, one's own for people."""

from __future__ import annotations

import csv
import re
from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from pytest_django.asserts import assertContains, assertNotContains

from access import keys
from access.caller import command
from tests.builders import a_model
from tests.console.usage.conftest import note

pytestmark = pytest.mark.django_db

ALL, OWN = "/admin/usage", "/usage"
TODAY = timezone.now().date()
ROW = re.compile(r'<tr><th scope="row">(.*?)</th>(.*?)</tr>', re.S)
CELL = re.compile(r"<td[^>]*>(.*?)</td>", re.S)


def bare(html: str) -> str:
    return " ".join(re.sub(r"<[^>]*>", " ", html).split())


def rows(client: Client, address: str) -> list[list[str]]:
    """The cells of the table of sums, as words."""
    page = client.get(address)
    assert page.status_code == 200, page.content
    table = page.content.decode().partition('<table class="sums">')[2]
    return [[bare(name), *map(bare, CELL.findall(cells))] for name, cells in ROW.findall(table)]


def names(client: Client, address: str) -> list[str]:
    return [row[0] for row in rows(client, address)]


@pytest.fixture
def calls() -> None:
    note(model="acme/a", cost=Decimal("0.5"), input_tokens=1_000, output_tokens=200, duration_ms=900, first_ms=300)
    note(model="acme/a", cost=None, outcome="error", status=502, input_tokens=None, output_tokens=None, first_ms=None)
    note(
        model="beta/b", provider="beta", key_id=2, key_name="batch", user_id=900_007, user_name="ann", route="fast",
        variant="new", cost=Decimal("2"), provider_cost=Decimal("2.5"), duration_ms=1_100, days_ago=3,
    )  # fmt: skip
    note(kind="speech", model="acme/s", cost=None, input_tokens=None, output_tokens=None, characters=9, days_ago=40)


def test_figures_add_up_all_that_was_called(calls: None, admin_client: Client) -> None:
    text = bare(admin_client.get(ALL).content.decode())

    for said in (
        "Cost USD 2.50 by our prices",
        "Calls 3 2 answered",
        "Errors 33.3 % 1 failed call",
        "Tokens 2,300 2,000 in, 300 out",
        "Latency 1,000 ms mean, to the last byte",
        "First content 250 ms mean, of answered calls",
    ):
        assert said in text


def test_a_row_says_what_its_group_came_to(calls: None, admin_client: Client) -> None:
    assert rows(admin_client, f"{ALL}?groupBy=model") == [
        ["beta/b", "1", "", "1,000", "100", "USD 2.00", "USD 2.50", "1,100 ms", "200 ms"],
        ["acme/a", "2", "1 (50 %)", "1,000", "200", "USD 0.50", "", "900 ms", "300 ms"],
    ]


@pytest.mark.parametrize(
    ("way", "found"),
    [
        ("day", [f"{TODAY}", f"{TODAY - timedelta(days=3)}"]),
        ("provider", ["beta", "acme"]),
        ("key", ["batch", "search"]),
        ("user", ["ann", "services"]),
        ("route", ["fast", "no route"]),
        ("variant", ["fast: new", "no route"]),
        ("kind", ["Chat"]),
    ],
)
def test_calls_are_grouped_as_asked(calls: None, admin_client: Client, way: str, found: list[str]) -> None:
    assert names(admin_client, f"{ALL}?groupBy={way}") == found


@pytest.mark.parametrize(
    ("question", "found"),
    [
        ("days=7", ["beta/b", "acme/a"]),
        ("days=90", ["beta/b", "acme/a", "acme/s"]),
        (f"from={TODAY}", ["acme/a"]),
        (f"from={TODAY - timedelta(days=41)}&to={TODAY - timedelta(days=39)}", ["acme/s"]),
        ("model=beta/b", ["beta/b"]),
        ("model=beta/b&model=acme/a", ["beta/b", "acme/a"]),
        ("provider=beta", ["beta/b"]),
        ("key=2", ["beta/b"]),
        ("key=batch", ["beta/b"]),
        ("user=ann", ["beta/b"]),
        ("user=0", ["acme/a"]),
        ("route=fast&variant=new", ["beta/b"]),
        ("kind=speech&days=90", ["acme/s"]),
    ],
)
def test_filters_stand_in_the_address(calls: None, admin_client: Client, question: str, found: list[str]) -> None:
    assert names(admin_client, f"{ALL}?groupBy=model&{question}") == found


def test_rows_lead_into_their_groups_and_chips_out_of_them(calls: None, admin_client: Client) -> None:
    text = admin_client.get(f"{ALL}?groupBy=model&days=7").content.decode()
    assert '<a href="?groupBy=day&amp;days=7&amp;model=beta%2Fb">' in text

    text = admin_client.get(f"{ALL}?days=7&model=beta/b&key=2").content.decode()

    assert "Model: <strong>beta/b</strong>" in text
    assert '<a href="?days=7&amp;key=2" aria-label="Without Model beta/b">' in text


def test_keys_and_people_are_called_by_their_names(admin_client: Client) -> None:
    made = keys.make("laptop", by=command("test"), terms=keys.Terms())

    text = admin_client.get(f"{ALL}?key={made.key.pk}&key=987&user=0").content.decode()

    for said in ("Key: <strong>laptop</strong>", "Key: <strong>987</strong>", "User: <strong>services</strong>"):
        assert said in text


@pytest.mark.parametrize("measure", ["cost", "calls", "errors", "tokens", "latency", "first"])
def test_each_measure_is_drawn_over_time(calls: None, admin_client: Client, measure: str) -> None:
    text = admin_client.get(f"{ALL}?groupBy=model&measure={measure}").content.decode()

    said = {
        "cost": "beta/b: USD 2.00",
        "calls": "acme/a: 2 calls",
        "errors": "acme/a: 1 error",
        "tokens": "acme/a: 1,200 tokens",
        "latency": "beta/b: 1,100 ms",
        "first": "acme/a: 300 ms",
    }
    assert said[measure] in text and "by model</figcaption>" in text


def test_beyond_the_largest_all_others_are_one_line(admin_client: Client) -> None:
    for number in range(9):
        note(model=f"acme/m-{number}", cost=Decimal(100 - number))

    text = admin_client.get(f"{ALL}?groupBy=model").content.decode()

    assert "others: USD 374.00" in text and "acme/m-4: USD 96.00" in text and "acme/m-5: USD" not in text


def test_long_periods_are_drawn_by_weeks_and_months(calls: None, admin_client: Client) -> None:
    assertContains(admin_client.get(f"{ALL}?days=365"), "Cost by day, by week")
    assertContains(admin_client.get(f"{ALL}?from=0001-01-01&to=9999-12-31"), "USD 2.50")


def test_unpriced_calls_stand_out_and_lead_to_themselves(calls: None, admin_client: Client) -> None:
    note("bare", model="acme/a", cost=None)

    text = admin_client.get(f"{ALL}?groupBy=model&provider=acme").content.decode()

    assert "<strong>Unpriced:</strong> 1 call." in text and "without 1 unpriced call" in text
    assert 'href="/admin/usage/calls?provider=acme&amp;unpriced=1"' in text
    link = "/admin/usage/calls?provider=acme&amp;unpriced=1&amp;model=acme%2Fa"
    assert f'<a href="{link}" class="attention-word">1 unpriced</a>' in text
    page = admin_client.get(link.replace("&amp;", "&")).content.decode()
    assert re.findall(r"/admin/usage/calls/(\w+)", page) == ["bare"]


def test_a_cost_that_nobody_knows_is_unknown_and_not_zero(admin_client: Client) -> None:
    note(cost=None)

    text = bare(admin_client.get(f"{ALL}?groupBy=model").content.decode())

    assert "Cost unknown without 1 unpriced call" in text and "acme/gpt-x: unknown" in text


@pytest.mark.parametrize("way", ["model", "provider"])
def test_what_was_refused_before_anything_was_chosen_has_no_cost(admin_client: Client, way: str) -> None:
    note(model="acme/a", cost=Decimal("0.5"))
    note("away", provider="", model="", outcome="refused", status=404, cost=None, first_ms=None, input_tokens=None,
         output_tokens=None)  # fmt: skip

    by_way = rows(admin_client, f"{ALL}?groupBy={way}")
    text = bare(admin_client.get(f"{ALL}?groupBy={way}").content.decode())

    called = f"no {way}: refused before one was chosen"
    assert {row[0]: row[5] for row in by_way} == {"acme/a" if way == "model" else "acme": "USD 0.50", called: "–"}
    assert f"{called}: USD" not in text
    assert f"{called}: 1 call" in bare(admin_client.get(f"{ALL}?groupBy={way}&measure=calls").content.decode())


def test_where_all_was_refused_no_cost_is_claimed(admin_client: Client) -> None:
    note(provider="", model="", outcome="refused", status=404, cost=None, first_ms=None)

    text = bare(admin_client.get(ALL).content.decode())

    assert "Cost – by our prices" in text and "USD" not in text


def test_a_file_has_the_same_rows(calls: None, admin_client: Client) -> None:
    answer = admin_client.get(f"{ALL}?groupBy=model&provider=beta&as=csv")

    assert answer.headers["Content-Type"] == "text/csv; charset=utf-8"
    assert [(row["model"], row["cost"]) for row in csv.DictReader(answer.content.decode().splitlines())] == [
        ("beta/b", "2")
    ]


@pytest.mark.parametrize(
    ("question", "said"),
    [
        ("from=yesterday", "<strong>from</strong> must be a day, such as 2026-01-31"),
        ("from=2026-02-01&to=2026-01-01", "the first day is after the last"),
        ("groupBy=weather", "unknown: weather"),
        ("days=3", "unknown: 3"),
        ("nonsense=1", "is not known here"),
        ("model=a%00b", "no text holds"),
    ],
)
def test_what_cannot_be_asked_is_said(calls: None, admin_client: Client, question: str, said: str) -> None:
    assertContains(admin_client.get(f"{ALL}?{question}"), said, status_code=400)


def test_people_see_their_own_calls_alone(bob: User, bobs: Client) -> None:
    note(model="acme/mine", user_id=bob.pk, user_name="bob", cost=Decimal(1))
    note(model="acme/theirs", user_id=bob.pk + 1, user_name="ann")
    note(model="acme/services")

    assert names(bobs, f"{OWN}?groupBy=model") == ["acme/mine"]
    assert "acme/theirs" not in bobs.get(f"{OWN}?groupBy=model&as=csv").content.decode()
    assert names(bobs, f"{OWN}?groupBy=model&user={bob.pk + 1}&user={bob.pk}") == ["acme/mine"]
    assertContains(bobs.get(f"{OWN}?groupBy=user"), "unknown: user", status_code=400)


def test_an_admin_sees_at_the_door_of_people_what_is_their_own(calls: None, admin_client: Client) -> None:
    assertContains(admin_client.get(OWN), "You called nothing in these days.")


def test_staff_with_the_permission_see_everyones(calls: None, staff: Callable[..., Client]) -> None:
    carol = staff("view_usage")

    assert names(carol, f"{ALL}?groupBy=model") == ["beta/b", "acme/a"]
    assert "beta/b" in carol.get(f"{ALL}?groupBy=model&as=csv").content.decode()


def test_staff_without_it_and_people_do_not(staff: Callable[..., Client], bobs: Client, client: Client) -> None:
    carol = staff("view_aimodel")

    assert [carol.get(f"{ALL}{page}").status_code for page in ("", "/calls", "/calls/x")] == [403] * 3
    assertNotContains(carol.get("/admin/"), f'href="{ALL}"')
    assert [bobs.get(f"{ALL}{page}").status_code for page in ("", "/calls", "/calls/x")] == [302] * 3
    assert client.get(OWN).headers["Location"] == f"/account/login?next={OWN}"


@pytest.mark.parametrize("question", ["", "?groupBy=model&measure=calls", "?groupBy=key&page=2"])
def test_sums_come_from_the_days_alone_and_cost_few_questions(admin_client: Client, question: str) -> None:
    for number in range(60):
        note(model=f"acme/m-{number}", key_id=number + 1)
    a_model("gpt-x", status="enabled")

    with CaptureQueriesContext(connection) as made:
        assert admin_client.get(f"{ALL}{question}").status_code == 200

    assert len(made) <= 14
    assert not [query for query in made if 'FROM "gateway_usage"' in query["sql"]]


def test_long_tables_are_paged(admin_client: Client) -> None:
    for number in range(60):
        note(model=f"acme/m-{number:02}", cost=Decimal(100 - number))

    assert len(names(admin_client, f"{ALL}?groupBy=model")) == 50
    assert names(admin_client, f"{ALL}?groupBy=model&page=2")[0] == "acme/m-50"
    assertContains(admin_client.get(f"{ALL}?groupBy=model"), '<a href="?groupBy=model&amp;page=2">Next</a>')
