"""Results of tools on wires whose results hold only text: what else they hold is said after them."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from .base import File, Image, Part, Text, ToolResult

BETWEEN_TEXTS = "\n\n"
FAILED = "Error: "  # how a tool's failure is said, as there is no field for it


def is_text(inner: Text | Image | File) -> bool:
    return isinstance(inner, Text)


def apart(
    parts: Sequence[Part], can_hold: Callable[[Text | Image | File], bool] = is_text
) -> tuple[list[ToolResult], list[Part]]:
    """The results, and all else that was said. Results must follow their calls, so they come first; what they cannot
    hold leads the rest."""
    results: list[ToolResult] = []
    seen: list[Part] = []
    others: list[Part] = []
    for part in parts:
        if not isinstance(part, ToolResult):
            others.append(part)
            continue
        results.append(part)
        shown = [inner for inner in part.parts if not can_hold(inner)]
        if shown:
            seen += [Text(text=f"What the tool call {part.call_id} returned:"), *shown]
    return results, seen + others


def text_of(result: ToolResult) -> str:
    text = BETWEEN_TEXTS.join(inner.text for inner in result.parts if isinstance(inner, Text))
    return FAILED + text if result.is_error else text
