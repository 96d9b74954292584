"""The page of a run minds itself: it follows the run, survives a reload, and rests when the run has ended."""

from __future__ import annotations

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from catalog import facts, pricing
from catalog.models import Provider
from discovery import leases, results, sync
from discovery.models import SyncResult
from tests.builders import ADMIN, a_model, a_provider

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def running() -> SyncResult:
    a_provider("acme")
    result = sync.create_run(ADMIN, ["acme"]).results.get()
    assert leases.claim(result)
    return result


def test_the_page_of_a_run_follows_it_to_its_end(signed_in: Page, running: SyncResult) -> None:
    signed_in.goto(f"/admin/sync/runs/{running.run_id}")
    expect(signed_in.locator("#run")).to_contain_text("0 of 1 provider done")

    leases.note(running, "250 entries read, page 1", always=True)
    expect(signed_in.locator("#run")).to_contain_text("250 entries read, page 1")
    signed_in.reload()
    expect(signed_in.locator("#run")).to_contain_text("250 entries read, page 1")

    running.refresh_from_db()
    running.new, running.reasons, running.skipped = 250, ["no id"], 1
    results.end(running, "succeeded", "Synced 250 models from acme.")
    expect(signed_in.locator("#run")).to_contain_text("Synced 250 models from acme.")
    expect(signed_in.locator("#run[data-refresh-url]")).to_have_count(0)
    signed_in.click("summary")
    expect(signed_in.locator("details li")).to_be_visible()


def test_a_page_that_lost_its_server_for_a_moment_goes_on(signed_in: Page, running: SyncResult) -> None:
    lost = 0

    def lose(route) -> None:
        nonlocal lost
        lost += 1
        route.fulfill(status=204) if lost < 2 else route.continue_()

    signed_in.route("**/progress", lose)
    signed_in.goto(f"/admin/sync/runs/{running.run_id}")
    results.end(running, "failed", "acme cannot be reached")

    expect(signed_in.locator("#run")).to_contain_text("acme cannot be reached", timeout=10_000)


def test_the_pages_of_discovery_break_no_rule(signed_in: Page, running: SyncResult) -> None:
    model = a_model("fast", provider=Provider.objects.get(slug="acme"))
    plan = {
        "new": [{"model_id": "acme/new", "status": "pending", "name": "New", "price": {"input_mtok": "2"}}],
        "changed": [{"id": model.pk, "model_id": "fast", "before": {"name": "a"}, "after": {"name": "b"}}],
        "missing": [],
        "deprecate": [],
        "restore": [],
        "digests": {"acme/new": "x"},
    }
    SyncResult.objects.update(state="held", plan=plan, lease_until=None, finished_at=timezone.now(), message="Held.")
    for path in (
        "/admin/discovery/syncrun/",
        f"/admin/sync/runs/{running.run_id}",
        f"/admin/sync/results/{running.pk}",
        "/admin/sync/held",
        "/admin/sync/conflicts",
    ):
        signed_in.goto(path, wait_until="networkidle")
        assert signed_in.locator("#content h1").is_visible()


@pytest.mark.parametrize("width", [400, 700])
def test_what_waits_can_be_decided_on_a_small_screen(signed_in: Page, width: int) -> None:
    model = a_model("a-long-name-of-a-model-that-waits", context_window=8_000, price={"input_mtok": "2"})
    pricing.hold([pricing.NewPrice(model=model, stated={"input_mtok": "20"}, source=facts.PROVIDER)])
    facts.save_many([facts.tell(model, facts.ENRICHMENT, {"context_window": 32_000}, timezone.now())])
    signed_in.set_viewport_size({"width": width, "height": 900})

    for path, count in (("/admin/sync/held", 2), ("/admin/sync/conflicts", 3)):
        signed_in.goto(path)
        buttons = signed_in.locator(".decide button")
        expect(buttons).to_have_count(count)
        for button in buttons.all():
            box = button.bounding_box()
            assert box is not None and box["x"] >= 0 and box["x"] + box["width"] <= width, path
