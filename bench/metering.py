"""How fast calls are metered: noted, counted, priced, brought into the database; and how fast they are asked for."""

from __future__ import annotations

import tempfile
import threading
import uuid
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from functools import partial
from statistics import quantiles
from time import perf_counter, sleep
from typing import Any

from bench import scratch
from bench.report import Report, median_of, seconds

OPTIONS = scratch.enter(__doc__)  # no model can be imported before

from django.conf import settings  # noqa: E402
from django.contrib.auth import get_user_model  # noqa: E402
from django.db import connection  # noqa: E402
from django.test import Client  # noqa: E402
from django.utils import timezone  # noqa: E402

from catalog.models import Price  # noqa: E402
from gateway.metering.costs import cost_of  # noqa: E402
from gateway.metering.flusher import Flusher  # noqa: E402
from gateway.metering.metrics import METRICS, observe  # noqa: E402
from gateway.metering.repricing import reprice  # noqa: E402
from gateway.metering.spool import Spool  # noqa: E402
from gateway.models import Usage, UsageDay  # noqa: E402

RECORDS = 100_000
NOTED = 20_000
DAYS, COMBINATIONS = 90, 3_000  # of model, key and user a day
TIMES = 5
MODELS, KEYS = 50, 40
PRICE = Price(input_mtok=Decimal("2.5"), output_mtok=Decimal(10), cache_read_mtok=Decimal("1.25"))

QUESTIONS = {
    "by day": "/api/usage",
    "by model and key": "/api/usage?groupBy=model,key",
    "of one model, 90 days": "/api/usage?groupBy=day,key&model=acme/m-7&from={since}",
    "single calls": "/api/usage/calls",
    "single calls, one key, failed": "/api/usage/calls?key=7&outcome=error",
    "admin list of calls": "/admin/gateway/usage/",
    "admin list of calls, one model, failed": "/admin/gateway/usage/?model=acme/m-7&outcome__exact=error&within=all",
    "admin list of days": "/admin/gateway/usageday/",
}


def record(number: int) -> dict[str, Any]:
    """A call like most: streamed, answered, some of its input from the cache."""
    fails = number % 100 == 0
    return {
        "call_id": uuid.uuid4().hex,
        "at": datetime.now(UTC),
        "kind": "chat",
        "dialect": "openai",
        "requested": f"m-{number % MODELS}",
        "reason": "exact",
        "provider": "acme",
        "model": f"acme/m-{number % MODELS}",
        "model_row": number % MODELS + 1,
        "key_id": number % KEYS + 1,
        "key_name": f"service {number % KEYS}",
        "user_id": 0,
        "user_name": "",
        "route": "",
        "variant": "",
        "personal": False,
        "conversation": "",
        "client_request_id": "",
        "outcome": "error" if fails else "ok",
        "status": 502 if fails else 200,
        "error_code": "upstream_error" if fails else "",
        "streamed": True,
        "attempts": 1,
        "tried": [],
        "duration_ms": 800 + number % 700,
        "first_ms": None if fails else 200,
        "input_tokens": None if fails else 1_200,
        "output_tokens": None if fails else 340,
        "cache_read_tokens": None if fails else 1_000,
        "cache_write_tokens": None,
        "reasoning_tokens": None,
        "audio_input_tokens": None,
        "audio_output_tokens": None,
        "characters": None,
        "images": None,
        "price_id": 99,
        "cost": None if fails else Decimal("0.0051500000"),
        "provider_cost": None,
        "stop_reason": "" if fails else "end",
    }


def each(records: list[dict[str, Any]], work: Callable[[dict[str, Any]], object]) -> float:
    """Microseconds of one."""
    return median_of(TIMES, lambda: seconds(lambda: [work(one) for one in records]) / len(records) * 1e6)


def calls(report: Report) -> None:
    """What a call costs the event loop."""
    records = [record(number) for number in range(NOTED)]
    with tempfile.TemporaryDirectory(prefix="registry-spool-") as folder:
        spool = Spool(folder)
        report.add("append to the spool", each(records, spool.append), "us", 10)
        spool.close()
    report.add("count in the metrics", each(records, observe), "us", 5)
    report.add("compute the cost", each(records, lambda one: cost_of(PRICE, one)), "us", 10)
    report.add("a scrape of the metrics", median_of(TIMES, lambda: seconds(METRICS.text)) * 1000, "ms", 50)


def flushes(report: Report) -> None:
    """From the spool into the database, and what other threads feel of it."""
    with tempfile.TemporaryDirectory(prefix="registry-spool-") as folder:
        spool = Spool(folder)
        flusher = Flusher(spool)
        for number in range(RECORDS):
            spool.append(record(number))
        stopped, gaps = threading.Event(), []
        watch = threading.Thread(target=lambda: gaps.extend(gaps_until(stopped)))
        watch.start()
        took = seconds(flusher.flush) + seconds(flusher.flush)
        stopped.set()
        watch.join()
        spool.close()
        assert Usage.objects.count() == RECORDS and sum(UsageDay.objects.values_list("calls", flat=True)) == RECORDS
    report.add(f"flush of {RECORDS:,} records", took, "s", 15)
    report.add("flush, records a second", RECORDS / took, "")
    report.add("gap in another thread meanwhile, p99", quantiles(gaps, n=100)[98] * 1000, "ms", 10)
    report.add("reprice 100,000 calls, none priced", seconds(lambda: reprice(Usage.objects.all())), "s")


def gaps_until(stopped: threading.Event) -> list[float]:
    """How much later than asked a sleep of a millisecond ends."""
    found = []
    while not stopped.is_set():
        started = perf_counter()
        sleep(0.001)
        found.append(perf_counter() - started - 0.001)
    return found


def questions(report: Report) -> None:
    """Asked of 270,000 rows of days, and of the calls that were flushed."""
    fill_days()
    client = Client(headers={"host": "localhost"})
    client.force_login(get_user_model().objects.create_superuser("bench"))
    since = (timezone.now() - timedelta(days=DAYS - 1)).date().isoformat()
    for what, address in QUESTIONS.items():
        page = partial(client.get, address.format(since=since))
        answer = page()
        assert answer.status_code == 200, answer.content
        report.add(what, median_of(TIMES, partial(seconds, page)) * 1000, "ms", 150 if "admin" in what else None)


def fill_days() -> None:
    today = timezone.now().date()
    UsageDay.objects.bulk_create(
        (
            UsageDay(
                day=today - timedelta(days=day),
                provider="acme",
                model=f"acme/m-{number % MODELS}",
                key_id=1000 + number // MODELS,
                key_name=f"key {number // MODELS}",
                calls=1000,
                answered=990,
                priced=990,
                cost=Decimal("5.0985"),
            )
            for day in range(DAYS)
            for number in range(COMBINATIONS)
        ),
        batch_size=500 if connection.vendor == "sqlite" else 5_000,
    )
    scratch.settle()


if __name__ == "__main__":
    report = Report(f"metering on {settings.DATABASES['default']['ENGINE'].rpartition('.')[2]}")
    for measure in (calls, flushes, questions):
        if OPTIONS.only in measure.__name__:
            measure(report)
    report.end(check=OPTIONS.check)
