"""Providers through the API: what is shown, what an operator changes, and that a key never comes back."""

from __future__ import annotations

from typing import Any

import pytest
from rest_framework.test import APIClient

from catalog import lifecycle
from catalog.models import ChangeSet, Credential, Provider
from tests.builders import ADMIN, a_model, a_provider

pytestmark = pytest.mark.django_db

PROVIDERS = "/api/admin/providers"
KEY = "sk-0123456789-canary"


def test_a_provider_is_shown_with_its_models_its_default_and_its_health(admin_api: APIClient) -> None:
    lifecycle.set_default(a_model("a", status="enabled"), ADMIN)
    a_model("b"), a_model("c", status="archived")

    shown = admin_api.get(f"{PROVIDERS}/acme").json()

    counts = {"pending": 1, "enabled": 1, "disabled": 0, "deprecated": 0, "archived": 1, "total": 2}
    assert (shown["slug"], shown["counts"], shown["defaultModels"]) == ("acme", counts, {"text": "a"})
    assert (shown["health"], shown["lastSyncedAt"], shown["keyConfigured"]) == ("unknown", None, False)
    assert shown["policy"]["misses"] == 3
    assert shown in admin_api.get(f"{PROVIDERS}?pageSize=1000").json()["providers"]


def test_every_known_provider_is_listed_and_found_by_words(admin_api: APIClient) -> None:
    listed = admin_api.get(f"{PROVIDERS}?pageSize=1000").json()

    assert listed["count"] == len(listed["providers"]) == Provider.objects.count()
    found = admin_api.get(f"{PROVIDERS}?search=open+ai&isActive=true&health=unknown").json()["providers"]
    assert "openai" in [row["slug"] for row in found]
    assert "mistral" not in [row["slug"] for row in found]


def test_a_provider_is_added_with_its_key_and_read_as_generic(admin_api: APIClient) -> None:
    body = {"slug": "house", "name": "Our house", "baseUrl": "http://127.0.0.1:8001/v1/", "apiKey": KEY}

    answer = admin_api.post(PROVIDERS, {**body, "reason": "own hardware"})

    assert answer.status_code == 201
    shown = answer.json()
    assert (shown["baseUrl"], shown["listing"], shown["wire"]) == ("http://127.0.0.1:8001/v1", "generic", "openai")
    assert (shown["keyConfigured"], shown["endpointType"]) == (True, "house")
    assert KEY not in answer.content.decode()
    assert ChangeSet.objects.latest("id").reason == "own hardware"
    assert admin_api.post(PROVIDERS, body).status_code == 409


def test_a_key_is_stored_replaced_and_deleted_and_never_shown(admin_api: APIClient) -> None:
    path = f"{PROVIDERS}/{a_provider().slug}"

    assert admin_api.patch(path, {"api_key": KEY}).json()["keyConfigured"] is True
    assert admin_api.patch(path, {"apiKey": "sk-another-0123456789"}).json()["keyConfigured"] is True
    assert Credential.objects.count() == 1
    assert admin_api.patch(path, {"name": "Acme & Sons"}).json()["keyConfigured"] is True
    assert admin_api.patch(path, {"apiKey": None}).json()["keyConfigured"] is False


