"""What a provider sends is foreign: what should be text may be anything, and those who read on count on text."""

from __future__ import annotations

from .base import Delta, ReasoningDelta, RefusalDelta, TextDelta, ToolCallBegin, ToolCallDelta

TEXTS: dict[type, tuple[str, ...]] = {
    TextDelta: ("text", "signature"),
    ReasoningDelta: ("text", "signature", "sealed"),
    ToolCallBegin: ("id", "name", "signature"),
    ToolCallDelta: ("arguments",),
    RefusalDelta: ("text",),
}


def sound(deltas: list[Delta]) -> list[Delta]:
    """The same. Raises TypeError where text is none."""
    for delta in deltas:
        for name in TEXTS.get(type(delta), ()):
            if type(getattr(delta, name)) is not str:
                raise TypeError(f"the {name} of a {type(delta).__name__} is no text")
    return deltas
