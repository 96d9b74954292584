"""The parameters of an address, each read as what it is; what it cannot be is refused by its name."""

from __future__ import annotations

from collections.abc import Collection

from .naming import Sent

LONGEST = 300
MOST_WORDS = 50


def text(query: Sent, name: str) -> str:
    """The last value; empty if there is none."""
    return (texts(query, name) or [""])[-1]


def texts(query: Sent, name: str) -> list[str]:
    """Every value that is not empty."""
    values = query.fields.get(name) or []
    if any("\0" in value for value in values):
        query.refuse(name, "holds a character that no text holds")
        return []
    if len(values) > MOST_WORDS:
        query.refuse(name, f"is given more than {MOST_WORDS} times")
    return [value[:LONGEST] for value in values[:MOST_WORDS] if value]


def one_of(query: Sent, name: str, known: Collection[str]) -> str:
    value = text(query, name)
    return (among(query, name, [value], known) or [""])[0] if value else ""


def some_of(query: Sent, name: str, known: Collection[str]) -> list[str]:
    """Several, given each by itself or with commas between them, each once."""
    words = dict.fromkeys(word.strip() for value in texts(query, name) for word in value.split(","))
    return among(query, name, [word for word in words if word], known)


def among(query: Sent, name: str, values: list[str], known: Collection[str]) -> list[str]:
    for value in values:
        if value not in known:
            query.refuse(name, f"unknown: {value[:100]}; known: {', '.join(known)}")
    return [value for value in values if value in known]


def refuse_others(query: Sent, known: Collection[str]) -> None:
    for name in query.fields:
        if name not in known:
            query.refuse(name, f"is not known here; known: {', '.join(known)}")