def test_a_new_address_drops_the_key_and_says_so(admin_api: APIClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOUSE_API_KEY", KEY)
    path = f"{PROVIDERS}/{a_provider(api_key_env='HOUSE_API_KEY').slug}"
    admin_api.patch(path, {"apiKey": KEY})

    answer = admin_api.patch(path, {"base_url": "https://new.example/v1"}).json()

    assert answer["keyConfigured"] is False
    assert len(answer["notes"]) == 2
    assert admin_api.patch(path, {"confirmEnvKey": True}).json()["keyConfigured"] is True


def test_a_policy_is_written_in_either_case_and_what_is_shown_may_be_sent_back(admin_api: APIClient) -> None:
    path = f"{PROVIDERS}/{a_provider().slug}"
    rules = {"new": "enabled_if_priced", "enablePatterns": ["acme/*"], "misses": 5}

    shown = admin_api.patch(path, {"policy": rules}).json()
    again = admin_api.patch(path, shown).json()

    assert rules.items() <= shown["policy"].items()
    assert again["policy"] == shown["policy"]
    assert admin_api.patch(path, {"policy": {"enable_patterns": []}}).json()["policy"]["enablePatterns"] == []


@pytest.mark.parametrize(
    ("body", "name", "says"),
    [
        ({"name": 5}, "name", "must be text"),
        ({"name": ""}, "name", "blank"),
        ({"name": "\x00"}, "name", "must be text"),
        ({"name": None}, "name", "must be text"),
        ({"isActive": "true"}, "isActive", "must be true or false"),
        ({"is_active": 1}, "is_active", "must be true or false"),
        ({"wire": "telex"}, "wire", "must be one of"),
        ({"listing": "telex"}, "listing", "must be one of"),
        ({"auth": []}, "auth", "must be one of bearer"),
        ({"base_url": "ftp://acme.example"}, "base_url", "must be an http or https address"),
        ({"baseUrl": "https://user:secret@acme.example/v1"}, "baseUrl", "without user"),
        ({"siteUrl": "not a URL"}, "siteUrl", "valid URL"),
        ({"policy": {"new": "maybe"}}, "policy", "new must be one of"),
        ({"policy": {"enablePatterns": ["\x00"]}}, "policy", "enable_patterns must be a list of words"),
        ({"policy": {"misses": True}}, "policy", "misses must be a whole number"),
        ({"policy": []}, "policy", "must be an object"),
        ({"categories": ["smell"]}, "categories", "must be a list of text"),
        ({"apiKey": 5}, "apiKey", "must be text, or null"),
        ({"api_key": "two words"}, "api_key", "printable ASCII"),
        ({"apiKeyEnv": "ADMIN_API_KEY"}, "apiKeyEnv", "holds a provider's key"),
        ({"api_key_env": "DATABASE_URL"}, "api_key_env", "holds a provider's key"),
        ({"confirmEnvKey": "yes"}, "confirmEnvKey", "must be true or false"),
        ({"slug": "other"}, "slug", "cannot be changed"),
        ({"colour": "red"}, "colour", "is nothing one can set"),
        ({"reason": []}, "reason", "must be text"),
    ],
)
def test_what_a_provider_cannot_be_is_refused_by_the_name_that_was_sent(
    admin_api: APIClient, body: dict[str, Any], name: str, says: str
) -> None:
    answer = admin_api.patch(f"{PROVIDERS}/{a_provider().slug}", body)

    assert answer.status_code == 400
    assert says in answer.json()["error"]["details"][name]


@pytest.mark.parametrize(
    ("slug", "says"),
    [(None, "blank"), ("Upper", "lower-case"), ("a b", "lower-case"), ("a" * 51, "at most 50"), (5, "must be text")],
)
def test_a_slug_is_short_and_plain(admin_api: APIClient, slug: Any, says: str) -> None:
    body = {"name": "X"} if slug is None else {"name": "X", "slug": slug}

    answer = admin_api.post(PROVIDERS, body)

    assert answer.status_code == 400
    assert says in answer.json()["error"]["details"]["slug"]


def test_only_a_provider_of_ones_own_without_models_is_deleted(admin_api: APIClient) -> None:
    a_model(provider=a_provider("busy"), status="enabled")
    a_provider("idle")

    answers = [admin_api.delete(f"{PROVIDERS}/{slug}") for slug in ("openai", "busy", "idle", "idle", "%00")]

    assert [answer.status_code for answer in answers] == [409, 409, 204, 404, 404]
    assert "comes with the product" in answers[0].json()["error"]["message"]
    assert "still has 1 models" in answers[1].json()["error"]["message"]
