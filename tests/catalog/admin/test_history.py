from __future__ import annotations

from collections.abc import Callable

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse
from pytest_django import DjangoAssertNumQueries

from catalog import connections, credentials, lifecycle, registration
from catalog.models import AIModel, Change, ChangeSet, Status
from tests.builders import ADMIN, a_model, a_provider
from tests.catalog.admin.conftest import CHANGES, MODELS, PROVIDERS, Page, Read

pytestmark = pytest.mark.django_db


def words(page: Page) -> str:
    return " ".join(page.text.split())


def test_the_history_of_a_model_tells_who_when_why_and_what(read: Read) -> None:
    model, heir = a_model(name="Theirs"), a_model("heir", name="Heir")
    registration.change_model(
        model, ADMIN, stated={"name": "Mine", "price": {"input_mtok": "1"}}, decisions={"successor_id": heir.pk},
        reason="Contract",
    )  # fmt: skip

    text = words(read(f"{MODELS}{model.pk}/history/"))

    for shown in ("alice", "Admin", "Contract", "just now", ">Theirs<", "Mine</td>", "USD 1.00 in", "acme/heir</td>"):
        assert shown in text
    assert "admin_claim" not in text
    assert "successor_id" not in text


def test_a_change_is_undone_from_the_history(admin_client: Client, read: Read) -> None:
    model = a_model(name="Theirs")
    registration.change_model(model, ADMIN, stated={"name": "Mine"})
    url = f"{MODELS}{model.pk}/history/"

    page = Page(admin_client.post(read(url).buttons["Undo"], {"next": url}, follow=True))

    model.refresh_from_db()
    assert model.name == "Theirs"
    assert "Undone: name: Mine" not in page.text
    assert "Undone: name: Theirs → Mine." in page.text
    assert page.text.count("<time") == 3


def test_what_was_changed_again_cannot_be_undone_first(admin_client: Client) -> None:
    model = a_model()
    for name in ("One", "Two"):
        registration.change_model(model, ADMIN, stated={"name": name})
    first = Change.objects.order_by("id")[1]

    response = admin_client.post(reverse("admin:catalog_change_undo", args=[first.pk]), follow=True)

    model.refresh_from_db()
    assert "was changed again by alice" in response.content.decode()
    assert model.name == "Two"


def test_a_field_pinned_to_its_own_value_is_told(read: Read) -> None:
    model = a_model(name="Theirs")
    registration.change_model(model, ADMIN, stated={"name": "Theirs"})

    text = words(read(f"{MODELS}{model.pk}/history/"))

    assert "as its sources say" in text
    assert "set by hand" in text


def test_the_list_of_changes_says_what_happened(admin_client: Client, read: Read) -> None:
    model = a_model()
    lifecycle.move(AIModel.objects.all(), "approve", ADMIN, "Tried")
    connections.change_provider(model.provider, {"name": "ACME"}, ADMIN)

    text = words(read(CHANGES))
    assert "status: pending → enabled" in text
    assert "name: Acme → ACME" in text

    def shown(query: str) -> list[str]:
        rows = admin_client.get(f"{CHANGES}?{query}").context["cl"].result_list
        return [f"{row.label} {row.get_action_display()}" for row in rows]

    assert shown("") == ["acme Changed", "acme/m-1 Changed", "acme/m-1 Created"]
    assert shown("object_type__exact=provider") == ["acme Changed"]
    assert shown("change_set__source__exact=sync") == ["acme/m-1 Created"]
    assert shown("q=M-1") == ["acme/m-1 Changed", "acme/m-1 Created"]
    assert shown(f"change_set={ChangeSet.objects.latest('id').pk}") == ["acme Changed"]
    assert shown("change_set__run=7") == []


def test_everything_of_a_transaction_is_undone_together(admin_client: Client, read: Read) -> None:
    a_model("m-1"), a_model("m-2")
    lifecycle.move(AIModel.objects.all(), "approve", ADMIN)
    change = Change.objects.latest("id")

    page = read(f"{CHANGES}{change.pk}/change/")
    assert "acme/m-1" in page.text
    assert "acme/m-2" in page.text
    admin_client.post(page.buttons["Undo everything of this transaction"])

    assert AIModel.objects.with_status("pending").count() == 2


def test_what_a_sync_found_offers_no_undo(read: Read) -> None:
    model = a_model()

    assert "Undo" not in read(f"{MODELS}{model.pk}/history/").buttons
    assert not any("Undo" in name for name in read(f"{CHANGES}{Change.objects.get().pk}/change/").buttons)


def test_the_history_of_a_provider_never_tells_a_key(read: Read) -> None:
    provider = a_provider()
    credentials.set_key(provider, "sk-very-secret-key-1234", ADMIN)

    page = read(f"{PROVIDERS}{provider.pk}/history/")

    assert "stored, ends in 1234" in page.text
    assert "secret" not in page.text
    assert "Undo" not in page.buttons


def test_nobody_edits_the_history(admin_client: Client) -> None:
    a_model()
    change = Change.objects.get()

    assert admin_client.get(f"{CHANGES}add/").status_code == 403
    assert admin_client.get(f"{CHANGES}{change.pk}/delete/").status_code == 403
    admin_client.post(f"{CHANGES}{change.pk}/change/", {"label": "forged"})
    admin_client.post(CHANGES, {"action": "delete_selected", "_selected_action": [change.pk], "post": "yes"})
    assert Change.objects.get().label == "acme/m-1"


@pytest.mark.parametrize("permission", ["view_change", "change_provider"])
def test_undo_needs_the_right_to_change_what_it_changes(staff: Callable[..., Client], permission: str) -> None:
    a_model()
    lifecycle.move(AIModel.objects.all(), "approve", ADMIN)
    change, client = Change.objects.latest("id"), staff(permission)

    assert client.post(reverse("admin:catalog_change_undo", args=[change.pk])).status_code == 403
    assert client.post(reverse("admin:catalog_changeset_undo", args=[change.change_set_id])).status_code == 403
    assert AIModel.objects.get().status == Status.ENABLED


def test_a_change_that_is_not_there_is_no_error_of_ours(admin_client: Client) -> None:
    assert admin_client.get(f"{CHANGES}999/change/").status_code == 302
    assert admin_client.post(f"{CHANGES}999/undo/").status_code == 404
    assert admin_client.post(f"{CHANGES}set/999/undo/").status_code == 404
    assert admin_client.get(f"{CHANGES}{2**70}/change/").status_code == 302


def test_the_overview_shows_what_changed_last(admin_client: Client, admin_user: User) -> None:
    a_model("m-1"), a_model("m-2")
    lifecycle.move(AIModel.objects.all(), "approve", ADMIN, "Tried both")

    text = " ".join(admin_client.get("/admin/").content.decode().split())

    assert "2 changes" in text
    assert "Tried both" in text
    assert text.index("Tried both") < text.index("acme/m-2")


@pytest.mark.parametrize("count", [10, 100])
def test_lists_of_changes_ask_as_often_for_10_as_for_100(
    admin_client: Client, django_assert_num_queries: DjangoAssertNumQueries, count: int
) -> None:
    heir = a_model("heir")
    for number in range(count):
        model = a_model(f"m-{number}")
        registration.change_model(model, ADMIN, decisions={"successor_id": heir.pk})

    with django_assert_num_queries(5):  # session, user, count, page, names of successors
        admin_client.get(f"{CHANGES}?change_set__source__exact=admin")
