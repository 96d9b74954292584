from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from catalog import lifecycle, registration
from catalog.models import AIModel, Change, ChangeSet, Status
from tests.builders import ADMIN, a_model, a_provider, some_models
from tests.catalog.admin.conftest import MODELS, Page

pytestmark = pytest.mark.django_db


def select(client: Client, action: str, models: list[AIModel], query: str = "", **more: Any) -> Page:
    """Choose rows and a move, as the list's form does."""
    chosen = {"action": action, "_selected_action": [model.pk for model in models], "index": 0, **more}
    response = client.post(f"{MODELS}{query}", chosen)
    assert response.status_code == 200
    return Page(response)


def confirm(client: Client, page: Page, models: list[AIModel], query: str = "", **more: Any) -> Page:
    form = {**page.fields, "_selected_action": [model.pk for model in models], **more}
    return Page(client.post(f"{MODELS}{query}", form, follow=True))


def test_nothing_moves_before_a_page_has_shown_what_would(admin_client: Client) -> None:
    models = [a_model("m-1"), a_model("m-2")]

    page = select(admin_client, "approve", models)

    assert "acme/m-1" in page.text
    assert "Approve 2 models" in page.text
    assert AIModel.objects.with_status("pending").count() == 2

    page = confirm(admin_client, page, models, reason="Both tried")

    change_set = ChangeSet.objects.latest("id")
    assert AIModel.objects.enabled().count() == 2
    assert (change_set.reason, change_set.changes.count()) == ("Both tried", 2)
    assert "Approved 2 models." in page.text

    admin_client.post(page.buttons["Undo"])
    assert AIModel.objects.with_status("pending").count() == 2


def test_a_selection_that_may_not_move_is_explained_and_stays(admin_client: Client) -> None:
    models = [a_model("m-1"), a_model("m-2", status=Status.DISABLED)]

    page = select(admin_client, "approve", models)

    assert "acme/m-2 is disabled and cannot be approved. From disabled it can: enable, archive." in page.text
    assert "seen" not in page.fields
    assert AIModel.objects.with_status("pending").count() == 1


def test_defaults_that_would_be_lost_or_pass_on_are_named(admin_client: Client) -> None:
    heir = a_model("heir", status=Status.ENABLED)
    passing = a_model("passing", status=Status.ENABLED)
    lost = a_model("lost", provider=a_provider("other"), status=Status.ENABLED)
    registration.change_model(passing, ADMIN, decisions={"successor_id": heir.pk})
    for model in (passing, lost):
        lifecycle.set_default(model, ADMIN)

    page = select(admin_client, "disable", [passing, lost])

    assert "acme/heir is now the default of acme (text), it was acme/passing." in page.text
    assert "other (text) has no default any more: other/lost was it." in page.text


def test_only_what_was_shown_is_applied(admin_client: Client) -> None:
    a_model("m-1")
    page = select(admin_client, "approve", list(AIModel.objects.all()), "?status=pending", select_across=1)
    a_model("m-2")  # a sync finds another one before the admin confirms

    page = confirm(admin_client, page, list(AIModel.objects.all()), "?status=pending")

    assert "have changed since" in page.text
    assert AIModel.objects.with_status("pending").count() == 2

    confirm(admin_client, page, list(AIModel.objects.all()), "?status=pending")
    assert AIModel.objects.enabled().count() == 2


def test_ten_thousand_models_are_approved_in_few_statements(
    admin_client: Client, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    some_models(10_000, a_provider())
    some_models(3, a_provider("other"))
    first = list(AIModel.objects.for_provider("acme")[:50])
    query = "?provider=acme&status=pending"

    with django_assert_max_num_queries(12):
        page = select(admin_client, "approve", first, query, select_across=1)

    assert page.text.count('<code class="id"') == 20
    assert "and 9,980 more" in page.text
    assert len(page.text) < 60_000

    with django_assert_max_num_queries(120):  # SQLite takes 142 rows of the history in a statement
        page = confirm(admin_client, page, first, query)

    assert "Approved 10,000 models." in page.text
    assert AIModel.objects.enabled().count() == 10_000
    assert AIModel.objects.for_provider("other").enabled().count() == 0
    assert Change.objects.filter(change_set=ChangeSet.objects.latest("id")).count() == 10_000

    with django_assert_max_num_queries(120):
        admin_client.post(page.buttons["Undo"])

    assert not AIModel.objects.enabled().exists()


def test_every_move_is_offered_in_bulk(admin_client: Client) -> None:
    model = a_model()

    actions = admin_client.get(MODELS).context["action_form"].fields["action"].choices

    assert {name for name, _ in actions} == {"", *lifecycle.MOVES}
    assert model.status == Status.PENDING


def test_a_model_deleted_meanwhile_leaves_nothing_to_confirm(admin_client: Client) -> None:
    model = a_model()
    page = select(admin_client, "approve", [model])
    AIModel.objects.all().delete()

    assert "have changed since" in confirm(admin_client, page, [model]).text
