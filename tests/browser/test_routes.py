"""Routes in a real browser: written with suggestions, refused at their row, changed and undone."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from catalog.models import Route, RouteTarget, Status
from tests.builders import a_model, a_route

ROUTES = "/admin/catalog/route/"


@pytest.fixture(autouse=True)
def models(transactional_db: None) -> None:
    for name in ("alpha", "beta", "vendor/gamma"):
        a_model(name, status=Status.ENABLED)


def target(page: Page, number: int, part: str) -> str:
    return f"#id_targets-{number - 1}-{part}"


def test_a_split_with_a_fallback_is_written_and_undone(signed_in: Page) -> None:
    signed_in.goto(f"{ROUTES}add/")
    signed_in.fill("#id_name", "chat")
    signed_in.fill(target(signed_in, 1, "model"), "gam")
    expect(signed_in.locator("#known-models option")).to_have_count(1)
    assert signed_in.locator("#known-models option").get_attribute("value") == "acme/vendor/gamma"
    for number, (model, weight) in enumerate([("acme/alpha", "70"), ("acme/beta", "30"), ("acme/none", "")], 1):
        signed_in.fill(target(signed_in, number, "model"), model)
        signed_in.fill(target(signed_in, number, "weight"), weight)
    signed_in.get_by_role("button", name="Save", exact=True).click()

    expect(signed_in.locator("tr.target.errors")).to_contain_text("There is no model acme/none.")
    signed_in.fill(target(signed_in, 3, "model"), "acme/vendor/gamma")
    signed_in.get_by_role("button", name="Save", exact=True).click()

    expect(signed_in.locator(".messagelist")).to_contain_text("Added chat.")
    expect(signed_in.locator("#result_list")).to_contain_text("70 % acme/alpha, 30 % acme/beta; then acme/vendor/gamma")
    signed_in.locator(".messagelist").get_by_role("button", name="Undo").click()
    expect(signed_in.locator(".messagelist")).to_contain_text("Undone")
    assert not Route.objects.exists()


def test_weights_are_changed_on_a_telephone(signed_in: Page) -> None:
    route = a_route("chat", {"model": "acme/alpha", "weight": 1}, {"model": "acme/beta"})
    signed_in.set_viewport_size({"width": 400, "height": 800})
    signed_in.goto(f"{ROUTES}{route.pk}/change/")
    assert signed_in.evaluate("document.documentElement.scrollWidth") <= 400

    signed_in.fill(target(signed_in, 2, "weight"), "3")
    signed_in.get_by_role("button", name="Save", exact=True).click()

    expect(signed_in.locator(".messagelist")).to_contain_text("Changed chat: Where it leads.")
    assert list(RouteTarget.objects.values_list("weight", flat=True)) == [1, 3]


def test_on_a_small_screen_each_field_of_a_target_keeps_to_its_column(signed_in: Page) -> None:
    signed_in.set_viewport_size({"width": 400, "height": 900})
    signed_in.goto(f"{ROUTES}add/")

    for part in ("model", "order", "variant", "weight"):
        field = signed_in.locator(target(signed_in, 1, part))
        assert field.evaluate("field => field.offsetWidth <= field.closest('td').clientWidth"), part
        assert field.evaluate("field => field.closest('td').scrollWidth <= field.closest('td').clientWidth"), part
