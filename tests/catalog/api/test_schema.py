"""The OpenAPI document: valid, without a warning, complete, and true of real answers."""

from __future__ import annotations

from io import StringIO
from typing import Any

import pytest
import yaml
from django.core.management import call_command
from drf_spectacular.generators import SchemaGenerator
from jsonschema import Draft202012Validator
from rest_framework.test import APIClient

from catalog import lifecycle
from catalog.api import intake, naming, serializers
from tests.builders import ADMIN, a_model, a_provider

ROUTES = {
    "/api/models": {"get", "post"},
    "/api/config/models": {"get"},
    "/api/models/calculate": {"post"},
    "/api/models/{id}": {"get", "put", "patch", "delete"},
    "/api/admin/models": {"get", "post"},
    "/api/admin/models/{id}": {"get", "put", "patch", "delete"},
    "/api/admin/models/populate": {"post"},
    "/api/admin/models/bulk-update": {"post"},
    "/api/admin/models/set-default": {"post"},
    "/api/admin/providers": {"get", "post"},
    "/api/admin/providers/{slug}": {"get", "patch", "delete"},
    "/api/admin/routes": {"get", "post"},
    "/api/admin/routes/{id}": {"get", "put", "patch", "delete"},
}


@pytest.fixture(scope="module")
def document() -> dict[str, Any]:
    written = StringIO()
    call_command("spectacular", "--validate", "--fail-on-warn", stdout=written)
    return yaml.safe_load(written.getvalue())


def test_every_route_says_what_it_takes_what_it_answers_and_how_it_refuses(document: dict[str, Any]) -> None:
    assert document["openapi"] == "3.1.0"
    for path, methods in ROUTES.items():
        assert set(document["paths"][path]) == methods
        for method in methods:
            operation = document["paths"][path][method]
            good = [code for code in operation["responses"] if code.startswith("2")]
            assert operation["summary"]
            assert len(good) == 1
            assert "503" in operation["responses"]
            assert ("requestBody" in operation) == (method in ("post", "put", "patch") and "populate" not in path)
            if path != "/api/models" or method != "get":
                assert "401" in operation["responses"]


def test_who_may_call_is_said_and_the_public_map_needs_nobody(document: dict[str, Any]) -> None:
    assert "security" not in document["paths"]["/api/models"]["get"]
    assert {"adminKey": []} in document["paths"]["/api/models"]["post"]["security"]
    assert {"session": []} in document["paths"]["/api/admin/models"]["get"]["security"]


def test_operations_are_named_apart(document: dict[str, Any]) -> None:
    names = [operation["operationId"] for methods in document["paths"].values() for operation in methods.values()]

    assert len(names) == len(set(names))


def test_what_can_be_written_is_what_is_read_from_a_body() -> None:
    described = set(serializers.NewModelSerializer().fields)
    taken = {*naming.FACT_OF, *intake.DECISIONS, *intake.OTHERS, *intake.KEYS, *intake.GIVEN_ON_CREATION}

    assert described == taken


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("get", "/api/models", None),
        ("get", "/api/config/models", None),
        ("get", "/api/models/{id}", None),
        ("patch", "/api/models/{id}", {"status": "disabled"}),
        ("get", "/api/models/{id}", {"unknown": "id"}),
        ("post", "/api/admin/models", {"name": "New", "parameters": 7, "tokenWeights": {"cacheRead": 0.1}}),
        ("post", "/api/admin/models", {"name": 5}),
        ("post", "/api/admin/models/populate", {}),
        ("post", "/api/admin/models/bulk-update", {"filter": {"isDefault": True}, "status": "disabled"}),
        ("post", "/api/admin/models/bulk-update", {"model_ids": [424242], "status": "disabled"}),
        ("post", "/api/admin/models/set-default", {"provider": "acme", "category": "text", "model_id": "m-1"}),
        ("get", "/api/admin/providers", None),
        ("post", "/api/admin/providers", {"slug": "new"}),
        ("patch", "/api/admin/providers/{slug}", {"baseUrl": "https://new.example/v1"}),
    ],
)
def test_answers_are_as_described(
    admin_api: APIClient, document: dict[str, Any], method: str, path: str, body: dict[str, Any] | None
) -> None:
    price = {"input_mtok": "1", "output_mtok": "2", "tiers": [{"from": 5, "input_mtok": "2"}]}
    model = a_model(provider=a_provider(auth="none"), status="enabled", price=price)
    lifecycle.set_default(model, ADMIN)
    pk = 424242 if body == {"unknown": "id"} else model.pk

    answer = getattr(admin_api, method)(path.format(id=pk, slug="acme"), body if method != "get" else None)

    described = document["paths"][path][method]["responses"][str(answer.status_code)]
    schema = described["content"]["application/json"]["schema"]
    Draft202012Validator({**schema, "components": closed(document["components"])}).validate(answer.json())


def closed(components: dict[str, Any]) -> dict[str, Any]:
    """The same, refusing fields that are not described."""
    schemas = {
        name: schema if "properties" not in schema else {**schema, "additionalProperties": False}
        for name, schema in components["schemas"].items()
    }
    return {**components, "schemas": schemas}


def test_the_document_is_served_to_everyone(api: APIClient) -> None:
    answer = api.get("/api/schema", headers={"accept": "application/vnd.oai.openapi+json"})

    assert answer.status_code == 200
    assert set(ROUTES) <= set(SchemaGenerator().get_schema(public=True)["paths"])
