"""`manage.py explain_model`: every way a name is looked up, in words."""

from __future__ import annotations

from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from catalog import connections, credentials, grants, lifecycle, registration
from catalog.models import AIModel, Effect, Provider
from gateway.models import Breaker
from tests.builders import ADMIN, a_model, a_person, a_personal_model, a_provider, a_route

pytestmark = pytest.mark.django_db


def explained(name: str, *options: str) -> str:
    out = StringIO()
    call_command("explain_model", name, *options, stdout=out)
    return out.getvalue()


def refused(name: str, *options: str) -> str:
    """What is printed, and then said as the error."""
    out = StringIO()
    with pytest.raises(CommandError) as error:
        call_command("explain_model", name, *options, stdout=out)
    return f"{out.getvalue()}{error.value}"


@pytest.fixture(autouse=True)
def acme() -> Provider:
    provider = a_provider()
    credentials.set_key(provider, "sk-1234567890", ADMIN)
    return provider


def test_an_enabled_model_is_served_with_the_organisations_key() -> None:
    a_model("vendor/m", status="enabled")

    assert explained("acme/vendor/m") == (
        "acme/vendor/m (text):\n"
        "  1. It is no route.\n"
        "  2. acme/vendor/m is a text model, enabled.\n"
        "  3. acme/vendor/m is enabled.\n"
        "Served by acme/vendor/m (requested), at https://acme.example/v1 with the organisation's key.\n"
    )
    assert "No model has it as its provider/model_id." in explained("vendor/m")


def test_without_a_key_that_is_said(acme: Provider) -> None:
    a_model("m", status="enabled")
    credentials.forget_key(acme, ADMIN)

    assert "but no key is stored for https://acme.example/v1" in explained("m")


def test_a_retired_model_leads_to_its_successor() -> None:
    heir = a_model("heir", status="enabled")
    old = a_model("old", status="enabled")
    registration.decide(old, {"successor_id": heir.pk}, ADMIN)
    lifecycle.set_status(AIModel.objects.filter(pk=old.pk), "deprecated", ADMIN)

    said = explained("old")

    assert f"acme/old is a text model, deprecated since {timezone.now():%Y-%m-%d}." in said
    assert "acme/heir is its successor." in said
    assert "Served by acme/heir (successor)" in said


@pytest.mark.parametrize(
    ("status", "why"), [("pending", "acme/m is pending: an admin must enable it first."), ("disabled", "is disabled")]
)
def test_a_model_that_nobody_approved_is_not_served(status: str, why: str) -> None:
    a_model("m", status=status)

    said = refused("acme/m")

    assert f"acme/m is a text model, {status}." in said
    assert "Not served: " in said and why in said


def test_a_provider_that_is_switched_off_is_named(acme: Provider) -> None:
    a_model("m", status="enabled")
    connections.change_provider(acme, {"is_active": False}, ADMIN)

    said = refused("acme/m")

    assert "its provider acme is switched off" in said
    assert "Not served: acme/m cannot be called" in said


def test_a_route_tells_its_variants_and_fallbacks() -> None:
    for name in ("a", "b"):
        a_model(name, status="enabled")
    a_route("chat", {"model": "acme/a", "weight": 1, "variant": "current"}, {"model": "acme/b"})

    said = explained("chat")

    assert "1. chat is a route: acme/a; then acme/b." in said
    assert "Served by acme/a (route, variant current), at" in said
    assert "If that fails, by acme/b (fallback, variant acme/b), at" in said


def test_a_route_that_is_off_is_no_route() -> None:
    a_model("a", status="enabled")
    a_route("chat", {"model": "acme/a", "weight": 1}, is_active=False)

    said = refused("chat")

    assert "chat is a route, which is switched off: acme/a." in said
    assert "It is no provider." in said
    assert "Not served: There is no model 'chat'" in said


def test_a_providers_name_is_its_default() -> None:
    lifecycle.set_default(a_model("m", status="enabled"), ADMIN)

    said = explained("acme")

    assert "It is a provider." in said and "its default is acme/m" in said
    assert "Served by acme/m (default)" in said


def test_for_a_user_what_is_closed_does_not_exist_and_what_is_theirs_does(acme: Provider) -> None:
    bob, eve = a_person("bob"), a_person("eve")
    model = a_model("m", status="enabled")
    grants.give(model, ADMIN, user=bob, effect=Effect.DENY)
    a_personal_model(eve, "mine", base_url="https://93.184.216.34/v1")

    assert "but closed to this caller, for whom it does not exist" in refused("acme/m", "--user", "bob")
    assert "Served by acme/m" in explained("acme/m", "--user", "eve")
    said = explained("mine", "--user", "eve")
    assert "acme/mine is a personal text model, enabled." in said
    assert "at https://93.184.216.34/v1 with no key, for none is needed" in said
    assert "Not served" in refused("mine", "--user", "bob")
    assert refused("m", "--user", "nobody").startswith("There is no user nobody")


def test_the_kind_of_call_decides() -> None:
    a_model("voice", status="enabled", category="tts")

    assert "Served by acme/voice" in explained("voice", "--category", "tts")
    assert "acme/voice is for tts, not for text" in refused("voice")


def test_an_open_breaker_is_told() -> None:
    a_model("m", status="enabled")
    fields: dict[str, Any] = {"provider": "acme", "credential": "organisation", "worker": "web-1"}
    Breaker.objects.create(**fields, state="open", reason="5 times HTTP 503", since=timezone.now())

    assert "web-1 does not call acme since" in explained("m") and "5 times HTTP 503" in explained("m")
