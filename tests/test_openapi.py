"""Every route of the OpenAPI document, asked rightly and wrongly by every kind of caller, answers as the document says.

A 500 is nowhere in the document, and what it calls an error has our one shape.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
import schemathesis
from django.conf import settings
from django.contrib.auth.models import User
from django.core.signals import request_finished, request_started
from django.core.wsgi import get_wsgi_application
from django.db import close_old_connections, transaction
from django.test import Client
from django.utils import timezone
from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.renderers import OpenApiJsonRenderer
from hypothesis import HealthCheck, given
from hypothesis import settings as effort
from hypothesis import strategies as st
from schemathesis import Case, GenerationMode
from schemathesis.checks import load_all_checks
from schemathesis.schemas import APIOperation
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from access.caller import SYNC
from access.scopes import PERSONAL_SCOPES, Scope
from access.snapshot import KEYS
from catalog import lifecycle
from catalog.models import Provider
from discovery import sync
from gateway.metering import ledger
from gateway.metering.spool import encoded
from gateway.models import Conversation, Usage
from tests.access.conftest import a_key
from tests.builders import ADMIN, a_model, a_person, a_personal_model, a_provider, a_route
from tests.catalog.api.test_schema import closed
from tests.discovery.doors import acme, done_at_once, entries, serve
from tests.fakes.provider import FakeProvider
from tests.gateway.records import a_record

__all__ = ["acme", "done_at_once"]

NO_CONVERSATION = "00000000-0000-4000-8000-000000000000"
READING, WRITING = ("GET", "DELETE"), ("PUT", "PATCH")
ONE_MODEL = ("/api/models/{id}", "/api/admin/models/{id}")
LISTS = (
    "/api/config/models",
    "/api/admin/models",
    "/api/admin/providers",
    "/api/admin/routes",
    "/api/audit",
    "/api/usage",
    "/api/usage/calls",
)
EXAMPLES = 20  # of each route, half of them wrong on purpose; each is asked by every caller
CHECKS = [
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]

Parts = dict[str, Any]  # of a request that are given; the others are made up
Credentials = dict[str, dict[str, str]]


def operations() -> list[APIOperation]:
    """With nothing left to add to what is described, so that an undescribed field of an answer is found."""
    load_all_checks()
    document = json.loads(OpenApiJsonRenderer().render(SchemaGenerator().get_schema(public=True)))
    document["components"] = closed(document["components"])
    schema = schemathesis.openapi.from_dict(document)
    schema.app = get_wsgi_application()
    schema.config.generation.update(with_security_parameters=False)
    return [found.ok() for found in schema.get_all_operations()]


@pytest.fixture(autouse=True)
def one_connection() -> Iterator[None]:
    """Requests leave the connection open, as with Django's own client: what they did is to be rolled back."""
    for signal in (request_started, request_finished):
        signal.disconnect(close_old_connections)
    yield
    for signal in (request_started, request_finished):
        signal.connect(close_old_connections)


