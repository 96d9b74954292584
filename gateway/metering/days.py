"""What calls add up to by day: the sums of one call, and how sums come into UsageDay."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from operator import sub
from typing import Any

from gateway.metering import sql
from gateway.metering.records import Row
from gateway.models import Outcome, UsageDay

KEY = ("day", "kind", "model", "key_id", "user_id", "route", "variant")
LABELS = ("provider", "key_name", "user_name")  # which follow from the key; the newest stand
TOKENS = (
    "input_tokens",
    "output_tokens",
    "cache_read_tokens",
    "cache_write_tokens",
    "reasoning_tokens",
    "audio_input_tokens",
    "audio_output_tokens",
    "characters",
    "images",
)
MONEY = ("cost", "provider_cost")
SUMS = (
    "calls",
    "errors",
    "refused",
    "cancelled",
    "unpriced",
    "fallbacks",
    *TOKENS,
    *MONEY,
    "priced",
    "cost_squares",
    "provider_priced",
    "answered",
    "duration_ms",
    "duration_squares",
    "first_ms",
    "first_count",
    "counted",
    "token_squares",
)

Key = tuple[date, str, str, int, int, str, str]
Sums = tuple[Any, ...]  # in the order of SUMS


def key_of(row: Row) -> Key:
    return (
        row["at"].date(),
        row["kind"],
        row["model"],
        row["key_id"],
        row["user_id"],
        row["route"],
        row["variant"],
    )


def sums_of(row: Row) -> Sums:
    """What one call adds. Unknown counts and costs add nothing, and are not among those counted or priced."""
    outcome, cost, stated, first = row["outcome"], row["cost"], row["provider_cost"], row["first_ms"]
    answered = outcome == Outcome.OK
    counted = row["input_tokens"] is not None or row["output_tokens"] is not None
    tokens = (row["input_tokens"] or 0) + (row["output_tokens"] or 0)
    return (
        1,
        1 if outcome == Outcome.ERROR else 0,
        1 if outcome == Outcome.REFUSED else 0,
        1 if outcome == Outcome.CANCELLED else 0,
        1 if cost is None and (answered or first is not None) else 0,
        1 if answered and is_fallback(row) else 0,
        *[row[name] or 0 for name in TOKENS],
        cost or 0,
        stated or 0,
        0 if cost is None else 1,
        0.0 if cost is None else float(cost) ** 2,
        0 if stated is None else 1,
        1 if answered else 0,
        row["duration_ms"] if answered else 0,
        float(row["duration_ms"]) ** 2 if answered else 0.0,
        first or 0 if answered else 0,
        1 if answered and first is not None else 0,
        1 if counted else 0,
        float(tokens) ** 2,
    )


def is_fallback(row: Row) -> bool:
    """Whether another model was tried before the one that served."""
    return any(not isinstance(tried, dict) or tried.get("model") != row["model"] for tried in row["tried"])


def save(calls: Iterable[tuple[Row, Sums]]) -> None:
    """Add sums to the rows of the days of their calls. Always in one order, so that processes never wait in a ring."""
    sums: dict[Key, list[Sums]] = {}
    newest: dict[Key, Row] = {}
    for row, more in calls:
        key = key_of(row)
        sums.setdefault(key, []).append(more)
        newest[key] = row
    rows = [
        {
            **dict(zip(KEY, key, strict=True)),
            **{name: newest[key][name] for name in LABELS},
            **dict(zip(SUMS, map(sum, zip(*sums[key], strict=True)), strict=True)),
        }
        for key in sorted(sums)
    ]
    if rows:
        sql.upsert(FIELDS, rows, ON_CONFLICT)


def difference(after: Sums, before: Sums) -> Sums:
    return tuple(map(sub, after, before))


def addition(name: str) -> str:
    """SQLite keeps decimals in binary: what it adds is rounded to the places they have, so that no error grows."""
    total = f"{TABLE}.{name} + excluded.{name}"
    return f"{name} = ROUND({total}, 10)" if name in MONEY else f"{name} = {total}"


def renaming(name: str) -> str:
    """Only new calls bring newer names; what is mended about old ones does not."""
    return f"{name} = CASE WHEN excluded.calls > 0 THEN excluded.{name} ELSE {TABLE}.{name} END"


TABLE = UsageDay._meta.db_table
FIELDS = sql.named(UsageDay, (*KEY, *LABELS, *SUMS))
ON_CONFLICT = f"({', '.join(KEY)}) DO UPDATE SET {', '.join([*map(addition, SUMS), *map(renaming, LABELS)])}"
