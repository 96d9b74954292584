"""Limits a minute and budgets a month: reserved before, settled after, by slices and by Redis."""

from __future__ import annotations

import os
import subprocess
import sys
import time
import uuid
from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
import redis
from django.db import DatabaseError, connection
from hypothesis import given
from hypothesis import strategies as st

from access import exact, slices
from access.exact import Exact
from access.limits import NANO_USD, REQUESTS, TOKENS, Ledger, Limit, Refused, Reservation, Spend, limits_of, nano
from access.models import Allowance
from access.slices import Slices
from access.snapshot import Rates
from tests.conftest import ROOT, bare_environment

REDIS = os.environ.get("TEST_REDIS_URL", "redis://127.0.0.1:6379/0")
NOW = datetime(2026, 2, 28, 23, 59, 40, tzinfo=UTC).timestamp()
FREE = Spend(usd=Decimal(0))


def has_redis() -> bool:
    try:
        return bool(redis.Redis.from_url(REDIS, socket_connect_timeout=1).ping())
    except redis.RedisError:
        return False


needs_redis = pytest.mark.skipif(not has_redis(), reason="no Redis: set TEST_REDIS_URL")


@pytest.fixture(params=["slices", pytest.param("redis", marks=needs_redis)])
def ledger(request: pytest.FixtureRequest, transactional_db: None) -> Iterator[Ledger]:
    if request.param == "slices":
        yield Slices()
        return
    client = redis.Redis.from_url(REDIS)
    prefix = f"test-{uuid.uuid4().hex}"
    yield Exact(client, Slices(), prefix)
    for key in client.scan_iter(f"{prefix}:*"):
        client.delete(key)
    client.close()


def let_through(ledger: Ledger, limits: tuple[Limit, ...], spend: Spend, times: int, now: float = NOW) -> int:
    return sum(isinstance(ledger.reserve(limits, spend, now), Reservation) for _ in range(times))


def test_requests_are_let_through_up_to_the_limit_of_the_minute(ledger: Ledger) -> None:
    limits = limits_of("key:1", Rates(requests=30))

    assert let_through(ledger, limits, FREE, 50) == 30
    assert let_through(ledger, limits, FREE, 50, NOW + 20) == 30


def test_a_refusal_says_what_and_when(ledger: Ledger) -> None:
    limits = limits_of("key:1", Rates(requests=1))
    ledger.reserve(limits, FREE, NOW)

    found = ledger.reserve(limits, FREE, NOW)

    assert isinstance(found, Refused)
    assert (found.status, found.code, found.subject, found.retry_after) == (429, "rate_limited", "key:1", 20)
    assert found.message == "key:1 may use 1 requests a minute. Try again in 20 seconds."


def test_every_limit_is_kept_at_once_and_a_refused_call_takes_of_none(ledger: Ledger) -> None:
    key, model = limits_of("key:1", Rates(requests=10)), limits_of("model:1", Rates(tokens=100))
    assert let_through(ledger, key + model, Spend(tokens=50), 5) == 2

    assert let_through(ledger, key, FREE, 20) == 8


def test_tokens_are_estimated_before_and_settled_after(ledger: Ledger) -> None:
    limits = limits_of("user:1", Rates(tokens=1000))
    first = ledger.reserve(limits, Spend(tokens=900), NOW)
    assert isinstance(first, Reservation)
    assert isinstance(ledger.reserve(limits, Spend(tokens=200), NOW), Refused)

    ledger.settle(first, Spend(tokens=100))
    time.sleep(slices.ASK_AGAIN)

    assert isinstance(ledger.reserve(limits, Spend(tokens=800), NOW), Reservation)
    assert isinstance(ledger.reserve(limits, Spend(tokens=200), NOW), Refused)


def test_a_call_that_took_more_than_its_estimate_is_paid_by_the_next(ledger: Ledger) -> None:
    limits = limits_of("key:1", Rates(budget=Decimal("1.00")))
    first = ledger.reserve(limits, Spend(usd=Decimal("0.10")), NOW)
    assert isinstance(first, Reservation)

    ledger.settle(first, Spend(usd=Decimal("1.50")))

    found = ledger.reserve(limits, Spend(usd=Decimal("0.01")), NOW)
    assert isinstance(found, Refused)
    assert (found.status, found.code) == (402, "budget_spent")
    assert "1.00 USD, is spent. The next begins on 2026-03-01" in found.message and found.retry_after == 20


