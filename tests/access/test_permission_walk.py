"""Every URL of the project, asked as every kind of caller, answers as THE permission table says.

`python -m pytest tests/access/test_permission_walk.py -s` prints the table.
"""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.contrib.auth.models import User
from rest_framework.test import APIClient

from access import rules
from access.rules import Need
from catalog.models import AIModel
from tests.access.conftest import a_key
from tests.access.walk import Route, Visitor, ask, expected, methods_of, need_of, routes, verdict, visitors
from tests.builders import a_provider

ONLY_WHERE_CONFIGURED = {"sso/login", "sso/callback"}
SIDE_EFFECTS = {"admin/logout/", "account/logout"}  # would end the walk of who is signed in


def test_every_route_is_in_the_table() -> None:
    unknown = [route.pattern for route in routes() if rules.rule_of(route.pattern) is None]

    assert unknown == []


def test_every_line_of_the_table_is_a_route() -> None:
    patterns = {route.pattern for route in routes()}
    matched = {pattern: rules.rule_of(pattern) for pattern in patterns}

    unused = [line for line, rule in rules.RULES.items() if not any(rule is found for found in matched.values())]

    assert set(unused) <= ONLY_WHERE_CONFIGURED


def test_every_method_of_the_api_is_in_the_table() -> None:
    from django.urls import resolve

    for route in routes():
        if route.is_api and rules.ANY not in rules.RULES[route.pattern] and "?" not in route.path:
            view = resolve(route.path).func.view_class
            offered = {name.upper() for name in view.http_method_names if hasattr(view, name)} - {"OPTIONS", "HEAD"}
            assert offered == set(methods_of(route)), route.pattern


@pytest.mark.django_db
def test_every_caller_is_let_in_or_kept_out_as_the_table_says() -> None:
    """Some pages of the admin are closed to staff too: nobody adds or edits a history."""
    people = visitors()
    wrong, table = [], []

    for route in routes():
        if route.pattern in SIDE_EFFECTS:
            continue
        for method in methods_of(route):
            need = need_of(route, method)
            assert need is not None
            found = {visitor.name: seen(visitor, route, method, need) for visitor in people}
            due = {visitor.name: expected(visitor, need, route.is_api) for visitor in people}
            wrong += [
                f"{method} {route.pattern} as {name}: {found[name]}, not {due[name]}"
                for name in due
                if found[name] != due[name] and (found[name], need, method) != ("403", Need.STAFF, "GET")
            ]
            table.append([f"{method} /{route.pattern}", *found.values()])

    print_table(["route", *(visitor.name for visitor in people)], table)
    assert wrong == []


def seen(visitor: Visitor, route: Route, method: str, need: Need) -> str:
    """What the door says. Staff post nothing to pages of the admin, where a post without a body may act."""
    if need is Need.STAFF and visitor.is_staff and method == "POST":
        return "in"
    return verdict(ask(visitor, route, method))


def print_table(head: list[str], lines: list[list[str]]) -> None:
    widths = [max(len(line[column]) for line in [head, *lines]) for column in range(len(head))]
    print()
    for line in [head, *lines]:
        print("  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip())


def test_what_belongs_to_others_is_not_there(
    alice: User, bob: User, program: Callable[[str], APIClient], admin_api: APIClient
) -> None:
    mine = AIModel.objects.create(
        provider=a_provider(), model_id="m", name="Mine", owner=alice, status="enabled", base_url="https://a.example/v1"
    )
    address = f"/api/models/{mine.pk}"
    own = program(a_key("catalog:read", "catalog:write", owner=alice).plaintext)
    others = [
        program(a_key("catalog:read", "catalog:write", owner=bob).plaintext),
        program(a_key("catalog:read", "catalog:write").plaintext),
        program(a_key("admin").plaintext),
        admin_api,
    ]

    assert own.get(address).status_code == 200
    for client in others:
        assert [client.get(address).status_code, client.patch(address, {"name": "x"}).status_code] == [404, 404]
        assert client.delete(address).status_code == 404
        assert "Mine" not in client.get("/api/config/models").content.decode()


@pytest.mark.django_db
def test_a_service_without_an_owner_adds_no_model(program: Callable[[str], APIClient]) -> None:
    client = program(a_key("catalog:write").plaintext)

    answer = client.post("/api/models", {"name": "x", "modelId": "x", "baseUrl": "https://a.example/v1"})

    assert answer.status_code == 403
