from __future__ import annotations

from datetime import timedelta

import pytest
from django.contrib.auth.models import Permission, User
from django.test import Client
from django.utils import timezone
from pytest_django.asserts import assertContains, assertNotContains, assertRedirects

from catalog.models import AIModel, Provider
from discovery import runs, sync
from discovery.models import SyncRun
from tests.builders import ADMIN, a_provider
from tests.discovery.doors import entries, serve
from tests.fakes import faults
from tests.fakes.provider import FakeProvider

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("done_at_once")]

REFRESH = "/admin/sync/refresh/acme"


def test_the_button_leads_to_the_page_of_its_run(
    acme: Provider, fake_provider: FakeProvider, admin_client: Client
) -> None:
    serve(fake_provider, [*entries(3), {"id": 7}])

    answer = admin_client.post(REFRESH)

    run = SyncRun.objects.get()
    assertRedirects(answer, f"/admin/sync/runs/{run.pk}")
    page = admin_client.get(answer["Location"])
    assertContains(page, "Synced 3 models from acme. Fetched: 4, Transformed: 3, Skipped: 1")
    assertContains(page, "/admin/catalog/aimodel/?provider=acme&amp;status=pending")
    assertContains(page, "1 entries left out")
    assertNotContains(page, "data-refresh-url")
    assert (run.requested_by, run.source) == ("admin", "admin")


def test_all_providers_are_refreshed_with_one_button(
    acme: Provider, fake_provider: FakeProvider, admin_client: Client
) -> None:
    a_provider("dead", base_url=faults.closed_port_url(), auth="none")
    serve(fake_provider, entries(1))

    page = admin_client.post("/admin/sync/refresh", follow=True)

    assertContains(page, "1 of 2 providers failed; nothing of theirs was changed.")


def test_a_fresh_provider_is_refreshed_again_only_if_one_insists(
    acme: Provider, fake_provider: FakeProvider, admin_client: Client
) -> None:
    serve(fake_provider, entries(1))
    Provider.objects.filter(pk=acme.pk).update(last_synced_at=timezone.now() - timedelta(minutes=3))

    page = admin_client.post(REFRESH, {"next": "/admin/catalog/provider/"}, follow=True)

    assertContains(page, "acme was refreshed 3 minutes ago.")
    assertContains(page, f'formaction="{REFRESH}?force"')
    assert SyncRun.objects.count() == 0
    admin_client.post(f"{REFRESH}?force")
    assert AIModel.objects.filter(provider=acme).count() == 1


def test_a_provider_that_is_being_synced_shows_that_run(acme: Provider, admin_client: Client) -> None:
    run = sync.create_run(ADMIN, ["acme"])
    run.results.update(state="running", lease_until=timezone.now() + timedelta(minutes=1), message="250 entries read")

    page = admin_client.post(REFRESH, follow=True)

    assertContains(page, "A sync of acme is running already")
    assertContains(page, "250 entries read")
    assertContains(page, f'data-refresh-url="/admin/sync/runs/{run.pk}/progress"')
    assertContains(page, "0 of 1 provider done.")


def test_the_part_that_changes_is_served_alone(acme: Provider, admin_client: Client) -> None:
    run = sync.create_run(ADMIN, ["acme"])

    part = admin_client.get(f"/admin/sync/runs/{run.pk}/progress")

    assertContains(part, "waits for its turn")
    assertNotContains(part, "<html")
    assert part["Cache-Control"].startswith("max-age=0, no-cache")


@pytest.mark.parametrize(
    ("columns", "said"),
    [
        ({"state": "running", "lease_until": timezone.now() - timedelta(seconds=1)}, "worker died"),
        ({"state": "running", "seen_at": timezone.now() - timedelta(minutes=3)}, "worker died"),
        ({"state": "queued"}, "No worker began with it"),
    ],
)
def test_a_run_whose_worker_died_or_never_came_says_so(
    acme: Provider, admin_client: Client, columns: dict, said: str
) -> None:
    run = sync.create_run(ADMIN, ["acme"], dry_run="seen_at" in columns)
    run.results.update(**columns)
    SyncRun.objects.update(created_at=timezone.now() - timedelta(minutes=3))

    assertContains(admin_client.get(f"/admin/sync/runs/{run.pk}"), said)
    run.refresh_from_db()
    assert run.finished_at is not None


def test_the_list_of_runs_says_what_each_did_and_what_waits(
    acme: Provider, fake_provider: FakeProvider, admin_client: Client
) -> None:
    serve(fake_provider, entries(5))
    admin_client.post(REFRESH)
    serve(fake_provider, entries(1))
    admin_client.post(f"{REFRESH}?force")

    page = admin_client.get("/admin/discovery/syncrun/")

    assertContains(page, "5 new")
    assertContains(page, "1 list held")
    assertContains(page, "Held (1)")
    assertContains(page, "Refresh all providers")


def test_the_list_of_runs_asks_a_constant_number_of_questions(
    acme: Provider, admin_client: Client, django_assert_max_num_queries
) -> None:
    for _ in range(30):
        sync.create_run(ADMIN, ["acme", "openai"])

    with django_assert_max_num_queries(14):
        admin_client.get("/admin/discovery/syncrun/")


def test_a_preview_changes_nothing(acme: Provider, fake_provider: FakeProvider, admin_client: Client) -> None:
    serve(fake_provider, entries(2))

    page = admin_client.post("/admin/sync/preview/acme", follow=True)

    assertContains(page, "Nothing was changed: this is what a sync would do now.")
    assertContains(page, "Review what it would do")
    assert not AIModel.objects.filter(provider=acme).exists()


def test_buttons_are_no_links_and_need_the_permission(
    acme: Provider, admin_client: Client, client: Client, django_user_model: type[User]
) -> None:
    clerk = django_user_model.objects.create(username="clerk", is_staff=True)
    clerk.user_permissions.add(Permission.objects.get(codename="view_syncrun"))
    run = sync.create_run(ADMIN, ["acme"])

    assert admin_client.get(REFRESH).status_code == 405
    assert client.post(REFRESH).status_code == 302
    client.force_login(clerk)
    assert client.post(REFRESH).status_code == 403
    assertNotContains(client.get("/admin/discovery/syncrun/"), "Refresh all providers")
    assert client.get(f"/admin/sync/runs/{run.pk}").status_code == 200
    assert client.get("/admin/sync/runs/0").status_code == 404


def test_an_unknown_provider_is_told(admin_client: Client) -> None:
    assertContains(admin_client.post("/admin/sync/refresh/nobody", follow=True), "No provider is called nobody.")


def test_a_run_of_many_providers_is_in_the_state_that_needs_to_be_known(acme: Provider) -> None:
    run = sync.create_run(ADMIN, ["acme", "openai"])
    states = []
    for one, other in [
        ("queued", "queued"),
        ("running", "failed"),
        ("failed", "held"),
        ("held", "succeeded"),
        ("succeeded", "skipped"),
        ("skipped", "skipped"),
    ]:
        run.results.filter(provider=acme).update(state=one)
        run.results.exclude(provider=acme).update(state=other)
        states.append(runs.state_of(run.results.all()))

    assert states == ["queued", "running", "failed", "held", "succeeded", "skipped"]
