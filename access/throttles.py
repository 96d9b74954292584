"""A ceiling on how often one key, person or address may ask the API, so that a loop gone wild hurts only itself."""

from __future__ import annotations

import math
import threading
import time
from typing import TYPE_CHECKING

from django.conf import settings
from rest_framework.request import Request
from rest_framework.throttling import BaseThrottle

from access import request_id
from access.caller import caller_of

if TYPE_CHECKING:
    from rest_framework.views import APIView  # which imports us by way of the settings

MINUTE = 60
MOST = 10_000  # callers counted at once


class Counts:
    """Requests of the minute at hand, by who sent them. Each process counts for itself."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.clear()

    def clear(self) -> None:
        self.minute = 0
        self.counts: dict[str, int] = {}

    def add(self, who: str, minute: int) -> int:
        with self.lock:
            if minute != self.minute or len(self.counts) >= MOST:
                self.minute, self.counts = minute, {}
            self.counts[who] = count = self.counts.get(who, 0) + 1
        return count


COUNTS = Counts()


class CallerThrottle(BaseThrottle):
    """Callers by key or person, everyone else by address."""

    def allow_request(self, request: Request, view: APIView) -> bool:
        caller = caller_of(request)
        address = request_id.address.get() or "unknown"
        if caller.key_id is not None:
            who = f"key {caller.key_id}"
        elif caller.user_id is not None:
            who = f"user {caller.user_id}"
        else:
            who = f"{caller.label} {address}"
        most = settings.API_REQUESTS_A_MINUTE["caller" if caller.is_authenticated else "nobody"]
        return COUNTS.add(who, int(time.time()) // MINUTE) <= int(most)

    def wait(self) -> float:
        return math.ceil(MINUTE - time.time() % MINUTE)
