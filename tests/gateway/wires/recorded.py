"""The recorded exchanges of chat, and the wires they are of."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from gateway.framing import Splitter
from gateway.wires import WIRES
from gateway.wires.base import Delta, Wire, collect
from tests.conftest import recordings_folder

# By the beginning of a file's name, the longest that fits; the rest speak the protocol of OpenAI.
PREFIXES = {
    "anthropic__": "anthropic",
    "cohere__": "cohere",
    "cohere__compat": "openai",
    "gemini__": "gemini",
    "ollama__": "ollama",
    "ollama__generate": "",  # not chat; see test_generating
    "tgi__": "tgi",
    "tgi__generate": "",  # not chat either; see test_generating
    "vertex__": "gemini",
}
BROKEN = ("cerebras__stream_1.sse",)  # cut off in its last event


@dataclass(frozen=True)
class Recording:
    path: Path

    @property
    def name(self) -> str:
        return self.path.name

    @property
    def wire_name(self) -> str:
        fitting = [prefix for prefix in PREFIXES if self.name.startswith(prefix)]
        return PREFIXES[max(fitting, key=len)] if fitting else "openai"

    @property
    def wire(self) -> Wire:
        return WIRES[self.wire_name]

    @property
    def body(self) -> bytes:
        return self.path.read_bytes()

    @property
    def is_request(self) -> bool:
        return ".request" in self.name

    @property
    def is_error(self) -> bool:
        return "error" in self.name

    @property
    def is_stream(self) -> bool:
        return self.path.suffix in (".sse", ".ndjson") or "streamarray" in self.name

    @property
    def deltas(self) -> list[Delta]:
        """What it says, whole or in pieces."""
        return streamed(self.wire, self.body)[0]


def recorded() -> list[Recording]:
    """Those whose protocol we speak; none where there are no recordings, so that tests can be collected."""
    try:
        folder = recordings_folder() / "chat"
    except (pytest.skip.Exception, pytest.fail.Exception):
        return []
    found = [
        Recording(path) for path in sorted(folder.iterdir()) if path.suffix in (".json", ".sse", ".ndjson", ".txt")
    ]
    return [recording for recording in found if recording.wire_name in WIRES]


def params(recordings: Iterator[Recording]) -> list[pytest.ParameterSet]:
    return [pytest.param(recording, id=recording.name) for recording in recordings]


STREAMS = params(r for r in recorded() if r.is_stream and not r.is_request and not r.is_error and r.name not in BROKEN)
ANSWERS = params(r for r in recorded() if not r.is_stream and not r.is_request and not r.is_error)
REQUESTS = params(r for r in recorded() if r.is_request)


def streamed(wire: Wire, stream: bytes, cuts: list[int] | None = None) -> tuple[list[Delta], bool]:
    """What a stream says, wherever it is cut, and whether it said that this was all."""
    splitter, decoder = Splitter(wire.framing), wire.decoder()
    deltas: list[Delta] = []
    points = sorted(cuts or [])
    for start, end in zip([0, *points], [*points, None], strict=True):
        for event in splitter.feed(stream[start:end]):
            deltas += decoder.feed(event)
    left = splitter.close()
    if left.strip():
        deltas += decoder.feed(left)
    return deltas + decoder.close(), decoder.ended


__all__ = ["ANSWERS", "REQUESTS", "STREAMS", "Recording", "collect", "recorded", "streamed"]
