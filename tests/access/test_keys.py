"""Keys we issue: made and shown once, checked in memory, revoked everywhere within a second."""

from __future__ import annotations

import hashlib
import re
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from io import StringIO
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.management import CommandError, call_command
from django.db import IntegrityError, transaction
from django.utils import timezone
from rest_framework.test import APIClient

from access import keys, news
from access.caller import ANONYMOUS, Caller
from access.errors import AccessError, BadRequest, Clash, Forbidden, NotFound
from access.models import ApiKey, AuthEvent, Kind, UserLimits
from access.snapshot import KEYS, Refusal, Snapshot
from tests.access.conftest import OPERATOR, a_key, person

pytestmark = pytest.mark.django_db


def checked(plaintext: str) -> Caller | Refusal:
    KEYS.refresh()
    return KEYS.check(plaintext)


def test_a_key_is_shown_once_and_only_its_digest_is_kept() -> None:
    made = a_key()

    assert re.fullmatch(r"mr_[a-z0-9]{8}_[A-Za-z0-9_-]{43}", made.plaintext)
    assert made.key.digest == hashlib.sha256(made.plaintext.encode()).hexdigest()
    stored = " ".join(str(value) for row in ApiKey.objects.values() for value in row.values())
    assert made.plaintext.split("_", 2)[2] not in stored + repr(made) + repr(made.key)


def test_a_key_stands_for_its_owner_with_its_scopes_only(alice: User) -> None:
    made = a_key("catalog:read", owner=alice)

    caller = checked(made.plaintext)

    assert isinstance(caller, Caller)
    assert (caller.user_id, caller.key_id, caller.is_admin) == (alice.pk, made.key.pk, False)
    assert caller.may("catalog:read") and not caller.may("catalog:write") and not caller.may("admin")
    assert caller.label == "alice (key ci)"


@pytest.mark.parametrize("wrong", ["", "mr_", "x" * 55, "mr_abcdefgh_" + "x" * 43, "mr_" + "é" * 52, "x" * 100_000])
def test_anything_else_is_refused(wrong: str) -> None:
    assert checked(wrong) is Refusal.UNKNOWN


def test_a_key_cut_or_lengthened_is_refused() -> None:
    made = a_key()

    assert checked(made.plaintext[:-1]) is checked(made.plaintext + "x") is Refusal.UNKNOWN


def test_a_key_expires() -> None:
    terms = keys.Terms(expires_at=timezone.now() + timedelta(seconds=0.2))
    made = keys.make("short", by=OPERATOR, terms=terms)
    assert isinstance(checked(made.plaintext), Caller)

    time.sleep(0.3)

    assert KEYS.check(made.plaintext) is Refusal.EXPIRED


def test_a_rotated_key_has_a_new_secret_and_the_same_terms() -> None:
    made = a_key("sync")

    again = keys.rotate(made.key.pk, by=OPERATOR)

    assert checked(made.plaintext) is Refusal.UNKNOWN
    assert isinstance(caller := checked(again.plaintext), Caller) and caller.may("sync")
    assert again.key.pk == made.key.pk


def test_a_revoked_key_is_closed_for_good() -> None:
    made = a_key()
    checked(made.plaintext)

    assert keys.revoke(made.key.pk, by=OPERATOR)
    assert not keys.revoke(made.key.pk, by=OPERATOR)
    assert checked(made.plaintext) is Refusal.UNKNOWN
    with pytest.raises(Clash, match="revoked"):
        keys.rotate(made.key.pk, by=OPERATOR)


def test_only_keys_with_news_are_read_again(django_assert_num_queries: Callable[..., Any]) -> None:
    made = [a_key(name=f"key {n}") for n in range(20)]
    KEYS.refresh()
    entries = {key.plaintext: KEYS.find(key.plaintext) for key in made}

    with django_assert_num_queries(1):
        KEYS.refresh()
    keys.revoke(made[0].key.pk, by=OPERATOR)
    with django_assert_num_queries(2):
        KEYS.refresh()

    assert KEYS.find(made[0].plaintext) is None
    assert all(KEYS.find(key.plaintext) is entries[key.plaintext] for key in made[1:])


def test_news_that_is_committed_out_of_order_is_not_missed() -> None:
    """As on PostgreSQL: a lower id appears after a higher one was seen."""
    early, late = a_key(name="early"), a_key(name="late")
    KEYS.refresh()
    ApiKey.objects.update(revoked_at=timezone.now())
    last = AuthEvent.objects.latest("id").pk
    AuthEvent.objects.create(pk=last + 10, kind=Kind.KEY_REVOKED, api_key_id=late.key.pk)
    KEYS.refresh()
    assert KEYS.find(late.plaintext) is None and KEYS.find(early.plaintext)

    AuthEvent.objects.create(pk=last + 5, kind=Kind.KEY_REVOKED, api_key_id=early.key.pk)
    KEYS.refresh()

    assert KEYS.find(early.plaintext) is None


