"""What a serving process of the gateway holds: the snapshot, the relay, the spool, breakers and counters."""

from __future__ import annotations

import asyncio
import gc
import logging
import threading
from collections.abc import Mapping
from datetime import timedelta
from functools import cache
from pathlib import Path
from time import monotonic, time
from typing import Any

from django.conf import settings
from django.contrib.auth import get_user_model
from django.db import DatabaseError, connection
from django.utils import timezone

from access.news import SETTLED, News
from catalog.models import Change, ChangeSet, ObjectType, Voice
from gateway import limits, memory, snapshot
from gateway.breakers import Breakers
from gateway.errors import Unavailable
from gateway.leaving import Leaving
from gateway.metering.flusher import Flusher
from gateway.metering.metrics import METRICS
from gateway.metering.spool import Spool
from gateway.relay import Patience, Relay
from gateway.snapshot import Person, Snapshot
from gateway.threads import on_a_thread

GARBAGE = (10_000, 10, 10)  # looked for less often than usual, but in all of what is not frozen
POLL = 0.25  # seconds between two looks for news
OFTEN = 1.0  # seconds between two pictures of everything at least
FULL = 300.0  # seconds after which it is built anew whatever was heard
TIDY = 30.0  # seconds between two times that memory is given back
CLEAN = 3600.0  # seconds between two looks for rows of processes that are gone
MOST_PEOPLE = 500  # who are read with each picture

logger = logging.getLogger("gateway")


class Gateway:
    """One for each process, from the start of its event loop to its end."""

    def __init__(self) -> None:
        self.current: Snapshot | None = None
        self.looked_at = 0.0  # seconds since 1970, when the database last said what changed
        self.relay = Relay(Patience(answer=settings.GATEWAY_ANSWER_TIMEOUT, stall=settings.GATEWAY_STALL_TIMEOUT))
        self.spool = Spool(Path(settings.USAGE_SPOOL_DIR))
        self.breakers = Breakers()
        self.counter = limits.counter()
        self.leaving = Leaving()

    async def start(self) -> None:
        """Without the database it starts all the same, and serves when it has been read."""
        gc.set_threshold(*GARBAGE)
        memory.keep()
        await self.relay.open()
        self.flusher, self.watcher = Flusher(self.spool), Watcher(self)
        self.flusher.start()
        self.watcher.start()
        METRICS.gauge("registry_snapshot_age_seconds", "Since the catalog was read.", lambda: age_of(self))
        METRICS.gauge(
            "registry_breaker_open",
            "1: calls with this key to this provider are held back, 0.5: one is let through.",
            self.breakers.shown,
            ("provider", "credential"),
        )
        await asyncio.to_thread(self.watcher.built.wait, 30)

    async def stop(self) -> None:
        await asyncio.to_thread(self.watcher.stop)
        await self.relay.close()
        await asyncio.to_thread(self.flusher.stop)

    @property
    def snapshot(self) -> Snapshot:
        """The picture as it is now. Raises Unavailable until there is one."""
        if self.current is None:
            raise Unavailable("The catalog has not been read yet. Try again in a moment.", retry_after=1)
        return self.current

    async def person(self, current: Snapshot, user_id: int | None) -> Person:
        """What belongs to a person; read on their first call, and with each picture after it."""
        known = current.people.get(user_id)
        if known is not None:
            return known
        if user_id is None:
            services = current.people[None] = snapshot.of_services(current)
            return services
        try:
            found = await asyncio.to_thread(on_a_thread, snapshot.people_of, current, [user_id])
        except DatabaseError as error:
            raise Unavailable("The database does not answer. Try again in a moment.", retry_after=5) from error
        current.people.update(found)
        return found[user_id]

    def record(self, record: Mapping[str, Any]) -> None:
        """Write one record; called before the last bytes of its answer leave."""
        METRICS.observe(record)
        try:
            self.spool.append(record)
        except Unavailable:
            logger.error("The record of call %s was lost: neither disk nor memory can keep it.", record["call_id"])


