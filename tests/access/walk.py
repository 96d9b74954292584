"""Every route of the project, asked by every kind of caller; what came back, as a table."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

from django.conf import settings
from django.contrib.auth.models import User
from django.http.response import HttpResponseBase
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver
from django.urls.resolvers import RegexPattern

from access import rules
from access.caller import ANONYMOUS, Caller, of_admin_key, of_user
from access.rules import Need
from access.scopes import Scope
from access.snapshot import KEYS
from tests.access.conftest import a_key

METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")
SAMPLES = {"slug": "openai", "name": "approve", "rest": "x", "url": "x", "app_label": "catalog", "kind": "models"} | {
    "conversation": "00000000-0000-4000-8000-000000000000"
}
PARAMETER = re.compile(r"<(?:\w+:)?(\w+)>")


@dataclass(frozen=True, kw_only=True)
class Route:
    pattern: str  # as in access.rules
    path: str
    is_api: bool


@dataclass(frozen=True, kw_only=True)
class Visitor:
    """One kind of caller: who they are by our own word, and how they come."""

    name: str
    caller: Caller
    client: Client
    is_staff: bool = False


def routes() -> Iterator[Route]:
    """Every URL of the project, and the views of one URL that have a rule of their own."""
    for route in urls(get_resolver()):
        yield route
        for line in rules.RULES:
            if line.startswith(f"{route.pattern}?view="):
                yield replace(route, pattern=line, path=f"/{line}")


def urls(resolver: URLResolver, before: str = "") -> Iterator[Route]:
    for entry in resolver.url_patterns:
        pattern = before + str(entry.pattern)
        if isinstance(entry, URLPattern):
            is_api = hasattr(getattr(entry.callback, "view_class", None), "authentication_classes")
            yield Route(pattern=pattern, path=f"/{sample(entry, pattern)}", is_api=is_api)
        else:
            yield from urls(entry, pattern)


def sample(entry: URLPattern, pattern: str) -> str:
    """An address of this route; ids of things that are not there."""
    if isinstance(entry.pattern, RegexPattern):
        pattern = re.sub(r"\(\?P<(\w+)>[^)]*\)", r"<\1>", pattern).replace("^", "").replace("$", "")
    return PARAMETER.sub(lambda found: SAMPLES.get(found[1], "999999"), pattern)


def visitors() -> list[Visitor]:
    alice = User.objects.create_user("alice-of-the-walk")
    boss = User.objects.create_superuser("boss-of-the-walk")
    found = [Visitor(name="nobody", caller=ANONYMOUS, client=Client())]
    for name, user in (("user", alice), ("admin", boss)):
        client = Client()
        client.force_login(user)
        found.append(Visitor(name=name, caller=of_user(user, "api"), client=client, is_staff=name == "admin"))
    for scope in Scope.values:
        found.append(with_key(f"key {scope}", a_key(scope, name=scope).plaintext))
    found.append(with_key("user's key", a_key(owner=alice).plaintext))
    admin_key = Client(headers={"authorization": f"Bearer {settings.ADMIN_API_KEY}"})
    return [*found, Visitor(name="admin key", caller=of_admin_key(), client=admin_key)]


def with_key(name: str, plaintext: str) -> Visitor:
    KEYS.refresh()
    entry = KEYS.find(plaintext)
    assert entry is not None
    return Visitor(name=name, caller=entry.caller, client=Client(headers={"authorization": f"Bearer {plaintext}"}))


def methods_of(route: Route) -> list[str]:
    rule = rules.rule_of(route.pattern) or {}
    return ["GET", "POST"] if rules.ANY in rule else list(rule)


def need_of(route: Route, method: str) -> Need | None:
    rule = rules.rule_of(route.pattern)
    return rules.need_of(rule, method) if rule is not None else None


def ask(visitor: Visitor, route: Route, method: str) -> HttpResponseBase:
    """A request with a body no operation accepts, so that nothing is done by those who may."""
    address = f"{route.path}{'&' if '?' in route.path else '?'}dry_run=perhaps"
    return visitor.client.generic(method, address, b"[]", content_type="application/json")


def verdict(response: HttpResponseBase) -> str:
    """`in`, or how the door was closed. 503 is the catalog's word for having nothing to serve."""
    if response.status_code in (401, 403):
        return str(response.status_code)
    if response.status_code == 302 and response["Location"].startswith(("/admin/login/", "/account/login")):
        return "sign in"
    return "in" if response.status_code < 500 or response.status_code == 503 else f"BROKEN {response.status_code}"


def expected(visitor: Visitor, need: Need, is_api: bool) -> str:
    if need is Need.PUBLIC:
        return "in"
    if need is Need.STAFF:
        return "in" if visitor.is_staff else "sign in"
    if rules.lets_in(need, visitor.caller):
        return "in"
    if not is_api:
        return "sign in"
    return "403" if visitor.caller.is_authenticated else "401"
