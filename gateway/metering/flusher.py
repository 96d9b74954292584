"""Brings what the spool holds into the database, beside the requests."""

from __future__ import annotations

import logging
import random
import threading
import time
from collections.abc import Iterable, Sequence
from datetime import datetime

from django.db import Error, connection

from catalog import last_used
from catalog.models import AIModel, Credential
from gateway.metering import ledger, retention
from gateway.metering.metrics import METRICS
from gateway.metering.records import Row
from gateway.metering.segment import Segment
from gateway.metering.spool import Spool
from gateway.models import Outcome

EVERY = 0.5  # seconds between two rounds
SLOWEST = 10.0  # seconds between two attempts while the database is away
BATCH = 500  # records a transaction
BREATH = 0.005  # seconds between two batches, so that the event loop gets its turns
CHORES = 60.0  # seconds between two looks at what can wait
LEAVE = 5.0  # seconds to bring the rest in at the end; what is not stays in the spool

logger = logging.getLogger(__name__)


class Flusher:
    """One thread with a connection of its own. What it does may be done again: a call is never counted twice."""

    def __init__(self, spool: Spool) -> None:
        self.spool = spool
        self.used: dict[tuple[type[AIModel] | type[Credential], int], datetime] = {}
        self.chores_at = time.monotonic() + CHORES * random.random()  # not all processes at once
        self.wait = EVERY
        self.bad = 0  # records that this process could not read
        self.stopping = threading.Event()
        self.thread = threading.Thread(target=self.run, name="usage-flusher", daemon=True)

    def start(self) -> None:
        for name, what, read in (
            ("spool_bytes", "Records that are not in the database yet.", lambda: self.spool.backlog()[0]),
            ("flush_lag_seconds", "How long the oldest of them has waited.", lambda: self.spool.backlog()[1]),
            ("waiting_records", "Those in memory, because the disk takes none.", lambda: len(self.spool.waiting)),
            ("quarantined_records", "Those put aside, because they cannot be read.", lambda: self.bad),
        ):
            METRICS.gauge(f"registry_usage_{name}", what, read)
        self.thread.start()

    def stop(self) -> None:
        """Bring in what is left, if the database answers, and leave the rest to the next process."""
        self.stopping.set()
        self.thread.join(LEAVE)

    def run(self) -> None:
        while not self.stopping.wait(self.wait):
            self.attempt()
        self.attempt()
        self.spool.close()
        connection.close()

    def attempt(self) -> None:
        """One round; while the database or the disk does not answer, rounds become rarer."""
        try:
            self.round()
        except (Error, OSError) as error:
            connection.close()
            if self.wait == EVERY:
                logger.warning("Usage waits in the spool: %s", str(error).strip().split("\n")[0])
            self.wait = min(SLOWEST, self.wait * 2) * random.uniform(0.8, 1)
        else:
            if self.wait != EVERY:
                logger.warning("Usage reaches the database again.")
            self.wait = EVERY

    def round(self) -> None:
        self.flush()
        if time.monotonic() >= self.chores_at or self.stopping.is_set():
            self.chores_at = time.monotonic() + CHORES
            self.note_uses()
            if not self.stopping.is_set():
                retention.prune(self.breathe)

    def flush(self) -> None:
        """Everything there is now. Raises django.db.Error or OSError; what was not written is kept for next time."""
        self.spool.retry()
        while lines := self.spool.take_waiting(BATCH):  # the disk takes none, the database may
            try:
                self.write(lines)
            except BaseException:
                self.spool.put_back(lines)
                raise
        for segment in self.spool.to_read():
            self.drain(segment)
            self.spool.done(segment)
        for segment in self.spool.orphans():
            try:
                self.drain(segment)
            except BaseException:
                segment.close()
                raise
            segment.delete()

    def drain(self, segment: Segment) -> None:
        while segment.offset < segment.size:
            lines, end = segment.read(BATCH)
            self.write(lines)
            segment.offset = end
            if end < segment.size:
                self.breathe()

    def write(self, lines: Sequence[bytes]) -> None:
        written = ledger.write(lines)
        self.bad += written.bad
        if written.bad:
            logger.error("%d records of usage cannot be read; they are kept in quarantine.", written.bad)
        self.remember(written.rows)

    def remember(self, rows: Iterable[Row]) -> None:
        for row in rows:
            if row["outcome"] != Outcome.OK:
                continue
            for table, pk in ((AIModel, row["model_row"]), (Credential, row["credential_id"])):
                if pk is not None:
                    self.used[table, pk] = max(row["at"], self.used.get((table, pk), row["at"]))

    def note_uses(self) -> None:
        used, self.used = self.used, {}
        last_used.note(AIModel, {pk: at for (table, pk), at in used.items() if table is AIModel})
        last_used.note(Credential, {pk: at for (table, pk), at in used.items() if table is Credential})

    def breathe(self) -> None:
        self.stopping.wait(BREATH)
