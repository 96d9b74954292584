"""Counting without Redis: each process takes slices of an Allowance from the database and spends them in memory.

Together the processes never take more than there is. What can go over: calls that cost more than was reserved for
them, and, while the database is away, one slice per process.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta

from django.db import DatabaseError, transaction
from django.db.models import F, QuerySet
from django.utils import timezone

from access.limits import (
    NANO_USD,
    Claim,
    Limit,
    Refused,
    Reservation,
    Spend,
    claims_of,
    differences,
    end_of,
    spent,
    unpriced,
)
from access.models import Allowance

logger = logging.getLogger("access.limits")

SHARE = 20  # a slice is one part of so many
IDLE = 5.0  # seconds after which what is left of a slice goes back
ASK_AGAIN = 1.0  # seconds before a limit that had nothing left is asked again: others may have given back
CLEAN = 3600.0
LATE_SETTLING = 3600.0  # seconds after a window's end in which a long call may still settle in it
KEPT_MONTHS, KEPT_MINUTES = timedelta(days=400), timedelta(hours=2)

Place = tuple[str, str, int]  # subject, unit, window


class Slice:
    """What this process holds of one limit in one window. Negative: spent, but not yet taken from the database."""

    __slots__ = ("credit", "empty_at", "held", "limit", "size", "touched", "window")

    def __init__(self, limit: Limit, window: int) -> None:
        self.limit = limit
        self.window = window
        self.size = max(1, limit.most // SHARE)
        self.held = 0
        self.credit = 0  # what may be spent beyond that while the database is away
        self.touched = time.monotonic()
        self.empty_at = -ASK_AGAIN  # when the database had nothing left

    @property
    def place(self) -> Place:
        return self.limit.subject, self.limit.unit, self.window

    @property
    def is_over(self) -> bool:
        return time.time() - end_of(self.limit, self.window) > LATE_SETTLING

    def grow(self, amount: int) -> None:
        """Calls that are larger than a slice get slices for several of them."""
        if amount > self.size:
            self.size = max(amount, min(4 * amount, self.limit.most // 4))

    def was_empty(self) -> bool:
        return time.monotonic() - self.empty_at < ASK_AGAIN


class Slices:
    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.clear()

    def clear(self) -> None:
        self.slices: dict[Place, Slice] = {}
        self.hungry: set[Slice] = set()
        self.cleaned_at = time.monotonic()

    # in memory

    def take(self, limits: Sequence[Limit], spend: Spend, now: float) -> Reservation | Refused | list[Claim]:
        """Spend of what is held. Asks no database: what is not held comes back as the claims to lease for."""
        if refused := unpriced(limits, spend):
            return refused
        claims = claims_of(limits, spend, now)
        with self.lock:
            slices = [self.slice_of(claim) for claim in claims]
            missing = []
            for slice_, claim in zip(slices, claims, strict=True):
                if slice_.held + slice_.credit < claim.amount:
                    missing.append(claim)
            if missing:
                return self.refused(missing, now) or missing
            at = time.monotonic()
            for slice_, claim in zip(slices, claims, strict=True):
                slice_.held -= claim.amount
                slice_.touched = at
                if 2 * slice_.held < slice_.size:
                    self.hungry.add(slice_)
        return Reservation(tuple(claims))

    def refused(self, missing: Iterable[Claim], now: float) -> Refused | None:
        """The refusal of the first claim that no slice could serve."""
        for claim in missing:
            if claim.amount > claim.limit.most or self.slice_of(claim).was_empty():
                return spent(claim, now)
        return None

    def slice_of(self, claim: Claim) -> Slice:
        limit = claim.limit
        place = (limit.subject, limit.unit, claim.window)
        found = self.slices.get(place)
        if found is None or (found.limit is not limit and found.limit != limit):
            held = 0 if found is None else found.held  # an admin changed the limit meanwhile
            found = self.slices[place] = Slice(limit, claim.window)
            found.held = held
        return found

    def settle(self, reservation: Reservation, spend: Spend) -> None:
        """Give back what a call did not take, or owe what it took more. Asks no database."""
        with self.lock:
            for claim in differences(reservation, spend):
                slice_ = self.slice_of(claim)
                slice_.held -= claim.amount
                slice_.touched = time.monotonic()
                if slice_.held < 0:
                    self.hungry.add(slice_)

    # with the database

    def reserve(self, limits: Sequence[Limit], spend: Spend, now: float) -> Reservation | Refused:
        """Take, and lease what is missing. An event loop calls `take`, and `lease` in a thread."""
        missing: list[Claim] = []
        for _ in range(3):
            found = self.take(limits, spend, now)
            if not isinstance(found, list):
                return found
            missing = found
            self.lease(missing)
        return spent(missing[0], now)

    def lease(self, claims: Iterable[Claim]) -> None:
        """Get a slice for each, or as much of it as is left. Without the database, a slice on credit."""
        wanted = {}
        with self.lock:
            for claim in claims:
                slice_ = self.slice_of(claim)
                slice_.grow(claim.amount)
                wanted[slice_] = slice_.size
        try:
            self.fetch(wanted)
        except DatabaseError as error:
            logger.warning("Limits cannot be counted, slices are given on credit: %s", type(error).__name__)
            with self.lock:
                for slice_, amount in wanted.items():
                    if not slice_.credit:
                        slice_.credit = amount
                    elif slice_.held + slice_.credit <= 0:
                        slice_.empty_at = time.monotonic()

    def fetch(self, wanted: Mapping[Slice, int]) -> None:
        """Take from the allowances, in one transaction and one order, so that processes wait but never block."""
        slices = sorted(wanted, key=lambda slice_: slice_.place)
        with transaction.atomic():
            rows = locked([slice_.place for slice_ in slices])
            with self.lock:
                owed = {slice_: max(0, -slice_.held) for slice_ in slices}
            granted = {}
            for slice_, row in zip(slices, rows, strict=True):
                row.taken += owed[slice_]
                granted[slice_] = max(0, min(wanted[slice_], slice_.limit.most - row.taken))
                row.taken += granted[slice_]
            Allowance.objects.bulk_update(rows, ["taken"])
        with self.lock:
            for slice_ in slices:
                slice_.held += owed[slice_] + granted[slice_]
                slice_.credit = 0
                if granted[slice_] < wanted[slice_]:
                    slice_.empty_at = time.monotonic()

    def tend(self) -> None:
        """In the background: fill slices before they are empty, give back idle ones, forget old windows."""
        at = time.monotonic()
        with self.lock:
            hungry, self.hungry = self.hungry, set()
            idle = [slice_ for slice_ in self.slices.values() if at - slice_.touched > IDLE]
            for slice_ in [slice_ for slice_ in idle if slice_.is_over]:
                del self.slices[slice_.place]
        # One that had nothing left only pays what it owes.
        wanted = {slice_: 0 if slice_.was_empty() else slice_.size for slice_ in hungry}
        try:
            if wanted:
                self.fetch(wanted)
            self.give_back(idle)
        except BaseException:
            with self.lock:
                self.hungry |= hungry
            raise
        if at - self.cleaned_at > CLEAN:
            self.cleaned_at = at
            clean()

    def give_back(self, slices: Iterable[Slice]) -> None:
        """Return what is left of some slices, for other processes to use."""
        for slice_ in slices:
            with self.lock:
                left, slice_.held = max(0, slice_.held), min(0, slice_.held)
            try:
                if left:
                    of_place(slice_.place).update(taken=F("taken") - left)
            except BaseException:
                with self.lock:
                    slice_.held += left
                raise

    def close(self) -> None:
        """Settle with the database: the process ends."""
        with self.lock:
            slices = list(self.slices.values())
        owing = {slice_: 0 for slice_ in slices if slice_.held < 0}
        if owing:
            self.fetch(owing)
        self.give_back(slices)


def locked(places: Sequence[Place]) -> list[Allowance]:
    """The rows of these places, made if they are not there, locked until the transaction ends."""
    rows = [Allowance(subject=subject, unit=unit, window=moment(window)) for subject, unit, window in places]
    Allowance.objects.bulk_create(rows, ignore_conflicts=True)
    return [of_place(place).select_for_update().get() for place in places]


def of_place(place: Place) -> QuerySet[Allowance]:
    subject, unit, window = place
    return Allowance.objects.filter(subject=subject, unit=unit, window=moment(window))


def moment(window: int) -> datetime:
    return datetime.fromtimestamp(window, UTC)


def clean() -> None:
    """Delete counts of windows that are long over."""
    now = timezone.now()
    Allowance.objects.filter(unit=NANO_USD, window__lt=now - KEPT_MONTHS).delete()
    Allowance.objects.exclude(unit=NANO_USD).filter(window__lt=now - KEPT_MINUTES).delete()


SLICES = Slices()
