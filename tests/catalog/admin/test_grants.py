"""Grants and requests for access in the admin."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.models import Group, Permission, User
from django.test import Client

from access.caller import of_user
from catalog import grants
from catalog.models import AccessRequest, AIModel, Change, Effect, Grant
from tests.builders import ADMIN, a_model, a_person, a_provider

pytestmark = pytest.mark.django_db

GRANTS = "/admin/catalog/grant/"
REQUESTS = "/admin/catalog/accessrequest/"


@pytest.fixture
def site(admin_user: User) -> Client:
    client = Client()
    client.force_login(admin_user)
    return client


@pytest.fixture
def model() -> AIModel:
    return a_model("a/b", status="enabled")


def add(site: Client, **fields: Any) -> Any:
    return site.post(f"{GRANTS}add/", fields, follow=True)


def page(site: Client, path: str) -> str:
    answer = site.get(path)
    assert answer.status_code == 200
    return answer.content.decode()


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"target": "acme", "effect": "deny", "group": "team"}, "acme denied to the group team"),
        ({"target": "acme/a/b", "effect": "allow", "user": "bob"}, "acme/a/b given to bob"),
        ({"target": "acme/a/b", "effect": "request"}, "acme/a/b by request only"),
    ],
)
def test_access_is_given_denied_and_closed(site: Client, model: AIModel, fields: dict[str, Any], words: str) -> None:
    a_person("bob")
    team = Group.objects.create(name="team")
    sent = {**fields, **({"group": team.pk} if "group" in fields else {})}

    answer = add(site, **sent, reason="contract")

    assert f"Added {words}" in answer.content.decode()
    grant = Grant.objects.get()
    assert (str(grant), grant.reason, grant.given_by) == (words, "contract", "admin")
    assert words.split(" ")[0] in page(site, GRANTS) and "contract" in page(site, f"{GRANTS}{grant.pk}/change/")
    assert "Created" in page(site, f"{GRANTS}{grant.pk}/history/")
    assert "grant" in page(site, "/admin/catalog/change/").lower()

    answer = site.post(f"{GRANTS}{grant.pk}/delete/", {"post": "yes"}, follow=True)
    assert f"Taken back: {words}" in answer.content.decode()
    assert not Grant.objects.exists() and Change.objects.filter(object_type="grant", action="delete").exists()


@pytest.mark.parametrize(
    ("fields", "says"),
    [
        ({"target": "nobody", "effect": "request"}, "no provider of that name"),
        ({"target": "acme/x", "effect": "request"}, "no model of that name"),
        ({"target": "acme", "effect": "allow"}, "Name a group or a person"),
        ({"target": "acme", "effect": "request", "user": "bob"}, "name nobody"),
        ({"target": "acme", "effect": "deny", "user": "unknown"}, "There is no user unknown."),
        ({"target": "", "effect": "deny", "user": "bob"}, "This field is required"),
    ],
)
def test_what_makes_no_sense_is_marked(site: Client, model: AIModel, fields: dict[str, str], says: str) -> None:
    a_person("bob")

    assert says in add(site, **fields).content.decode()
    assert not Grant.objects.exists()


def test_both_a_group_and_a_person_are_too_many(site: Client, model: AIModel) -> None:
    a_person("bob")
    team = Group.objects.create(name="team")

    answer = add(site, target="acme", effect="deny", user="bob", group=team.pk)

    assert "either a group or a person" in answer.content.decode()


def test_a_link_may_name_what_it_is_about(site: Client) -> None:
    assert 'value="acme/a/b"' in page(site, f"{GRANTS}add/?target=acme/a/b")


@pytest.fixture
def asked(model: AIModel) -> AccessRequest:
    grants.give(model, ADMIN, effect=Effect.DENY)
    return grants.ask(model, of_user(a_person("bob"), "admin"), "for the report")


def test_a_request_is_given_from_the_list(site: Client, asked: AccessRequest) -> None:
    shown = page(site, REQUESTS)
    assert "for the report" in shown and f"{asked.pk}/answer/give/" in shown

    answer = site.post(f"{REQUESTS}{asked.pk}/answer/give/", follow=True).content.decode()

    assert "Given: acme/a/b to bob" in answer and "answer/give" not in answer
    assert AIModel.objects.visible_to(of_user(a_person("bob"), "api")).exists()


def test_a_request_is_refused_with_words_on_its_page(site: Client, asked: AccessRequest) -> None:
    path = f"{REQUESTS}{asked.pk}/change/"
    assert 'name="words"' in page(site, path)

    answer = site.post(f"{REQUESTS}{asked.pk}/answer/refuse/", {"words": "too dear", "next": path}, follow=True)

    assert answer.redirect_chain == [(path, 302)]
    assert "too dear" in answer.content.decode() and 'name="words"' not in answer.content.decode()
    again = site.post(f"{REQUESTS}{asked.pk}/answer/give/", follow=True).content.decode()
    assert "This request was refused by admin" in again


def test_who_may_only_look_answers_and_gives_nothing(asked: AccessRequest) -> None:
    clerk = User.objects.create_user("clerk", is_staff=True)
    clerk.user_permissions.set(Permission.objects.filter(codename__in=["view_accessrequest", "view_grant"]))
    site = Client()
    site.force_login(clerk)

    assert "answer/give" not in page(site, REQUESTS)
    assert site.post(f"{REQUESTS}{asked.pk}/answer/give/").status_code == 403
    assert site.get(f"{GRANTS}add/").status_code == 403
    assert site.post(f"{GRANTS}{Grant.objects.get().pk}/delete/", {"post": "yes"}).status_code == 403


def test_lists_ask_the_same_number_of_questions_for_any_number(
    site: Client, asked: AccessRequest, django_assert_max_num_queries: Any
) -> None:
    for number in range(10):
        row = a_model(f"m{number}", provider=a_provider(f"p{number}"), status="enabled")
        grants.give(row, ADMIN, effect=Effect.DENY)
        grants.ask(row, of_user(a_person(f"u{number}"), "admin"))

    for path in (GRANTS, REQUESTS):
        with django_assert_max_num_queries(12):
            page(site, path)
