"""The ledger: each call once, its day the sum of its calls, and no line that keeps another one out."""

from __future__ import annotations

from contextlib import suppress
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

import pytest
from django.db.models import Count, Sum
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gateway.metering import days, ledger, records
from gateway.metering.spool import encoded
from gateway.models import Kind, Outcome, Quarantine, Usage, UsageDay
from tests.gateway.records import a_record

pytestmark = pytest.mark.django_db

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


def line(**fields: Any) -> bytes:
    return encoded(a_record(**fields)).rstrip()


def test_a_record_becomes_a_row_with_every_field_as_it_was() -> None:
    given = a_record(
        at=NOON.replace(microsecond=123),
        kind="speech",
        model_row=12,
        route="fast",
        variant="b",
        personal=True,
        streamed=True,
        tried=[{"model": "acme/other", "why": "429"}],
        cache_read_tokens=2**40,
        cost=Decimal("1.0000000001"),
        provider_cost=Decimal("0.5"),
    )

    ledger.write([encoded(given)])

    row = Usage.objects.values().get()
    assert {name: row[name] for name in given} == given


def test_a_call_noted_twice_is_counted_once() -> None:
    twice = line(call_id="a", input_tokens=7, at=NOON)

    first = ledger.write([twice, twice, line(call_id="b", input_tokens=1, at=NOON)])
    second = ledger.write([twice, line(call_id="c", input_tokens=1, at=NOON)])

    assert [len(first.rows), len(second.rows)] == [2, 1]
    assert (first.known, second.known) == (1, 1)
    assert UsageDay.objects.values_list("calls", "input_tokens").get() == (3, 9)


def test_days_end_at_midnight_utc_and_names_tell_days_apart() -> None:
    late = datetime(2026, 3, 1, 23, 30, tzinfo=timezone(timedelta(hours=-1)))

    ledger.write([line(at=NOON), line(at=late), line(at=NOON, key_id=2), line(at=NOON, variant="b", route="r")])

    found = set(UsageDay.objects.values_list("day", "key_id", "variant"))
    second = date(2026, 3, 2)
    assert found == {(NOON.date(), 1, ""), (second, 1, ""), (NOON.date(), 2, ""), (NOON.date(), 1, "b")}


def test_more_than_one_statement_takes_is_written_whole() -> None:
    lines = [line(at=NOON, variant=str(number % 45), input_tokens=number) for number in range(99)]

    first, second = ledger.write(lines), ledger.write([*lines, line(at=NOON, variant="1", input_tokens=1_000)])

    assert (len(first.rows), len(second.rows), second.known) == (99, 1, 99)
    assert sorted(Usage.objects.values_list("input_tokens", flat=True)) == [*range(99), 1_000]
    days = dict(UsageDay.objects.values_list("variant", "input_tokens"))
    assert len(days) == 45 and (days["1"], days["44"]) == (1 + 46 + 91 + 1_000, 44 + 89)


def test_a_key_that_is_renamed_keeps_its_days_under_the_newest_name() -> None:
    ledger.write([line(key_name="old", at=NOON)])
    ledger.write([line(key_name="new", at=NOON)])

    assert UsageDay.objects.values_list("key_name", "calls").get() == ("new", 2)


@pytest.mark.parametrize(
    ("fields", "sums"),
    [
        ({}, {"calls": 1, "answered": 1, "priced": 1, "unpriced": 0, "counted": 1, "first_count": 1}),
        ({"cost": None}, {"priced": 0, "unpriced": 1, "cost": 0}),
        ({"cost": Decimal(0)}, {"priced": 1, "unpriced": 0, "cost": 0}),
        ({"outcome": "refused", "cost": None, "first_ms": None}, {"refused": 1, "answered": 0, "unpriced": 0}),
        ({"outcome": "error", "cost": None, "first_ms": None}, {"errors": 1, "unpriced": 0, "duration_ms": 0}),
        ({"outcome": "cancelled", "cost": None, "first_ms": 5}, {"cancelled": 1, "unpriced": 1, "first_count": 0}),
        ({"tried": [{"model": "acme/other", "why": "503"}]}, {"fallbacks": 1}),
        ({"tried": [{"model": "acme/gpt-x", "why": "503"}]}, {"fallbacks": 0}),
        ({"input_tokens": None, "output_tokens": None}, {"counted": 0, "token_squares": 0}),
        ({"provider_cost": Decimal(0)}, {"provider_priced": 1}),
        ({"duration_ms": 300}, {"duration_ms": 300, "duration_squares": 90_000}),
    ],
)
def test_a_call_adds_what_is_known_of_it(fields: dict[str, Any], sums: dict[str, int]) -> None:
    ledger.write([line(**fields)])

    assert UsageDay.objects.values(*sums).get() == sums