def test_a_free_call_passes_a_spent_budget_and_the_next_month_begins_anew(ledger: Ledger) -> None:
    limits = limits_of("key:1", Rates(budget=Decimal(0)))

    assert isinstance(ledger.reserve(limits, Spend(usd=Decimal("0.000000001")), NOW), Refused)
    assert isinstance(ledger.reserve(limits, FREE, NOW), Reservation)
    one = limits_of("key:2", Rates(budget=Decimal(1)))
    assert let_through(ledger, one, Spend(usd=Decimal("0.5")), 5) == 2
    assert let_through(ledger, one, Spend(usd=Decimal("0.5")), 5, NOW + 60) == 2


def test_an_unknown_price_is_refused_by_a_budget_unless_it_is_allowed(ledger: Ledger) -> None:
    unknown = Spend(usd=None)
    strict = limits_of("key:1", Rates(budget=Decimal(5)))
    lenient = limits_of("key:2", Rates(budget=Decimal(5), allow_unpriced=True))

    found = ledger.reserve(strict, unknown, NOW)

    assert isinstance(found, Refused) and (found.status, found.code) == (402, "unpriced")
    assert isinstance(ledger.reserve(lenient, unknown, NOW), Reservation)
    assert isinstance(ledger.reserve(limits_of("key:3", Rates(requests=5)), unknown, NOW), Reservation)


def test_a_call_larger_than_the_limit_is_never_let_through(ledger: Ledger) -> None:
    found = ledger.reserve(limits_of("key:1", Rates(tokens=100)), Spend(tokens=101), NOW)

    assert isinstance(found, Refused) and "This call alone is more than" in found.message


def test_a_raised_limit_holds_at_once(ledger: Ledger) -> None:
    assert let_through(ledger, limits_of("key:1", Rates(requests=5)), FREE, 9) == 5

    assert let_through(ledger, limits_of("key:1", Rates(requests=7)), FREE, 9) == 2


@given(st.lists(st.tuples(st.integers(1, 400), st.integers(0, 500)), max_size=40))
def test_together_estimates_never_exceed_the_limit_whatever_they_are(calls: list[tuple[int, int]]) -> None:
    """In memory: the database grants as it would, without one."""
    ledger = Granting(1000)
    limits = (Limit("key:1", TOKENS, 1000),)
    taken = 0
    for estimate, actual in calls:
        found = ledger.reserve(limits, Spend(tokens=estimate), NOW)
        if isinstance(found, Reservation):
            assert taken + estimate <= 1000
            ledger.settle(found, Spend(tokens=actual))
            taken += actual


class Granting(Slices):
    """Slices whose database is a number."""

    def __init__(self, most: int) -> None:
        super().__init__()
        self.taken = 0

    def fetch(self, wanted: Any) -> None:
        for slice_, amount in wanted.items():
            owed = max(0, -slice_.held)
            self.taken += owed
            granted = max(0, min(amount, slice_.limit.most - self.taken))
            self.taken += granted
            slice_.held += owed + granted
            if granted < amount:
                slice_.empty_at = time.monotonic()


@pytest.mark.parametrize(("usd", "expected"), [("0", 0), ("0.0000000001", 1), ("1", 10**9), ("0.1", 10**8)])
def test_money_is_counted_in_whole_billionths_rounded_up(usd: str, expected: int) -> None:
    assert nano(Decimal(usd)) == expected


# slices alone


@pytest.mark.django_db
def test_a_held_slice_asks_no_database(django_assert_num_queries: Any) -> None:
    ledger, limits = Slices(), limits_of("key:1", Rates(requests=2000))
    ledger.reserve(limits, FREE, NOW)

    with django_assert_num_queries(0):
        assert let_through(ledger, limits, FREE, 99) == 99


@pytest.mark.django_db
def test_idle_slices_and_a_process_that_ends_give_back_what_they_hold(monkeypatch: pytest.MonkeyPatch) -> None:
    ledger, limits = Slices(), limits_of("key:1", Rates(requests=100))
    let_through(ledger, limits, FREE, 7)
    assert Allowance.objects.get().taken == 10

    monkeypatch.setattr(slices, "IDLE", -1.0)
    ledger.tend()
    ledger.tend()
    assert Allowance.objects.get().taken == 7

    let_through(ledger, limits, FREE, 1)
    ledger.close()
    assert Allowance.objects.get().taken == 8


@pytest.mark.django_db
def test_what_is_owed_is_paid_in_the_background(monkeypatch: pytest.MonkeyPatch) -> None:
    ledger, limits = Slices(), limits_of("key:1", Rates(budget=Decimal(1)))
    found = ledger.reserve(limits, Spend(usd=Decimal("0.01")), NOW)
    assert isinstance(found, Reservation)
    ledger.settle(found, Spend(usd=Decimal(3)))

    ledger.tend()

    assert Allowance.objects.get().taken == 3 * 10**9


