"""Models a call would find a key for: asked of all at once, the answer is that of each by itself."""

from __future__ import annotations

from itertools import product

import pytest
from django.contrib.auth.models import User

from access.caller import of_user
from catalog import credentials, registration
from catalog.credentials import NoKey, Secret
from catalog.models import AIModel, Provider
from tests.builders import ADMIN, a_model, a_person, a_personal_model, a_provider

pytestmark = pytest.mark.django_db

ELSEWHERE = "https://9.9.9.9/v1"
OWN_KEY = Secret(key="sk-of-the-model-0123456789")


@pytest.fixture
def bob() -> User:
    return a_person("bob")


def providers(bob: User, monkeypatch: pytest.MonkeyPatch) -> list[Provider]:
    """One of each kind: without a key, with the organisation's, the environment's, bob's, keyless, nowhere, off."""
    url = "https://environment.example/v1"
    monkeypatch.setenv("ENVIRONMENT_KEY", "sk-environment-0123456789")
    found = {
        "bare": {},
        "house": {},
        "environment": {"base_url": url, "api_key_env": "ENVIRONMENT_KEY", "env_key_base_url": url},
        "bobs": {},
        "keyless": {"auth": "none"},
        "nowhere": {"base_url": ""},
        "off": {"auth": "none", "is_active": False},
    }
    rows = {slug: a_provider(slug, **fields) for slug, fields in found.items()}  # type: ignore[arg-type]
    credentials.set_key(rows["house"], "sk-house-0123456789", ADMIN)
    credentials.set_key(rows["bobs"], "sk-bob-0123456789", of_user(bob, "api"), owner_id=bob.pk)
    return list(rows.values())


def some_of_each(bob: User, provider: Provider) -> None:
    """Models of everyone's and of bob's, with and without a key and an address of their own."""
    for number, (address, secret) in enumerate(product(("", ELSEWHERE), (Secret(), OWN_KEY))):
        if secret.key and not (address or provider.base_url):
            continue
        a_personal_model(bob, f"{provider.slug}-{number}", provider=provider, base_url=address, secret=secret)
        row = a_model(f"g-{number}", provider=provider, status="enabled")
        AIModel.objects.filter(pk=row.pk).update(base_url=address)
        row.refresh_from_db()
        registration.change_model(row, ADMIN, secret=secret)


def can_be_called(model: AIModel, bob: User) -> bool:
    try:
        credentials.key_for_call(model, of_user(bob, "api"))
    except NoKey:
        return False
    return model.provider.is_active


def test_all_at_once_are_what_each_is_by_itself(bob: User, monkeypatch: pytest.MonkeyPatch) -> None:
    for provider in providers(bob, monkeypatch):
        some_of_each(bob, provider)
    everything = AIModel.objects.visible_to(of_user(bob, "api")).enabled()

    found = credentials.ready(everything, bob.pk)

    assert {str(row) for row in found} == {
        str(row) for row in everything.select_related("provider") if can_be_called(row, bob)
    }
    assert 0 < found.count() < everything.count()


def test_what_somebody_else_stored_opens_nothing(bob: User, monkeypatch: pytest.MonkeyPatch) -> None:
    eve = a_person("eve")
    bobs = next(row for row in providers(bob, monkeypatch) if row.slug == "bobs")
    model = a_model("m", provider=bobs, status="enabled")

    ready = {who: credentials.ready(AIModel.objects.all(), who.pk).exists() for who in (bob, eve)}

    assert ready == {bob: True, eve: False}
    assert not credentials.ready(AIModel.objects.filter(pk=model.pk), None).exists()
