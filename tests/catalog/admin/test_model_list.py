from __future__ import annotations

from collections.abc import Callable

import pytest
from django.contrib.admin.models import LogEntry
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from catalog import facts, lifecycle
from catalog.models import AIModel, Change, ChangeSet, Status
from tests.builders import ADMIN, a_model, a_provider, some_models
from tests.catalog.admin.conftest import MODELS, Page, Read

pytestmark = pytest.mark.django_db


def test_a_row_tells_what_a_decision_needs(read: Read) -> None:
    a_model("vendor/m-1", name="Big One", context_window=1_048_576, price={"input_mtok": "2.5", "output_mtok": "10"})

    text = read(MODELS).text

    for shown in ("Big One", "vendor/m-1", "Acme", "Pending", "1,048,576", "USD 2.50 in / 10.00 out", "provider"):
        assert shown in text


def test_unknown_is_a_word_and_zero_is_free(read: Read) -> None:
    a_model("unknown-one")
    a_model("free-one", price={"input_mtok": "0", "output_mtok": "0"})

    text = read(MODELS).text

    assert text.count(">unknown</span>") == 1
    assert text.count(">free</span>") == 1


@pytest.mark.parametrize(
    ("status", "buttons"),
    [
        ("pending", {"Approve", "Reject"}),
        ("enabled", {"Disable", "Set default"}),
        ("disabled", {"Enable"}),
        ("deprecated", {"Restore"}),
        ("archived", {"Restore"}),
    ],
)
def test_a_row_offers_what_its_state_allows(read: Read, status: str, buttons: set[str]) -> None:
    a_model(status=status)

    assert set(read(f"{MODELS}?status=all").buttons) - {"Log out", "Go"} == buttons


def test_a_row_button_moves_the_model_and_offers_to_undo_it(admin_client: Client, read: Read) -> None:
    model = a_model()
    url = read(MODELS).buttons["Approve"]

    page = Page(admin_client.post(url, {"next": f"{MODELS}?status=pending"}, follow=True))

    model.refresh_from_db()
    change_set = ChangeSet.objects.latest("id")
    assert model.status == Status.ENABLED
    assert (change_set.actor_label, change_set.source) == ("admin", "admin")
    assert "Approved acme/m-1." in page.text

    page = Page(admin_client.post(page.buttons["Undo"], {"next": MODELS}, follow=True))

    model.refresh_from_db()
    assert model.status == Status.PENDING
    assert "Undone" in page.text


def test_one_comes_back_to_the_filtered_list_and_nowhere_else(admin_client: Client) -> None:
    url = reverse("admin:catalog_aimodel_move", args=[a_model().pk, "approve"])

    assert admin_client.post(url, {"next": f"{MODELS}?status=pending"})["Location"] == f"{MODELS}?status=pending"
    assert admin_client.post(url, {"next": "https://evil.example/"})["Location"] == MODELS


def test_an_illegal_move_is_refused_with_what_is_allowed(admin_client: Client) -> None:
    model = a_model(status=Status.DISABLED)

    page = admin_client.post(reverse("admin:catalog_aimodel_move", args=[model.pk, "approve"]), follow=True)

    model.refresh_from_db()
    assert model.status == Status.DISABLED
    assert (
        "acme/m-1 is disabled and cannot be approved. From disabled it can: enable, archive." in page.content.decode()
    )


def test_the_default_passes_on_and_is_reported(admin_client: Client, read: Read) -> None:
    old, new = a_model("old", status=Status.ENABLED), a_model("new", status=Status.ENABLED)
    lifecycle.set_default(old, ADMIN)

    page = Page(admin_client.post(reverse("admin:catalog_aimodel_default", args=[new.pk]), follow=True))

    assert "acme/new is now the default of acme (text), it was acme/old." in page.text
    assert AIModel.objects.default_for("acme") == new

    page = Page(admin_client.post(reverse("admin:catalog_aimodel_move", args=[new.pk, "disable"]), follow=True))

    assert "acme (text) has no default any more: acme/new was it." in page.text
    admin_client.post(page.buttons["Undo"])
    assert AIModel.objects.default_for("acme") == new


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ("", {"able", "busy", "speaker"}),
        ("?status=pending", {"able", "speaker"}),
        ("?status=archived", {"gone"}),
        ("?status=all", {"able", "busy", "gone", "speaker"}),
        ("?category=tts", {"speaker"}),
        ("?category=tts&status=enabled", set()),
        ("?provider=other", {"speaker"}),
        ("?default=yes", {"busy"}),
        ("?default=no", {"able", "speaker"}),
        ("?can=tools,vision", {"able"}),
        ("?can=tools", {"able", "busy"}),
        ("?q=ABLE", {"able"}),
        ("?q=vendor sy", {"busy"}),
        ("?q=%25", set()),
        ("?status=nonsense&category=nonsense", set()),
    ],
)
def test_filters_answer_what_operators_ask(admin_client: Client, query: str, names: set[str]) -> None:
    a_model("able", supports_tools=True, supports_vision=True)
    busy = a_model("vendor/busy", name="busy", supports_tools=True, status=Status.ENABLED)
    lifecycle.set_default(busy, ADMIN)
    a_model("speaker", provider=a_provider("other"), category="tts")
    a_model("gone", status=Status.ARCHIVED)

    response = admin_client.get(f"{MODELS}{query}")

    assert {row.name for row in response.context["cl"].result_list} == names


