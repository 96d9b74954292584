"""The management panel in a real browser: acts without leaving the page, Undo, the keyboard, a sync to its end."""

from __future__ import annotations

import re

import pytest
from django.utils import timezone
from playwright.sync_api import Locator, Page, expect

from catalog import lifecycle
from catalog.models import AIModel, Provider
from discovery import leases, results
from discovery.models import SyncResult, SyncRun
from tests.builders import ADMIN, a_model, a_provider
from tests.console.conftest import some_usage

pytestmark = pytest.mark.django_db(transaction=True)

PANEL = "/admin/panel"


def section(page: Page, status: str) -> Locator:
    return page.locator(f'[aria-labelledby="section-{status}"]')


def cards(page: Page, status: str) -> Locator:
    return section(page, status).locator(".card")


@pytest.fixture
def stays(signed_in: Page) -> list[str]:
    """The times that the panel was loaded whole."""
    loaded: list[str] = []
    signed_in.on("load", lambda page: loaded.append(page.url) if PANEL in page.url else None)
    return loaded


def test_refresh_to_approve_to_default(signed_in: Page, stays: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    a_provider("acme")
    monkeypatch.setattr("discovery.launch.start_process", lambda run: None)
    signed_in.goto(f"{PANEL}?provider=acme")
    expect(signed_in.locator("#sync")).to_contain_text("Never refreshed.")

    signed_in.get_by_role("button", name="Refresh models").click()
    expect(signed_in.locator("#sync")).to_contain_text("It waits for its turn.")
    running = SyncRun.objects.latest("id").results.get()
    assert leases.claim(running)
    running.refresh_from_db()
    leases.note(running, "2 entries read, page 1", always=True)
    expect(signed_in.locator("#sync")).to_contain_text("2 entries read, page 1")
    a_model("fast", name="Fast"), a_model("slow", name="Slow")
    Provider.objects.filter(slug="acme").update(last_synced_at=timezone.now())
    results.end(SyncResult.objects.get(pk=running.pk), "succeeded", "Synced 2 models from acme.")

    expect(cards(signed_in, "pending")).to_have_count(2)
    expect(signed_in.locator("#sync")).to_contain_text("Refreshed just now. Synced 2 models from acme.")
    signed_in.get_by_role("button", name="Approve acme/fast").click()
    expect(signed_in.locator("#said")).to_contain_text("Approved acme/fast.")
    signed_in.get_by_role("radio", name="acme/fast is the default").check()
    expect(signed_in.locator("#said")).to_contain_text("acme/fast is now the default of acme (text).")

    assert AIModel.objects.default_for("acme") == AIModel.objects.get(model_id="fast")
    expect(signed_in.locator(".providers")).to_contain_text("1 enabled (1 pending approval)")
    assert len(stays) == 1


def test_what_was_done_is_undone_where_it_was_done(signed_in: Page, stays: list[str]) -> None:
    for number in range(3):
        a_model(f"m-{number}")
    signed_in.goto(PANEL)
    signed_in.get_by_label("All on this page").check()

    signed_in.get_by_role("button", name="Approve selected").click()
    expect(signed_in.locator("#said")).to_contain_text("Approved 3 models.")
    expect(cards(signed_in, "enabled")).to_have_count(3)
    signed_in.get_by_role("button", name="Undo").click()

    expect(signed_in.locator("#said")).to_contain_text("Undone: 3 changes.")
    expect(cards(signed_in, "pending")).to_have_count(3)
    assert not AIModel.objects.enabled().exists()
    assert len(stays) == 1


def test_pending_models_are_gone_through_by_keyboard_alone(signed_in: Page, stays: list[str]) -> None:
    for name in "abcd":
        a_model(name)
    signed_in.goto(PANEL)
    expect(signed_in.locator(".keys")).to_be_visible()

    signed_in.keyboard.press("j")
    expect(cards(signed_in, "pending").first).to_be_focused()
    signed_in.keyboard.press("a")
    expect(signed_in.locator("#said")).to_contain_text("Approved acme/a.")
    expect(signed_in.get_by_label("acme/b", exact=True)).to_be_focused()
    signed_in.keyboard.press("j")
    signed_in.keyboard.press("r")
    expect(signed_in.locator("#said")).to_contain_text("Rejected acme/c.")
    signed_in.keyboard.press("k")
    expect(signed_in.get_by_label("acme/b", exact=True)).to_be_focused()
    signed_in.keyboard.press("x")
    expect(signed_in.get_by_label("Select acme/b")).to_be_checked()

    signed_in.keyboard.press("/")
    signed_in.keyboard.type("jar")
    expect(signed_in.locator("#search")).to_have_value("jar")
    signed_in.keyboard.press("Enter")

    expect(signed_in).to_have_url(re.compile("q=jar"))
    statuses = dict(AIModel.objects.values_list("model_id", "status"))
    assert statuses == {"a": "enabled", "b": "pending", "c": "disabled", "d": "pending"}


def test_a_model_in_use_goes_only_after_one_has_seen_who_uses_it(signed_in: Page) -> None:
    model = a_model("used", status="enabled")
    lifecycle.set_default(model, ADMIN)
    some_usage(model, 42, key_id=1, key_name="support-bot")
    signed_in.goto(f"{PANEL}?provider=acme")

    signed_in.get_by_role("button", name="Disable acme/used").click()
    expect(signed_in.locator("h1")).to_have_text("Disable acme/used?")
    expect(signed_in.locator(".impact")).to_contain_text("support-bot")
    signed_in.fill("#reason", "Too dear")
    signed_in.get_by_role("button", name="Disable it").click()

    expect(signed_in).to_have_url(re.compile(r"/admin/panel\?provider=acme"))
    expect(signed_in.locator(".messagelist")).to_contain_text("Disabled acme/used.")
    signed_in.locator(".messagelist").get_by_role("button", name="Undo").click()
    expect(cards(signed_in, "enabled")).to_have_count(1)
    model.refresh_from_db()
    assert (model.status, model.is_default) == ("enabled", True)


def test_a_session_that_has_ended_leads_to_the_sign_in(signed_in: Page) -> None:
    a_model("m-1")
    signed_in.goto(PANEL)
    signed_in.context.clear_cookies(name="sessionid")

    signed_in.get_by_role("button", name="Approve acme/m-1").click()

    expect(signed_in.locator("#id_username")).to_be_visible()
    assert not AIModel.objects.enabled().exists()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [400, 700, 1400, 2000])
