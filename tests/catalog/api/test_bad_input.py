"""Whatever is sent, the answer is a clear 4xx in our one shape, it names what is wrong, and nothing was changed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.conf import settings
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis
from hypothesis import strategies as st
from rest_framework.response import Response
from rest_framework.test import APIClient

from catalog.models import AIModel, Change
from tests.builders import a_model

SignIn = Callable[..., APIClient]

pytestmark = pytest.mark.django_db

MODELS = "/api/admin/models"
GOOD = {"name": "Good", "modelId": "good", "provider": "openai"}


def error_of(answer: Response, status: int) -> dict[str, Any]:
    """The one error of an answer, which has our shape and this status."""
    assert answer.status_code == status, answer.content
    assert list(answer.json()) == ["error"]
    error = answer.json()["error"]
    assert list(error) == ["code", "message", "details"]
    assert error["code"] and error["message"]
    return error


@pytest.mark.parametrize(
    ("change", "name", "says"),
    [
        ({"name": None}, "name", "may not be empty"),
        ({"name": " "}, "name", "may not be blank"),
        ({"name": 5}, "name", "must be text"),
        ({"name": "a\x00b"}, "name", "must be text"),
        ({"name": "x" * 256}, "name", "at most 255 characters"),
        ({"modelId": "x" * 300}, "modelId", "at most 255 characters"),
        ({"modelId": " padded"}, "modelId", "begin or end with a space"),
        ({"modelId": "line\nbreak"}, "modelId", "control characters"),
        ({"modelId": "nul\x00"}, "modelId", "control characters"),
        ({"modelId": ["a"]}, "modelId", "must be text"),
        ({"modelId": "", "name": "…"}, "modelId", "is needed, or parameters"),
        ({"modelId": None, "parameters": 7, "name": "模型"}, "modelId", "holds no letters"),
        ({"provider": "nobody"}, "provider", "unknown: nobody; known: "),
        ({"provider": 5}, "provider", "must be text"),
        ({"provider": "\x00"}, "provider", "unknown"),
        ({"endpointType": "anthropic"}, "endpointType", "is openAI at openai"),
        ({"provider": None, "endpoint_type": "telex"}, "endpoint_type", "unknown: telex; known: "),
        ({"category": "smell"}, "category", "must be one of text, tts"),
        ({"category": ["text"]}, "category", "must be one of"),
        ({"thinking": "true"}, "thinking", "must be true or false"),
        ({"supportsReasoning": 1}, "supportsReasoning", "must be true or false"),
        ({"supports_tools": 0}, "supports_tools", "must be true or false"),
        ({"contextWindow": "8000"}, "contextWindow", "whole number above 0"),
        ({"contextWindow": 0}, "contextWindow", "whole number above 0"),
        ({"context_length": -5}, "context_length", "whole number above 0"),
        ({"contextWindow": 8000.5}, "contextWindow", "whole number above 0"),
        ({"contextWindow": True}, "contextWindow", "whole number above 0"),
        ({"maxOutput": 10**10}, "maxOutput", "may be at most"),
        ({"maxOutput": 10**30}, "maxOutput", "whole number above 0"),
        ({"contextLength": 8000, "contextWindow": 9000}, "contextWindow", "says something else than contextLength"),
        ({"context_window": 1, "contextWindow": 2}, "contextWindow", "says something else than context_window"),
        ({"parameters": 0}, "parameters", "must lie between"),
        ({"parameters": -70}, "parameters", "must lie between"),
        ({"parameters": 0.00001}, "parameters", "must lie between"),
        ({"parameters": "70"}, "parameters", "must be a number"),
        ({"parameters": 1e300}, "parameters", "must lie between"),
        ({"knowledgeCutoff": "2025-03-01T00:00:00"}, "knowledgeCutoff", "needs a zone"),
        ({"knowledgeCutoff": "2025-03-01"}, "knowledgeCutoff", "needs a zone"),
        ({"knowledgeCutoff": "spring"}, "knowledgeCutoff", "must be a date and time"),
        ({"knowledgeCutoff": "2025-13-01T00:00:00Z"}, "knowledgeCutoff", "must be a date and time"),
        ({"knowledgeCutoff": "0001-01-01T00:00:00+14:00"}, "knowledgeCutoff", "before or after all years"),
        ({"retires_at": 5}, "retires_at", "must be a date and time"),
        ({"inputModalities": "text"}, "inputModalities", "must be a list"),
        ({"tags": [5]}, "tags", "must be text"),
        ({"tags": ["a"] * 101}, "tags", "at most 100 words"),
        ({"tokenWeights": {"magic": 1}}, "tokenWeights", "must be an object with"),
        ({"tokenWeights": {"cacheRead": "1"}}, "tokenWeights", "must hold numbers"),
        ({"tokenWeights": {"cacheRead": -1}}, "tokenWeights", "must lie between"),
        ({"inputPricePerMtok": -1}, "inputPricePerMtok", "is negative"),
        ({"input_price_per_mtok": "3"}, "input_price_per_mtok", "is not a number"),
        ({"outputPricePerMtok": True}, "outputPricePerMtok", "is not a number"),
        ({"outputPricePerMtok": 2_000_000}, "outputPricePerMtok", "is above 1,000,000 USD"),
        ({"pricing": 3}, "pricing", "must be an object of amounts"),
        ({"pricing": {"input": "3"}}, "pricing.input", "is not a number"),
        ({"pricing": {"cached_input": -3}}, "pricing.cached_input", "is negative"),
        ({"pricing": {"lunch": 3}}, "pricing.lunch", "is no amount of a price"),
        ({"pricing": {"input": 3}, "inputPricePerMtok": 4}, "inputPricePerMtok", "says something else"),
        ({"pricing": {"tiers": {}}}, "pricing.tiers", "must be a list"),
        ({"pricing": {"tiers": [5]}}, "pricing.tiers", "must be a list of at most 20 objects"),
        ({"pricing": {"tiers": [{"input": 5}]}}, "pricing.tiers", "from must be a whole number"),
        ({"pricing": {"tiers": [{"from": 5, "lunch": 5}]}}, "pricing.tiers", "lunch is no amount"),
        ({"pricing": {"tiers": [{"from": 5, "input": -5}]}}, "pricing.tiers", "input is negative"),
        ({"status": "gone"}, "status", "must be one of pending, enabled"),
        ({"status": "archived"}, "status", "a new model can be enabled or disabled"),
        ({"status": {}}, "status", "must be one of"),
        ({"isActive": "yes"}, "isActive", "must be true or false"),
        ({"isActive": False, "status": "enabled"}, "isActive", "says something else than status"),
        ({"baseUrl": "acme.example"}, "baseUrl", "must be an http or https address"),
        ({"base_url": "http://key@acme.example"}, "base_url", "without user"),
        ({"baseUrl": 5}, "baseUrl", "must be text"),
        ({"adminNotes": ["x"]}, "adminNotes", "must be text"),
        ({"successor": "nobody"}, "successor", "must be a model's id or provider/model_id"),
        ({"successor": "openai/nothing"}, "successor", "there is no model openai/nothing"),
        ({"successor": 424242}, "successor", "there is no model 424242"),
        ({"successor": "99999999999999999999"}, "successor", "there is no model 99999999999999999999"),
        ({"successor": 1.5}, "successor", "must be a model's id"),
        ({"successor": "a/\x00"}, "successor", "must be a model's id"),
        ({"apiKey": 7}, "apiKey", "must be text"),
        ({"apiKey": "a key"}, "apiKey", "printable ASCII"),
        ({"api_key": "k" * 20, "auth_type": "telepathy"}, "auth_type", "must be one of"),
        ({"authType": 1}, "authType", "must be text"),
        ({"authType": "bearer"}, "authType", "goes with a key"),
        ({"apiKey": "k" * 20, "authType": "none"}, "authType", "goes without"),
        ({"auth_headers": []}, "auth_headers", "must be an object"),
        ({"authHeaders": {"Host": "a"}}, "authHeaders", "set by the registry itself"),
        ({"authHeaders": {"X-A": "a\r\nB: c"}}, "authHeaders", "printable ASCII"),
        ({"defaultTemperature": 3}, "defaultTemperature", "between 0 and 2"),
        ({"default_top_p": "1"}, "default_top_p", "must be a number"),
        ({"requestsPerMinute": 0}, "requestsPerMinute", "whole number"),
        ({"isDefault": True}, "isDefault", "is set by POST /api/admin/models/set-default"),
        ({"is_system": True}, "is_system", "cannot be set"),
        ({"id": 5}, "id", "is given by the registry"),
        ({"reset": ["name"]}, "reset", "nothing to reset"),
        ({"reason": "x" * 501}, "reason", "at most 500 characters"),
        ({"colour": "red"}, "colour", "is nothing one can set"),
        ({"__class__": "x"}, "__class__", "is nothing one can set"),
        ({"x" * 5000: 1}, "x" * 100, "is nothing one can set"),
    ],
)
def test_a_new_model_is_refused_with_each_field_named_as_it_was_sent(
    admin_api: APIClient, change: dict[str, Any], name: str, says: str
) -> None:
    error = error_of(admin_api.post(MODELS, GOOD | change), 400)

    assert says in error["details"][name]
    assert not AIModel.objects.exists()


@pytest.mark.parametrize(
    ("change", "name", "says"),
    [
        ({"modelId": "other"}, "modelId", "cannot be changed"),
        ({"provider": "openai"}, "provider", "cannot be changed"),
        ({"endpoint_type": "openAI"}, "endpoint_type", "is its provider's"),
        ({"isDefault": True}, "isDefault", "set-default"),
        ({"id": -1}, "id", "is given by the registry"),
        ({"name": ""}, "name", "may not be blank"),
        ({"name": None}, "name", "may not be empty"),
        ({"reset": "name"}, "reset", "must be a list"),
        ({"reset": [5]}, "reset", "must be a list of field names"),
        ({"reset": ["colour"]}, "reset", "colour is no field that can be reset"),
        ({"reset": ["status"]}, "reset", "status is no field that can be reset"),
        ({"reset": ["name"], "name": "New"}, "reset", "name is also given a value"),
        ({"contextWindow": 5, "contextLength": 4}, "contextLength", "says something else than contextWindow"),
        ({"pricing": None, "inputPricePerMtok": 3}, "pricing", "is null, but an amount is given"),
        ({"isActive": True, "status": "disabled"}, "isActive", "says something else than status"),
    ],
)
def test_a_change_is_refused_whole(admin_api: APIClient, change: dict[str, Any], name: str, says: str) -> None:
    model = a_model(price={"input_mtok": "1", "output_mtok": "1"})
    changes = Change.objects.count()

    error = error_of(admin_api.patch(f"{MODELS}/{model.pk}", {"description": "new", **change}), 400)

    assert says in error["details"][name]
    model.refresh_from_db()
    assert (model.description, Change.objects.count()) == ("", changes)


def test_every_wrong_field_is_named_at_once(admin_api: APIClient) -> None:
    wrong = {"context_window": "x", "maxOutput": 0, "inputPricePerMtok": -1, "base_url": "x", "colour": 1}

    error = error_of(admin_api.post(MODELS, GOOD | wrong), 400)

    assert set(error["details"]) == set(wrong)
    assert all(name in error["message"] for name in wrong)


@pytest.mark.parametrize("path", [MODELS, f"{MODELS}/bulk-update", f"{MODELS}/set-default", "/api/admin/providers"])
@pytest.mark.parametrize("body", [[], [GOOD], "text", 5, None, True], ids=repr)
def test_a_body_that_is_no_object_is_refused(admin_api: APIClient, path: str, body: Any) -> None:
    answer = admin_api.post(path, body if body is not None else "null", format="json")
    if body is None:
        answer = admin_api.post(path, b"null", content_type="application/json")

    assert error_of(answer, 400)["message"] == "The body must be a JSON object."


@pytest.mark.parametrize(
    "body",
    [
        *(b"{", b"", b"{'name': 1}", b'{"name": NaN}', b'{"parameters": Infinity}', b'{"parameters": 1e400}'),
        *(b'{"name": "\xff\xfe"}', b'{"name": "\\ud800"}', b"[" * 100_000, b'{"a":' * 100_000, b"\xef\xbb\xbf{}"),
        *(b"\x00", b'{"a": 1}{"b": 2}', b'{"name": "' + "ä".encode("latin-1") + b'"}'),
    ],
    ids=lambda body: repr(body[:20]),
)
@pytest.mark.parametrize(
    "charset", ["", "; charset=utf-8", "; charset=rot13", "; charset=nonsense", "; charset=utf-16"]
)
def test_a_body_that_is_no_json_is_refused(admin_api: APIClient, body: bytes, charset: str) -> None:
    error_of(admin_api.post(MODELS, body, content_type=f"application/json{charset}"), 400)


@pytest.mark.parametrize(
    "kind", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "x"]
)
def test_a_body_of_another_kind_is_refused(admin_api: APIClient, kind: str) -> None:
    assert error_of(admin_api.post(MODELS, b"name=x", content_type=kind), 415)["code"] == "unsupported_media_type"


def test_a_body_of_ten_megabytes_is_refused(admin_api: APIClient) -> None:
    body = b'{"name": "' + b"x" * 10_000_000 + b'"}'

    assert error_of(admin_api.post(MODELS, body, content_type="application/json"), 413)["code"] == "too_large"
    within = {**GOOD, "description": "x" * (settings.DATA_UPLOAD_MAX_MEMORY_SIZE - 1000)}
    assert "at most 100000" in error_of(admin_api.post(MODELS, within), 400)["details"]["description"]


@pytest.mark.parametrize(
    "path",
    [
        *("/api/models/0", "/api/models/424242", "/api/models/99999999999999999999", f"/api/models/{'9' * 5000}"),
        *("/api/models/abc", "/api/models/-1", "/api/models/1/2", "/api/models/%00", "/api/models/", "/api/nothing"),
        *("/api/admin/models/99999999999999999999", "/api/admin/providers/nobody", "/api/admin/providers/%F0%9F%A6%99"),
    ],
)
def test_what_does_not_exist_is_not_found(admin_api: APIClient, path: str) -> None:
    for method in (admin_api.get, admin_api.patch, admin_api.delete):
        assert error_of(method(path), 404)["code"] == "not_found"


@pytest.mark.parametrize(
    ("method", "path"),
    [
        *(("put", "/api/models"), ("delete", MODELS), ("post", "/api/config/models"), ("get", f"{MODELS}/populate")),
        *(("put", f"{MODELS}/bulk-update"), ("patch", "/api/admin/providers"), ("put", "/api/admin/providers/openai")),
    ],
)
def test_a_method_a_route_does_not_have_is_named(admin_api: APIClient, method: str, path: str) -> None:
    answer = getattr(admin_api, method)(path, {})

    assert error_of(answer, 405)["code"] == "method_not_allowed"
    assert "Allow" in answer


def test_an_answer_in_another_kind_than_json_is_not_to_be_had(admin_api: APIClient) -> None:
    error_of(admin_api.get(MODELS, headers={"accept": "text/html"}), 406)
    assert admin_api.get(MODELS, headers={"accept": "text/html, */*;q=0.1"}).status_code == 200


def test_four_byte_characters_are_fine_everywhere(admin_api: APIClient) -> None:
    body = {"name": "🦙", "modelId": "🦙/模型", "description": "🦙", "tags": ["🦙"], "reason": "🦙", "adminNotes": "🦙"}

    shown = admin_api.post(MODELS, body).json()

    assert {name: shown[name] for name in body if name != "reason"} == {
        name: value for name, value in body.items() if name != "reason"
    }
    assert admin_api.get(f"{MODELS}?search=🦙").json()["count"] == 1


ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=5,
)
FIELD = st.sampled_from(
    [
        *("name", "modelId", "provider", "endpointType", "category", "description", "thinking", "contextWindow"),
        *("contextLength", "activeWindow", "maxOutput", "knowledgeCutoff", "parameters", "tokenWeights", "pricing"),
        *("inputPricePerMtok", "status", "isActive", "baseUrl", "canonicalId", "tags", "successor", "retiresAt"),
        *("adminNotes", "reset", "reason", "id", "isDefault", "sources", "model_ids", "filter", "apiKey", "slug"),
        *("policy", "wire", "listing", "auth", "categories", "siteUrl", "apiKeyEnv", "confirmEnvKey"),
    ]
) | st.text(max_size=5)


@hypothesis(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=150)
@given(body=st.dictionaries(FIELD, ANYTHING, max_size=6))
def test_nothing_at_all_makes_a_server_error(admin_api: APIClient, body: dict[str, Any]) -> None:
    pk = a_model().pk if not AIModel.objects.exists() else AIModel.objects.latest("id").pk
    answers = [
        admin_api.post(MODELS, body),
        admin_api.patch(f"{MODELS}/{pk}", body),
        admin_api.post(f"{MODELS}/bulk-update", body),
        admin_api.post(f"{MODELS}/set-default", body),
        admin_api.post("/api/admin/providers", body),
        admin_api.patch("/api/admin/providers/acme", body),
    ]

    assert all(answer.status_code in (200, 201, 400, 404, 409, 413) for answer in answers)
