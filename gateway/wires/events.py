"""What the decoders of streams have in common whose events each hold one JSON object."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from gateway.framing import data_of
from gateway.lenient import loads

from .base import Delta, Reply, collect
from .failures import UNREADABLE, broken
from .soundness import sound


class ObjectDecoder:
    """A wire says in `deltas` what one object means. A whole answer is read as a stream of one."""

    def __init__(self) -> None:
        self.ended = False

    def deltas(self, payload: Any) -> Iterable[Delta]:
        raise NotImplementedError

    def feed(self, event: bytes) -> list[Delta]:
        data = data_of(event)
        return self.read(data) if data and data != b"[DONE]" else []

    def read(self, data: bytes) -> list[Delta]:
        """What one object says. Raises StreamBroken if it cannot be read."""
        try:
            return sound(list(self.deltas(loads(data))))
        except UNREADABLE as error:
            raise broken() from error

    def close(self) -> list[Delta]:
        return []

    def whole(self, body: bytes) -> Reply:
        """The answer that a whole body is. Raises UpstreamFailed if it is none."""
        return collect(self.read(body))


def seconds(moment: Any) -> int:
    """An ISO 8601 time as seconds since 1970; 0 if there is none."""
    try:
        return int(datetime.fromisoformat(moment).timestamp())
    except (TypeError, ValueError):
        return 0