def test_news_is_watched_for_a_minute_and_then_settled(monkeypatch: pytest.MonkeyPatch) -> None:
    a_key()
    KEYS.refresh()
    assert len(KEYS.heard.seen) == 1

    monkeypatch.setattr(news, "SETTLED", 0.0)
    KEYS.refresh()

    assert (KEYS.heard.seen, KEYS.heard.floor) == ({}, AuthEvent.objects.latest("id").pk)


def test_a_check_looks_for_news_at_most_every_half_second(django_assert_num_queries: Callable[..., Any]) -> None:
    made = a_key()
    KEYS.keep_fresh()

    with django_assert_num_queries(0):
        for _ in range(100):
            KEYS.keep_fresh()
            assert isinstance(KEYS.check(made.plaintext), Caller)


@pytest.mark.parametrize("change", [{"is_active": False}, {"is_superuser": False}, {"is_staff": False}])
def test_an_owner_who_loses_their_rights_loses_them_on_their_keys(boss: User, change: dict[str, bool]) -> None:
    made = a_key("admin", owner=boss)
    assert isinstance(caller := checked(made.plaintext), Caller) and caller.is_admin

    for name, value in change.items():
        setattr(boss, name, value)
    boss.save()

    caller = checked(made.plaintext)
    assert caller is Refusal.UNKNOWN or (isinstance(caller, Caller) and not caller.is_admin)
    assert ("is_active" in change) == (caller is Refusal.UNKNOWN)


def test_a_deleted_owner_takes_their_keys_along(alice: User) -> None:
    made = a_key(owner=alice)
    checked(made.plaintext)

    alice.delete()

    assert checked(made.plaintext) is Refusal.UNKNOWN


def test_limits_of_a_user_reach_their_keys(alice: User) -> None:
    made = a_key(owner=alice)
    checked(made.plaintext)

    UserLimits.objects.create(user=alice, monthly_budget=Decimal("5.00"))
    KEYS.refresh()

    entry = KEYS.find(made.plaintext)
    assert entry and entry.owner_rates.budget == Decimal("5.00") and entry.rates.budget is None


def test_uses_are_written_in_a_batch_and_at_most_once_a_minute(django_assert_num_queries: Callable[..., Any]) -> None:
    made = [a_key(name=f"key {n}") for n in range(5)]
    KEYS.refresh()
    for _ in range(3):
        for key in made:
            KEYS.check(key.plaintext)

    with django_assert_num_queries(1):
        assert KEYS.save_uses() == 5
    KEYS.check(made[0].plaintext)
    with django_assert_num_queries(0):
        assert KEYS.save_uses() == 0

    used = ApiKey.objects.values_list("last_used_at", flat=True)
    assert all(at and abs(datetime.now(UTC) - at) < timedelta(seconds=30) for at in used)


def test_another_worker_starts_with_the_same_keys() -> None:
    made = a_key()
    other = Snapshot()
    other.refresh()

    assert isinstance(other.check(made.plaintext), Caller)


# who may make what


def test_people_manage_their_own_keys_and_no_others(alice: User, bob: User) -> None:
    made = keys.make("mine", by=person(alice), owner_id=alice.pk)

    for deed in (keys.revoke, keys.rotate):
        with pytest.raises(NotFound):
            deed(made.key.pk, by=person(bob))
    with pytest.raises(Forbidden):
        keys.make("yours", by=person(bob), owner_id=alice.pk)
    with pytest.raises(Forbidden):
        keys.make("a service", by=person(bob))
    assert keys.revoke(made.key.pk, by=person(alice))


@pytest.mark.parametrize("scope", ["sync", "admin"])
def test_people_cannot_give_themselves_more_than_they_have(alice: User, scope: str) -> None:
    with pytest.raises(Forbidden, match=scope):
        keys.make("more", by=person(alice), owner_id=alice.pk, terms=keys.Terms(scopes=[scope]))
    with pytest.raises(Forbidden, match="must be an admin" if scope == "admin" else scope):
        by = OPERATOR if scope == "admin" else person(alice)
        keys.make("more", by=by, owner_id=alice.pk, terms=keys.Terms(scopes=[scope]))


def test_a_key_cannot_make_another(alice: User) -> None:
    caller = checked(a_key("catalog:write", owner=alice).plaintext)
    assert isinstance(caller, Caller)

    with pytest.raises(Forbidden):
        keys.make("child", by=caller, owner_id=alice.pk)
    with pytest.raises(Forbidden):
        keys.make("child", by=ANONYMOUS)


