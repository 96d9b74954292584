"""Shell-style name patterns: `openai`, `claude-*`, `openrouter/meta-llama/*`."""

from __future__ import annotations

import re
from collections.abc import Iterable
from fnmatch import fnmatchcase

MOST = 100
PATTERN = re.compile(r"[^\s\x00-\x1f]{1,200}")


def allow(patterns: tuple[str, ...], *names: str) -> bool:
    """Whether any of a thing's names matches; no patterns allow everything."""
    return not patterns or any(fnmatchcase(name, pattern) for pattern in patterns for name in names)


def problem(patterns: Iterable[object]) -> str:
    """What is wrong with these patterns, in words; empty if nothing is."""
    found = list(patterns)
    if len(found) > MOST:
        return f"holds more than {MOST} patterns."
    wrong = [pattern for pattern in found if not (isinstance(pattern, str) and PATTERN.fullmatch(pattern))]
    return "holds something that is no name pattern, such as openai or claude-*." if wrong else ""
