"""Personal models and keys through the API: what comes back, what never does, what belongs to the organisation."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from rest_framework.test import APIClient

from access.caller import of_user
from catalog import credentials, registration
from catalog.credentials import Secret
from catalog.models import AIModel, Change, Credential
from tests.builders import ADMIN, a_model, a_person, a_provider

SignIn = Callable[..., APIClient]

pytestmark = pytest.mark.django_db

KEY = "sk-0123456789abcdef"
OWN = "https://9.9.9.9/v1"
MINE = {
    **{"name": "Mine", "modelId": "llama", "baseUrl": OWN, "apiKey": KEY, "authType": "x-api-key"},
    **{"authHeaders": {"X-Team": "red-team"}, "contextWindow": 8000, "defaultTemperature": 0.2, "defaultTopP": 0.9},
    **{"requestsPerMinute": 5, "tokensPerMinute": 500, "inputPricePerMtok": 0, "outputPricePerMtok": 0},
}


def added(client: APIClient, **body: Any) -> dict[str, Any]:
    answer = client.post("/api/models", {**MINE, **body})
    assert answer.status_code == 201, answer.json()
    return answer.json()


def headers_of(pk: int) -> dict[str, str]:
    model = AIModel.objects.select_related("provider", "owner").get(pk=pk)
    caller = of_user(model.owner, "api") if model.owner else ADMIN
    return dict(credentials.key_for_call(model, caller).headers)


def test_all_of_it_is_kept_and_the_secrets_are_not_shown(sign_in: SignIn) -> None:
    bob = sign_in()
    shown = added(bob)

    written_only = ("apiKey", "authType", "authHeaders")
    assert {name: shown[name] for name in MINE if name not in written_only} == {
        name: value for name, value in MINE.items() if name not in written_only
    }
    assert shown["storedKey"] == {"lastFour": "cdef", "authType": "x-api-key", "authHeaders": ["X-Team"]}
    assert headers_of(shown["id"]) == {"x-api-key": KEY, "X-Team": "red-team"}
    for path in (f"/api/models/{shown['id']}", "/api/config/models", "/api/audit"):
        body = bob.get(path).content.decode()
        assert KEY not in body and "red-team" not in body and "apiKey" not in body


@pytest.mark.parametrize("method", ["put", "patch"])
def test_a_new_address_drops_the_key_and_says_so_unless_a_new_one_comes_along(sign_in: SignIn, method: str) -> None:
    bob = sign_in()
    pk = added(bob)["id"]
    send = getattr(bob, method)

    shown = send(f"/api/models/{pk}", {"baseUrl": "https://8.8.8.8/v1"}).json()
    assert shown["storedKey"] is None and "was deleted" in shown["notes"][0]
    assert headers_of(pk) == {} and not Credential.objects.exists()

    shown = send(f"/api/models/{pk}", {"baseUrl": OWN, "apiKey": "sk-new-0123456789"}).json()
    assert "notes" not in shown and headers_of(pk) == {"Authorization": "Bearer sk-new-0123456789"}
    assert "notes" not in send(f"/api/models/{pk}", {"baseUrl": OWN, "name": "Other"}).json()
    assert headers_of(pk)


def test_key_and_headers_are_deleted_with_null_and_left_by_silence(sign_in: SignIn) -> None:
    bob = sign_in()
    pk = added(bob)["id"]

    bob.patch(f"/api/models/{pk}", {"authHeaders": None})
    assert headers_of(pk) == {"x-api-key": KEY}
    bob.patch(f"/api/models/{pk}", {"authType": "bearer"})
    assert headers_of(pk) == {"Authorization": f"Bearer {KEY}"}
    bob.patch(f"/api/models/{pk}", {"apiKey": None})
    assert headers_of(pk) == {} and not Credential.objects.exists()


def test_a_whole_object_may_be_sent_back(sign_in: SignIn) -> None:
    bob = sign_in()
    pk = added(bob)["id"]
    whole = bob.get(f"/api/models/{pk}").json()

    answer = bob.put(f"/api/models/{pk}", whole)

    assert answer.status_code == 200 and answer.json()["storedKey"] == whole["storedKey"]
    assert headers_of(pk) == {"x-api-key": KEY, "X-Team": "red-team"}


@pytest.mark.parametrize("url", ["http://127.0.0.1/", "http://10.1.2.3/v1", "http://[::1]/", "http://169.254.169.254/"])
def test_an_inner_address_is_for_admins_alone(sign_in: SignIn, admin_api: APIClient, url: str) -> None:
    answer = sign_in().post("/api/models", {**MINE, "baseUrl": url})

    assert (answer.status_code, list(answer.json()["error"]["details"])) == (400, ["baseUrl"])
    assert admin_api.post("/api/models", {**MINE, "baseUrl": url}).status_code == 201


def test_a_failed_change_stores_no_key(sign_in: SignIn) -> None:
    bob = sign_in()
    pk = added(bob)["id"]

    answer = bob.patch(f"/api/models/{pk}", {"apiKey": "sk-new-0123456789", "status": "pending"})

    assert answer.status_code == 409
    assert headers_of(pk)["x-api-key"] == KEY


def test_a_model_of_the_organisation_may_have_a_key_that_users_neither_see_nor_change(
    sign_in: SignIn, admin_api: APIClient
) -> None:
    pk = admin_api.post("/api/admin/models", {**MINE, "provider": "openai"}).json()["id"]
    bob = sign_in()

    assert admin_api.get(f"/api/models/{pk}").json()["storedKey"]["lastFour"] == "cdef"
    shown = bob.get(f"/api/models/{pk}")
    assert "storedKey" not in shown.json() and "cdef" not in shown.content.decode()
    for body in ({"apiKey": "sk-0000000000000000"}, {"apiKey": None}, {"baseUrl": "https://8.8.8.8/v1"}, {"name": "x"}):
        assert bob.patch(f"/api/models/{pk}", body).status_code == 403
    assert headers_of(pk) == {"x-api-key": KEY, "X-Team": "red-team"}


def test_an_undo_brings_no_key_back(sign_in: SignIn) -> None:
    bob = sign_in()
    pk = added(bob)["id"]
    bob.delete(f"/api/models/{pk}")
    assert not Credential.objects.exists()

    row = Change.objects.filter(object_id=pk, object_type="model", action="delete").get()
    restored = registration.restore_deleted(pk, row.before, of_user(a_person("bob"), "api"))

    assert (restored.owner, restored.credential) == (a_person("bob"), None)


def test_several_models_at_one_address_keep_keys_of_their_own(sign_in: SignIn) -> None:
    bob = sign_in()
    first = added(bob)["id"]
    second = added(bob, name="Second", apiKey="sk-second-0123456789")["id"]
    bob.delete(f"/api/models/{first}")

    assert headers_of(second)["x-api-key"] == "sk-second-0123456789"


def test_a_key_for_a_model_without_an_address_goes_to_its_provider(sign_in: SignIn) -> None:
    acme = a_provider("acme")
    pk = added(sign_in(), provider="acme", baseUrl=None)["id"]

    assert Credential.objects.get().base_url == acme.base_url
    assert headers_of(pk)["x-api-key"] == KEY


def test_without_any_address_there_is_nowhere_to_send_a_key(sign_in: SignIn) -> None:
    answer = sign_in().post("/api/models", {**MINE, "baseUrl": None})

    assert (answer.status_code, list(answer.json()["error"]["details"])) == (400, ["baseUrl"])
    assert not AIModel.objects.exists()


def test_an_admins_key_on_a_discovered_model_stays_when_its_facts_change(admin_api: APIClient) -> None:
    model = a_model(status="enabled")
    registration.change_model(model, ADMIN, secret=Secret(key=KEY))

    admin_api.patch(f"/api/models/{model.pk}", {"name": "Other", "contextWindow": 5})

    assert headers_of(model.pk) == {"Authorization": f"Bearer {KEY}"}
