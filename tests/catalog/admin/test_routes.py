"""Routes in the admin: the list, the page with its table of targets, history with undo."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from catalog import lifecycle, routes
from catalog.models import AIModel, Change, Route
from gateway.models import UsageDay
from tests.builders import ADMIN, a_model, a_provider, a_route
from tests.catalog.admin.conftest import Page, Read

pytestmark = pytest.mark.django_db

ROUTES = "/admin/catalog/route/"
Edit = Callable[..., Page]


@pytest.fixture(autouse=True)
def models() -> list[AIModel]:
    return [a_model(name, status="enabled") for name in ("a", "b", "vendor/c")]


@pytest.fixture
def split() -> Route:
    return a_route(
        "chat",
        {"model": "acme/a", "weight": 70, "variant": "old"},
        {"model": "acme/b", "weight": 30},
        {"model": "acme/vendor/c"},
    )


def page(route: Route) -> str:
    return f"{ROUTES}{route.pk}/change/"


def targets(route: Route) -> list[dict[str, Any]]:
    row = Route.objects.with_targets().get(pk=route.pk)
    return routes.definition(row, row.targets.all())["targets"]


def row(number: int, **parts: Any) -> dict[str, Any]:
    return {f"targets-{number - 1}-{name}": value for name, value in parts.items()}


def test_the_list_says_in_words_where_routes_lead_and_how_much_they_are_called(read: Read, split: Route) -> None:
    a_route("idle", {"route": "chat", "weight": 1}, is_listed=False)
    UsageDay.objects.create(day=timezone.now().date(), model="acme/a", route="chat", calls=1_234, refused=4, errors=3)

    text = read(ROUTES).text

    assert "70 % acme/a, 30 % acme/b; then acme/vendor/c" in text
    assert "1,230, 3 failed" in text
    assert "hidden" in text


def test_a_target_that_cannot_be_called_is_marked_on_list_and_page(read: Read, split: Route) -> None:
    lifecycle.move(AIModel.objects.filter(model_id="b"), "disable", ADMIN)

    assert "acme/b is disabled" in read(ROUTES).text
    assert "acme/b is disabled" in read(page(split)).text


def test_a_route_is_added_with_its_targets_in_the_order_of_their_numbers(edit: Edit) -> None:
    fields = {
        **row(1, order=3, model="acme/vendor/c"),
        **row(2, order=1, model="acme/a", weight=9, variant="old"),
        **row(3, order=2, model="acme/b", weight=1),
    }

    answer = edit(f"{ROUTES}add/", name="chat", is_experiment="on", reason="trial", **fields)

    assert "Added chat." in answer.text
    route = Route.objects.get()
    assert (route.is_active, route.is_listed, route.is_experiment) == (True, True, True)
    assert targets(route) == [
        {"model": "acme/a", "weight": 9, "variant": "old"},
        {"model": "acme/b", "weight": 1, "variant": ""},
        {"model": "acme/vendor/c", "weight": 0, "variant": ""},
    ]
    assert Change.objects.get(object_type="route").change_set.reason == "trial"


def test_a_name_that_hides_a_model_is_saved_with_a_warning(edit: Edit) -> None:
    answer = edit(f"{ROUTES}add/", name="acme/a", **row(1, model="acme/b", weight=1))

    assert "Added acme/a." in answer.text and "acme/a has this name too" in answer.text


def test_rows_are_changed_removed_and_added_and_the_rest_stays(edit: Edit, read: Read, split: Route) -> None:
    a_route("inner", {"model": "acme/a", "weight": 1})
    changes = {**row(1, weight=50), **row(2, remove="on"), **row(4, order=9, route="inner", weight=50)}

    answer = edit(page(split), **changes)

    assert "Changed chat: Where it leads." in answer.text
    assert targets(split) == [
        {"model": "acme/a", "weight": 50, "variant": "old"},
        {"model": "acme/vendor/c", "weight": 0, "variant": ""},
        {"route": "inner", "weight": 50, "variant": ""},
    ]
    told = read(f"{ROUTES}{split.pk}/history/").text
    assert "70 % acme/a, 30 % acme/b; then acme/vendor/c; called: old is acme/a" in told
    assert "50 % acme/a, 50 % inner; then acme/vendor/c" in told


def test_saving_what_was_not_changed_changes_nothing(edit: Edit, split: Route) -> None:
    lifecycle.move(AIModel.objects.filter(model_id="b"), "disable", ADMIN)

    assert "Nothing to save" in edit(page(split)).text
    assert "Changed chat: Description." in edit(page(split), description="For support").text


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        (row(2, model="acme/none"), "Row 2: There is no model acme/none."),
        (row(5, model="acme/b", weight=1), "Row 5: Two are called acme/b;"),
        (row(2, weight=-1), "Row 2, weight: Ensure this value is greater than or equal to 0."),
        (row(2, weight="much"), "Row 2, weight: Enter a whole number."),
        (row(2, route="chat"), "Row 2, route: Select a valid choice."),
        ({**row(1, weight=0), **row(2, weight=0)}, "Where it leads: Give at least one a weight above 0"),
        (row(4, weight=5), "Row 4: Name a model or a route."),
        ({"name": "two words"}, "Use letters, digits"),
    ],
)
def test_what_is_wrong_is_said_with_its_row_and_nothing_is_saved(
    edit: Edit, split: Route, changes: dict[str, Any], says: str
) -> None:
    before = targets(split)

    answer = edit(page(split), **changes)

    assert "Nothing was saved" in answer.text and says in answer.text
    assert targets(split) == before and Change.objects.of("route", split.pk).count() == 1


def test_a_loop_is_refused_at_its_row(edit: Edit, split: Route) -> None:
    a_route("outer", {"route": "chat", "weight": 1})

    answer = edit(page(split), **row(4, route="outer"))

    assert "Row 4: Leads back to where it began: chat → outer → chat." in answer.text


def test_two_who_change_the_targets_at_once_do_not_overwrite_one_another(
    read: Read, admin_client: Client, split: Route
) -> None:
    seen = read(page(split)).fields
    routes.change_route(split, {"targets": [{"model": "acme/b", "weight": 1}]}, ADMIN)

    answer = admin_client.post(page(split), {**seen, **row(1, weight=1)}, follow=True)
    assert "Somebody else changed “Where it leads” while you did." in answer.content.decode()

    answer = admin_client.post(page(split), {**seen, "description": "x"}, follow=True)
    assert "Changed chat: Description." in answer.content.decode()
    assert targets(split) == [{"model": "acme/b", "weight": 1, "variant": ""}]


def test_a_change_and_a_deletion_are_undone(edit: Edit, read: Read, admin_client: Client, split: Route) -> None:
    before = targets(split)
    answer = edit(page(split), **row(1, weight=1))
    admin_client.post(answer.buttons["Undo"])
    assert targets(split) == before

    deleted = Page(admin_client.post(f"{ROUTES}{split.pk}/delete/", {"post": "yes"}, follow=True))
    assert "Deleted chat." in deleted.text and not Route.objects.exists()
    admin_client.post(deleted.buttons["Undo"])
    assert targets(split) == before


def test_a_route_that_others_lead_to_stays(read: Read, admin_client: Client, split: Route) -> None:
    a_route("outer", {"route": "chat", "weight": 1})

    answer = admin_client.post(f"{ROUTES}{split.pk}/delete/", {"post": "yes"}, follow=True)

    assert "chat cannot be deleted: outer leads to it." in answer.content.decode()
    assert "outer" in read(page(split)).text


def test_a_model_that_a_route_leads_to_is_not_deleted(admin_client: Client) -> None:
    model = a_model("mine", status="enabled")
    AIModel.objects.filter(pk=model.pk).update(listed_at=None, discovered_at=None)
    a_route("chat", {"model": "acme/mine", "weight": 1})

    shown = admin_client.get(f"/admin/catalog/aimodel/{model.pk}/change/").content.decode()

    assert "acme/mine is a target of chat: take it out of there first" in shown
    assert admin_client.post(f"/admin/catalog/aimodel/{model.pk}/delete/", {"post": "yes"}).status_code == 403


def test_who_may_only_look_sees_no_way_to_change(staff: Callable[..., Client], split: Route) -> None:
    clerk = staff("view_route")

    shown = clerk.get(page(split)).content.decode()

    assert "70 % acme/a" in shown and 'name="_save"' not in shown and "Remove" not in shown
    assert clerk.post(page(split), {"name": "x"}).status_code == 403
    assert clerk.get(f"{ROUTES}models/").status_code == 200
    assert staff_without(clerk).get(f"{ROUTES}models/").status_code == 403


def staff_without(clerk: Client) -> Client:
    from django.contrib.auth.models import User

    User.objects.get(username="carol").user_permissions.clear()
    return clerk


def test_models_are_suggested_by_parts_of_their_names(admin_client: Client) -> None:
    a_model("asleep")

    def suggested(words: str) -> list[str]:
        return admin_client.get(f"{ROUTES}models/", {"q": words}).json()["names"]

    assert suggested("vendor") == suggested("acme vendor") == suggested("acme/vendor/c") == ["acme/vendor/c"]
    assert suggested("asleep") == suggested("nothing\0") == []


def test_the_list_asks_the_same_number_of_questions_for_any_number(
    admin_client: Client, django_assert_max_num_queries: Any
) -> None:
    for number in range(20):
        model = a_model("m", provider=a_provider(f"p{number}"), status="enabled")
        a_route(f"r{number}", {"model": model.pk, "weight": 1}, {"model": "acme/a"})

    with django_assert_max_num_queries(10):
        admin_client.get(ROUTES)
    with django_assert_max_num_queries(14):
        admin_client.get(page(Route.objects.get(name="r7")))