def test_without_the_database_a_slice_is_given_on_credit_and_paid_later(
    monkeypatch: pytest.MonkeyPatch, transactional_db: None
) -> None:
    ledger, limits = Slices(), limits_of("key:1", Rates(requests=100))

    def away(places: Any) -> None:
        raise DatabaseError("away")

    with monkeypatch.context() as patch:
        patch.setattr(slices, "locked", away)
        assert let_through(ledger, limits, FREE, 50) == 5
    monkeypatch.setattr(slices, "ASK_AGAIN", 0.0)

    assert let_through(ledger, limits, FREE, 100) == 95
    assert Allowance.objects.get().taken == 100


@pytest.mark.django_db
def test_old_counts_are_deleted() -> None:
    for unit, window in ((REQUESTS, 2020), (NANO_USD, 2020), (REQUESTS, 2100), (NANO_USD, 2100)):
        Allowance.objects.create(subject="key:1", unit=unit, window=datetime(window, 1, 1, tzinfo=UTC))

    slices.clean()

    assert sorted(Allowance.objects.values_list("window__year", flat=True)) == [2100, 2100]


def test_while_redis_is_away_the_database_counts(transactional_db: None) -> None:
    ledger = exact.connect("redis://127.0.0.1:1/0", meanwhile=Slices())
    limits = limits_of("key:1", Rates(tokens=100))

    found = ledger.reserve(limits, Spend(tokens=60), NOW)
    assert isinstance(found, Reservation)
    ledger.settle(found, Spend(tokens=70))

    assert isinstance(ledger.reserve(limits, Spend(tokens=40), NOW), Refused)


# two real processes


@pytest.fixture(scope="module")
def database_file(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A database that other processes can open, unlike the test's own on SQLite."""
    url = f"sqlite:///{tmp_path_factory.mktemp('limits') / 'limits.sqlite3'}"
    subprocess.run(
        [sys.executable, "manage.py", "migrate", "--verbosity", "0"], cwd=ROOT, env=environment(url), check=True
    )
    return url


@pytest.fixture
def database(request: pytest.FixtureRequest, transactional_db: None) -> str:
    if connection.vendor == "sqlite":
        return str(request.getfixturevalue("database_file"))
    own = connection.settings_dict
    return f"postgresql://{own['USER']}:{own['PASSWORD']}@{own['HOST']}:{own['PORT']}/{own['NAME']}"


def environment(database: str) -> dict[str, str]:
    own = {name: os.environ[name] for name in ("SECRET_KEY", "ENCRYPTION_KEY", "ADMIN_API_KEY")}
    return bare_environment(**own, DATABASE_URL=database)


def spend_in_two_processes(database: str, redis_url: str, most: int, unit: str, calls: int, amount: int) -> list[int]:
    arguments = [database, redis_url, str(most), unit, str(calls), str(amount)]
    processes = [
        subprocess.Popen(
            [sys.executable, "-m", "tests.access.spender", *arguments],
            cwd=ROOT,
            env=environment(database),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for _ in range(2)
    ]
    for process in processes:
        assert process.stdout and process.stdout.readline() == "ready\n"
    subject, at = f"test:{uuid.uuid4().hex}", time.time()
    for process in processes:
        assert process.stdin
        process.stdin.write(f"{subject} {at}\n")
        process.stdin.flush()
    counts = [int(process.communicate(timeout=60)[0]) for process in processes]
    if redis_url:
        with redis.Redis.from_url(redis_url) as client:
            client.delete(*client.scan_iter(f"{exact.PREFIX}:{subject}:*"))
    return counts


@pytest.mark.parametrize("redis_url", ["", pytest.param(REDIS, marks=needs_redis)], ids=["slices", "redis"])
@pytest.mark.parametrize(
    ("most", "unit", "amount"), [(600, REQUESTS, 1), (100_000, TOKENS, 150), (10**9, NANO_USD, 1_250_000)]
)
def test_two_processes_under_load_share_one_limit(
    database: str, redis_url: str, most: int, unit: str, amount: int
) -> None:
    counts = spend_in_two_processes(database, redis_url, most, unit, 1000, amount)

    whole = most // amount
    slice_ = max(most // slices.SHARE, amount) // amount + 1
    assert sum(counts) <= whole
    assert sum(counts) == whole if redis_url else sum(counts) >= whole - 2 * slice_
    assert min(counts) > 0
