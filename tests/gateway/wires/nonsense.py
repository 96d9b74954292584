"""A true body with something else in one place."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from hypothesis import strategies as st

OTHERS = st.sampled_from(
    [None, True, 0, -1, 1.5, 2**53, "", "x", "AAAA", "1e400", [], [None], ["x"], [[]], {}, {"x": 1}, {"data": "%"}]
)


def places(payload: Any) -> Iterator[tuple[Any, ...]]:
    yield ()
    entries = payload.items() if isinstance(payload, dict) else enumerate(payload) if isinstance(payload, list) else ()
    for key, inner in entries:
        yield from ((key, *place) for place in places(inner))


def replaced(payload: Any, place: tuple[Any, ...], other: Any) -> Any:
    if not place:
        return other
    copy = payload.copy()
    copy[place[0]] = replaced(payload[place[0]], place[1:], other)
    return copy
