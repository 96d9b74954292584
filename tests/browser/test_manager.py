"""The table and the gallery of models in a real browser: added from a template, followed while typing, deleted."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from catalog import connections
from catalog.models import AIModel
from tests.builders import a_model

WIDTHS = (400, 700, 1400, 2000)
PAGES = ("models-table", "models-table?q=nothing", "gallery", "gallery/azure-openai")


def test_a_model_is_added_from_a_template_edited_and_deleted(signed_in: Page) -> None:
    connections.ensure_specs()
    signed_in.goto("/admin/models-table")
    signed_in.get_by_role("link", name="Add a model").first.click()
    signed_in.get_by_role("link", name="Any compatible server").click()
    signed_in.get_by_label("Model id").fill("org/ours")
    signed_in.get_by_label("Address").fill("https://llm.example/v1")
    signed_in.get_by_text("For the calculator").click()
    signed_in.get_by_label("Parameters").fill("70")
    expect(signed_in.locator("output")).to_have_text("0.4")
    signed_in.get_by_role("button", name="Add the model").click()
    expect(signed_in.locator(".messagelist")).to_contain_text("Added custom/org/ours.")

    signed_in.get_by_role("spinbutton", name="Parameters").fill("350")
    expect(signed_in.locator("output")).to_have_text("2")
    signed_in.get_by_role("button", name="Save", exact=True).click()
    signed_in.goto("/admin/models-table")
    expect(signed_in.locator(".model-table tbody tr")).to_contain_text("350 billion")
    signed_in.get_by_role("link", name="Delete org/ours").click()
    signed_in.get_by_role("button", name="Yes, I’m sure").click()

    expect(signed_in.locator(".messagelist")).to_contain_text("Deleted custom/org/ours.")
    assert not AIModel.objects.exists()


def test_the_table_follows_what_one_types(signed_in: Page) -> None:
    a_model("vendor/first")
    a_model("vendor/second")
    signed_in.goto("/admin/models-table")

    signed_in.get_by_label("Name or id").fill("second")

    expect(signed_in.locator(".model-table tbody tr")).to_have_count(1)
    expect(signed_in.get_by_role("button", name="Delete")).to_be_disabled()
    signed_in.get_by_role("button", name="Archive").click()
    expect(signed_in.locator(".messagelist")).to_contain_text("Archived acme/vendor/second.")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_no_page_is_wider_than_the_screen(signed_in: Page, scheme: str) -> None:
    connections.ensure_specs()
    a_model("vendor/a-model-with-quite-a-long-name-that-must-break-somewhere-or-other", parameters=70)
    signed_in.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]  # one of the two it knows
    too_wide = []

    for width in WIDTHS:
        signed_in.set_viewport_size({"width": width, "height": 900})
        for path in PAGES:
            signed_in.goto(f"/admin/{path}")
            if signed_in.evaluate("document.documentElement.scrollWidth > innerWidth"):
                too_wide.append((width, path))

    assert too_wide == []
