"""Who gets in: every kind of caller against every need, through a real view with the real authentication."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.conf import settings
from django.contrib.auth.models import AnonymousUser, User
from django.http import HttpRequest
from django.test import Client
from django.urls import path
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.test import APIClient
from rest_framework.views import APIView

from access import rules
from access.caller import caller_of
from access.rules import SCOPES, Need
from access.scopes import Scope
from tests.access.conftest import a_key

PEOPLE = {
    "nobody": AnonymousUser(),
    "user": User(pk=1, username="user"),
    "staff": User(pk=2, username="staff", is_staff=True),
    "admin": User(pk=3, username="admin", is_staff=True, is_superuser=True),
    "retired admin": User(pk=4, username="retired", is_staff=True, is_superuser=True, is_active=False),
}
DOORS = {need.name: {"GET": need, "POST": need} for need in Need}


class Door(APIView):
    def get(self, request: Request) -> Response:
        caller = caller_of(request)
        return Response([caller.label, caller.source, caller.user_id, caller.is_admin])

    post = get
    delete = get


class SmallSite:
    urlpatterns = [path(name, Door.as_view()) for name in [*DOORS, "forgotten"]]


@pytest.fixture(autouse=True)
def small_site(settings: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    settings.ROOT_URLCONF = SmallSite
    monkeypatch.setattr(rules, "RULES", DOORS)
    yield


def knock(who: str, need: Need, method: str = "get", authorization: str = "") -> Response:
    """A person at a door. Who is signed in is the session middleware's word, which is given here."""
    client = APIClient(enforce_csrf_checks=True)
    headers = {"HTTP_AUTHORIZATION": authorization} if authorization else {}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("django.contrib.auth.middleware.get_user", lambda request: PEOPLE[who])
        return getattr(client, method)(f"/{need.name}", **headers)


@pytest.mark.parametrize(
    ("who", "let_in"),
    [
        ("nobody", {"PUBLIC"}),
        ("user", {"PUBLIC", "CALLER", "READ", "WRITE", "GATEWAY", "PERSON", "STAFF"}),
        ("staff", {"PUBLIC", "CALLER", "READ", "WRITE", "GATEWAY", "PERSON", "STAFF"}),
        ("admin", {need.name for need in Need} - {"SYNC_KEY"}),
        ("retired admin", {"PUBLIC"}),
    ],
)
def test_people_are_let_in_by_what_they_are(who: str, let_in: set[str]) -> None:
    closed = 401 if let_in == {"PUBLIC"} else 403

    assert {need.name: knock(who, need).status_code for need in Need} == {
        need.name: 200 if need.name in let_in else closed for need in Need
    }


@pytest.mark.django_db
@pytest.mark.parametrize("scope", Scope.values)
def test_keys_are_let_in_by_their_scopes(scope: str, program: Callable[[str], APIClient]) -> None:
    client = program(a_key(scope).plaintext)
    own = {need.name for need, known in SCOPES.items() if known == scope}
    let_in = {"PUBLIC", "CALLER", *own} | ({"SYNC_KEY"} if scope == "sync" else set())
    if scope == "admin":
        let_in = {need.name for need in Need} - {"PERSON", "STAFF"}

    assert {need.name for need in Need if client.get(f"/{need.name}").status_code == 200} == let_in


def bearer() -> str:
    return f"Bearer {settings.ADMIN_API_KEY}"


@pytest.mark.parametrize("need", [need for need in Need if need not in (Need.PERSON, Need.STAFF)])
def test_the_admin_key_opens_every_door_that_is_not_for_people(need: Need) -> None:
    assert knock("nobody", need, authorization=bearer()).data == ["admin key", "api", None, True]


@pytest.mark.parametrize("form", ["", "x", "ключ", "x{key}", "{key}x", "{key} {key}"])
def test_a_wrong_key_is_refused_even_where_everyone_may_enter_and_with_a_session(form: str) -> None:
    response = knock("admin", Need.PUBLIC, authorization=f"Bearer {form.format(key=settings.ADMIN_API_KEY)}")

    assert response.status_code == 401
    assert response["WWW-Authenticate"] == "Bearer"


def test_the_scheme_may_be_written_in_any_case_and_others_are_ignored() -> None:
    assert knock("nobody", Need.ADMIN, authorization=bearer().replace("Bearer", "bEARER")).status_code == 200
    assert knock("nobody", Need.ADMIN, authorization=f"Basic {settings.ADMIN_API_KEY}").status_code == 401


def test_a_session_writes_only_with_a_csrf_token_and_a_key_needs_none() -> None:
    assert knock("admin", Need.ADMIN, method="post").status_code == 403
    assert knock("nobody", Need.ADMIN, method="post", authorization=bearer()).status_code == 200


def test_what_the_table_does_not_know_is_closed_to_all() -> None:
    client = Client(headers={"authorization": bearer()})

    assert client.get("/forgotten").status_code == 403
    assert client.delete("/ADMIN").status_code == 403
    assert client.put("/ADMIN").status_code == 405
    assert client.options("/ADMIN").status_code == client.head("/ADMIN").status_code == 200
    assert Client().options("/ADMIN").status_code == Client().head("/ADMIN").status_code == 401


def test_a_refusal_says_what_is_needed() -> None:
    assert knock("user", Need.SYNC).json()["error"]["message"] == "This needs the scope sync."
    assert knock("user", Need.ADMIN).json()["error"]["message"] == "Only admins may do this."


def test_a_page_of_the_admin_knows_its_caller_by_name() -> None:
    request = HttpRequest()
    request.user = PEOPLE["admin"]

    caller = caller_of(request)

    assert (caller.label, caller.source, caller.user_id, caller.is_admin) == ("admin", "admin", 3, True)
