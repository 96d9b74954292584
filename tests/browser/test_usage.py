"""Usage in a real browser: from all that was called to one call, by clicking; and an experiment from its route."""

from __future__ import annotations

import re
from decimal import Decimal

import pytest
from playwright.sync_api import Page, expect

from tests.builders import a_model, a_route
from tests.console.usage.conftest import note

pytestmark = pytest.mark.django_db(transaction=True)


def test_from_all_that_was_called_to_one_call(signed_in: Page) -> None:
    note("first", model="acme/a", cost=Decimal("2"))
    note("second", model="beta/b", provider="beta", cost=None, days_ago=1)
    signed_in.goto("/admin/")
    signed_in.get_by_role("navigation", name="Places").get_by_role("link", name="Usage").click()

    signed_in.get_by_role("navigation", name="Group by").get_by_role("link", name="Model").click()
    signed_in.get_by_role("navigation", name="Measures").get_by_role("link", name="Calls 2").click()
    expect(signed_in.locator(".chart figcaption")).to_have_text("Calls by model")
    signed_in.locator(".sums").get_by_role("link", name="beta/b").click()
    expect(signed_in.locator(".chips")).to_contain_text("Model: beta/b")
    signed_in.get_by_role("link", name="See it").click()

    expect(signed_in.locator(".chips")).to_contain_text("Only: unpriced calls")
    signed_in.locator(".calls tbody th a").click()
    expect(signed_in).to_have_url(re.compile("/admin/usage/calls/second$"))
    expect(signed_in.locator("#content-main")).to_contain_text("Unpriced: what it cost is unknown")


def test_days_and_filters_are_asked_for_in_forms(signed_in: Page) -> None:
    note(model="acme/a")
    note(model="acme/b", days_ago=3)
    signed_in.goto("/admin/usage?groupBy=model")

    signed_in.get_by_text("Filter", exact=True).click()
    signed_in.get_by_label("Model", exact=True).fill("acme/b")
    signed_in.get_by_role("button", name="Add filters").click()
    expect(signed_in.locator(".sums tbody tr")).to_have_count(1)
    signed_in.get_by_label("From").fill("2020-01-01")
    signed_in.get_by_label("to", exact=True).fill("2020-01-31")
    signed_in.get_by_role("button", name="Show").click()

    expect(signed_in.locator(".empty")).to_contain_text("Nothing that these filters let through")
    expect(signed_in).to_have_url(re.compile("groupBy=model&model=acme%2Fb&from=2020-01-01&to=2020-01-31"))
    signed_in.get_by_role("link", name="Without Model acme/b").click()
    expect(signed_in.locator(".chips")).to_have_count(0)


def test_an_experiment_is_reached_from_its_route(signed_in: Page) -> None:
    for name in ("a", "b"):
        a_model(name, status="enabled")
        note(model=f"acme/{name}", route="chat", variant=f"acme/{name}")
    route = a_route("chat", {"model": "acme/a", "weight": 1}, {"model": "acme/b", "weight": 1})
    signed_in.goto(f"/admin/catalog/route/{route.pk}/change/")

    signed_in.get_by_role("link", name="Compare them").click()

    expect(signed_in.locator(".variants")).to_contain_text("50 % of the calls")
    expect(signed_in.locator(".variants svg.interval")).not_to_have_count(0)
