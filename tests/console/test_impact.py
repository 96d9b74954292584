"""Before a model goes: who relies on it, and what answers instead."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.test import Client
from pytest_django.asserts import assertContains, assertNotContains

from catalog import lifecycle, registration
from catalog.models import AIModel, ChangeSet, Route, RouteTarget, UserPreference
from gateway.models import Conversation
from tests.builders import ADMIN, a_model, a_person
from tests.console.conftest import a_call_in_place, some_usage

pytestmark = pytest.mark.django_db


@pytest.fixture
def model() -> AIModel:
    return a_model("going", status="enabled")


def page_of(model: AIModel, move: str = "deprecate") -> str:
    return f"/admin/impact/{model.pk}/{move}"


def test_everybody_who_relies_on_it_is_named(model: AIModel, admin_client: Client) -> None:
    bob = a_person()
    some_usage(model, 1_200, key_id=7, key_name="ci", user_id=bob.pk, user_name="bob")
    some_usage(model, 30, key_id=8, key_name="bot", days_ago=29)
    some_usage(model, 5_000, key_id=9, key_name="long-ago", days_ago=30)
    some_usage("acme/other", 9, key_id=10, key_name="elsewhere")
    RouteTarget.objects.create(route=Route.objects.create(name="smart"), position=0, model=model, weight=1)
    Conversation.objects.create(user=bob, model_name=str(model), model=model)
    UserPreference.objects.create(user=bob, default_model=model)

    page = admin_client.get(page_of(model))

    for shown in ("<dd>1,230</dd>", "ci", "bot", "a service", "<code>smart</code>", "the default of bob"):
        assertContains(page, shown)
    for hidden in ("long-ago", "elsewhere"):
        assertNotContains(page, hidden)


def test_the_replacement_that_the_provider_names_is_offered_as_successor(model: AIModel, admin_client: Client) -> None:
    heir = a_model("next", status="enabled")
    AIModel.objects.filter(pk=model.pk).update(provider_metadata={"deprecation_replacement_model": "next"})

    page = admin_client.get(page_of(model))
    assertContains(page, f'name="successor" value="{heir.pk}" checked')
    admin_client.post(page_of(model), {"successor": heir.pk})

    model.refresh_from_db()
    assert (model.status, model.successor) == ("deprecated", heir)
    changes = ChangeSet.objects.latest("id").changes
    assert {name for change in changes.all() for name in change.after} >= {"status", "successor_id"}


@pytest.mark.parametrize("named", ["going", "gone", "pending", ""])
def test_no_replacement_is_offered_that_could_not_answer(model: AIModel, admin_client: Client, named: str) -> None:
    a_model("pending")
    AIModel.objects.filter(pk=model.pk).update(provider_metadata={"replaced_by": named})

    assertNotContains(admin_client.get(page_of(model)), 'name="successor"')


def test_who_still_asks_for_a_retired_model_is_named(admin_client: Client) -> None:
    old = a_model("old", status="deprecated")
    some_usage(old, 5, key_id=7, key_name="ci")
    a_call_in_place("acme/old", "acme/usual", key_id=7, key_name="ci")
    a_call_in_place("old", "acme/usual", key_id=8, key_name="bot")

    page = admin_client.get(page_of(old, "archive"))

    assertContains(page, "<dd>7</dd>")
    assertContains(page, '<th scope="row">ci</th><td class="number">6</td>')
    assertContains(page, '<th scope="row">bot</th><td class="number">1</td>')


def test_a_route_that_leads_to_it_by_way_of_another_is_named_too(model: AIModel, admin_client: Client) -> None:
    inner, outer = Route.objects.create(name="inner"), Route.objects.create(name="outer")
    RouteTarget.objects.create(route=inner, position=0, model=model, weight=1)
    RouteTarget.objects.create(route=outer, position=0, to_route=inner, weight=1)

    assertContains(admin_client.get(page_of(model)), "<code>outer</code>")


def test_nobody_is_said_to_be_nobody(model: AIModel, admin_client: Client) -> None:
    assertContains(admin_client.get(page_of(model)), "Nobody: no calls in the last 30 days")


def test_a_retired_model_is_answered_for_by_its_successor_else_by_the_default(
    model: AIModel, admin_client: Client
) -> None:
    usual, heir = a_model("usual", status="enabled"), a_model("heir", status="enabled")
    assertContains(admin_client.get(page_of(model)), "<strong>nothing</strong>")

    lifecycle.set_default(usual, ADMIN)
    assertContains(admin_client.get(page_of(model)), "<code>acme/usual</code>")

    registration.change_model(model, ADMIN, decisions={"successor_id": heir.pk})
    assertContains(admin_client.get(page_of(model)), "<code>acme/heir</code>, its successor")


def test_a_disabled_model_is_refused_by_name_and_answered_for_where_it_was_chosen(
    model: AIModel, admin_client: Client
) -> None:
    lifecycle.set_default(a_model("usual", status="enabled"), ADMIN)

    page = admin_client.get(page_of(model, "disable"))

    assertContains(page, "<strong>refused</strong>")
    assertContains(page, "get <code>acme/usual</code>")


def test_the_default_itself_leaves_nothing_behind_unless_it_has_a_successor(
    model: AIModel, admin_client: Client
) -> None:
    lifecycle.set_default(model, ADMIN)
    assertContains(admin_client.get(page_of(model)), "left without a default for text")

    registration.change_model(model, ADMIN, decisions={"successor_id": a_model("heir", status="enabled").pk})

    assertNotContains(admin_client.get(page_of(model)), "left without a default")


def test_it_is_done_with_a_reason_and_one_comes_back_with_undo(model: AIModel, admin_client: Client) -> None:
    page = admin_client.post(page_of(model), {"reason": "Too dear", "next": "/admin/panel?provider=acme"}, follow=True)

    model.refresh_from_db()
    assert (model.status, ChangeSet.objects.latest("id").reason) == ("deprecated", "Too dear")
    assert page.redirect_chain == [("/admin/panel?provider=acme", 302)]
    assertContains(page, "Deprecated acme/going.")
    assertContains(page, f"/admin/catalog/change/set/{ChangeSet.objects.latest('id').pk}/undo/")


@pytest.mark.parametrize("next_page", ["https://evil.example/", "javascript:alert(1)", "//evil.example", ""])
def test_one_comes_back_to_pages_of_ours_alone(model: AIModel, admin_client: Client, next_page: str) -> None:
    own = f"/admin/catalog/aimodel/{model.pk}/overview"

    page = admin_client.get(page_of(model), {"next": next_page})

    assertContains(page, f'<a href="{own}" class="small-button">Keep it as it is</a>')
    assert admin_client.post(page_of(model), {"next": next_page})["Location"] == own


def test_what_the_status_does_not_allow_is_said(admin_client: Client) -> None:
    model = a_model()

    page = admin_client.get(page_of(model))

    assertContains(page, "acme/m-1 is pending and cannot be deprecated.")
    assertNotContains(page, "Deprecate it")
    assertContains(admin_client.post(page_of(model), follow=True), "cannot be deprecated")


def test_only_moves_by_which_a_model_goes_have_a_page(model: AIModel, admin_client: Client) -> None:
    assert admin_client.get(page_of(model, "approve")).status_code == 404
    assert admin_client.get("/admin/impact/999999/disable").status_code == 404


def test_who_may_not_change_models_does_not_see_it(model: AIModel, staff: Callable[..., Client]) -> None:
    client = staff("view_aimodel")

    assert client.get(page_of(model)).status_code == 403
    assert client.post(page_of(model)).status_code == 403


def test_the_page_of_the_model_leads_there(model: AIModel, admin_client: Client) -> None:
    page = admin_client.get(f"/admin/catalog/aimodel/{model.pk}/change/")

    for move in ("disable", "deprecate"):
        assertContains(page, f'href="{page_of(model, move)}"')