class Watcher(threading.Thread):
    """Hears of changes four times a second, and reads again what they touched."""

    def __init__(self, gateway: Gateway) -> None:
        super().__init__(name="gateway-snapshot", daemon=True)
        self.gateway = gateway
        self.built = threading.Event()
        self.stopping = threading.Event()
        self.news = News()
        self.members: tuple[Any, ...] = ()
        self.voices: tuple[Any, ...] = ()
        self.built_at = -FULL
        self.cleaned_at = self.tidied_at = monotonic()
        self.in_trouble = False

    def stop(self) -> None:
        self.stopping.set()
        self.join(timeout=5)

    def run(self) -> None:
        while True:
            self.attempt()
            if self.stopping.wait(POLL):
                break
        connection.close()

    def attempt(self) -> None:
        try:
            self.look()
            self.gateway.looked_at = time()
            self.in_trouble = False
        except Exception as error:  # whatever it was, this thread goes on: nobody else hears of changes
            connection.close()
            self.built_at = -FULL  # news that was heard may not have been read: all is read next time
            if not self.in_trouble:
                logger.warning("The catalog cannot be read: %s", str(error).strip().split("\n")[0])
            self.in_trouble = True

    def look(self) -> None:
        if monotonic() - self.built_at >= FULL:
            self.build()
        else:
            sets, (members, voices) = self.heard(), self.unrecorded()
            if sets or members or voices:
                self.renew(sets, voices=voices)
        self.gateway.breakers.write()
        if monotonic() - self.tidied_at > TIDY:
            self.tidied_at = monotonic()
            memory.give_back()
        if monotonic() - self.cleaned_at > CLEAN:
            self.cleaned_at = monotonic()
            self.gateway.breakers.clean()

    def heard(self) -> list[int]:
        """The change sets that came since the last look."""
        rows = ChangeSet.objects.filter(id__gt=self.news.floor).order_by("id").values_list("id", "id")
        return self.news.fresh(rows, monotonic())

    def unrecorded(self) -> tuple[bool, bool]:
        """Whether somebody joined or left a group, and whether voices came or went: the history tells of neither."""
        with connection.cursor() as cursor:
            cursor.execute(newest_and_number())
            found = cursor.fetchone()
        before, self.members, self.voices = (self.members, self.voices), found[:2], found[2:]
        return before[0] != self.members, before[1] != self.voices

    def renew(self, sets: list[int], *, voices: bool = False) -> None:
        """Read again what changed; everything, at most once a second, if that is much."""
        changes = Change.objects.filter(change_set__in=sets).values_list("object_type", "object_id")
        touched = list(changes[: snapshot.MOST_RENEWED + 1]) if sets else []
        before, found = self.gateway.current, None
        if before is not None and len(touched) <= snapshot.MOST_RENEWED:
            models = [pk for kind, pk in touched if kind == ObjectType.MODEL]
            keys = any(kind == ObjectType.CREDENTIAL for kind, _ in touched)
            found = snapshot.renewed(before, models, keys=keys, voices=voices)
        if found is not None:
            self.bring_people(found)
            if self.gateway.current is before:
                self.gateway.current = found
                return
        self.stopping.wait(max(0.0, self.built_at + OFTEN - monotonic()))
        self.build()

    def build(self) -> None:
        """Take the picture. Where the news stands is noted before, so that nothing falls between."""
        started = monotonic()
        if not self.built.is_set():
            settled = ChangeSet.objects.filter(at__lt=timezone.now() - timedelta(seconds=SETTLED))
            self.news = News(settled.order_by("-id").values_list("id", flat=True).first() or 0)
            self.heard()
        self.unrecorded()
        found = snapshot.build()
        self.bring_people(found)
        self.gateway.current = found
        gc.freeze()  # what stays needs no looking at; it is let go as soon as nothing refers to it all the same
        self.built_at = started
        self.built.set()

    def bring_people(self, found: Snapshot) -> None:
        """Read who called last anew for a new picture: when they call again, the database may be away."""
        known = list(self.gateway.current.people) if self.gateway.current is not None else []
        callers = [user_id for user_id in known if user_id is not None][-MOST_PEOPLE:]
        if callers:
            found.people.update(snapshot.people_of(found, callers))


@cache
def newest_and_number() -> str:
    """The statement for what is asked four times a second: the newest and the number of members, and of voices."""
    tables = ((get_user_model().groups.through, "id"), (Voice, "updated_at"))
    quote = connection.ops.quote_name
    asked = [(quote(model._meta.db_table), quote(column)) for model, column in tables]
    return f"SELECT {', '.join(f'(SELECT MAX({c}) FROM {t}), (SELECT COUNT(*) FROM {t})' for t, c in asked)}"


def age_of(gateway: Gateway) -> float:
    """Seconds since the picture was known to be right; infinite until there is one."""
    return time() - gateway.looked_at if gateway.current is not None else float("inf")
