"""Streams fed to a wire in pieces."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass

from gateway.errors import StreamBroken
from gateway.framing import Splitter
from gateway.wires.base import Delta, Reply, Wire, collect


@dataclass(frozen=True, kw_only=True)
class Told:
    """What a stream said, and whether it said that this was all."""

    deltas: list[Delta]
    ended: bool

    @property
    def reply(self) -> Reply:
        return collect(self.deltas)


def told(wire: Wire, stream: bytes, cuts: Iterable[int] = ()) -> Told:
    """What a wire makes of a stream that arrives in pieces."""
    splitter, decoder = Splitter(wire.framing), wire.decoder()
    bounds = [0, *sorted(cuts), len(stream)]
    events = [
        event for start, stop in zip(bounds, bounds[1:], strict=False) for event in splitter.feed(stream[start:stop])
    ]
    deltas = [delta for event in events for delta in decoder.feed(event)]
    if rest := splitter.close():
        with suppress(StreamBroken):  # half an event
            deltas += decoder.feed(rest)
    return Told(deltas=deltas + decoder.close(), ended=decoder.ended)
