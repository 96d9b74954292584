"""Every door, tried by strangers: what belongs to a person is for all others as if it did not exist."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.management import call_command
from django.test import Client

from access.caller import of_user
from access.snapshot import KEYS
from catalog import connections, credentials, registration
from catalog.api.filters import ORDERINGS
from catalog.credentials import Secret
from catalog.errors import Clash, Invalid
from catalog.models import AIModel
from tests.access.conftest import a_key
from tests.builders import ADMIN, a_model, a_person, a_personal_model, a_provider

pytestmark = pytest.mark.django_db

CANARY = "zq-canary"
KEY = "sk-zq-canary-0123456789"
OWN = "https://9.9.9.9/zq-canary/v1"
UNKNOWN = 123_456_789

LISTS = (
    *("/api/models", "/api/models?view=list", "/api/config/models", "/api/admin/models"),
    *(f"/api/config/models?ordering={way}{name}" for name in ORDERINGS for way in ("", "-")),
    *(f"/api/config/models?{query}" for query in (f"search={CANARY}", f"modelId={CANARY}", "isPersonal=true")),
    *(f"/api/config/models?{query}" for query in ("provider=acme", "status=enabled,disabled", "isPersonal=false")),
    *(f"/api/admin/models?{query}" for query in (f"search={CANARY}", "isPersonal=true", "status=archived", "page=1")),
    *("/api/admin/providers", "/api/admin/providers/acme", "/api/models/templates", "/api/schema", "/api/docs"),
    *("/account/models", "/account/catalog?q=zq", "/account/keys", "/account/requests", "/account/preferences?q=zq"),
    *("/admin/", "/admin/catalog/aimodel/", f"/admin/catalog/aimodel/?q={CANARY}", "/admin/catalog/provider/"),
)
VOLATILE = re.compile(r'csrfmiddlewaretoken" value="\w+|nonce="[^"]+|\d+ (second|minute)s? ago|just now')


@pytest.fixture
def bob() -> User:
    return a_person("bob")


@pytest.fixture
def strangers(bob: User, admin_key: str) -> dict[str, Client]:
    """Another user, an admin, the admin key, keys of services, and nobody."""
    people = {"eve": a_person("eve"), "admin": a_person("root", is_staff=True, is_superuser=True)}
    found = {"nobody": Client(), "admin key": with_key(admin_key)}
    for name, user in people.items():
        found[name] = Client()
        found[name].force_login(user)
    scopes = ("catalog:read", "catalog:write", "gateway")
    found["eve's key"] = with_key(a_key(*scopes, owner=people["eve"], name="eve").plaintext)
    found["service"] = with_key(a_key(*scopes, name="service").plaintext)
    found["admin service"] = with_key(a_key("admin", name="boss").plaintext)
    KEYS.refresh()
    return found


@pytest.fixture
def world() -> dict[str, AIModel]:
    """What everyone may see."""
    a_provider("acme")
    return {name: a_model(name, status="enabled") for name in ("one", "two")}


def with_key(key: str) -> Client:
    return Client(headers={"authorization": f"Bearer {key}"})


def bobs(bob: User) -> AIModel:
    """All that a person can have, with a word in it that occurs nowhere else."""
    by = of_user(bob, "api")
    credentials.set_key(a_provider(), KEY, by, owner_id=bob.pk, base_url=OWN)
    facts = {"description": CANARY, "price": {"input_mtok": "77", "output_mtok": "78"}, "tags": [CANARY]}
    secret = Secret(key=KEY, headers={"X-Zq-Canary": CANARY})
    return a_personal_model(bob, CANARY, provider=a_provider(), base_url=OWN, secret=secret, **facts)


def seen(client: Client, path: str) -> tuple[int, str]:
    answer = client.get(path)
    return answer.status_code, VOLATILE.sub("", answer.content.decode())


def test_no_list_count_or_page_changes_for_others(
    world: dict[str, AIModel], bob: User, strangers: dict[str, Client]
) -> None:
    for client in strangers.values():
        seen(client, "/admin/")  # what only a first visit shows
    before = {(who, path): seen(client, path) for who, client in strangers.items() for path in LISTS}
    bobs(bob)

    changed = [
        (who, path)
        for (who, path), shown in before.items()
        # The history is for admins: it says who changed what, of everyone.
        if seen(strangers[who], path) != shown and (who, path) != ("admin", "/admin/")
    ]

    assert changed == []


def test_its_owner_sees_it_wherever_models_are_listed(world: dict[str, AIModel], bob: User) -> None:
    bobs(bob)
    own = Client()
    own.force_login(bob)

    for path in ("/api/config/models?isPersonal=true", "/api/models?view=list", "/account/models"):
        assert CANARY in seen(own, path)[1]
    assert CANARY not in seen(own, "/api/models")[1]


def requests_about(pk: int) -> Iterator[tuple[str, str, Any]]:
    """Every way to name one model by its id."""
    for base in ("/api/models", "/api/admin/models"):
        yield "get", f"{base}/{pk}", None
        for method in ("put", "patch"):
            yield method, f"{base}/{pk}", {"name": "stolen"}
            yield method, f"{base}/{pk}", {"apiKey": "sk-0123456789abcdef", "baseUrl": "https://8.8.8.8/v1"}
            yield method, f"{base}/{pk}", {"isActive": False}
        yield "delete", f"{base}/{pk}", None
    for status in ("disabled", "deprecated"):
        yield "post", "/api/admin/models/bulk-update", {"model_ids": [pk], "status": status}
    yield "get", f"/account/models/{pk}", None
    yield "post", f"/account/models/{pk}/delete", None
    yield "post", "/account/preferences/default", {"model": pk}
    for page in ("change/", "history/", "delete/"):
        yield "get", f"/admin/catalog/aimodel/{pk}/{page}", None
    for button in ("move/disable/", "default/", "reset/name/"):
        yield "post", f"/admin/catalog/aimodel/{pk}/{button}", None
    yield "post", f"/admin/catalog/aimodel/{pk}/change/", {"_schedule": "", "schedule-begins": "2100-01-01"}


def answer_to(client: Client, method: str, path: str, body: Any, numbers: re.Pattern[str]) -> tuple[int, str, str]:
    """What came back, with the ids taken out of it."""
    if body is not None and path.startswith("/api/"):
        answer = getattr(client, method)(path, body, content_type="application/json")
    else:
        answer = getattr(client, method)(path, body or {})
    text = VOLATILE.sub("", answer.content.decode())
    return answer.status_code, numbers.sub("ID", answer.headers.get("Location", "")), numbers.sub("ID", text)


def test_a_guessed_id_is_answered_like_one_that_does_not_exist(
    world: dict[str, AIModel], bob: User, strangers: dict[str, Client]
) -> None:
    pk = bobs(bob).pk
    numbers = re.compile(rf"\b({pk}|{UNKNOWN})\b")
    kept = AIModel.objects.filter(pk=pk).values().get()
    wrong = []

    for who, client in strangers.items():
        asked = zip(requests_about(pk), requests_about(UNKNOWN), strict=True)
        for (method, path, body), (_, other_path, other_body) in asked:
            found = answer_to(client, method, path, body, numbers)
            if found != answer_to(client, method, other_path, other_body, numbers) or CANARY in found[2]:
                wrong.append((who, method, path, found[:2]))

    assert wrong == []
    assert AIModel.objects.filter(pk=pk).values().get() == kept


def test_nobody_makes_it_a_successor_or_a_default(
    world: dict[str, AIModel], bob: User, strangers: dict[str, Client]
) -> None:
    model = bobs(bob)
    for who, name in (("eve", "eves"), ("admin key", "")):
        pk = a_personal_model(a_person(who), name).pk if name else world["one"].pk
        for wanted in (model.pk, f"acme/{CANARY}"):
            unknown = UNKNOWN if wanted == model.pk else "acme/unknown"
            answers = [
                strangers[who].patch(f"/api/models/{pk}", {"successor": named}, content_type="application/json")
                for named in (wanted, unknown)
            ]
            assert [answer.status_code for answer in answers] == [400, 400]
            shown = [
                answer.json()["error"]["details"]["successor"].replace(str(name), "NAME")
                for answer, name in zip(answers, (wanted, unknown), strict=True)
            ]
            assert shown == ["there is no model NAME"] * 2
    with pytest.raises(Invalid, match="there is no model"):
        registration.change_model(world["one"], ADMIN, decisions={"successor_id": model.pk})

    default = {"provider": "acme", "category": "text", "model_id": CANARY}
    answer = strangers["admin key"].post("/api/admin/models/set-default", default, content_type="application/json")
    assert answer.status_code == 404


def test_no_filter_of_a_bulk_move_reaches_it(
    world: dict[str, AIModel], bob: User, strangers: dict[str, Client]
) -> None:
    bobs(bob)
    for condition in ({"search": CANARY}, {"isPersonal": True}, {"modelId": CANARY}):
        answer = strangers["admin key"].post(
            "/api/admin/models/bulk-update",
            {"filter": condition, "status": "disabled"},
            content_type="application/json",
        )
        assert (answer.status_code, answer.json()["updated"], answer.json()["unchanged"]) == (200, 0, 0)
    assert AIModel.objects.get(model_id=CANARY).status == "enabled"


def test_its_name_and_id_are_free_for_everyone_else(
    world: dict[str, AIModel], bob: User, strangers: dict[str, Client]
) -> None:
    bobs(bob)
    body = {"name": CANARY, "modelId": CANARY, "provider": "acme"}

    for who in ("eve", "admin key"):
        assert strangers[who].post("/api/models", body, content_type="application/json").status_code == 201


@pytest.mark.parametrize("format_", ["json", "litellm", "modelsdev", "csv"])
def test_no_export_holds_it(world: dict[str, AIModel], bob: User, capsys: Any, format_: str) -> None:
    bobs(bob)

    call_command("export_catalog", format=format_)

    assert CANARY not in capsys.readouterr().out


def test_a_provider_in_use_by_it_is_kept_without_saying_by_whom(bob: User) -> None:

    provider = a_provider("beta")
    a_personal_model(bob, CANARY, provider=provider)

    with pytest.raises(Clash) as refusal:
        connections.delete_provider(provider, ADMIN)
    assert "bob" not in refusal.value.message and CANARY not in refusal.value.message


def test_a_person_sees_of_the_history_only_what_they_did(
    world: dict[str, AIModel], bob: User, strangers: dict[str, Client]
) -> None:
    bobs(bob)

    for who in ("eve", "eve's key", "service"):
        assert CANARY not in strangers[who].get("/api/audit").content.decode()


def test_no_answer_to_anybody_holds_a_key(world: dict[str, AIModel], bob: User, strangers: dict[str, Client]) -> None:
    pk = bobs(bob).pk
    own = Client()
    own.force_login(bob)
    everyone: dict[str, Client] = {**strangers, "bob": own}
    paths = [*LISTS, f"/api/models/{pk}", f"/account/models/{pk}", "/api/audit", "/admin/catalog/change/"]

    for client in everyone.values():
        for path in paths:
            assert KEY not in client.get(path).content.decode()
