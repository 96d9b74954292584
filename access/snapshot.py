"""The keys in memory: a check asks no database. News is polled, and only keys that changed are read again."""

from __future__ import annotations

import hashlib
import math
import threading
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from enum import Enum
from typing import Any

from django.db.models import Q, QuerySet
from django.utils import timezone

from access.caller import Caller
from access.models import KEY_NEWS, ApiKey, AuthEvent
from access.news import SETTLED, News
from access.scopes import Scope

POLL = 0.5  # seconds between two looks for news
LATE = 0.75  # a check older than this looks itself: nobody else did
FULL_LOAD = 300.0
NOTE_USE = 60.0  # seconds between two notes of one key's use
BATCH = 500

START = "mr_"
LENGTH = 55  # mr_<prefix of 8>_<43 characters of 256 bits>

FIELDS = (
    "id", "name", "digest", "owner_id", "owner__username", "owner__is_active", "owner__is_staff",
    "owner__is_superuser", "scopes", "allowed_providers", "allowed_models", "allowed_routes", "expires_at",
    "requests_per_minute", "tokens_per_minute", "monthly_budget", "allow_unpriced",
    "owner__limits__requests_per_minute", "owner__limits__tokens_per_minute", "owner__limits__monthly_budget",
    "owner__limits__allow_unpriced",
)  # fmt: skip


class Refusal(Enum):
    UNKNOWN = "This key is not valid."
    EXPIRED = "This key has expired."


@dataclass(frozen=True, slots=True)
class Rates:
    """The limits of one key or user; None is unlimited."""

    requests: int | None = None
    tokens: int | None = None
    budget: Decimal | None = None
    allow_unpriced: bool = False


@dataclass(frozen=True, slots=True)
class Entry:
    """What a check needs of one key."""

    caller: Caller
    expires_at: float
    rates: Rates
    owner_rates: Rates


def digest_of(plaintext: str) -> bytes:
    return hashlib.sha256(plaintext.encode()).digest()


