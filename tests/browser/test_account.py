"""The pages of people in a real browser: a model is made and a key is made; nothing is wider than the screen."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import User
from django.contrib.sessions.models import Session
from playwright.sync_api import Page, expect

from catalog import connections

WIDTHS = (400, 700, 1400, 2000)
PAGES = (
    *("models", "models/add", "models/add/azure-openai", "catalog", "requests", "keys", "keys/add", "api-keys"),
    *("calculator", "calculator?mode=conversation&priced=all"),
    *("preferences?q=mine", "password"),
)


@pytest.fixture
def bob(page: Page) -> Page:
    """The page of somebody who is not staff, signed in as one does."""
    connections.ensure_specs()
    User.objects.create_user("bob", password="a-good-password")
    page.goto("/account/models")
    page.get_by_label("Username").fill("bob")
    page.get_by_label("Password").fill("a-good-password")
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("heading", name="You have no models of your own yet")).to_be_visible()
    return page


def a_model(page: Page) -> None:
    page.get_by_role("link", name="Add a model").click()
    page.get_by_role("link", name="Any compatible server").click()
    page.get_by_label("Model id").fill("org/a-model-with-quite-a-long-name-that-must-break-somewhere")
    page.get_by_label("Address").fill("https://9.9.9.9/v1")
    page.get_by_label("API key").fill("sk-0123456789abcdef")
    page.get_by_text("Defaults and limits").click()
    page.get_by_label("Temperature").fill("0.3")
    page.get_by_role("button", name="Add the model").click()


def test_a_model_and_a_key_are_made_by_clicking(bob: Page) -> None:
    a_model(bob)
    expect(bob.get_by_role("cell", name="stored, ends in cdef")).to_be_visible()

    bob.get_by_role("button", name="Make default: org/a-model").click()
    expect(bob.get_by_text("is your default model")).to_be_visible()
    bob.get_by_role("link", name="API keys").click()
    bob.get_by_label("Name").fill("laptop")
    bob.get_by_role("button", name="Make the key").click()
    expect(bob.locator("code.secret")).to_contain_text("mr_")
    bob.get_by_role("button", name="Sign out").click()
    expect(bob.get_by_role("heading", name="Sign in")).to_be_visible()


def test_a_new_key_is_copied_by_its_button_made_once_and_revoked_after_a_question(bob: Page) -> None:
    bob.context.grant_permissions(["clipboard-read", "clipboard-write"])
    bob.goto("/account/api-keys")
    bob.get_by_label("Name").fill("laptop")
    bob.get_by_role("button", name="Make the key").click()

    bob.get_by_role("button", name="Copy").click()
    expect(bob.get_by_role("button", name="Copied")).to_be_visible()
    assert bob.evaluate("navigator.clipboard.readText()") == bob.locator("code.secret").inner_text()

    bob.reload()  # sends the form again
    expect(bob.get_by_role("alert")).to_contain_text("A key was made with this form already")
    expect(bob.get_by_role("button", name="Rotate laptop")).to_have_count(1)

    bob.get_by_role("button", name="Rotate laptop").click()
    rotated = bob.locator("code.secret").inner_text()
    bob.reload()
    expect(bob.get_by_role("alert")).to_contain_text("This key was rotated since you opened the page")
    expect(bob.get_by_role("row", name="laptop")).to_contain_text(rotated[:11])

    bob.get_by_role("link", name="Revoke laptop").click()
    expect(bob.get_by_role("heading", name="Revoke laptop?")).to_be_visible()
    bob.get_by_role("link", name="Cancel").click()
    expect(bob.get_by_role("row", name="laptop")).to_contain_text("Active")
    bob.get_by_role("link", name="Revoke laptop").click()
    bob.get_by_role("button", name="Revoke it").click()
    expect(bob.get_by_role("row", name="laptop")).to_contain_text("Revoked")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_no_page_is_wider_than_the_screen(bob: Page, scheme: str) -> None:
    bob.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]  # one of the two it knows
    a_model(bob)
    too_wide = []

    for width in WIDTHS:
        bob.set_viewport_size({"width": width, "height": 900})
        for path in PAGES:
            bob.goto(f"/account/{path}")
            if bob.evaluate("document.documentElement.scrollWidth > innerWidth"):
                too_wide.append((width, path))

    assert too_wide == []


@pytest.mark.parametrize("width", [400, 700])
def test_every_place_is_in_sight_on_narrow_screens(bob: Page, width: int) -> None:
    bob.set_viewport_size({"width": width, "height": 900})

    for link in bob.get_by_role("navigation", name="Account").get_by_role("link").all():
        box = link.bounding_box()
        assert box is not None and box["x"] >= 0 and box["x"] + box["width"] <= width, link.inner_text()


def test_a_connection_is_tested_without_losing_what_was_entered(bob: Page) -> None:
    bob.goto("/account/models/add/compatible")
    bob.get_by_label("Model id").fill("m")
    bob.get_by_label("Address").fill("http://127.0.0.1:9/v1")
    bob.get_by_label("API key").fill("sk-0123456789abcdef")

    bob.get_by_role("button", name="Test connection").click()

    expect(bob.locator("#tested")).to_contain_text("only an administrator may use")
    expect(bob.get_by_label("API key")).to_have_value("sk-0123456789abcdef")
    bob.get_by_label("Address").fill("https://9.9.9.9/v1")
    bob.get_by_role("button", name="Add the model").click()
    expect(bob.get_by_text("is yours to use")).to_be_visible()


def test_what_was_typed_when_the_session_ended_is_there_after_signing_in(bob: Page) -> None:
    bob.goto("/account/models/add/compatible")
    bob.get_by_label("Model id").fill("typed-for-long")
    bob.get_by_label("Address").fill("https://9.9.9.9/v1")
    bob.get_by_label("API key").fill("sk-0123456789abcdef")
    Session.objects.all().delete()
    bob.get_by_role("button", name="Add the model").click()

    expect(bob.get_by_role("alert")).to_contain_text("Your session had ended, so nothing was saved.")
    bob.get_by_label("Username").fill("bob")
    bob.get_by_label("Password").fill("a-good-password")
    bob.get_by_role("button", name="Sign in").click()
    expect(bob.get_by_role("heading", name="Any compatible server")).to_be_visible()
    bob.go_back()  # to the page of signing in, which leads on
    bob.go_back()

    expect(bob.get_by_label("Model id")).to_have_value("typed-for-long")
    expect(bob.get_by_label("API key")).to_have_value("")  # no browser keeps a secret
    bob.get_by_role("button", name="Add the model").click()
    expect(bob.get_by_text("typed-for-long is yours to use")).to_be_visible()