COUNTS = st.one_of(st.none(), st.integers(0, 10**9))
USD = st.one_of(st.none(), st.decimals(0, 50, places=10))
RECORDS = st.fixed_dictionaries(
    {
        "at": st.datetimes(datetime(2026, 1, 1), datetime(2026, 1, 3), timezones=st.just(UTC)),
        "kind": st.sampled_from(Kind.values),
        "model": st.sampled_from(["acme/a", "acme/b", ""]),
        "key_id": st.integers(0, 2),
        "user_id": st.integers(0, 2),
        "route": st.sampled_from(["", "fast"]),
        "variant": st.sampled_from(["", "b"]),
        "outcome": st.sampled_from(Outcome.values),
        "duration_ms": st.integers(0, 100_000),
        "first_ms": st.one_of(st.none(), st.integers(0, 100_000)),
        **{f"{kind}_tokens": COUNTS for kind in ("input", "output", "cache_read", "reasoning", "audio_input")},
        "characters": COUNTS,
        "images": COUNTS,
        "cost": USD,
        "provider_cost": USD,
    }
)


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(st.lists(st.lists(RECORDS, max_size=12), max_size=4))
def test_the_sums_of_days_are_the_sums_of_their_calls(batches: list[list[dict[str, Any]]]) -> None:
    Usage.objects.all().delete()
    UsageDay.objects.all().delete()
    for batch in batches:
        lines = [line(**fields) for fields in batch]
        ledger.write(lines)
        ledger.write(lines)

    calls = Usage.objects.values("kind", "model", "key_id", "user_id", "route", "variant", "at__date")
    named = ("calls", "cost", "provider_cost", "input_tokens", "characters", "priced")
    added = calls.annotate(
        calls=Count("pk"),
        priced=Count("cost"),
        **{f"all_{name}": Sum(name, default=0) for name in ("cost", "provider_cost", "input_tokens", "characters")},
    )
    by_day = UsageDay.objects.values_list("kind", "model", "key_id", "user_id", "route", "variant", "day", *named)
    assert {row[:7]: rounded(row[7:]) for row in by_day} == {
        (*(row[name] for name in ("kind", "model", "key_id", "user_id", "route", "variant", "at__date")),): rounded(
            row[name] if name in row else row[f"all_{name}"] for name in named
        )
        for row in added
    }


def rounded(values: Any) -> list[Decimal]:
    """SQLite adds the decimals of calls in binary."""
    return [round(Decimal(value), 8) for value in values]


def test_sums_of_money_stay_exact_however_often_something_is_added() -> None:
    ledger.write([line(cost="0.1000000001", at=NOON)])
    for _ in range(200):
        ledger.write([line(cost="0.1000000001", at=NOON)])

    assert UsageDay.objects.get().cost == Decimal("20.1000000201")


ANYTHING = st.recursive(
    st.one_of(
        st.none(),
        st.booleans(),
        st.integers(),
        st.floats(),
        st.text(max_size=8),
        st.text("0123456789eE+-.", max_size=25),
    ),
    lambda inner: st.one_of(st.lists(inner, max_size=2), st.dictionaries(st.text(max_size=3), inner, max_size=2)),
    max_leaves=4,
)
FIELDS = st.dictionaries(st.sampled_from([*a_record(), "credential_id"]), st.one_of(ANYTHING, st.sampled_from([0, 1])))


class TestGarbage:
    @given(st.one_of(st.binary(max_size=60), st.text(max_size=40).map(lambda text: text.encode("utf-8", "replace"))))
    def test_whatever_a_line_holds_it_is_a_row_or_is_put_aside(self, garbage: bytes) -> None:
        with suppress(records.Unreadable):
            records.read(garbage)

    @given(FIELDS)
    def test_whatever_a_field_holds_a_row_fits_its_columns_or_is_put_aside(self, fields: dict[str, Any]) -> None:
        with suppress(records.Unreadable):
            row = records.read(encoded(a_record(**fields)))
            Usage(**{field.name: row[field.name] for field in records.FIELDS}).clean_fields()

    @given(st.lists(FIELDS, min_size=1, max_size=3), st.integers(1, 3))
    def test_many_lines_are_read_as_each_alone(self, calls: list[dict[str, Any]], times: int) -> None:
        lines = [encoded(a_record(**fields)) for fields in calls] * times

        rows, bad = ledger.sorted_out(lines)

        alone = [ledger.sorted_out([line]) for line in lines]
        assert repr(rows) == repr([row for found, _ in alone for row in found])
        assert bad == [one for _, found in alone for one in found]

    @pytest.mark.parametrize("at", ["0001-01-01T00:00:00+05:00", "9999-12-31T23:59:59-05:00", "", 5])
    def test_a_time_that_is_none_anywhere_is_put_aside(self, at: object) -> None:
        with pytest.raises(records.Unreadable, match="at is no time"):
            records.read(encoded(a_record(at=at)))


