from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from pytest_django.asserts import assertContains, assertNotContains

from catalog import facts, lifecycle
from catalog.models import AIModel, ChangeSet, Price, Provider
from discovery import sync
from discovery.models import SyncResult
from tests.builders import ADMIN, a_provider
from tests.discovery.doors import ONCE, entries, entry, serve
from tests.fakes.provider import FakeProvider

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("done_at_once")]

CHEAP = {"prompt": "0.000002", "completion": "0.000008"}
DEAR = {"prompt": "0.00002", "completion": "0.000008"}


def synced(**options: Any) -> SyncResult:
    return sync.sync(ADMIN, ["acme"], force=True, pace=ONCE, **options).results.get()


@pytest.fixture
def plan(acme: Provider, fake_provider: FakeProvider) -> SyncResult:
    """m-0 changed, m-9 is missing, two are new, the price of m-1 is held."""
    serve(fake_provider, entries(10))
    synced()
    changed = [entry("acme/m-0", context_length=1), entry("acme/m-1", pricing=DEAR), *entries(9)[2:]]
    serve(fake_provider, [*changed, entry("acme/new-1"), entry("acme/new-2")])
    return synced(dry_run=True)


def review(result: SyncResult) -> str:
    return f"/admin/sync/results/{result.pk}"


def windows() -> dict[str, int | None]:
    return dict(AIModel.objects.filter(provider__slug="acme").values_list("model_id", "context_window"))


def test_a_plan_is_shown_kind_by_kind(plan: SyncResult, admin_client: Client) -> None:
    new = admin_client.get(review(plan))
    assertContains(new, "acme/new-1")
    assertContains(new, "becomes pending")
    assertContains(new, "USD 2.00 in / 8.00 out")
    changed = admin_client.get(f"{review(plan)}?kind=changed")
    assertContains(changed, "8,192")
    assertContains(changed, "→ </span>1<")
    assertContains(admin_client.get(f"{review(plan)}?kind=missing"), "1 list in a row without it")
    assertContains(admin_client.get(f"{review(plan)}?kind=held"), "moved from 2 to 20 USD")
    found = admin_client.get(f"{review(plan)}?kind=new&q=NEW-2")
    assertContains(found, "acme/new-2")
    assertNotContains(found, "acme/new-1")


def test_all_of_a_plan_is_applied_with_its_reason(plan: SyncResult, admin_client: Client) -> None:
    page = admin_client.post(review(plan), {"all": "1", "reason": "as announced"}, follow=True)

    assertContains(page, "Synced 11 models from acme")
    assert windows()["acme/m-0"] == 1
    assert {"acme/new-1", "acme/new-2"} <= windows().keys()
    assert AIModel.objects.get(model_id="acme/m-9").misses == 1
    assert Price.objects.get(state="held").model.model_id == "acme/m-1"
    assert ChangeSet.objects.first().reason == "as announced"


def test_only_the_chosen_models_are_touched(
    plan: SyncResult, admin_client: Client, fake_provider: FakeProvider
) -> None:
    admin_client.post(review(plan), {"chosen": "1", "model": ["acme/new-1", "acme/m-0"]})

    assert "acme/new-2" not in windows()
    assert (windows()["acme/m-0"], AIModel.objects.get(model_id="acme/m-9").misses) == (1, 0)
    assert not Price.objects.filter(state="held").exists()
    assert synced().new == 1  # the rest comes with the next sync


def test_what_differs_from_what_was_shown_is_left_alone_and_named(
    plan: SyncResult, admin_client: Client, fake_provider: FakeProvider
) -> None:
    later = [entry("acme/m-0", context_length=2), *entries(10)[1:], entry("acme/new-1"), entry("acme/new-3")]
    serve(fake_provider, later)

    page = admin_client.post(review(plan), {"all": "1"}, follow=True)

    assert windows()["acme/m-0"] == 8_192
    assert "acme/new-1" in windows()
    assert "acme/new-3" not in windows()
    assertContains(page, "left alone since the review")
    for model_id, what in [
        ("acme/m-0", "is listed differently now"),
        ("acme/new-3", "has appeared or changed since"),
        ("acme/new-2", "is not listed any more"),
        ("acme/m-9", "is listed again"),
    ]:
        assertContains(page, f'<code class="id">{model_id}</code> {what}')


def test_an_edit_made_since_the_review_stands(plan: SyncResult, admin_client: Client) -> None:
    facts.state(AIModel.objects.get(model_id="acme/m-0"), {"context_window": 77}, ADMIN)

    admin_client.post(review(plan), {"all": "1"})

    assert windows()["acme/m-0"] == 77


def test_choosing_nothing_does_nothing(plan: SyncResult, admin_client: Client) -> None:
    page = admin_client.post(review(plan), {"chosen": "1"}, follow=True)

    assertContains(page, "No model was chosen.")
    assert "acme/new-1" not in windows()


def test_a_plan_of_several_providers_is_applied_at_once(
    plan: SyncResult, admin_client: Client, fake_provider: FakeProvider
) -> None:
    a_provider("other", base_url=f"{fake_provider.url}/other", auth="none")
    serve(fake_provider, entries(2), "/other/models")
    run = sync.sync(ADMIN, dry_run=True, pace=ONCE)

    assertContains(admin_client.get(f"/admin/sync/runs/{run.pk}"), "Apply all of it, at 2 providers")
    admin_client.post(f"/admin/sync/runs/{run.pk}/apply")

    assert AIModel.objects.filter(provider__slug="other").count() == 2
    assert "acme/new-1" in windows()


@pytest.fixture
def short_list(acme: Provider, fake_provider: FakeProvider) -> SyncResult:
    serve(fake_provider, entries(10))
    synced()
    lifecycle.move(AIModel.objects.filter(provider=acme), "approve", ADMIN)
    serve(fake_provider, [entry("acme/m-0", context_length=1), *entries(4)[1:]])
    return synced()


def test_a_held_list_is_accepted_after_a_look_at_it(short_list: SyncResult, admin_client: Client) -> None:
    assertContains(admin_client.get("/admin/sync/held"), "Less than half: held.")

    admin_client.post(review(short_list), {"all": "1", "reason": "they cleaned up"})

    short_list.refresh_from_db()
    assert (short_list.decision, short_list.decided_by, short_list.decision_reason) == (
        "accepted",
        "admin",
        "they cleaned up",
    )
    assert windows()["acme/m-0"] == 1
    assert AIModel.objects.filter(missing_since__isnull=False, status="enabled").count() == 6
    assertContains(admin_client.get("/admin/sync/held"), "No list is held.")
    assert synced().state == "succeeded"


def test_a_held_list_is_refused_once(short_list: SyncResult, admin_client: Client) -> None:
    page = admin_client.post(review(short_list), {"refuse": "1", "reason": "an outage"}, follow=True)
    again = admin_client.post(review(short_list), {"all": "1"}, follow=True)

    assertContains(page, "Refused. Nothing of acme was changed.")
    assertContains(page, "No list is held.")
    assertContains(again, "does not wait for a decision any more")
    assertContains(again, "Refused by admin")
    assert windows()["acme/m-0"] == 8_192


def test_a_result_without_a_plan_has_nothing_to_apply(
    acme: Provider, fake_provider: FakeProvider, admin_client: Client
) -> None:
    serve(fake_provider, entries(1))
    result = synced()

    page = admin_client.post(review(result), {"all": "1"}, follow=True)

    assertContains(page, "There is no plan to apply.")
