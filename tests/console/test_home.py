"""The first page of the admin: what needs a person, with the lists behind its numbers, and what was called."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal

import pytest
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries
from pytest_django.asserts import assertContains, assertNotContains

from catalog import connections, facts, lifecycle, populate, pricing, registration
from catalog.models import AIModel, Provider
from discovery import sync
from discovery.models import SyncResult
from gateway.models import Breaker
from tests.builders import ADMIN, a_model, a_provider, some_models
from tests.console.conftest import a_call_in_place, needs_on, some_usage

pytestmark = pytest.mark.django_db

PRICE = {"input_mtok": "2", "output_mtok": "8"}
ROW = re.compile(r"<tr[ >]")


def rows_of(client: Client, url: str) -> int:
    """The rows of the lists of a page, without their heads and the small tables in their cells."""
    page = re.sub(r'<table class="lines">.*?</table>', "", client.get(url).content.decode(), flags=re.S)
    tables = re.findall(r"<tbody>(.*?)</tbody>", page.partition('id="content-main"')[2] or page, flags=re.S)
    return sum(len(ROW.findall(table)) for table in tables)


def hold_price(model: AIModel) -> None:
    dear = {"input_mtok": "200", "output_mtok": "8"}
    pricing.hold([pricing.NewPrice(model=model, stated=dear, source=facts.PROVIDER)])


@pytest.fixture
def busy() -> None:
    """A registry in which everything that can wait waits, each another number of times."""
    for number in range(3):
        a_model(f"pending-{number}", price=PRICE)
    for number in range(2):
        hold_price(a_model(f"held-{number}", status="disabled", price=PRICE))
    held = sync.create_run(ADMIN, ["acme"]).results.get()
    SyncResult.objects.filter(pk=held.pk).update(state="held", finished_at=timezone.now(), plan={"new": []})
    disputed = a_model("disputed", status="disabled", context_window=8_000, max_output_tokens=100)
    other = {"context_window": 32_000, "max_output_tokens": 4_000}
    facts.save_many([facts.tell(disputed, facts.ENRICHMENT, other, timezone.now())])
    for number in range(4):
        a_model(f"unpriced-{number}", status="enabled")
    a_model("speaker", status="enabled", category="tts", price=PRICE)
    for number in range(5):
        some_usage(a_model(f"old-{number}", status="deprecated"))
    a_model("forgotten", status="deprecated")
    long_ago = timezone.now() - timedelta(days=9)
    for number, health in enumerate(["down", "degraded", "healthy"]):
        a_provider(f"ill-{number}", health=health, last_synced_at=long_ago)
    a_provider("shy")
    Breaker.objects.create(
        provider="shy", credential="none", worker="w", state="open", failures=5, since=long_ago,
        until=timezone.now() + timedelta(minutes=1),
    )  # fmt: skip


def test_each_number_is_that_of_the_rows_behind_it(busy: None, admin_client: Client) -> None:
    needs = needs_on(admin_client)

    assert {label: count for label, (count, _) in needs.items()} == {
        "pending models": 3,
        "held prices and lists": 3,
        "conflicts": 2,
        "enabled models without a price": 4,
        "kinds of models without a default": 2,
        "deprecated models still called": 5,
        "failing providers": 3,
        "stale syncs": 3,
    }
    for label, (count, url) in needs.items():
        assert rows_of(admin_client, url) == count, label


def test_what_is_seen_to_is_said_in_one_line(admin_client: Client) -> None:
    default = a_model(status="enabled", price=PRICE)
    lifecycle.set_default(default, ADMIN)
    some_usage(default)

    page = admin_client.get("/admin/")

    assertContains(page, "Nothing: all is seen to.")


def test_one_of_a_kind_is_named_in_the_singular(admin_client: Client) -> None:
    some_usage(a_model())

    assert needs_on(admin_client).keys() == {"pending model"}


def test_staff_are_asked_only_what_they_may_look_at(busy: None, staff: Callable[..., Client]) -> None:
    client = staff("view_provider")

    assert needs_on(client).keys() == {"failing providers", "stale syncs"}
    assertNotContains(client.get("/admin/"), "Models by status")
    assert client.get("/admin/attention/retired").status_code == 403


def test_an_empty_registry_shows_the_three_first_steps(admin_client: Client) -> None:
    populate.populate(ADMIN)

    page = admin_client.get("/admin/")

    for words in ("Three steps to the first answer", "Give a provider its key", "Refresh it and approve models"):
        assertContains(page, words)
    assertContains(page, "curl http://testserver/v1/chat/completions")
    for words in ("What needs me", "The last 30 days", ">done<"):
        assertNotContains(page, words)


def test_a_step_that_is_done_is_marked_and_the_call_names_a_model_that_answers(admin_client: Client) -> None:
    provider = a_provider()
    connections.change_provider(provider, {}, ADMIN, key="sk-something-secret-1234")
    lifecycle.set_default(a_model("fast", status="enabled", price=PRICE), ADMIN)

    page = admin_client.get("/admin/")

    assertContains(page, '<span class="mark">done</span>', count=2)
    assertContains(page, "acme/fast")


def test_once_something_was_called_the_steps_are_gone(admin_client: Client) -> None:
    some_usage(a_model(status="enabled", price=PRICE))

    assertNotContains(admin_client.get("/admin/"), "Three steps")


def test_charts_tell_calls_cost_errors_and_latency_of_each_provider(admin_client: Client) -> None:
    some_usage("acme/a", 30, errors=3, duration_ms=60_000)
    some_usage("acme/b", 10, duration_ms=20_000, days_ago=29)
    some_usage("other/c", 10, duration_ms=10_000)
    some_usage("acme/a", 1_000, days_ago=30)

    text = admin_client.get("/admin/").content.decode()

    for said in ("acme: 30 calls", "acme: USD 30.00", "acme: 3 errors", "acme: 2,000 ms", "other: 1,000 ms"):
        assert said in text
    for said in (">50<", ">USD 50.00<", ">6 %<", ">1,800 ms<", ">40 calls<"):
        assert said in text
    assert "acme/a: 30 calls" in admin_client.get("/admin/?by=model").content.decode()


def test_a_cost_that_nobody_knows_is_unknown_and_not_zero(admin_client: Client) -> None:
    some_usage("acme/a", 2, priced=0, unpriced=2, cost=Decimal(0))

    text = admin_client.get("/admin/").content.decode()

    assert "acme: unknown" in text
    assert "without 2 unpriced calls" in text


def test_what_was_refused_before_a_provider_was_chosen_has_no_cost(admin_client: Client) -> None:
    some_usage("acme/a", 2, cost=Decimal(3))
    some_usage("", 5, refused=5, priced=0, answered=0, cost=Decimal(0))

    text = admin_client.get("/admin/").content.decode()

    assert "no provider: refused before one was chosen: 5 calls" in text
    assert "one was chosen: USD" not in text and "one was chosen: unknown" not in text


def test_beyond_the_busiest_all_others_are_one_line(admin_client: Client) -> None:
    for number in range(9):
        some_usage(f"acme/m-{number}", 100 - number)

    text = admin_client.get("/admin/?by=model").content.decode()

    assert "others: 374 calls" in text
    assert "acme/m-5:" not in text


def test_the_catalog_is_counted_by_status(admin_client: Client) -> None:
    some_models(12, a_provider(), status="pending")
    some_usage("acme/m-0")

    assertContains(admin_client.get("/admin/"), '<td class="number">12 models</td>')


def test_the_first_page_asks_little_however_much_there_is(
    busy: None, admin_client: Client, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    some_models(200, a_provider(), status="pending")

    with django_assert_max_num_queries(26):
        admin_client.get("/admin/")


def test_a_deprecated_model_is_still_called_where_another_answers_for_it(admin_client: Client) -> None:
    for name in ("by-label", "by-id", "not-called", "elsewhere"):
        a_model(name, status="deprecated")
    a_call_in_place("acme/by-label", "acme/usual")
    a_call_in_place("by-id", "acme/usual")
    a_call_in_place("by-id", "acme/usual", "successor")
    a_call_in_place("elsewhere", "other/elsewhere")
    a_call_in_place("acme/not-called", "acme/usual", at=timezone.now() - timedelta(days=40))
    some_usage("acme/usual", 4)

    count, url = needs_on(admin_client)["deprecated models still called"]

    assert count == 2
    page = admin_client.get(url)
    assertContains(page, "acme/by-label")
    assertContains(page, "<td>2</td>")
    assertNotContains(page, "elsewhere")


def test_a_list_that_nobody_knows_is_not_there(admin_client: Client) -> None:
    assert admin_client.get("/admin/attention/nothing").status_code == 404


def test_a_stale_provider_is_one_that_was_synced_or_should_be(admin_client: Client) -> None:
    a_provider("never")
    a_provider("scheduled", policy={"interval_minutes": 60})
    some_usage("acme/a")

    assert needs_on(admin_client)["stale sync"][0] == 1
    assertContains(admin_client.get("/admin/attention/stale"), "Scheduled")
    assert Provider.objects.filter(slug="never").exists()


def test_recent_changes_say_what_changed(admin_client: Client) -> None:
    model = a_model("fast", status="enabled")
    registration.change_model(model, ADMIN, stated={"name": "Quick"})
    lifecycle.move(AIModel.objects.filter(pk=model.pk), "disable", ADMIN)

    text = " ".join(re.sub(r"<[^>]*>", " ", admin_client.get("/admin/").content.decode()).split())

    assert "acme/fast status: enabled → disabled alice, just now acme/fast name: fast → Quick" in text
