"""Shell-style name patterns: `openai`, `claude-*`, `openrouter/meta-llama/*`."""

from __future__ import annotations

import re
from collections.abc import Iterable
from fnmatch import fnmatchcase

MOST = 100
PIECE = re.compile(r"\[!?[^\]\[^-][^\]\[^]*\]|.", re.DOTALL)  # a class of characters, or one character
WILD = {"*": ".*", "?": "."}
PATTERN = re.compile(r"[^\s\x00-\x1f]{1,200}")


def allow(patterns: tuple[str, ...], *names: str) -> bool:
    """Whether any of a thing's names matches; no patterns allow everything."""
    return not patterns or any(fnmatchcase(name, pattern) for pattern in patterns for name in names)


def regex(patterns: Iterable[str]) -> str:
    """One regular expression that matches what any of the patterns does, as both databases read it."""
    return f"^(?:{'|'.join(map(one_regex, patterns))})$"


def one_regex(pattern: str) -> str:
    return "".join(
        WILD.get(piece) or (of_class(piece) if len(piece) > 1 else re.escape(piece)) for piece in PIECE.findall(pattern)
    )


def of_class(piece: str) -> str:
    """A class such as [a-z] or [!0-9]; one whose range runs backwards matches nothing, as in a shell."""
    inside = piece[1:-1].replace("\\", "\\\\")
    written = f"[^{inside[1:]}]" if inside.startswith("!") else f"[{inside}]"
    try:
        re.compile(written)
    except re.error:
        return "x^"
    return written


def problem(patterns: Iterable[object]) -> str:
    """What is wrong with these patterns, in words; empty if nothing is."""
    found = list(patterns)
    if len(found) > MOST:
        return f"holds more than {MOST} patterns."
    wrong = [pattern for pattern in found if not (isinstance(pattern, str) and PATTERN.fullmatch(pattern))]
    return "holds something that is no name pattern, such as openai or claude-*." if wrong else ""
