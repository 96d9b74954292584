"""How fast access is: a key checked among 10,000, a call reserved, a revocation seen; and what the keys weigh."""

from __future__ import annotations

import tracemalloc
from decimal import Decimal
from statistics import median
from time import perf_counter, sleep, time

from bench import scratch
from bench.report import Report, median_of, seconds

OPTIONS = scratch.enter(__doc__)  # no model can be imported before

from access import keys  # noqa: E402
from access.caller import Caller, command  # noqa: E402
from access.keeper import Keeper  # noqa: E402
from access.limits import Refused, Spend, limits_of  # noqa: E402
from access.models import ApiKey  # noqa: E402
from access.slices import Slices  # noqa: E402
from access.snapshot import KEYS, Rates, Snapshot, digest_of  # noqa: E402

KEY_COUNT = 10_000
CHECKS = 20_000
TIMES = 5
BENCH = command("bench")


def fill() -> list[str]:
    """Keys that differ as keys do; their plaintexts."""
    made, plaintexts = [], []
    for number in range(KEY_COUNT):
        prefix, plaintext = keys.new_secret()
        plaintexts.append(plaintext)
        made.append(
            ApiKey(
                name=f"service {number}",
                prefix=prefix,
                digest=digest_of(plaintext).hex(),
                scopes=["catalog:read", "gateway"],
                allowed_models=[f"team-{number % 100}/*"],
                requests_per_minute=60 + number % 10,
                created_by="bench",
            )
        )
    ApiKey.objects.bulk_create(made, batch_size=1000)
    return plaintexts


def checks(report: Report, plaintexts: list[str]) -> None:
    KEYS.refresh()
    asked = [plaintexts[number * 7919 % KEY_COUNT] for number in range(CHECKS)]

    def each(texts: list[str]) -> float:
        return median_of(TIMES, lambda: seconds(lambda: [KEYS.check(text) for text in texts]) / CHECKS * 1e6)

    report.add(f"check of a key among {KEY_COUNT:,}", each(asked), "us", 20)
    report.add("check of a key that is none", each([f"{text[:-1]}!" for text in asked]), "us", 20)


def weight(report: Report) -> None:
    tracemalloc.start()
    snapshot = Snapshot()
    before = tracemalloc.get_traced_memory()[0]
    snapshot.refresh()
    held = tracemalloc.get_traced_memory()[0] - before
    tracemalloc.stop()
    report.add(f"memory of {KEY_COUNT:,} keys", held / 1e6, "MB", 20)
    report.add(f"load of {KEY_COUNT:,} keys", seconds(Snapshot().refresh) * 1000, "ms")
    report.add("look for news, nothing new", median_of(20, lambda: seconds(snapshot.refresh)) * 1000, "ms")


def revocation(report: Report, plaintexts: list[str]) -> None:
    """As another worker sees it: a snapshot kept by a keeper of its own, told of nothing."""
    keeper = Keeper()
    keeper.start()
    took = []
    for plaintext in plaintexts[:TIMES]:
        entry = KEYS.find(plaintext)
        assert entry is not None and entry.caller.key_id is not None
        polled_at = KEYS.polled_at
        keys.revoke(entry.caller.key_id, by=BENCH)
        KEYS.polled_at = polled_at  # what `revoke` says to this process, the other does not hear
        started = perf_counter()
        while isinstance(KEYS.check(plaintext), Caller):
            sleep(0.001)
        took.append(perf_counter() - started)
    keeper.stop()
    report.add("revocation seen by another worker, the slowest", max(took), "s", 1)
    report.add("keys read again for it", 1 if len(KEYS.entries) == KEY_COUNT - TIMES else KEY_COUNT, "", 1)


def reserves(report: Report) -> None:
    ledger, now = Slices(), time()
    rates = Rates(requests=100_000_000, tokens=10**9, budget=Decimal(10**6))
    limits = limits_of("key:1", rates) + limits_of("user:1", rates) + limits_of("model:1", rates)
    spend, actual = Spend(tokens=1500, usd=Decimal("0.0123")), Spend(tokens=1200, usd=Decimal("0.0100"))
    ledger.reserve(limits, spend, now)

    def once() -> tuple[float, float]:
        started = perf_counter()
        found = ledger.take(limits, spend, now)
        reserved = perf_counter()
        assert not isinstance(found, Refused | list)
        ledger.settle(found, actual)
        return reserved - started, perf_counter() - reserved

    took = [once() for _ in range(5000)]
    report.add(f"reserve of {len(limits)} limits from held slices", median(a for a, _ in took) * 1e6, "us", 20)
    report.add("settle of the same", median(b for _, b in took) * 1e6, "us")


def main() -> None:
    report = Report("Access")
    plaintexts = fill()
    checks(report, plaintexts)
    weight(report)
    revocation(report, plaintexts)
    reserves(report)
    report.end(check=OPTIONS.check)


if __name__ == "__main__":
    main()
