"""The neutral form of a call and its answer, and what a wire is. Pure values: no network, no database.

A dialect (gateway.dialects) turns what a caller sends into a Chat and a Reply, or a stream of Deltas, into what the
caller expects. A wire (this package) turns a Chat into what a provider expects and its answer into a Reply or Deltas.
"""

from __future__ import annotations

from .chat import Chat, Format, Message, Reply, Role, Thinking, Tool, ToolChoice
from .deltas import (
    CONTENT,
    Begin,
    Citations,
    Counted,
    Delta,
    Failed,
    Finish,
    ReasoningDelta,
    RefusalDelta,
    TextDelta,
    ToolCallBegin,
    ToolCallDelta,
)
from .gathering import Gatherer, collect, continues, replayed
from .parts import Audio, File, Foreign, Image, Part, Reasoning, Refusal, Stop, Text, Tokens, ToolCall, ToolResult
from .wire import TAIL, Answered, Decoder, Outgoing, Tally, Target, UnaryWire, Wire, tally_of

__all__ = [
    "Answered",
    "Audio",
    "Begin",
    "CONTENT",
    "Chat",
    "Citations",
    "Counted",
    "Decoder",
    "Delta",
    "Failed",
    "File",
    "Finish",
    "Foreign",
    "Format",
    "Gatherer",
    "Image",
    "Message",
    "Outgoing",
    "Part",
    "Reasoning",
    "ReasoningDelta",
    "Refusal",
    "RefusalDelta",
    "Reply",
    "Role",
    "Stop",
    "TAIL",
    "Tally",
    "Target",
    "Text",
    "TextDelta",
    "Thinking",
    "Tokens",
    "Tool",
    "ToolCall",
    "ToolCallBegin",
    "ToolCallDelta",
    "ToolChoice",
    "ToolResult",
    "UnaryWire",
    "Wire",
    "collect",
    "continues",
    "replayed",
    "tally_of",
]
