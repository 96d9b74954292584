"""The collector of cyclic garbage, and why a sync lets it rest."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager

OBJECTS = 500_000  # made before it looks at them; usual are 700


@contextmanager
def rarely_collected() -> Iterator[None]:
    """Let it look for cycles seldom.

    A long list is a million small objects that live until it is applied and hold no cycles. Looking through them
    again and again takes a third of a sync.
    """
    usual = gc.get_threshold()
    gc.set_threshold(OBJECTS, *usual[1:])
    try:
        yield
    finally:
        gc.set_threshold(*usual)
