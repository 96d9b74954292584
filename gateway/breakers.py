"""Who is not called for a while because calls kept failing: one circuit for each provider and key, in each process.

Five failures in a row open a circuit for ten seconds; then one call is let through, and each time that fails the pause
doubles, up to five minutes. What a provider asks for in Retry-After is obeyed.
"""

from __future__ import annotations

import os
import socket
import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from time import monotonic
from typing import Any

from django.utils import timezone

from gateway.models import Breaker, BreakerState

FAILURES = 5
FIRST_PAUSE, LONGEST_PAUSE = 10.0, 300.0  # seconds
FORGOTTEN = timedelta(days=1)  # after which a row nobody writes any more is deleted

Place = tuple[str, str]  # provider and credential
OPEN, TRYING, CLOSED = BreakerState.OPEN.value, BreakerState.TRYING.value, BreakerState.CLOSED.value


@dataclass(slots=True)
class Circuit:
    state: str = CLOSED
    failures: int = 0
    pause: float = 0.0
    until: float = 0.0  # of the steady clock
    since: datetime = datetime.fromtimestamp(0, UTC)
    reason: str = ""


class Breakers:
    """Used on the event loop; `write` on any thread."""

    def __init__(self, clock: Callable[[], float] = monotonic) -> None:
        self.clock = clock
        self.circuits: dict[Place, Circuit] = {}
        self.changed: set[Place] = set()
        self.lock = threading.Lock()
        self.worker = f"{socket.gethostname()[:60]}:{os.getpid()}"

    def allow(self, place: Place) -> bool:
        """Whether a call may be made now. After a pause, the first to ask is let through alone."""
        circuit = self.circuits.get(place)
        if circuit is None or circuit.state == CLOSED:
            return True
        if self.clock() < circuit.until:
            return False
        # Whoever is let through must say how it went; one that never does holds up the next for a pause only.
        circuit.until = self.clock() + circuit.pause
        self.move(place, circuit, TRYING)
        return True

    def succeeded(self, place: Place) -> None:
        circuit = self.circuits.get(place)
        if circuit is None:
            return
        del self.circuits[place]
        if circuit.state != CLOSED:
            self.note(place)

    def failed(self, place: Place, reason: str, retry_after: float | None = None) -> None:
        circuit = self.circuits.setdefault(place, Circuit())
        circuit.failures += 1
        circuit.reason = reason
        if circuit.state == CLOSED and circuit.failures < FAILURES:
            return
        doubled = min(2 * circuit.pause, LONGEST_PAUSE) if circuit.pause else FIRST_PAUSE
        circuit.pause = max(doubled, min(retry_after or 0.0, LONGEST_PAUSE))
        circuit.until = self.clock() + circuit.pause
        self.move(place, circuit, OPEN)

    def wait(self, place: Place) -> float:
        """Seconds until the next call is let through."""
        circuit = self.circuits.get(place)
        return max(0.0, circuit.until - self.clock()) if circuit is not None and circuit.state != CLOSED else 0.0

    def move(self, place: Place, circuit: Circuit, state: str) -> None:
        if circuit.state != state:
            circuit.since = timezone.now()
        circuit.state = state
        self.note(place)

    def note(self, place: Place) -> None:
        with self.lock:
            self.changed.add(place)

    def shown(self) -> dict[tuple[str, ...], float]:
        """Those that are not closed, as numbers for metrics."""
        circuits = list(self.circuits.items())
        return {place: 1.0 if circuit.state == OPEN else 0.5 for place, circuit in circuits if circuit.state != CLOSED}

    def write(self) -> None:
        """Let the admin see what changed. Raises DatabaseError; what was not written stays noted."""
        with self.lock:
            changed, self.changed = self.changed, set()
        try:
            for place in changed:
                self.write_one(place)
        except BaseException:
            with self.lock:
                self.changed |= changed
            raise

    def write_one(self, place: Place) -> None:
        provider, credential = place
        mine: dict[str, Any] = {"provider": provider, "credential": credential, "worker": self.worker}
        circuit = self.circuits.get(place)
        if circuit is None:
            Breaker.objects.filter(**mine).update(
                state=CLOSED, failures=0, since=timezone.now(), until=None, seen_at=timezone.now()
            )
            return
        until = timezone.now() + timedelta(seconds=max(0.0, circuit.until - self.clock()))
        said = {"state": circuit.state, "failures": circuit.failures, "reason": circuit.reason[:300]}
        Breaker.objects.update_or_create(**mine, defaults={**said, "since": circuit.since, "until": until})

    def clean(self) -> None:
        """Delete what processes that are gone have left, and what is closed for long."""
        Breaker.objects.filter(seen_at__lt=timezone.now() - FORGOTTEN).delete()
