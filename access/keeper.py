"""What a serving process does beside its requests: hear of changed keys, and write what can wait."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable

from django.db import DatabaseError, connection

from access.events import NOTES
from access.snapshot import KEYS, POLL

logger = logging.getLogger("access.keeper")

TASKS: tuple[Callable[[], object], ...] = (KEYS.refresh, KEYS.save_uses, NOTES.write)


def tend() -> None:
    """One round of everything."""
    for task in TASKS:
        task()


class Keeper(threading.Thread):
    """A thread with its own connection. Without the database it waits; requests go on with what is known."""

    def __init__(self) -> None:
        super().__init__(name="access-keeper", daemon=True)
        self.stopping = threading.Event()
        self.in_trouble = False

    def run(self) -> None:
        while not self.stopping.wait(POLL):
            try:
                tend()
                self.in_trouble = False
            except DatabaseError as error:
                connection.close()
                if not self.in_trouble:
                    logger.warning("The database does not answer: %s", str(error).strip().split("\n")[0])
                self.in_trouble = True
        connection.close()

    def stop(self) -> None:
        self.stopping.set()
        self.join(timeout=5)