def test_tabs_keep_the_other_filters(read: Read) -> None:
    a_model()

    assert 'href="?category=tts&amp;status=pending"' in read(f"{MODELS}?status=pending").text


def test_an_empty_catalog_says_how_to_begin(admin_client: Client, read: Read) -> None:
    page = read(MODELS)
    assert "No models yet" in page.text

    admin_client.post(page.buttons["Add the default models"])

    assert AIModel.objects.filter(model_id="gpt-4.1", status=Status.ENABLED).exists()
    assert "No models yet" not in read(MODELS).text


def test_an_empty_answer_offers_to_clear_the_question(read: Read) -> None:
    a_model()

    assert "No model matches" in read(f"{MODELS}?q=nonsense").text


def test_personal_models_are_their_owners_affair(admin_client: Client, admin_user: object) -> None:
    model = a_model()
    AIModel.objects.filter(pk=model.pk).update(owner=admin_user)

    assert admin_client.get(f"{MODELS}{model.pk}/change/").status_code == 302
    assert admin_client.post(reverse("admin:catalog_aimodel_move", args=[model.pk, "approve"])).status_code == 404


def test_who_may_only_look_sees_no_buttons_and_may_press_none(staff: Callable[..., Client]) -> None:
    model, client = a_model(), staff("view_aimodel")

    page = Page(client.get(MODELS))

    assert set(page.buttons) == set()
    assert 'name="action"' not in page.text
    for name in ("move", "default", "no_default", "reset"):
        extra = {"move": ["approve"], "reset": ["name"]}.get(name, [])
        url = reverse(f"admin:catalog_aimodel_{name}", args=[model.pk, *extra])
        assert client.post(url).status_code == 403
    assert client.post(MODELS, {"action": "approve", "_selected_action": [model.pk]}).status_code in (200, 302)
    assert not Change.objects.exclude(change_set__source="sync").exists()


def test_staff_with_the_permission_to_change_decide_though_they_are_no_superusers(
    staff: Callable[..., Client],
) -> None:
    model = a_model()

    staff("change_aimodel").post(reverse("admin:catalog_aimodel_move", args=[model.pk, "approve"]))

    model.refresh_from_db()
    assert model.status == Status.ENABLED
    assert ChangeSet.objects.latest("id").actor_label == "carol"


@pytest.mark.parametrize("name", ["move", "default", "no_default", "reset", "populate"])
def test_decisions_are_taken_by_post_alone(admin_client: Client, name: str) -> None:
    extra = {"move": ["approve"], "reset": ["name"]}.get(name, [])
    args = [] if name == "populate" else [a_model().pk, *extra]

    assert admin_client.get(reverse(f"admin:catalog_aimodel_{name}", args=args)).status_code == 405


@pytest.mark.parametrize("pk", ["999999", "99999999999999999999999", "0"])
def test_a_model_that_is_not_there_is_no_error_of_ours(admin_client: Client, pk: str) -> None:
    assert admin_client.get(f"{MODELS}{pk}/change/").status_code == 302
    assert admin_client.get(f"{MODELS}{pk}/history/").status_code == 302
    assert admin_client.post(f"{MODELS}{pk}/move/approve/").status_code == 404
    assert admin_client.post(f"{MODELS}{pk}/move/explode/").status_code == 404


def test_our_history_stands_in_for_djangos_log(admin_client: Client) -> None:
    admin_client.post(reverse("admin:catalog_aimodel_move", args=[a_model().pk, "approve"]))

    assert not LogEntry.objects.exists()


@pytest.mark.parametrize("query", ["", "?q=model", "?status=pending&can=tools", "?p=2"])
def test_a_list_asks_as_often_for_10_models_as_for_100(
    admin_client: Client, django_assert_max_num_queries: DjangoAssertNumQueries, query: str
) -> None:
    providers = [a_provider(f"p-{number}") for number in range(10)]

    def add(count: int) -> None:
        for number, provider in enumerate(providers):
            rows = some_models(count // 10, provider, supports_tools=True)
            told = [facts.tell(row, facts.PROVIDER, {"name": row.name, "context_window": number + 1,
                    "price": {"input_mtok": "1", "output_mtok": "2"}}, timezone.now()) for row in rows]  # fmt: skip
            facts.save_many(told)

    add(60 if "p=2" in query else 10)
    with django_assert_max_num_queries(12) as few:
        admin_client.get(f"{MODELS}{query}")
    AIModel.objects.all().delete()
    add(100)
    with django_assert_max_num_queries(12) as many:
        admin_client.get(f"{MODELS}{query}")

    assert len(many) == len(few)