class Snapshot:
    """Every key that opens something. Readers take no lock; who polls holds one."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.clear()

    def clear(self) -> None:
        """Forget everything; the next look loads anew."""
        self.entries: dict[bytes, Entry] = {}
        self.digests: dict[int, bytes] = {}
        self.used: dict[int, float] = {}  # when each key's use was last noted
        self.unsaved: dict[int, float] = {}
        self.heard = News()
        self.polled_at = self.loaded_at = -math.inf

    # checks

    def check(self, plaintext: str) -> Caller | Refusal:
        """Who this key stands for. Asks no database."""
        entry = self.checked(plaintext)
        return entry if isinstance(entry, Refusal) else entry.caller

    def checked(self, plaintext: str) -> Entry | Refusal:
        """The same with the limits of the key and its owner."""
        entry = self.find(plaintext)
        if entry is None:
            return Refusal.UNKNOWN
        now = time.time()
        if now >= entry.expires_at:
            return Refusal.EXPIRED
        key_id = entry.caller.key_id or 0
        if now - self.used.get(key_id, 0) >= NOTE_USE:
            self.used[key_id] = self.unsaved[key_id] = now
        return entry

    def find(self, plaintext: str) -> Entry | None:
        if len(plaintext) != LENGTH or not plaintext.isascii():
            return None
        return self.entries.get(digest_of(plaintext))

    def entry_of(self, key_id: int) -> Entry | None:
        digest = self.digests.get(key_id)
        return None if digest is None else self.entries.get(digest)

    # news

    def keep_fresh(self) -> None:
        """Look for news if nobody did of late. Who finds another looking waits only if the news is really old."""
        age = time.monotonic() - self.polled_at
        if age >= LATE and self.lock.acquire(blocking=age >= 2 * LATE):
            try:
                if time.monotonic() - self.polled_at >= LATE:
                    self.poll()
            finally:
                self.lock.release()

    def refresh(self) -> None:
        with self.lock:
            self.poll()

    def expire(self) -> None:
        """Let the next look be now: something was just written here."""
        self.polled_at = -math.inf

    def poll(self) -> None:
        started = time.monotonic()
        if started - self.loaded_at >= FULL_LOAD:
            self.load()
            self.loaded_at = started
        else:
            changed = self.news(started)
            self.replace(changed, self.read(changed))
        self.polled_at = started

    def news(self, now: float) -> set[int]:
        """Keys with news since the last look."""
        query = AuthEvent.objects.filter(kind__in=KEY_NEWS, id__gt=self.heard.floor)
        rows = query.order_by("id").values_list("id", "api_key_id")
        return {key for key in self.heard.fresh(rows, now) if key is not None}

    def load(self) -> None:
        """Read all keys. The place in the news is taken before, so that nothing falls between."""
        settled = AuthEvent.objects.filter(kind__in=KEY_NEWS, at__lt=timezone.now() - timedelta(seconds=SETTLED))
        self.heard = News(settled.order_by("-id").values_list("id", flat=True).first() or 0)
        self.news(time.monotonic())
        found = dict(entries(ApiKey.objects.usable()))
        self.digests = {entry.caller.key_id or 0: digest for digest, entry in found.items()}
        self.entries = found

    def read(self, key_ids: Iterable[int]) -> dict[bytes, Entry]:
        ids = list(key_ids)
        found: dict[bytes, Entry] = {}
        for start in range(0, len(ids), BATCH):
            found.update(entries(ApiKey.objects.usable().filter(pk__in=ids[start : start + BATCH])))
        return found

    def replace(self, key_ids: Iterable[int], found: dict[bytes, Entry]) -> None:
        for key_id in key_ids:
            old = self.digests.pop(key_id, None)
            if old is not None and old not in found:
                del self.entries[old]
        for digest, entry in found.items():
            self.entries[digest] = entry
            self.digests[entry.caller.key_id or 0] = digest

    # uses

    def save_uses(self) -> int:
        """Write which keys were used of late: a batch, and each key at most once a minute."""
        uses, self.unsaved = self.unsaved, {}
        ids = list(uses)
        try:
            for start in range(0, len(ids), BATCH):
                batch = ids[start : start + BATCH]
                last = datetime.fromtimestamp(max(uses[key_id] for key_id in batch), UTC)
                ApiKey.objects.filter(pk__in=batch).update(last_used_at=last)
        except BaseException:
            self.unsaved = {**uses, **self.unsaved}
            raise
        return len(ids)


def entries(keys: QuerySet[ApiKey]) -> Iterator[tuple[bytes, Entry]]:
    """Each key whose owner is still active, by its digest."""
    shared: dict[Any, Any] = {}  # equal values are kept once, whatever the number of keys
    for row in keys.filter(Q(owner=None) | Q(owner__is_active=True)).values_list(*FIELDS, named=True).iterator():
        yield bytes.fromhex(row.digest), entry_of(row, shared)


def entry_of(row: Any, shared: dict[Any, Any]) -> Entry:
    def once(value: Any) -> Any:
        return shared.setdefault(value, value)

    scopes = frozenset(row.scopes)
    owner_is_admin = row.owner_id is None or (row.owner__is_staff and row.owner__is_superuser)
    caller = Caller(
        label=f"{row.owner__username or 'service'} (key {row.name})",
        source="api",
        user_id=row.owner_id,
        is_admin=Scope.ADMIN in scopes and owner_is_admin,
        proof="api key",
        key_id=row.id,
        key_name=row.name,
        user_name=row.owner__username or "",
        scopes=once(scopes),
        allowed_providers=once(tuple(row.allowed_providers)),
        allowed_models=once(tuple(row.allowed_models)),
        allowed_routes=once(tuple(row.allowed_routes)),
    )
    return Entry(
        caller=caller,
        expires_at=math.inf if row.expires_at is None else row.expires_at.timestamp(),
        rates=once(rates_of(row)),
        owner_rates=once(rates_of(row, "owner__limits__")),
    )


def rates_of(row: Any, prefix: str = "") -> Rates:
    return Rates(
        requests=getattr(row, f"{prefix}requests_per_minute"),
        tokens=getattr(row, f"{prefix}tokens_per_minute"),
        budget=getattr(row, f"{prefix}monthly_budget"),
        allow_unpriced=bool(getattr(row, f"{prefix}allow_unpriced")),
    )


KEYS = Snapshot()
