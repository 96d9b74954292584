"""Where the entries stand in an answer, and which answers are no list at all."""

from __future__ import annotations

import re
from typing import Any

from .base import WrongShape

KINDS = {
    dict: "an object",
    list: "a list",
    str: "text",
    int: "a number",
    float: "a number",
    bool: "true or false",
    type(None): "nothing",
}
CODE = re.compile(r"[A-Za-z0-9_. -]{1,60}")


def kind(value: Any) -> str:
    return KINDS.get(type(value), type(value).__name__)


def rows(payload: Any, *paths: str, bare: bool = False) -> list[Any]:
    """The entries under the first of these keys (or dotted paths) that has some; a null list is an empty one."""
    if bare and isinstance(payload, list):
        return payload
    if not isinstance(payload, dict):
        raise WrongShape(f"the answer is {kind(payload)}, not a list of models")
    refuse_failure(payload)
    is_there = False
    for path in paths:
        found: Any = payload
        *outer, key = path.split(".")
        for name in outer:
            found = found.get(name) if isinstance(found, dict) else None
        if isinstance(found, dict) and key in found:
            entries = found[key]
            if isinstance(entries, list) and entries:
                return entries
            is_there = is_there or entries is None or isinstance(entries, list)
    if is_there:
        return []
    raise WrongShape(f"the answer has no list of models under {' or '.join(paths)}")


def refuse_failure(payload: dict[str, Any]) -> None:
    """Failures that come with status 200. Only short codes are repeated: a message may echo the key."""
    if payload.get("success") is False:
        raise WrongShape("the answer says that the call failed (success is false)")
    error = payload.get("error")
    if error or payload.get("type") == "error":
        raise WrongShape(f"the answer is an error{code_of(error) or code_of(payload)}, not a list of models")


def code_of(error: Any) -> str:
    for name in ("code", "type", "status"):
        code = error.get(name) if isinstance(error, dict) else None
        if isinstance(code, str) and CODE.fullmatch(code):
            return f" ({code})"
    return ""