def test_the_pages_of_the_console_fit_the_screen_and_break_no_rule(signed_in: Page, width: int, scheme: str) -> None:
    name = "vendor/" + "a-very-long-name-" * 12
    for status in ("pending", "enabled", "disabled", "deprecated"):
        a_model(f"{name}{status}", name="A model with a very long name " * 5, status=status, context_window=1_000)
    model = AIModel.objects.get(status="enabled")
    some_usage(model, 1_000, key_id=1, key_name="k" * 80)
    some_usage(AIModel.objects.get(status="deprecated"), 1_000)
    signed_in.set_viewport_size({"width": width, "height": 900})
    signed_in.emulate_media(color_scheme=scheme)

    for path in (
        "/admin/",
        "/admin/?by=model",
        PANEL,
        f"{PANEL}?provider=acme",
        f"/admin/impact/{model.pk}/disable",
        "/admin/attention/retired",
        "/admin/attention/defaults",
    ):
        signed_in.goto(path, wait_until="networkidle")
        wider = signed_in.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        assert wider <= 0, path
        assert signed_in.locator("main [style], main style, main script:not([src])").count() == 0


def test_everything_works_without_scripts(signed_in: Page) -> None:
    a_model("m-1")
    bare = signed_in.context.browser.new_context(
        base_url=signed_in.url.split("/admin")[0],
        java_script_enabled=False,
        storage_state=signed_in.context.storage_state(),
    )
    page = bare.new_page()
    page.goto(f"{PANEL}?provider=acme")

    page.get_by_role("button", name="Approve acme/m-1").click()
    expect(page.locator(".messagelist")).to_contain_text("Approved acme/m-1.")
    page.get_by_role("radio", name="acme/m-1 is the default").check()
    page.get_by_role("button", name="Set the marked defaults").click()
    expect(page.locator(".messagelist")).to_contain_text("acme/m-1 is now the default")
    page.locator(".messagelist").get_by_role("button", name="Undo").click()

    expect(page.locator(".messagelist")).to_contain_text("Undone")
    expect(page).to_have_url(re.compile(r"/admin/panel\?provider=acme"))
    assert not AIModel.objects.filter(is_default=True).exists()
    bare.close()
