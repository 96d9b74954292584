"""The collector of cyclic garbage, and why a sync lets it rest."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Lock

OBJECTS = 500_000  # made before it looks at them; usual are 700

resting: list[object] = []  # the syncs of this process that are at work; the last one wakes the collector
before: list[tuple[int, int, int]] = []  # how it worked when the first of them began
lock = Lock()


@contextmanager
def rarely_collected() -> Iterator[None]:
    """Let it look for cycles seldom.

    A long list is a million small objects that live until it is applied and hold no cycles. Looking through them
    again and again takes a third of a sync.
    """
    me = object()
    with lock:
        if not resting:
            before[:] = [gc.get_threshold()]
        resting.append(me)
        gc.set_threshold(OBJECTS, *before[0][1:])
    try:
        yield
    finally:
        with lock:
            resting.remove(me)
            if not resting:
                gc.set_threshold(*before[0])
