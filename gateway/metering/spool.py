"""Where a call is noted before its answer ends: files on this machine's own disk, one line a record.

What `append` has returned from outlives the process, however it ends; it does not outlive the machine's power, for
nothing is synced. A flusher brings it into the database.
"""

from __future__ import annotations

import json
import logging
import threading
import time
from collections import deque
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import orjson

from gateway.errors import Unavailable
from gateway.metering.segment import SUFFIX, Segment

SEGMENT = 8 * 2**20  # bytes, at which a file is closed while nobody reads it
MOST_WAITING = 10_000  # records kept in memory while the disk takes none
MOST_WAITING_BYTES = 16 * 2**20
RETRY = 0.5  # seconds between two looks whether it does again
STEP = 200  # waiting records written at once, for others wait for the lock meanwhile

logger = logging.getLogger(__name__)


def encoded(record: Mapping[str, Any]) -> bytes:
    """One line. Times are ISO 8601, naive ones are UTC; decimals are text."""
    try:
        return orjson.dumps(record, default=str, option=orjson.OPT_APPEND_NEWLINE | orjson.OPT_NAIVE_UTC)
    except TypeError:  # half a surrogate pair, or a number beyond 64 bits: no reason to lose a call
        return json.dumps(record, default=str).encode() + b"\n"


class Spool:
    """The records of one process on their way to the database, and those of processes that are gone."""

    def __init__(self, folder: str | Path) -> None:
        self.folder = Path(folder)
        self.lock = threading.Lock()
        self.current: Segment | None = None
        self.closed: deque[Segment] = deque()
        self.waiting: deque[bytes] = deque()  # in memory: the disk takes none
        self.waiting_bytes = 0
        self.waiting_since = 0.0
        self.retry_at = 0.0
        self.foreign: set[Path] = set()  # files of another user, of which we told

    @property
    def is_full(self) -> bool:
        """Whether no call may begin: what it would be metered by could not be kept."""
        return len(self.waiting) >= MOST_WAITING or self.waiting_bytes >= MOST_WAITING_BYTES

    def append(self, record: Mapping[str, Any]) -> None:
        """Note one call. Raises Unavailable if neither disk nor memory can keep it."""
        line = encoded(record)
        with self.lock:
            if self.waiting and time.monotonic() >= self.retry_at:
                self.catch_up(STEP)
            if self.waiting or not self.write(line):
                self.keep(line)

    def write(self, line: bytes) -> bool:
        """Whether the disk took the line. The lock is held."""
        try:
            if self.current is None or self.current.size >= SEGMENT:
                fresh = Segment.create(self.folder)
                if self.current is not None:
                    self.closed.append(self.current)
                self.current = fresh
            self.current.append(line)
        except OSError as error:
            if not self.waiting:
                logger.error("Usage cannot be written to %s (%s); keeping it in memory.", self.folder, error.strerror)
            self.retry_at = time.monotonic() + RETRY
            return False
        return True

    def keep(self, line: bytes) -> None:
        if self.is_full:
            raise Unavailable("Calls cannot be recorded now, so none is served. Try again later.")
        if not self.waiting:
            self.waiting_since = time.time()
        self.waiting.append(line)
        self.waiting_bytes += len(line)

    def retry(self) -> None:
        """Write what waits in memory, if the disk takes it again."""
        going_on = True
        while going_on:
            with self.lock:
                going_on = self.catch_up(STEP)

    def catch_up(self, most: int) -> bool:
        """Whether more is to be written, and can be. The lock is held."""
        for _ in range(min(most, len(self.waiting))):
            if not self.write(self.waiting[0]):
                return False
            self.waiting_bytes -= len(self.waiting.popleft())
            if not self.waiting:
                logger.warning("Usage is written to %s again.", self.folder)
        return bool(self.waiting)

    # what a flusher asks

    def take_waiting(self, most: int) -> list[bytes]:
        """The oldest records that wait for the disk, now the caller's; `put_back` what came to nothing."""
        with self.lock:
            lines = [self.waiting.popleft() for _ in range(min(most, len(self.waiting)))]
            self.waiting_bytes -= sum(map(len, lines))
        return lines

    def put_back(self, lines: list[bytes]) -> None:
        with self.lock:
            self.waiting.extendleft(reversed(lines))
            self.waiting_bytes += sum(map(len, lines))

    def to_read(self) -> list[Segment]:
        """Our closed segments, oldest first. If there is none, the current one is closed for it."""
        if not self.closed and self.current is not None and self.current.size:
            fresh = self.prepared()
            with self.lock:
                self.closed.append(self.current)
                self.current = fresh
        with self.lock:
            return list(self.closed)

    def prepared(self) -> Segment | None:
        """A new segment, opened here so that no call has to wait for it."""
        try:
            return Segment.create(self.folder)
        except OSError:
            return None  # the next append tries itself, and tells

    def done(self, segment: Segment) -> None:
        """All of it is in the database."""
        with self.lock:
            self.closed.remove(segment)
        segment.delete()

    def orphans(self) -> Iterator[Segment]:
        """Segments whose process is gone, now ours: delete or close each."""
        for path in sorted(self.folder.glob(f"*{SUFFIX}")):
            try:
                segment = Segment.adopt(path)
            except PermissionError:
                self.complain(path)
                continue
            if segment is not None:
                yield segment

    def complain(self, path: Path) -> None:
        if path not in self.foreign:
            self.foreign.add(path)
            logger.error("%s cannot be opened: give it to the user who runs the server; it holds usage.", path)

    def backlog(self) -> tuple[int, float]:
        """How many bytes are not yet in the database, and for how many seconds the oldest of them."""
        with self.lock:
            segments = [*self.closed, self.current] if self.current is not None and self.current.size else self.closed
            size = sum(segment.size - segment.offset for segment in segments) + self.waiting_bytes
            begun = [segment.begun for segment in segments] + ([self.waiting_since] if self.waiting else [])
        return size, max(0.0, time.time() - min(begun)) if begun else 0.0

    def close(self) -> None:
        """Leave all that was not read to whoever comes next. What is only in memory is lost."""
        with self.lock:
            for segment in self.closed:
                segment.close()
            self.closed.clear()
            if self.current is not None:
                self.current.close() if self.current.size else self.current.delete()
                self.current = None
