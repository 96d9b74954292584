"""GET /api/usage and /api/usage/calls: sums by what is asked for, and single calls, each caller their own."""

from __future__ import annotations

import csv
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from rest_framework.test import APIClient

from access.snapshot import KEYS
from gateway.metering import ledger
from gateway.metering.spool import encoded
from gateway.models import Usage
from tests.access.conftest import a_key, alice, bob, program
from tests.gateway.records import a_record

__all__ = ["alice", "bob", "program"]

pytestmark = pytest.mark.django_db

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
MARCH = {"from": "2026-03-01", "to": "2026-03-31"}


def note(**fields: Any) -> None:
    ledger.write([encoded(a_record(**{"at": NOON, **fields}))])


def asked(client: APIClient, path: str = "/api/usage", **query: Any) -> Any:
    answer = client.get(path, {**MARCH, **query})
    assert answer.status_code == 200, answer.content
    return answer.json()


class TestTotals:
    def test_calls_add_up_with_their_tokens_costs_and_times(self, admin_api: APIClient) -> None:
        note(input_tokens=100, output_tokens=10, cost=Decimal("0.25"), duration_ms=100, first_ms=50)
        note(input_tokens=50, output_tokens=20, cost=None, duration_ms=300, first_ms=None, reasoning_tokens=15)
        note(outcome="error", cost=None, input_tokens=None, output_tokens=None, first_ms=None)
        note(outcome="refused", cost=None, input_tokens=None, output_tokens=None, first_ms=None)

        answer = asked(admin_api)

        assert (answer["from"], answer["to"], answer["groupBy"]) == ("2026-03-01", "2026-03-31", ["day"])
        assert answer["rows"] == [{"day": "2026-03-01", **answer["totals"]}]
        assert answer["totals"] == {
            "calls": 4,
            "errors": 1,
            "refused": 1,
            "cancelled": 0,
            "unpriced": 1,
            "fallbacks": 0,
            "inputTokens": 150,
            "outputTokens": 30,
            "cacheReadTokens": 0,
            "cacheWriteTokens": 0,
            "reasoningTokens": 15,
            "audioInputTokens": 0,
            "audioOutputTokens": 0,
            "characters": 0,
            "images": 0,
            "cost": 0.25,
            "providerCost": None,
            "meanDurationMs": 200.0,
            "meanFirstMs": 50.0,
        }

    def test_a_cost_that_nobody_knows_is_null_and_one_of_nothing_is_zero(self, admin_api: APIClient) -> None:
        note(model="acme/unknown", cost=None)
        note(model="acme/free", cost=Decimal(0), provider_cost=Decimal("0.1"))

        rows = {row["model"]: row for row in asked(admin_api, groupBy="model")["rows"]}

        assert [rows["acme/unknown"][name] for name in ("cost", "providerCost", "unpriced")] == [None, None, 1]
        assert [rows["acme/free"][name] for name in ("cost", "providerCost", "unpriced")] == [0, 0.1, 0]

    @pytest.mark.parametrize(
        ("group_by", "groups"),
        [
            ("day", [{"day": "2026-03-01"}, {"day": "2026-03-02"}]),
            ("model", [{"model": "beta/b"}, {"model": "acme/a"}]),
            ("provider", [{"provider": "beta"}, {"provider": "acme"}]),
            ("key", [{"keyId": 2, "key": "batch"}, {"keyId": 1, "key": "search"}]),
            ("user", [{"userId": 900_007, "user": "ann"}, {"userId": 0, "user": ""}]),
            ("route", [{"route": "fast"}, {"route": ""}]),
            ("variant", [{"route": "fast", "variant": "b"}, {"route": "", "variant": ""}]),
            ("kind", [{"kind": "speech"}, {"kind": "chat"}]),
        ],
    )
    def test_they_are_grouped_as_asked_days_in_order_and_else_the_dearest_first(
        self, admin_api: APIClient, group_by: str, groups: list[dict[str, Any]]
    ) -> None:
        note(model="acme/a", cost=Decimal(1), at=NOON)
        note(
            model="beta/b", provider="beta", key_id=2, key_name="batch", user_id=900_007, user_name="ann", route="fast",
            variant="b", kind="speech", cost=Decimal(2), at=NOON + timedelta(1),
        )  # fmt: skip

        answer = asked(admin_api, groupBy=group_by)

        assert [{name: row[name] for name in groups[0]} for row in answer["rows"]] == groups
        assert [row["calls"] for row in answer["rows"]] == [1, 1] and answer["totals"]["cost"] == 3

    @pytest.mark.parametrize("group_by", ["model,key", ["model", "key"], ["key,model", "model"]])
    def test_by_several_at_once(self, admin_api: APIClient, group_by: Any) -> None:
        note(key_id=1)
        note(key_id=1)
        note(key_id=2, key_name="batch")

        answer = asked(admin_api, groupBy=group_by)

        assert sorted((row["keyId"], row["key"], row["model"], row["calls"]) for row in answer["rows"]) == [
            (1, "search", "acme/gpt-x", 2),
            (2, "batch", "acme/gpt-x", 1),
        ]

    def test_a_key_that_was_renamed_stands_under_its_newest_name(self, admin_api: APIClient) -> None:
        note(key_name="zebra", at=NOON)
        note(key_name="aardvark", at=NOON + timedelta(1))

        (row,) = asked(admin_api, groupBy="key")["rows"]

        assert (row["keyId"], row["key"], row["calls"]) == (1, "aardvark", 2)

    @pytest.mark.parametrize(
        ("query", "calls"),
        [
            ({}, 3),
            ({"model": "acme/a"}, 1),
            ({"model": ["acme/a", "beta/b"]}, 2),
            ({"provider": "beta"}, 1),
            ({"key": "2"}, 1),
            ({"key": "batch"}, 1),
            ({"key": ["batch", "1"]}, 3),
            ({"user": "ann"}, 1),
            ({"user": "9" * 30}, 0),
            ({"route": "fast", "variant": "b"}, 1),
            ({"kind": "chat"}, 2),
            ({"kind": "chat,speech"}, 3),
            ({"from": "2026-03-02"}, 1),
            ({"to": "2026-03-01"}, 2),
            ({"model": ""}, 3),
        ],
    )
    def test_what_is_asked_for_is_counted(self, admin_api: APIClient, query: dict[str, Any], calls: int) -> None:
        note(model="acme/a")
        note(model="acme/c", key_id=1)
        note(
            model="beta/b", provider="beta", key_id=2, key_name="batch", user_id=900_007, user_name="ann", route="fast",
            variant="b", kind="speech", at=NOON + timedelta(1),
        )  # fmt: skip

        assert asked(admin_api, **query)["totals"]["calls"] == calls

    def test_unless_said_otherwise_it_is_the_last_thirty_days(self, admin_api: APIClient) -> None:
        today = timezone.now()
        for age in (0, 29, 30):
            note(at=today - timedelta(days=age))

        answer = admin_api.get("/api/usage").json()

        assert (answer["totals"]["calls"], answer["to"]) == (2, today.date().isoformat())
        assert date.fromisoformat(answer["to"]) - date.fromisoformat(answer["from"]) == timedelta(29)

    def test_nothing_is_nothing(self, admin_api: APIClient) -> None:
        answer = asked(admin_api)

        assert (answer["rows"], answer["totals"]["calls"], answer["totals"]["cost"]) == ([], 0, None)

    @pytest.mark.parametrize(
        ("query", "field"),
        [
            ({"groupBy": "colour"}, "groupBy"),
            ({"from": "yesterday"}, "from"),
            ({"from": "2026-03-09", "to": "2026-03-01"}, "from"),
            ({"to": "2026-02-30"}, "to"),
            ({"as": "xlsx"}, "as"),
            ({"kind": "dance"}, "kind"),
            ({"colour": "red"}, "colour"),
            ({"model": "a\0b"}, "model"),
        ],
    )
    def test_what_cannot_be_asked_is_refused_by_its_name(
        self, admin_api: APIClient, query: dict[str, str], field: str
    ) -> None:
        answer = admin_api.get("/api/usage", query)

        assert answer.status_code == 400
        assert list(answer.json()["error"]["details"]) == [field]

    def test_more_rows_than_fit_are_refused_and_not_cut(
        self, admin_api: APIClient, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("gateway.api.usage.MOST", {"json": 1, "csv": 1})
        note(key_id=1)
        note(key_id=2)

        answer = admin_api.get("/api/usage", {**MARCH, "groupBy": "key"})

        assert answer.status_code == 400 and "fewer days" in answer.json()["error"]["details"]["groupBy"]

    def test_single_calls_are_not_looked_at(self, admin_api: APIClient) -> None:
        note()

        with CaptureQueriesContext(connection) as made:
            asked(admin_api, groupBy="day,model,key,user")

        about = [query["sql"] for query in made if "gateway_usage" in query["sql"]]
        assert len(about) == 3 and all("gateway_usageday" in sql for sql in about)

    def test_as_csv_it_is_one_file_that_no_spreadsheet_runs(self, admin_api: APIClient) -> None:
        note(key_name="=HYPERLINK(1)", cost=Decimal("0.5"))
        note(key_id=2, key_name="plain", cost=None)

        answer = admin_api.get("/api/usage", {**MARCH, "groupBy": "key", "as": "csv"})

        assert answer["Content-Type"] == "text/csv; charset=utf-8" and "usage.csv" in answer["Content-Disposition"]
        rows = {row["keyId"]: row for row in csv.DictReader(answer.content.decode().splitlines())}
        assert (rows["1"]["key"], rows["1"]["cost"]) == ("'=HYPERLINK(1)", "0.5")
        assert (rows["2"]["key"], rows["2"]["cost"], rows["2"]["unpriced"]) == ("plain", "", "1")


class TestWhoseCallsTheyAre:
    @pytest.fixture
    def clients(self, alice: User, bob: User, program: Any, admin_api: APIClient) -> dict[str, Any]:
        keys = {
            "alice's key": a_key(owner=alice),
            "bob's key": a_key(owner=bob),
            "a service": a_key(name="service"),
            "another service": a_key(name="other"),
        }
        KEYS.refresh()
        signed_in = APIClient()
        signed_in.force_login(alice)
        note(user_id=alice.pk, user_name="alice", key_id=0, key_name="")
        note(user_id=alice.pk, user_name="alice", key_id=keys["alice's key"].key.pk)
        note(key_id=keys["a service"].key.pk, key_name="service")
        return {
            "admin": admin_api,
            "alice": signed_in,
            **{name: program(made.plaintext) for name, made in keys.items()},
        }

    def test_admins_see_all_and_others_their_own(self, clients: dict[str, APIClient]) -> None:
        seen = {name: asked(client)["totals"]["calls"] for name, client in clients.items()}
        listed = {name: len(asked(client, "/api/usage/calls")["calls"]) for name, client in clients.items()}

        assert (
            seen
            == listed
            == {
                "admin": 3,
                "alice": 2,
                "alice's key": 2,
                "bob's key": 0,
                "a service": 1,
                "another service": 0,
            }
        )

    def test_no_filter_opens_what_belongs_to_others(self, clients: dict[str, APIClient], alice: User) -> None:
        for query in ({"user": "alice"}, {"user": str(alice.pk)}, {"key": "service"}):
            assert asked(clients["bob's key"], **query)["rows"] == []
            assert asked(clients["bob's key"], "/api/usage/calls", **query)["calls"] == []

    def test_nobody_sees_nothing(self, api: APIClient) -> None:
        assert [api.get(path).status_code for path in ("/api/usage", "/api/usage/calls")] == [401, 401]


class TestCalls:
    def test_a_call_is_shown_with_all_that_is_known_of_it(self, admin_api: APIClient) -> None:
        note(call_id="c-1", tried=[{"model": "acme/other", "why": "503"}], provider_cost=Decimal("0.002"), route="fast")

        (call,) = asked(admin_api, "/api/usage/calls")["calls"]

        assert (call["callId"], call["at"], call["key"], call["keyId"]) == ("c-1", "2026-03-01T12:00:00Z", "search", 1)
        assert (call["cost"], call["providerCost"], call["cacheReadTokens"]) == (0.0012, 0.002, None)
        assert call["tried"] == [{"model": "acme/other", "why": "503"}]

    def test_pages_follow_each_other_from_the_newest_to_the_oldest(self, admin_api: APIClient) -> None:
        for number in range(7):
            note(call_id=f"c-{number}", at=NOON + timedelta(seconds=number // 3))  # several at one moment

        seen, url = [], "/api/usage/calls"
        answer = asked(admin_api, url, pageSize=2)
        while True:
            seen += [call["callId"] for call in answer["calls"]]
            note(call_id=f"later-{len(seen)}", at=NOON + timedelta(hours=1))  # which moves no page
            if answer["next"] is None:
                break
            answer = admin_api.get(answer["next"]).json()

        assert seen == ["c-6", "c-5", "c-4", "c-3", "c-2", "c-1", "c-0"]

    @pytest.mark.parametrize(
        ("query", "found"),
        [
            ({"outcome": "error"}, ["bad"]),
            ({"outcome": "error,cancelled"}, ["bad"]),
            ({"callId": "good"}, ["good"]),
            ({"model": "acme/b"}, ["bad"]),
            ({"kind": "chat", "key": "1"}, ["bad", "good"]),
            ({"to": "2026-02-28", "from": "2026-02-01"}, []),
            ({"to": "9999-12-31"}, ["bad", "good"]),
        ],
    )
    def test_what_is_asked_for_is_found(self, admin_api: APIClient, query: dict[str, str], found: list[str]) -> None:
        note(call_id="good", model="acme/a")
        note(call_id="bad", model="acme/b", outcome="error", status=502, cost=None, at=NOON + timedelta(seconds=1))

        assert [call["callId"] for call in asked(admin_api, "/api/usage/calls", **query)["calls"]] == found

    @pytest.mark.parametrize("cursor", ["x", "!!!", "MjAyNi0wMy0wMQ==", "MjAyNi0wMy0wMVQxMjowMDowMCAx", "\0"])
    def test_a_cursor_that_is_none_is_refused(self, admin_api: APIClient, cursor: str) -> None:
        answer = admin_api.get("/api/usage/calls", {"cursor": cursor})

        assert answer.status_code == 400 and "cursor" in answer.json()["error"]["details"]

    def test_nothing_is_counted_and_a_page_is_one_question(self, admin_api: APIClient) -> None:
        for _ in range(5):
            note()

        with CaptureQueriesContext(connection) as made:
            asked(admin_api, "/api/usage/calls", pageSize=2)

        about = [query["sql"] for query in made if "gateway_usage" in query["sql"]]
        assert len(about) == 1 and "COUNT" not in about[0] and "LIMIT 3" in about[0]

    def test_a_later_page_is_found_by_an_index(self, admin_api: APIClient) -> None:
        for number in range(5):
            note(at=NOON + timedelta(seconds=number))
        following = asked(admin_api, "/api/usage/calls", pageSize=2)["next"]

        with CaptureQueriesContext(connection) as made:
            admin_api.get(following)

        (sql,) = [query["sql"] for query in made if "gateway_usage" in query["sql"]]
        with connection.cursor() as cursor:
            if connection.vendor == "postgresql":
                cursor.execute("SET LOCAL enable_seqscan = off")
            cursor.execute(f"EXPLAIN {'QUERY PLAN ' if connection.vendor == 'sqlite' else ''}{sql}")
            plan = " ".join(str(row) for row in cursor.fetchall())
        assert "usage_by_time" in plan and "SCAN gateway_usage" not in plan
        assert Usage.objects.count() == 5
