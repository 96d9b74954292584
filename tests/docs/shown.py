"""Answers as the papers show them, beside those that came. An ellipsis stands for what is left out."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

MORE = "…"
STRING_OR_MORE = re.compile(r'"(?:[^"\\]|\\.)*"|…(?=\s*([}\]]))')
KINDS = {bool: "true or false", int: "a number", float: "a number", str: "text", type(None): "null"}


def read(text: str) -> Any:
    """JSON in which an object or a list may end with an ellipsis."""

    def stand_in(found: re.Match[str]) -> str:
        if found[1] is None:
            return found[0]
        return f'"{MORE}": null' if found[1] == "}" else f'"{MORE}"'

    return json.loads(STRING_OR_MORE.sub(stand_in, text))


def differences(shown: Any, came: Any, place: str = "") -> Iterator[str]:
    """Where they differ in the names of fields, in kinds of values, or in what is unknown."""
    if isinstance(shown, dict) and isinstance(came, dict):
        named = shown.keys() - {MORE}
        yield from (f"{place}.{name} is shown, but does not come" for name in sorted(named - came.keys()))
        if MORE not in shown:
            yield from (f"{place}.{name} comes, but is not shown" for name in sorted(came.keys() - named))
        for name in named & came.keys():
            yield from differences(shown[name], came[name], f"{place}.{name}")
    elif isinstance(shown, list) and isinstance(came, list):
        named_items = [item for item in shown if item != MORE]
        if len(named_items) > len(came) or (not named_items and came and MORE not in shown):
            yield f"{place} has {len(named_items)} items, but {len(came)} come"
        for number, (one, other) in enumerate(zip(named_items, came, strict=False)):
            yield from differences(one, other, f"{place}[{number}]")
    elif KINDS.get(type(shown), type(shown)) != KINDS.get(type(came), type(came)):
        yield f"{place} is shown as {shown!r}, but comes as {came!r:.80}"


def ids(shown: Any, came: Any) -> Iterator[tuple[str, str]]:
    """Ids as shown, and those that came in their places."""
    if isinstance(shown, dict) and isinstance(came, dict):
        for name in shown.keys() & came.keys():
            if (name in ("id", "run") or name.endswith("Id")) and isinstance(shown[name], int | str):
                yield str(shown[name]), str(came[name])
            yield from ids(shown[name], came[name])
    elif isinstance(shown, list) and isinstance(came, list):
        for one, other in zip(shown, came, strict=False):
            yield from ids(one, other)


def unlike(shown: str, came: str) -> list[str]:
    """The lines of a text that do not come, in this order."""
    rest = iter(came.splitlines())
    return [line for line in shown.splitlines() if line.strip(f" {MORE}") and not any(like(line, one) for one in rest)]


def like(shown: str, came: str) -> bool:
    pattern = ".*".join(re.escape(part) for part in shown.strip().split(MORE))
    return re.fullmatch(pattern, came.strip()) is not None
