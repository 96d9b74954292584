"""What a message is made of, and how an answer is counted and ends."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any


class Stop(StrEnum):
    """Why an answer ended, in one normal form."""

    END = "end"  # the model had finished
    LENGTH = "length"  # the most tokens were reached
    TOOL_CALLS = "tool_calls"  # it waits for results
    STOP_SEQUENCE = "stop_sequence"
    FILTERED = "filtered"  # the provider held it back
    REFUSED = "refused"  # the model declined
    PAUSED = "paused"  # to be continued by sending it back
    UNKNOWN = "unknown"  # none was said, or one nobody knows


@dataclass(slots=True, kw_only=True)
class Tokens:
    """Token counts of one call. `input` holds cached ones too, `output` reasoning too. None is unknown, not 0."""

    input: int | None = None
    output: int | None = None
    cache_read: int | None = None
    cache_write: int | None = None
    reasoning: int | None = None
    audio_input: int | None = None
    audio_output: int | None = None

    def update(self, newer: Tokens) -> None:
        """Take what a later count states; a stream states some at its beginning and some at its end."""
        for name in self.__slots__:
            value = getattr(newer, name)
            if value is not None:
                setattr(self, name, value)


@dataclass(slots=True, kw_only=True)
class Text:
    text: str
    signature: str = ""  # opaque, to be sent back with it to the wire named by `origin`
    origin: str = ""
    cache: Mapping[str, Any] | None = None  # Anthropic's cache_control, as sent


@dataclass(slots=True, kw_only=True)
class Image:
    """Either a URL or data in base64 with its media type."""

    url: str = ""
    media_type: str = ""
    data: str = ""
    detail: str = ""
    cache: Mapping[str, Any] | None = None


@dataclass(slots=True, kw_only=True)
class File:
    """A document, such as a PDF: a URL, an id at the provider, or data in base64."""

    url: str = ""
    file_id: str = ""
    media_type: str = ""
    data: str = ""
    name: str = ""
    cache: Mapping[str, Any] | None = None


@dataclass(slots=True, kw_only=True)
class Audio:
    data: str  # base64
    format: str  # wav, mp3, …


@dataclass(slots=True, kw_only=True)
class Reasoning:
    """What the model thought. Signatures and sealed data go back to the wire they came from, and to no other."""

    text: str = ""
    signature: str = ""
    sealed: str = ""  # thinking that only its provider can read
    origin: str = ""  # the name of that wire
    form: Mapping[str, Any] | None = None  # how that wire wrote it, where it knows several ways; to be sent back alike


@dataclass(slots=True, kw_only=True)
class ToolCall:
    id: str
    name: str
    arguments: str  # JSON text, as the model wrote it
    signature: str = ""
    origin: str = ""
    cache: Mapping[str, Any] | None = None


@dataclass(slots=True, kw_only=True)
class ToolResult:
    call_id: str
    parts: list[Text | Image | File]
    is_error: bool = False
    name: str = ""  # of the tool, found by the call's id; Gemini wants it
    cache: Mapping[str, Any] | None = None


@dataclass(slots=True, kw_only=True)
class Refusal:
    """What the model said instead of an answer, where its dialect keeps that apart."""

    text: str


@dataclass(slots=True, kw_only=True)
class Foreign:
    """A part that only the caller's dialect can say, as sent; see gateway.wires.foreign for who refuses it."""

    param: str  # the path of what cannot be said otherwise
    block: Mapping[str, Any]


Part = Text | Image | File | Audio | Reasoning | ToolCall | ToolResult | Refusal | Foreign
