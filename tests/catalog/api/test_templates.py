"""Models made from templates, by users and by admins."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from rest_framework.test import APIClient

from access.caller import of_user
from catalog import credentials
from catalog.credentials import Origin
from catalog.models import AIModel, Auth, Credential, Provider
from catalog.providers import SPECS
from catalog.templates import TEMPLATES
from tests.builders import a_person

SignIn = Callable[..., APIClient]

pytestmark = pytest.mark.django_db

KEY = "sk-0123456789abcdef"
OWN = "https://9.9.9.9/v1"


def listed(client: APIClient) -> dict[str, Any]:
    return {item["id"]: item for item in client.get("/api/models/templates").json()["templates"]}


def test_the_table_knows_only_providers_there_are_and_speaks_for_itself() -> None:
    for template in TEMPLATES.values():
        assert template.provider in SPECS and template.auth in Auth.values and template.auth != "none"
        assert template.description.endswith(".") and (template.examples or template.named_by_user)


def test_everyone_who_may_read_sees_what_must_be_filled_in(sign_in: SignIn, api: APIClient) -> None:
    found = listed(sign_in())

    assert set(found) == {
        *("openai", "anthropic", "gemini", "mistral", "huggingface", "ollama", "vllm", "lmstudio"),
        *("azure-openai", "openrouter", "compatible"),
    }
    assert found["openai"]["needs"] == ["apiKey"]
    assert found["openai"]["baseUrl"] == "https://api.openai.com/v1"
    assert found["ollama"]["needs"] == ["baseUrl"]
    assert found["azure-openai"]["needs"] == ["apiKey", "baseUrl", "modelId"]
    assert (found["azure-openai"]["authType"], found["anthropic"]["authType"]) == ("api-key", "x-api-key")
    assert found["compatible"]["needs"] == ["baseUrl", "modelId"]
    assert api.get("/api/models/templates").status_code == 401


def test_a_key_alone_makes_a_personal_model_that_is_called_with_it(sign_in: SignIn) -> None:
    answer = sign_in("bob").post("/api/models/templates/anthropic", {"apiKey": KEY})

    assert answer.status_code == 201, answer.json()
    shown = answer.json()
    assert (shown["modelId"], shown["provider"], shown["isPersonal"], shown["status"]) == (
        *("claude-sonnet-4-5", "anthropic"),
        *(True, "enabled"),
    )
    assert shown["storedKey"] == {"lastFour": "cdef", "authType": "x-api-key", "authHeaders": []}
    assert KEY not in answer.content.decode()
    model = AIModel.objects.select_related("provider").get(pk=shown["id"])
    assert credentials.key_for_call(model, of_user(a_person("bob"), "api")).headers == {"x-api-key": KEY}


def test_what_is_sent_beside_the_key_overrides_the_template(sign_in: SignIn) -> None:
    body = {"api_key": KEY, "name": "Mine", "model_id": "gpt-x", "contextWindow": 9, "default_temperature": 0.2}

    shown = sign_in().post("/api/models/templates/openai", body).json()

    assert (shown["name"], shown["modelId"], shown["contextWindow"], shown["defaultTemperature"]) == (
        *("Mine", "gpt-x"),
        *(9, 0.2),
    )


@pytest.mark.parametrize(
    ("template", "body", "field"),
    [
        ("openai", {}, "apiKey"),
        ("openai", {"apiKey": None}, "apiKey"),
        ("ollama", {"modelId": "llama3.2"}, "baseUrl"),
        ("ollama", {"base_url": "http://127.0.0.1:11434"}, "base_url"),
        ("azure-openai", {"apiKey": KEY, "baseUrl": OWN}, "modelId"),
        ("openai", {"apiKey": KEY, "provider": "mistral"}, "provider"),
        ("compatible", {"baseUrl": OWN}, "modelId"),
    ],
)
def test_what_is_missing_or_not_allowed_is_named(
    sign_in: SignIn, template: str, body: dict[str, Any], field: str
) -> None:
    answer = sign_in().post(f"/api/models/templates/{template}", body)

    assert (answer.status_code, list(answer.json()["error"]["details"])) == (400, [field])
    assert not AIModel.objects.exists() and not Credential.objects.exists()


def test_a_key_stored_once_is_enough_for_all_of_a_provider(sign_in: SignIn) -> None:
    bob = sign_in("bob")
    openai = Provider.objects.get(slug="openai")
    by = of_user(a_person("bob"), "api")
    credentials.set_key(openai, KEY, by, owner_id=by.user_id)

    assert listed(bob)["openai"] | {"keyStored": True, "needs": []} == listed(bob)["openai"]
    pk = bob.post("/api/models/templates/openai", {"modelId": "gpt-x"}).json()["id"]

    call = credentials.key_for_call(AIModel.objects.select_related("provider").get(pk=pk), by)
    assert (call.origin, call.headers) == (Origin.CALLER, {"Authorization": f"Bearer {KEY}"})
    assert listed(sign_in("eve"))["openai"]["needs"] == ["apiKey"]


def test_an_admin_adds_for_everyone_and_may_use_the_servers_of_the_house(admin_api: APIClient) -> None:
    shown = admin_api.post("/api/models/templates/ollama", {"modelId": "llama3.2"}).json()
    assert (shown["isPersonal"], shown["baseUrl"]) == (False, None)

    answer = admin_api.post(
        "/api/models/templates/compatible", {"modelId": "m", "baseUrl": "http://10.0.0.7:8000/v1", "apiKey": KEY}
    )
    assert (answer.status_code, answer.json()["storedKey"]["lastFour"]) == (201, "cdef")


def test_there_is_no_other_template(sign_in: SignIn) -> None:
    assert sign_in().post("/api/models/templates/acme", {"apiKey": KEY}).status_code == 404
