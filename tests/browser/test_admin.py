"""The stories of an admin at work, in a real browser; its fixture fails when a page breaks the content policy."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Locator, Page, expect

from catalog import lifecycle, registration
from catalog.models import AIModel, Change, Status
from tests.builders import ADMIN, a_model, a_provider

MODELS = "/admin/catalog/aimodel/"
PRICE = {"input_mtok": "2.5", "output_mtok": "10"}


def row(page: Page, text: str) -> Locator:
    return page.locator("#result_list tbody tr", has_text=text)


def press(place: Page | Locator, name: str) -> None:
    place.get_by_role("button", name=name).first.click()


def test_a_pending_model_is_approved_and_it_is_undone(signed_in: Page) -> None:
    a_model("vendor/first", name="First", price=PRICE)
    a_model("vendor/second", name="Second")
    signed_in.goto(f"{MODELS}?status=pending")

    press(row(signed_in, "First"), "Approve")

    expect(signed_in.locator(".messagelist")).to_contain_text("Approved acme/vendor/first.")
    expect(signed_in).to_have_url(re.compile(r"status=pending"))
    expect(signed_in.locator("#result_list tbody tr")).to_have_count(1)
    press(signed_in.locator(".messagelist"), "Undo")

    expect(signed_in.locator("#result_list tbody tr")).to_have_count(2)
    assert not AIModel.objects.enabled().exists()


def test_many_models_are_approved_after_a_look_at_what_would_change(signed_in: Page) -> None:
    for number in range(60):
        a_model(f"m-{number}")
    signed_in.goto(f"{MODELS}?status=pending")
    signed_in.check("#action-toggle")
    signed_in.get_by_text("Select all 60 models").click()
    signed_in.select_option("select[name=action]", "approve")
    press(signed_in, "Go")

    expect(signed_in.locator(".confirm")).to_contain_text("and 40 more")
    assert not AIModel.objects.enabled().exists()
    signed_in.fill("#reason", "Tried them all")
    press(signed_in, "Approve 60 models")

    expect(signed_in.locator(".messagelist")).to_contain_text("Approved 60 models.")
    assert AIModel.objects.enabled().count() == 60
    press(signed_in.locator(".messagelist"), "Undo")
    expect(signed_in.locator(".messagelist")).to_contain_text("Undone: 60 changes.")


def test_a_default_is_set_and_moves(signed_in: Page) -> None:
    first, second = a_model("first", status=Status.ENABLED), a_model("second", status=Status.ENABLED)
    lifecycle.set_default(first, ADMIN)
    signed_in.goto(MODELS)

    press(row(signed_in, "second"), "Set default: acme/second")

    expect(signed_in.locator(".messagelist")).to_contain_text("acme/second is now the default of acme (text)")
    expect(row(signed_in, "second").locator(".mark")).to_have_text("default")
    assert AIModel.objects.default_for("acme") == second


def test_a_name_is_edited_shows_its_source_and_is_reset(signed_in: Page) -> None:
    a_model("m-1", name="Theirs", context_window=1000, price=PRICE)
    signed_in.goto(MODELS)
    signed_in.get_by_role("link", name="Theirs").click()
    signed_in.get_by_role("link", name="Edit", exact=True).click()
    expect(signed_in.locator(".field-name .source")).to_contain_text("provider")

    signed_in.fill("#id_name", "Ours")
    press(signed_in, "Save and continue editing")

    expect(signed_in.locator("h1")).to_have_text("Ours")
    expect(signed_in.locator(".field-name .source")).to_contain_text("you set this, just now")
    expect(signed_in.locator(".field-name .source")).to_contain_text("provider says: Theirs")
    expect(signed_in.locator(".field-context_window .source")).to_contain_text("provider")
    press(signed_in, "Reset Name")

    expect(signed_in.locator("h1")).to_have_text("Theirs")
    assert AIModel.objects.get().claims.keys() == {"provider"}


def test_the_history_shows_a_change_and_takes_it_back(signed_in: Page) -> None:
    model = a_model("m-1", name="Theirs")
    registration.change_model(model, ADMIN, stated={"name": "Ours"}, reason="Clearer")
    signed_in.goto(f"{MODELS}{model.pk}/change/")
    signed_in.get_by_role("link", name="History").click()

    newest = signed_in.locator(".history > table > tbody > tr").first
    expect(newest).to_contain_text("Clearer")
    expect(newest.locator(".lines")).to_contain_text("Theirs")
    press(newest, "Undo")

    expect(signed_in.locator(".messagelist")).to_contain_text("Undone: name: Theirs → Ours.")
    model.refresh_from_db()
    assert model.name == "Theirs"


def test_filters_and_tabs_narrow_the_list_together(signed_in: Page) -> None:
    a_model("writer", supports_tools=True, supports_vision=True)
    a_model("speaker", category="tts")
    signed_in.goto(MODELS)

    signed_in.get_by_text("Capability: All").click()
    signed_in.get_by_role("link", name="Tools").click()
    signed_in.get_by_text("Capability: Tools").click()
    signed_in.get_by_role("link", name="Vision").click()
    expect(signed_in.locator("#result_list tbody tr")).to_have_count(1)
    signed_in.get_by_role("link", name="TTS").click()

    expect(signed_in.locator(".empty")).to_contain_text("No model matches")
    signed_in.get_by_role("link", name="Clear search and filters").click()
    expect(signed_in.locator("#result_list tbody tr")).to_have_count(2)


def test_a_key_is_stored_and_not_shown_again(signed_in: Page) -> None:
    provider = a_provider()
    signed_in.goto(f"/admin/catalog/provider/{provider.pk}/change/")

    signed_in.fill("#id_key", "sk-very-secret-key-1234")
    press(signed_in, "Save and continue editing")

    expect(signed_in.locator(".decision")).to_contain_text("stored, ends in …1234")
    expect(signed_in.locator("#id_key")).to_have_value("")


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [400, 700, 2000])
def test_no_page_is_wider_than_the_screen_or_breaks_a_rule(signed_in: Page, width: int, scheme: str) -> None:
    model = a_model(
        "vendor/" + "a-very-long-name-" * 12,
        name="A model with a very long name " * 5,
        price=PRICE,
        context_window=1000,
    )
    registration.change_model(model, ADMIN, stated={"name": "W" * 200}, reason="Because " * 20)
    lifecycle.move(AIModel.objects.all(), "approve", ADMIN)
    change, provider = Change.objects.latest("id").pk, model.provider_id
    signed_in.set_viewport_size({"width": width, "height": 900})
    signed_in.emulate_media(color_scheme=scheme)

    for path in (
        "/admin/",
        MODELS,
        f"{MODELS}add/",
        f"{MODELS}{model.pk}/change/",
        f"{MODELS}{model.pk}/history/",
        "/admin/catalog/provider/",
        "/admin/catalog/provider/add/",
        f"/admin/catalog/provider/{provider}/change/",
        "/admin/catalog/change/",
        f"/admin/catalog/change/{change}/change/",
    ):
        signed_in.goto(path, wait_until="networkidle")
        wider = signed_in.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        assert wider <= 0, path
        assert (
            signed_in.evaluate("document.querySelectorAll('main [style], main style, main script:not([src])').length")
            == 0
        )


def test_a_new_key_is_copied_by_its_button_made_once_and_revoked_after_a_question(signed_in: Page) -> None:
    signed_in.context.grant_permissions(["clipboard-read", "clipboard-write"])
    signed_in.goto("/admin/access/apikey/add/")
    signed_in.fill("#id_name", "ci")
    signed_in.click("[name=_save]")

    press(signed_in, "Copy")
    expect(signed_in.get_by_role("button", name="Copied")).to_be_visible()
    assert signed_in.evaluate("navigator.clipboard.readText()") == signed_in.locator("#new-key").inner_text()

    signed_in.reload()  # sends the form again
    expect(signed_in.locator(".messagelist")).to_contain_text("A key was made with this form already")
    expect(signed_in.locator("#result_list tbody tr")).to_have_count(1)

    signed_in.get_by_role("link", name="ci").click()
    press(signed_in, "Rotate")
    rotated = signed_in.locator("#new-key").inner_text()
    signed_in.reload()
    expect(signed_in.locator(".messagelist")).to_contain_text("This key was rotated since you opened the page")
    expect(signed_in.locator(".field-shown_prefix")).to_contain_text(rotated[:11])

    signed_in.get_by_role("link", name="Revoke for good").click()
    expect(signed_in.get_by_text("no key can be unrevoked")).to_be_visible()
    press(signed_in, "Revoke it")
    expect(signed_in.locator(".field-state_word")).to_contain_text("Revoked")