class TestBadLines:
    @pytest.mark.parametrize(
        ("bad", "why"),
        [
            (b'{"call_id": "x", "at": "2026-', "is not whole JSON"),
            (b"\0\0\0\0", "is not whole JSON"),
            (b"[1, 2]", "is no object"),
            ({"call_id": ""}, "call_id is no id"),
            ({"call_id": "x" * 33}, "call_id is no id"),
            ({"at": "yesterday"}, "at is no time"),
            ({"at": None}, "at is no time"),
            ({"outcome": "fine"}, "outcome is not one of those we know"),
            ({"kind": "dance"}, "kind is not one of those we know"),
            ({"status": None}, "status is no whole number that fits"),
            ({"status": 70_000}, "status is no whole number that fits"),
            ({"duration_ms": "fast"}, "duration_ms is no whole number that fits"),
            ({"input_tokens": -1}, "input_tokens is no whole number that fits"),
            ({"input_tokens": 2**70}, "input_tokens is no whole number that fits"),
            ({"input_tokens": True}, "input_tokens is no whole number that fits"),
            ({"cost": "-0.1"}, "cost is no number of USD that fits"),
            ({"cost": "NaN"}, "cost is no number of USD that fits"),
            ({"cost": "1e12"}, "cost is no number of USD that fits"),
            ({"streamed": "yes"}, "streamed is neither true nor false"),
            ({"tried": {}}, "tried is no list"),
            ({"model": 7}, "model is no text"),
        ],
    )
    def test_one_is_put_aside_with_why_and_keeps_no_other_out(self, bad: bytes | dict[str, Any], why: str) -> None:
        bad = bad if isinstance(bad, bytes) else line(**bad)
        for _ in range(2):
            ledger.write([line(call_id="before"), bad, line(call_id="after")])

        kept = Quarantine.objects.get()
        assert (kept.why, Usage.objects.count()) == (why, 2)
        assert kept.record == bad.decode().replace("\0", "")

    def test_so_it_is_where_only_the_database_finds_it_bad(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Our own checks are as strict as the columns; should one ever not be, the database has the last word."""
        columns = tuple((name, clean if name != "outcome" else str) for name, clean in records.COLUMNS)
        monkeypatch.setattr("gateway.metering.records.COLUMNS", columns)

        written = ledger.write([line(call_id="a"), line(outcome="fine"), line(call_id="b")])

        assert (len(written.rows), written.bad, UsageDay.objects.get().calls) == (2, 1, 2)
        assert "usage_outcome_is_known" in Quarantine.objects.get().why

    def test_names_are_cut_to_what_a_column_keeps_and_what_no_column_keeps_is_left_out(self) -> None:
        ledger.write([line(call_id="a", requested="x" * 1000, key_name="a\0b", tried=["c\0d"], unheard_of=1)])
        ledger.write([line(call_id="b", requested="half \ud83d a pair")])

        first, second = Usage.objects.order_by("call_id")
        assert (len(first.requested), first.key_name, first.tried) == (320, "ab", ["cd"])
        assert second.requested == "half \ufffd a pair"

    def test_fields_that_are_missing_have_their_usual_values(self) -> None:
        ledger.write([encoded({"call_id": "a", "at": NOON, "outcome": "ok", "status": 200, "duration_ms": 1})])

        row = Usage.objects.get()
        assert (row.kind, row.attempts, row.key_id, row.cost, row.tried) == ("chat", 1, 0, None, [])


def test_every_sum_of_a_day_is_a_column_and_every_column_is_summed() -> None:
    columns = {field.name for field in UsageDay._meta.concrete_fields} - {"id"}

    assert columns == {*days.KEY, *days.LABELS, *days.SUMS}
