"""How calls come into the database: each once, its row and what it adds to its day in one transaction."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from django.db import DataError, IntegrityError, transaction

from gateway.metering import days, quarantine, sql
from gateway.metering.records import FIELDS, Row, Unreadable, read, read_all
from gateway.models import Quarantine


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """What became of some lines: rows that are new; how many were there already; how many cannot be rows."""

    rows: Sequence[Row]
    known: int
    bad: int


def write(lines: Sequence[bytes]) -> Written:
    """Bring lines of the spool into the database; again does no harm.

    Raises DatabaseError if that cannot be done now: then nothing was written. No line keeps another one out.
    """
    rows, bad = sorted_out(lines)
    try:
        new = save([row for row, _ in rows])
    except (DataError, IntegrityError):
        new = []
        for row, line in rows:
            try:
                new += save([row])
            except (DataError, IntegrityError) as error:
                bad.append((line, why(error)))
    if bad:
        quarantine.keep(bad)
    return Written(rows=new, known=len(rows) - len(new), bad=len(bad))


def sorted_out(lines: Sequence[bytes]) -> tuple[list[tuple[Row, bytes]], list[tuple[bytes, str]]]:
    """Lines that are rows, and others with why not."""
    with contextlib.suppress(Unreadable):
        return list(zip(read_all(lines), lines, strict=True)), []
    rows: list[tuple[Row, bytes]] = []
    bad: list[tuple[bytes, str]] = []
    for line in lines:
        try:
            rows.append((read(line), line))
        except Unreadable as error:
            bad.append((line, why(error)))
    return rows, bad


def save(rows: Iterable[Row]) -> list[Row]:
    """Insert rows that are not there yet, and add them to their days. Those that were new."""
    by_id = {row["call_id"]: row for row in reversed(list(rows))}  # of a call noted twice, the first counts
    if not by_id:
        return []
    ordered = [by_id[call_id] for call_id in sorted(by_id)]  # so that two processes never wait for each other
    with transaction.atomic():
        new = sql.insert_new(FIELDS, ordered, "call_id")
        days.save((row, days.sums_of(row)) for row in new)
    return new


def try_again(kept: Iterable[Quarantine]) -> tuple[int, int]:
    """Bring records of the quarantine in; how many came in, and how many stay, with the reason as it is now."""
    came_in = stay = 0
    for record in kept:
        try:
            with transaction.atomic():
                save([read(record.record.encode())])
                record.delete()
            came_in += 1
        except (Unreadable, DataError, IntegrityError) as error:
            record.why = why(error)
            record.save(update_fields=["why"])
            stay += 1
    return came_in, stay


def why(error: Exception) -> str:
    """The reason without what the database tells beyond it."""
    text = str(error).splitlines()[0]
    return (text if isinstance(error, Unreadable) else f"the database refuses it: {text}")[:300]
