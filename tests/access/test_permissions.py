"""Who gets in: every kind of caller against every permission, through a real view."""

from __future__ import annotations

import pytest
from django.conf import settings
from django.contrib.auth.models import AnonymousUser, User
from django.http import HttpRequest
from rest_framework.permissions import BasePermission
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.test import APIRequestFactory
from rest_framework.views import APIView

from access import permissions
from access.caller import caller_of

PEOPLE = {
    "nobody": AnonymousUser(),
    "user": User(pk=1, username="user"),
    "staff": User(pk=2, username="staff", is_staff=True),
    "admin": User(pk=3, username="admin", is_staff=True, is_superuser=True),
    "retired admin": User(pk=4, username="retired", is_staff=True, is_superuser=True, is_active=False),
}


class Door(APIView):
    def get(self, request: Request) -> Response:
        caller = caller_of(request)
        return Response([caller.label, caller.source, caller.user_id, caller.is_admin])

    post = get


def knock(
    who: str = "nobody",
    permission: type[BasePermission] = permissions.Public,
    authorization: str = "",
    method: str = "get",
) -> Response:
    headers = {"HTTP_AUTHORIZATION": authorization} if authorization else {}
    request = getattr(APIRequestFactory(enforce_csrf_checks=True), method)("/", **headers)
    request.user = PEOPLE[who]
    return Door.as_view(permission_classes=[permission])(request)


def bearer() -> str:
    return f"Bearer {settings.ADMIN_API_KEY}"


@pytest.mark.parametrize(
    ("who", "public", "is_caller", "is_admin", "admin_key_only"),
    [
        ("nobody", 200, 401, 401, 401),
        ("user", 200, 200, 403, 403),
        ("staff", 200, 200, 403, 403),
        ("admin", 200, 200, 200, 403),
        ("retired admin", 200, 401, 401, 401),
    ],
)
def test_people_are_let_in_by_what_they_are(
    who: str, public: int, is_caller: int, is_admin: int, admin_key_only: int
) -> None:
    doors = (permissions.Public, permissions.IsCaller, permissions.IsAdmin, permissions.AdminKeyOnly)

    assert [knock(who, door).status_code for door in doors] == [public, is_caller, is_admin, admin_key_only]


@pytest.mark.parametrize(
    "door", [permissions.Public, permissions.IsCaller, permissions.IsAdmin, permissions.AdminKeyOnly]
)
def test_the_admin_key_opens_every_door(door: type[BasePermission]) -> None:
    assert knock(permission=door, authorization=bearer()).data == ["admin key", "api", None, True]


@pytest.mark.parametrize("form", ["", "x", "ключ", "x{key}", "{key}x", "{key} {key}"])
def test_a_wrong_key_is_refused_even_where_everyone_may_enter_and_with_a_session(form: str) -> None:
    response = knock("admin", authorization=f"Bearer {form.format(key=settings.ADMIN_API_KEY)}")

    assert response.status_code == 401
    assert response["WWW-Authenticate"] == "Bearer"


def test_the_scheme_may_be_written_in_any_case_and_others_are_ignored() -> None:
    assert knock(permission=permissions.IsAdmin, authorization=bearer().replace("Bearer", "bEARER")).status_code == 200
    assert knock(permission=permissions.IsAdmin, authorization=f"Basic {settings.ADMIN_API_KEY}").status_code == 401


def test_a_session_writes_only_with_a_csrf_token_and_a_key_needs_none() -> None:
    assert knock("admin", permissions.IsAdmin, method="post").status_code == 403
    assert knock("nobody", permissions.IsAdmin, bearer(), method="post").status_code == 200


def test_a_page_of_the_admin_knows_its_caller_by_name() -> None:
    request = HttpRequest()
    request.user = PEOPLE["admin"]

    caller = caller_of(request)

    assert (caller.label, caller.source, caller.user_id, caller.is_admin) == ("admin", "admin", 3, True)