@pytest.fixture
def likely(acme: Provider, fake_provider: FakeProvider) -> dict[str, list[Parts]]:
    """What chance would not find: the names of what is there, and bodies that are accepted."""
    serve(fake_provider, entries(3))
    model = a_model(provider=acme, status="enabled", price={"input_mtok": "1", "output_mtok": "2"})
    spare = a_model("m-2", provider=acme, status="disabled")
    own = a_personal_model(a_person(), provider=acme)
    lifecycle.set_default(model, ADMIN)
    ledger.write([encoded(a_record(user_id=a_person().pk)), encoded(a_record(outcome="error", cost=None))])
    models = [at(id=row.pk) for row in (model, spare, own)]
    changes = [at(id=row.pk, body={"name": "Other", "tags": ["x"]}) for row in (model, own)]
    new = at(body={"name": "New", "modelId": "new", "provider": "acme", "inputPricePerMtok": 1})
    providers = [at(slug="acme"), at(slug=a_provider("empty", is_active=False).slug)]
    talk = {"conversation": dict.fromkeys(("turns", "agents", "systemTokens", "userTokens", "answerTokens"), 3)}
    target = {"model": "acme/m-1", "weight": 1}
    route = at(id=a_route("chat", target).pk)
    rerouted = at(id=route["path_parameters"]["id"], body={"targets": [{**target, "variant": "x"}], "isActive": False})
    experiment = a_route("split", {**target, "variant": "a"}, {**target, "variant": "b"}).pk
    experiments = [at(id=experiment, query={}), at(id=experiment, query={"from": "2026-01-01", "to": "2026-01-31"})]
    Usage.objects.create(
        call_id="c-1", at=timezone.now(), route="split", variant="a", outcome="ok", status=200, duration_ms=1
    )
    talk_of_bob = Conversation.objects.create(user=a_person(), model_name="acme/m-1")
    talk_of_bob.messages.create(position=0, role="user", body={"role": "user", "content": "Hello"})
    chosen = {"provider": "acme", "category": "text", "model_id": "m-1"}
    return {
        **{f"{method} {path}": models for method in READING for path in ONE_MODEL},
        **{f"{method} {path}": models + changes for method in WRITING for path in ONE_MODEL},
        **{f"{method} /api/admin/providers/{{slug}}": providers for method in (*READING, "PATCH")},
        **{f"{method} /api/admin/routes/{{id}}": [route] for method in READING},
        **{f"{method} /api/admin/routes/{{id}}": [route, rerouted] for method in WRITING},
        **{f"GET {path}": [at(query={})] for path in LISTS},
        "GET /api/models": [at(query={}), at(query={"view": "list"})],
        "GET /api/admin/runs/{id}": [at(id=sync.create_run(SYNC, ["acme"]).pk)],
        "POST /api/models": [new],
        "POST /api/admin/models": [new],
        "POST /api/models/calculate": [at(body={"tokens": {"outputTokens": 5}}), at(body=talk)],
        "POST /api/admin/models/bulk-update": [at(body={"model_ids": [spare.pk], "status": "enabled"})],
        "POST /api/admin/models/set-default": [at(body=chosen)],
        "POST /api/admin/providers": [at(body={"slug": "new"})],
        **{f"GET /api/experiments{path}": experiments for path in ("", "/{id}")},
        "POST /api/experiments/{id}/ratings": [at(id=experiment, body={"callId": "c-1", "score": 1})],
        "POST /api/models/test-connection": [at(body={"id": model.pk}), at(body={"provider": "acme"})],
        "POST /api/chat": [at(body={"messages": [{"role": "user", "content": "Hello"}], "modelId": "acme/m-1"})],
        "GET /api/conversations": [at(query={})],
        **{
            f"{method} /api/conversations/{{conversation}}": [at(conversation=str(talk_of_bob.pk))]
            for method in READING
        },
        "POST /api/admin/routes": [at(body={"name": "new", "targets": [target]})],
        "POST /api/models/templates/{template}": [at(template="openai"), at(template="openai", body={"apiKey": "k-1"})],
        "POST /admin/model-sync/provider/{slug}": [at(slug="acme"), at(slug="acme", query={})],
    }


def at(body: Any = None, query: dict[str, Any] | None = None, **path_parameters: object) -> Parts:
    parts = {"body": body, "query": query, "path_parameters": path_parameters or None}
    return {name: part for name, part in parts.items() if part is not None}


@pytest.fixture
def callers(db: None) -> dict[str, Credentials]:
    """How each kind of caller comes."""
    bob = a_person()
    keys = {scope: a_key(scope, name=scope).plaintext for scope in Scope.values}
    keys |= {"bob's": a_key(*PERSONAL_SCOPES, owner=bob).plaintext, "admin's": settings.ADMIN_API_KEY}
    KEYS.refresh()
    return {
        "nobody": {},
        "bob": with_session(bob),
        "an admin": with_session(User.objects.create_superuser("boss")),
        **{f"a key: {name}": {"headers": {"Authorization": f"Bearer {key}"}} for name, key in keys.items()},
    }


def with_session(user: User) -> Credentials:
    client = Client()
    client.force_login(user)
    token = "t" * 32
    cookies = {"sessionid": client.cookies["sessionid"].value, "csrftoken": token}
    return {"headers": {"X-CSRFToken": token}, "cookies": cookies}


@contextmanager
def rolled_back() -> Iterator[None]:
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


def cases(operation: APIOperation, likely: list[Parts]) -> st.SearchStrategy[Case]:
    return st.one_of(operation.as_strategy(mode, **parts) for parts in ({}, *likely) for mode in GenerationMode)


@pytest.mark.usefixtures("done_at_once")
@pytest.mark.parametrize("operation", operations(), ids=lambda operation: operation.label)
def test_every_caller_is_answered_as_the_document_says(
    operation: APIOperation, callers: dict[str, Credentials], likely: dict[str, list[Parts]]
) -> None:
    @effort(
        max_examples=EXAMPLES,
        derandomize=True,
        database=None,
        deadline=None,
        suppress_health_check=list(HealthCheck),
    )
    @given(case=cases(operation, likely.get(operation.label, [])))
    def ask(case: Case) -> None:
        for name, credentials in callers.items():
            with rolled_back():
                try:
                    answer = case.call(**credentials)
                    case.validate_response(answer, checks=CHECKS)
                except Exception as error:
                    error.add_note(f"asked by {name}")
                    raise

    ask()


@pytest.mark.django_db
@pytest.mark.parametrize("operation", operations(), ids=lambda operation: operation.label)
def test_who_takes_no_json_is_told_so_as_the_document_says(operation: APIOperation) -> None:
    parameters = {"id": 1, "slug": "x", "template": "openai", "conversation": NO_CONVERSATION}
    case = operation.Case(path_parameters=parameters, query={})

    answer = case.call(headers={"Accept": "text/html"})

    assert answer.status_code == 406
    case.validate_response(answer, checks=CHECKS)
