"""What a serving process does beside its requests: hear of changed keys, and write what can wait."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Sequence

from django.db import DatabaseError, connection

from access.events import NOTES
from access.slices import SLICES
from access.snapshot import KEYS, POLL

logger = logging.getLogger("access.keeper")

Task = Callable[[], object]

READING: tuple[Task, ...] = (KEYS.refresh,)
WRITING: tuple[Task, ...] = (KEYS.save_uses, NOTES.write, SLICES.tend)
LEAVING: tuple[Task, ...] = (KEYS.save_uses, NOTES.write, SLICES.close)


def tend() -> None:
    """One round of everything."""
    for task in READING + WRITING:
        task()


class Round(threading.Thread):
    """Some tasks again and again, on a connection of their own. Without the database they wait."""

    def __init__(self, name: str, tasks: Sequence[Task], at_the_end: Sequence[Task] = ()) -> None:
        super().__init__(name=f"access-{name}", daemon=True)
        self.tasks = tasks
        self.at_the_end = at_the_end
        self.stopping = threading.Event()
        self.in_trouble = False

    def run(self) -> None:
        while not self.stopping.wait(POLL):
            self.attempt(self.tasks)
        self.attempt(self.at_the_end)
        connection.close()

    def attempt(self, tasks: Sequence[Task]) -> None:
        try:
            for task in tasks:
                task()
            self.in_trouble = False
        except DatabaseError as error:
            connection.close()
            if not self.in_trouble:
                logger.warning("The database does not answer: %s", str(error).strip().split("\n")[0])
            self.in_trouble = True


class Keeper:
    """Two rounds: a write that waits for its turn must not keep a revocation from being seen."""

    def __init__(self) -> None:
        self.rounds = (Round("news", READING), Round("writes", WRITING, LEAVING))

    def start(self) -> None:
        for round_ in self.rounds:
            round_.start()

    def stop(self) -> None:
        for round_ in self.rounds:
            round_.stopping.set()
        for round_ in self.rounds:
            round_.join(timeout=5)
