"""What a stream is made of, in the order it arrives."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from gateway.errors import UpstreamFailed

from .parts import Stop, Tokens


@dataclass(slots=True, kw_only=True)
class Begin:
    """Once, before any content. May come again with more where a provider repeats it."""

    id: str = ""
    model: str = ""
    created: int = 0


@dataclass(slots=True, kw_only=True)
class TextDelta:
    text: str
    signature: str = ""
    origin: str = ""


@dataclass(slots=True, kw_only=True)
class ReasoningDelta:
    """Text is appended to the reasoning at hand; a signature, sealed data or another form ends it."""

    text: str = ""
    signature: str = ""
    sealed: str = ""
    origin: str = ""
    form: Mapping[str, Any] | None = None


@dataclass(slots=True, kw_only=True)
class ToolCallBegin:
    index: int  # 0, 1, … in the order of the calls
    id: str
    name: str
    signature: str = ""
    origin: str = ""


@dataclass(slots=True, kw_only=True)
class ToolCallDelta:
    index: int
    arguments: str  # a fragment of JSON text


@dataclass(slots=True, kw_only=True)
class RefusalDelta:
    text: str


@dataclass(slots=True, kw_only=True)
class Citations:
    citations: list[Any]


@dataclass(slots=True, kw_only=True)
class Counted:
    """Tokens as far as they are known now; later ones are laid over earlier ones."""

    tokens: Tokens
    provider_cost: str = ""


@dataclass(slots=True, kw_only=True)
class Finish:
    stop: Stop
    stop_sequence: str = ""


@dataclass(slots=True, kw_only=True)
class Failed:
    """The provider said in its stream that it failed."""

    error: UpstreamFailed


Delta = (
    Begin
    | TextDelta
    | ReasoningDelta
    | ToolCallBegin
    | ToolCallDelta
    | RefusalDelta
    | Citations
    | Counted
    | Finish
    | Failed
)


CONTENT = (TextDelta, ReasoningDelta, ToolCallBegin, RefusalDelta)  # what a caller waits for
