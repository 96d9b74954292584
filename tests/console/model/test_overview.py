"""The overview of a model: what is known and whose word it is, prices over time, offers, calls, routes, changes."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from pytest_django.asserts import assertContains, assertNotContains

from catalog import facts, lifecycle, registration, schedule
from catalog.models import AIModel, Price
from console.model.offers import compared
from tests.builders import ADMIN, a_model, a_provider, a_route
from tests.console.conftest import some_usage
from tests.console.usage.conftest import note

pytestmark = pytest.mark.django_db

PRICE = {"input_mtok": "2", "output_mtok": "8"}


def address(model: AIModel) -> str:
    return f"/admin/catalog/aimodel/{model.pk}/overview"


def html(client: Client, model: AIModel) -> str:
    page = client.get(address(model))
    assert page.status_code == 200
    return page.content.decode()


def text(client: Client, model: AIModel) -> str:
    return " ".join(re.sub(r"<[^>]*>", " ", html(client, model).partition('id="content-main"')[2]).split())


def later(model: AIModel, days: int, **amounts: str) -> None:
    """A price its provider stated so many days ago."""
    facts.save_many([facts.tell(model, facts.PROVIDER, {"name": model.name, "price": amounts}, timezone.now())])
    model.refresh_from_db()
    Price.objects.filter(pk=model.price_id).update(effective_from=timezone.now() - timedelta(days=days))


def test_each_fact_has_its_value_its_source_and_its_age(admin_client: Client) -> None:
    model = a_model(name="Fast", context_window=128_000, supports_tools=True, price=PRICE)
    told = facts.tell(model, facts.ENRICHMENT, {"max_output_tokens": 99}, timezone.now() - timedelta(hours=3))
    facts.save_many([told])
    registration.change_model(model, ADMIN, stated={"context_window": 64_000})

    said = text(admin_client, model)

    for words in (
        "Context window 64,000 alice set this, just now Reset provider says: 128,000",
        "Tools yes provider, just now",
        "Max output tokens 99 genai-prices, 3 hours ago",
        "Price USD 2.00 in / 8.00 out per million tokens provider, just now",
        "Unknown: Description, Active window,",
    ):
        assert words in said


def test_what_sources_disagree_on_is_said_until_it_is_settled(admin_client: Client) -> None:
    model = a_model(context_window=1_000)
    facts.save_many([facts.tell(model, facts.ENRICHMENT, {"context_window": 2_000}, timezone.now())])

    assert "provider says 1,000; genai-prices says 2,000" in text(admin_client, model)
    AIModel.objects.filter(pk=model.pk).update(conflicts=[{**model.conflicts[0], "kept": "alice"}])
    assert "Sources disagree" not in text(admin_client, model)


def test_prices_are_drawn_as_steps_and_listed_with_those_to_come(admin_client: Client) -> None:
    model = a_model(price=PRICE)
    Price.objects.update(effective_from=timezone.now() - timedelta(days=90))
    later(model, 30, input_mtok="1", output_mtok="8", cache_read_mtok="0.1")
    schedule.schedule_price(model, {"input_mtok": "3"}, timezone.now() + timedelta(days=7, hours=1), ADMIN)

    page, said = html(admin_client, model), text(admin_client, model)

    assert "USD per million tokens</figcaption>" in page
    assert "input: USD 1.00\noutput: USD 8.00\ncache read: USD 0.10" in page
    assert "input: USD 2.00\noutput: USD 8.00\ncache read: unknown" in page
    for words in ("In force USD 1.00 in / 8.00 out", "Past USD 2.00 in / 8.00 out", "in 7 days Cancel"):
        assert words in said
    assert "Schedule a price" in said


def test_a_price_that_never_changed_is_a_line_until_today(admin_client: Client) -> None:
    model = a_model(price=PRICE)
    Price.objects.update(effective_from=timezone.now() - timedelta(days=90))

    assert re.search(r'<path class="series-0" d="M0\.0 [\d.]+h0H1000\.0V[\d.]+"', html(admin_client, model))


def test_units_have_charts_of_their_own_and_held_prices_none(admin_client: Client) -> None:
    model = a_model(category="image", price={"image": "0.04", "request": "0"})
    Price.objects.create(model=model, source="provider", state="held", input_mtok=Decimal(9))

    page = html(admin_client, model)

    assert "USD per image</figcaption>" in page and "USD per request</figcaption>" in page
    assert "USD per million tokens</figcaption>" not in page and "No price is known" in html(admin_client, a_model("x"))


def test_other_offers_are_compared_with_this_one(admin_client: Client) -> None:
    model = a_model(canonical_id="acme/verse", price=PRICE)
    cheap = {"input_mtok": "1.5", "output_mtok": "9"}
    other = a_model("verse", provider=a_provider("other"), canonical_id="acme/verse", price=cheap, context_window=9)

    assert "other/verse Pending 9 USD 1.50 in / 9.00 out in: 25 % cheaper, out: 12 % dearer" in text(
        admin_client, model
    )
    assert f'href="{address(other)}"' in html(admin_client, model)
    assert "The same model elsewhere" not in text(admin_client, a_model("alone"))


@pytest.mark.parametrize(
    ("other", "own", "said"),
    [
        ({"input_mtok": 2, "output_mtok": 8}, {"input_mtok": 2, "output_mtok": 8}, "the same"),
        ({"input_mtok": 0, "output_mtok": 0}, {"input_mtok": 2, "output_mtok": 8}, "free"),
        ({"input_mtok": 1, "output_mtok": 1}, {"input_mtok": 0, "output_mtok": 0}, "dearer"),
        ({"input_mtok": 1, "output_mtok": 4}, {"input_mtok": 2, "output_mtok": 8}, "50 % cheaper"),
        ({"input_mtok": "1.9"}, {"input_mtok": 2, "output_mtok": 8}, "in: 5.0 % cheaper, out: unknown"),
        ({}, {"input_mtok": 2}, "unknown"),
        ({"input_mtok": 2}, {}, "unknown"),
    ],
)
def test_a_comparison_says_by_how_much(other: dict[str, Any], own: dict[str, Any], said: str) -> None:
    def amounts(stated: dict[str, Any]) -> dict[str, Decimal]:
        return {name: Decimal(value) for name, value in stated.items()}

    assert compared(amounts(other), amounts(own)) == said


def test_calls_of_the_last_days_are_added_up_and_drawn(admin_client: Client) -> None:
    model = a_model(status="enabled")
    some_usage(model, 30, errors=3, unpriced=2, days_ago=2)
    some_usage(model, 900, days_ago=31)
    some_usage("acme/other", 9)

    said = text(admin_client, model)

    assert "Calls 30" in said and "Errors 10 % 3 failed calls" in said and "Unpriced: 2 calls" in said
    assert "Calls by day" in said and "Cost by day" in said
    assertContains(admin_client.get(address(model)), "/admin/usage/calls?model=acme%2Fm-1&amp;unpriced=1")


def test_calls_that_another_model_answered_are_counted(admin_client: Client) -> None:
    model = a_model(status="enabled")
    lifecycle.move(AIModel.objects.filter(pk=model.pk), "deprecate", ADMIN)
    note(requested="acme/m-1", model="acme/heir", reason="successor")

    said = text(admin_client, model)

    assert "Nobody called it." in said
    assert "1 call named it and was answered by another model in its place." in said


def test_routes_that_lead_here_are_named(admin_client: Client) -> None:
    model = a_model(status="enabled")
    route = a_route("chat", {"model": "acme/m-1", "weight": 1})
    a_route("by-way", {"route": "chat", "weight": 1}, is_active=False)

    said = text(admin_client, model)

    assert "by-way off" in said and "chat" in said
    assert f"/admin/catalog/route/{route.pk}/change/" in html(admin_client, model)


def test_the_last_changes_are_shown_and_undone(admin_client: Client) -> None:
    model = a_model(name="Theirs", status="enabled")
    registration.change_model(model, ADMIN, stated={"name": "Mine"}, reason="Clearer")

    page = html(admin_client, model)
    assert "Theirs" in page and "Clearer" in page and "alice" in page
    undo = re.findall(r'formaction="(/admin/catalog/change/\d+/undo/)"', page)[0]
    admin_client.post(undo, {"next": address(model)})

    assert AIModel.objects.get(pk=model.pk).name == "Theirs"


def test_moves_are_done_from_here_and_lead_back(admin_client: Client) -> None:
    model = a_model()
    page = html(admin_client, model)

    (url,) = re.findall(r'formaction="([^"]*/move/approve/)"', page)
    answer = admin_client.post(url, {"next": address(model)})

    assert answer.headers["Location"] == address(model)
    assert AIModel.objects.get(pk=model.pk).status == "enabled"


def test_what_the_provider_sent_is_text(admin_client: Client) -> None:
    model = a_model()
    AIModel.objects.filter(pk=model.pk).update(provider_metadata={"<script>": 1})

    page = html(admin_client, model)

    assert "What the provider sent" in page and "&lt;script&gt;" in page and "<script>&quot;" not in page


def test_the_pages_of_a_model_lead_to_each_other(admin_client: Client) -> None:
    model = a_model()
    for page in ("overview", "change/", "history/"):
        shown = admin_client.get(f"/admin/catalog/aimodel/{model.pk}/{page}")
        for other in ("overview", "change/", "history/"):
            assertContains(shown, f'href="/admin/catalog/aimodel/{model.pk}/{other}"')


def test_who_may_only_look_sees_no_buttons_and_what_else_they_may_see(staff: Callable[..., Client]) -> None:
    model = a_model(status="enabled", price=PRICE)
    some_usage(model, 30)
    carol = staff("view_aimodel")

    page = carol.get(address(model))

    assertContains(page, "What is known of it")
    for words in ("Schedule a price", "Set default", "The last 30 days", "Routes that lead here", "Last changes"):
        assertNotContains(page, words)


def test_strangers_and_other_models_are_not_there(staff: Callable[..., Client], client: Client) -> None:
    model = a_model()

    assert client.get(address(model)).status_code == 302
    assert staff("view_provider").get(address(model)).status_code == 403


def test_a_model_that_is_gone_is_not_found(admin_client: Client) -> None:
    assert admin_client.get("/admin/catalog/aimodel/987/overview").status_code == 404


def test_the_page_asks_little_however_much_there_is(admin_client: Client) -> None:
    model = a_model(canonical_id="acme/verse", price=PRICE, status="enabled")
    for number in range(8):
        a_model(f"v-{number}", provider=a_provider(f"p-{number}"), canonical_id="acme/verse", price=PRICE)
        registration.change_model(model, ADMIN, stated={"name": f"Name {number}"})
        a_route(f"r-{number}", {"model": "acme/m-1", "weight": 1})
        some_usage(model, days_ago=number)

    with CaptureQueriesContext(connection) as made:
        html(admin_client, model)

    assert len(made) <= 22


def test_lists_of_models_lead_to_it_and_it_leads_back_to_what_they_showed(admin_client: Client) -> None:
    model = a_model("m-1", name="Fast")
    for page in ("/admin/catalog/aimodel/", "/admin/panel", "/admin/models-table"):
        assertContains(admin_client.get(page), f'<a href="{address(model)}">')

    filtered = admin_client.get("/admin/catalog/aimodel/?status=pending").content.decode()
    link = re.search(rf'href="({address(model)}[^"]*)"', filtered)

    assert link is not None
    page = admin_client.get(link[1]).content.decode()
    edit = re.search(rf'href="(/admin/catalog/aimodel/{model.pk}/change/[^"]*)"', page)
    assert edit is not None
    for shown in (page, admin_client.get(edit[1]).content.decode()):
        assert '<a href="/admin/catalog/aimodel/?status=pending">Models</a>' in shown


def test_who_may_change_models_may_look_at_them_as_everywhere_in_the_admin(staff: Callable[..., Client]) -> None:
    assert staff("change_aimodel").get(address(a_model())).status_code == 200
