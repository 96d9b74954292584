"""Where one event of a stream ends and the next begins. Bytes in, whole events out; nothing is decoded or lost.

Joined again, the events are the stream byte for byte: server-sent events keep their blank line, lines their newline,
the objects of an array the brackets and commas before them.
"""

from __future__ import annotations

import re
from typing import Literal

import orjson

from gateway.errors import StreamBroken

LARGEST = 16 * 1024 * 1024  # bytes of one event; an image in base64 fits
BLANK = re.compile(rb"\n\r?\n|\r\r")  # lines may end in different ways even within one stream
NEWLINE = re.compile(rb"\n")
MARK = b"\xef\xbb\xbf"  # of UTF-8, which a stream may begin with
BRACE_OR_QUOTE = re.compile(rb'[{}"]')
QUOTE_OR_ESCAPE = re.compile(rb'["\\]')


class Splitter:
    """Cuts a stream of server-sent events after each blank line, or one of JSON lines after each newline.

    What should be events, but is one JSON array (Gemini without alt=sse), is cut after each of its objects.
    """

    def __init__(self, framing: Literal["sse", "lines"]) -> None:
        self.end_of_event = NEWLINE if framing == "lines" else BLANK
        self.undecided = framing == "sse"  # until the first byte that is not space
        self.array: ArraySplitter | None = None
        self.rest = b""
        self.waiting: list[bytes] = []  # pieces of an event that is longer than one piece
        self.waiting_size = 0

    def feed(self, chunk: bytes) -> list[bytes]:
        """The events that are whole now. Raises StreamBroken for one that never ends."""
        if self.undecided:
            chunk = self.decide(chunk)
        if self.array:
            return self.array.feed(chunk)
        seam = self.rest[-3:] + chunk[:3]  # an end may lie across two pieces
        if self.rest and not self.end_of_event.search(seam) and not self.end_of_event.search(chunk):
            self.keep(chunk)
            return []
        data = b"".join([*self.waiting, self.rest, chunk]) if self.rest else chunk
        self.waiting, self.waiting_size = [], 0
        events: list[bytes] = []
        start = 0
        for found in self.end_of_event.finditer(data):
            events.append(data[start : found.end()])
            start = found.end()
        self.rest = data[start:] if start else data
        return events

    def block(self, chunk: bytes) -> bytes:
        """The events that are whole now, in one piece: most chunks are just that."""
        if not self.rest and self.end_of_event is BLANK and chunk.endswith(b"\n\n") and chunk[:1] in b"d:e":
            self.undecided = False  # no array begins like a line of an event
            return chunk
        return b"".join(self.feed(chunk))

    def decide(self, chunk: bytes) -> bytes:
        """Look at the first byte that is not space; no line of an event begins with a bracket."""
        first = chunk.lstrip()[:1]
        if first == b"[":
            chunk = self.close() + chunk
            self.array = ArraySplitter()
        self.undecided = not first
        return chunk

    def keep(self, chunk: bytes) -> None:
        """Set a piece aside; pieces are joined once, when their event is whole."""
        self.waiting.append(self.rest[:-3])
        self.waiting_size += len(self.rest) - 3
        self.rest = self.rest[-3:] + chunk
        if self.waiting_size > LARGEST:
            raise StreamBroken("The provider sent an event that does not end.")

    def close(self) -> bytes:
        """What came after the last whole event; some providers end without a blank line."""
        if self.array:
            return self.array.close()
        rest = b"".join([*self.waiting, self.rest])
        self.waiting, self.waiting_size, self.rest = [], 0, b""
        return rest


class ArraySplitter:
    """Cuts a JSON array that arrives in pieces after each of its objects; brackets and commas lead the next event."""

    def __init__(self) -> None:
        self.depth = 0
        self.in_string = False
        self.escaped = False  # the first byte of the next piece
        self.waiting: list[bytes] = []
        self.waiting_size = 0

    def feed(self, chunk: bytes) -> list[bytes]:
        """The objects that are whole now. Raises StreamBroken for one that never ends."""
        events: list[bytes] = []
        start = at = 0
        while (at := self.step(chunk, at)) >= 0:
            if self.depth == 0 and chunk[at - 1] == ord("}"):
                events.append(self.close() + chunk[start:at])
                start = at
        self.waiting.append(chunk[start:])
        self.waiting_size += len(chunk) - start
        if self.waiting_size > LARGEST:
            raise StreamBroken("The provider sent an event that does not end.")
        return events

    def step(self, chunk: bytes, at: int) -> int:
        """Where the next byte that changes the state ends, or -1."""
        if self.escaped and at < len(chunk):
            self.escaped, at = False, at + 1
        found = (QUOTE_OR_ESCAPE if self.in_string else BRACE_OR_QUOTE).search(chunk, at)
        if not found:
            return -1
        match found[0]:
            case b'"':
                self.in_string = not self.in_string
            case b"\\":
                self.escaped = True
            case b"{":
                self.depth += 1
            case _:
                self.depth -= 1
        return found.end()

    def close(self) -> bytes:
        """What came after the last whole object."""
        rest = b"".join(self.waiting)
        self.waiting, self.waiting_size = [], 0
        return rest


def data_of(event: bytes) -> bytes:
    """The joined data lines of an event, or the bare object it is; empty for comments and keep-alives."""
    if event.startswith(b"data:"):
        line = event[5:].strip()
        if b"\n" not in line and b"\r" not in line:  # nearly all are one line
            return line
    event = event.removeprefix(MARK)
    lines = [line[5:].removeprefix(b" ") for line in event.splitlines() if line.startswith(b"data:")]
    if lines:
        return b"\n".join(lines).strip()
    bare = event.strip(b"\r\n\t ,[")
    return bare if bare.startswith(b"{") else b""


def name_of(event: bytes) -> str:
    """What its event line says; empty if it has none."""
    for line in event.splitlines():
        if line.startswith(b"event:"):
            return line[6:].strip().decode("utf-8", "replace")
    return ""


def is_object(text: str | bytes) -> bool:
    """Whether a text is a JSON object, and whole."""
    try:
        return text.rstrip()[-1:] in ("}", b"}") and isinstance(orjson.loads(text), dict)
    except orjson.JSONDecodeError:
        return False
