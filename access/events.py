"""Writes AuthEvents: at once, or noted for later and bounded where a stranger could cause any number of them."""

from __future__ import annotations

import threading
import time
from collections import Counter, deque

from access import request_id
from access.caller import ANONYMOUS, Caller
from access.models import AuthEvent, Kind

EVERY = 60.0  # seconds between two notes of one kind from one address
MOST = 120  # notes that wait, at most; what comes beyond is only counted
ADDRESSES = 10_000  # remembered at once


def record(kind: Kind, by: Caller = ANONYMOUS, *, api_key_id: int | None = None, detail: str = "") -> None:
    """Write one event, in the transaction of what it tells."""
    made(kind, by, api_key_id, detail).save()


def made(kind: Kind, by: Caller, api_key_id: int | None, detail: str) -> AuthEvent:
    return AuthEvent(
        kind=kind,
        who=(by.label if by.is_authenticated else "")[:150],
        user_id=by.user_id,
        api_key_id=api_key_id if api_key_id is not None else by.key_id,
        address=request_id.address.get(),
        request_id=by.request_id or request_id.current.get(),
        detail=printable(detail),
    )


def printable(text: str) -> str:
    return "".join(char if char.isprintable() else "?" for char in text[:300])


class Notes:
    """Events that wait to be written together: one a minute of a kind and address, with a count of the others."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.clear()

    def clear(self) -> None:
        self.waiting: deque[AuthEvent] = deque()
        self.noted: dict[tuple[str, str | None], float] = {}
        self.untold: Counter[tuple[str, str | None]] = Counter()

    def add(self, kind: Kind, by: Caller, detail: str) -> None:
        now = time.monotonic()
        about = (kind.value, request_id.address.get())
        with self.lock:
            recent = now - self.noted.get(about, -EVERY) < EVERY
            if recent or len(self.waiting) >= MOST or len(self.noted) >= ADDRESSES:
                self.untold[about if about in self.noted else (kind.value, None)] += 1
                return
            if more := self.untold.pop(about, 0):
                detail = f"{detail} (and {more} more since the last)"
            self.noted[about] = now
            self.waiting.append(made(kind, by, None, detail))

    def write(self) -> int:
        """Write what waits. Also forgets addresses that were quiet for a while."""
        with self.lock:
            events, self.waiting = list(self.waiting), deque()
            oldest = time.monotonic() - EVERY
            self.noted = {about: at for about, at in self.noted.items() if at > oldest or about in self.untold}
            if len(self.noted) >= ADDRESSES:
                self.noted.clear()
                self.untold.clear()
        if events:
            AuthEvent.objects.bulk_create(events)
        return len(events)


NOTES = Notes()