@pytest.mark.parametrize(
    ("name", "terms"),
    [
        ("", {}),
        (" ", {}),
        ("x" * 101, {}),
        ("a\x00b", {}),
        ("ok", {"scopes": []}),
        ("ok", {"scopes": ["everything"]}),
        ("ok", {"expires_at": datetime(2020, 1, 1, tzinfo=UTC)}),
        ("ok", {"requests_per_minute": 0}),
        ("ok", {"tokens_per_minute": 2**40}),
        ("ok", {"monthly_budget": Decimal(-1)}),
        ("ok", {"allowed_models": [""]}),
        ("ok", {"allowed_models": [7]}),
        ("ok", {"allowed_providers": ["a b"]}),
        ("ok", {"allowed_routes": ["x"] * 101}),
    ],
)
def test_terms_that_cannot_be_are_refused(name: str, terms: dict[str, Any]) -> None:
    with pytest.raises(BadRequest):
        keys.make(name, by=OPERATOR, terms=keys.Terms(**terms))
    assert not ApiKey.objects.exists()


def test_the_database_refuses_what_slips_past() -> None:
    for wrong in ({"name": ""}, {"requests_per_minute": 0}, {"monthly_budget": Decimal(-1)}):
        with pytest.raises(IntegrityError), transaction.atomic():
            ApiKey.objects.create(**{"name": "x", "prefix": "p", "digest": "d", **wrong})


def test_terms_are_changed_and_the_change_is_told() -> None:
    made = a_key()

    keys.change(made.key.pk, "ci", keys.Terms(allowed_models=["claude-*"]), by=OPERATOR)

    caller = checked(made.plaintext)
    assert isinstance(caller, Caller)
    assert caller.may_use_model("anthropic", "claude-x") and not caller.may_use_model("openai", "gpt")
    assert AuthEvent.objects.latest("id").detail.endswith("changed allowed_models")


@pytest.mark.parametrize(
    ("patterns", "provider", "model", "may"),
    [
        ({}, "openai", "gpt", True),
        ({"allowed_providers": ["openai"]}, "openai", "gpt", True),
        ({"allowed_providers": ["openai"]}, "openrouter", "gpt", False),
        ({"allowed_models": ["openai/*"]}, "openai", "gpt", True),
        ({"allowed_models": ["openai/*"]}, "openrouter", "openai/gpt", True),
        ({"allowed_models": ["openai/gpt"], "allowed_providers": ["openai"]}, "openrouter", "openai/gpt", False),
        ({"allowed_models": ["GPT"]}, "openai", "gpt", False),
        ({"allowed_models": ["gpt-[45]*"]}, "openai", "gpt-4.1", True),
    ],
)
def test_patterns_say_which_models_a_key_may_call(
    patterns: dict[str, Any], provider: str, model: str, may: bool
) -> None:
    caller = Caller(label="x", source="api", **{name: tuple(values) for name, values in patterns.items()})

    assert caller.may_use_model(provider, model) is may


# the command


def test_the_command_prints_the_key_alone_on_the_last_line(alice: User) -> None:
    out, err = StringIO(), StringIO()

    call_command("create_api_key", "ci", "--user", "alice", "--scopes", "gateway,catalog:read", stdout=out, stderr=err)

    assert isinstance(caller := checked(out.getvalue().splitlines()[-1]), Caller)
    assert caller.user_id == alice.pk and caller.scopes == {"gateway", "catalog:read"}
    assert out.getvalue().splitlines()[-1] not in err.getvalue()


def test_the_command_makes_service_keys_with_the_usual_scopes() -> None:
    out = StringIO()

    call_command("create_api_key", "ci", stdout=out, stderr=StringIO())

    assert isinstance(caller := checked(out.getvalue().strip()), Caller)
    assert caller.user_id is None and caller.scopes == {"gateway", "catalog:read"}


@pytest.mark.parametrize("arguments", [["--user", "nobody"], ["--scopes", "root"]])
def test_the_command_says_what_is_wrong(arguments: list[str]) -> None:
    with pytest.raises(CommandError, match="no user nobody|Scopes are"):
        call_command("create_api_key", "ci", *arguments)


# the API


def test_a_key_opens_the_api_by_either_header(program: Callable[[str], APIClient], alice: User) -> None:
    made = a_key("catalog:read", owner=alice)

    assert program(made.plaintext).get("/api/config/models").status_code == 200
    assert APIClient().get("/api/config/models", headers={"x-api-key": made.plaintext}).status_code == 200
    assert APIClient().get("/api/config/models", headers={"x-api-key": "something"}).status_code == 401


def test_a_revoked_key_is_refused_with_the_next_request_here(program: Callable[[str], APIClient]) -> None:
    made = a_key()
    client = program(made.plaintext)
    assert client.get("/api/config/models").status_code == 200

    keys.revoke(made.key.pk, by=OPERATOR)

    assert client.get("/api/config/models").status_code == 401
    with pytest.raises(AccessError):
        keys.revoke(10**9, by=OPERATOR)
