"""Reads the body of a call field by field. What is wrong is told by the field's path, with what to send instead."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any, TypeVar

from gateway.errors import BadRequest

Number = TypeVar("Number", int, float)


def wrong(path: str, remedy: str) -> BadRequest:
    return BadRequest(f"{path} {remedy}.", param=path)


def text(value: Any, path: str) -> str:
    if not isinstance(value, str):
        raise wrong(path, "must be a string" if value is not None else "is required: send a string")
    return value


def some(value: Any, path: str) -> str:
    """A string that is not empty."""
    if not text(value, path):
        raise wrong(path, "must not be empty")
    return str(value)


def number(body: Mapping[str, Any], name: str) -> float | None:
    value = body.get(name)
    if value is not None and (isinstance(value, bool) or not isinstance(value, int | float)):
        raise wrong(name, "must be a number")
    return value


def whole(body: Mapping[str, Any], name: str) -> int | None:
    value = body.get(name)
    if value is not None and (isinstance(value, bool) or not isinstance(value, int)):
        raise wrong(name, "must be a whole number")
    return value


def flag(body: Mapping[str, Any], name: str) -> bool | None:
    value = body.get(name)
    return None if value is None else truth(value, name)


def truth(value: Any, path: str) -> bool:
    if not isinstance(value, bool):
        raise wrong(path, "must be true or false")
    return value


def said(body: Mapping[str, Any], name: str) -> str:
    """A string that may be missing: then it is empty."""
    value = body.get(name)
    return "" if value is None else text(value, name)


def choice(body: Mapping[str, Any], name: str, choices: Collection[str]) -> str:
    """One of some strings, or empty if it is missing."""
    value = said(body, name)
    if value and value not in choices:
        raise wrong(name, f"must be one of {', '.join(choices)}")
    return value


def within(value: Number | None, name: str, least: Number, most: Number) -> Number | None:
    if value is not None and not least <= value <= most:
        raise wrong(name, f"must be from {least:g} to {most:g}")
    return value


def rest(body: Mapping[str, Any], known: Collection[str]) -> dict[str, Any]:
    """The fields nobody here reads, as sent."""
    return {name: value for name, value in body.items() if name not in known and value is not None}


def mapping(value: Any, path: str) -> Mapping[str, Any]:
    if not isinstance(value, Mapping):
        raise wrong(path, "must be an object" if value is not None else "is required: send an object")
    return value


def items(value: Any, path: str) -> list[Any]:
    if not isinstance(value, list):
        raise wrong(path, "must be a list" if value is not None else "is required: send a list")
    return value


def strings(value: Any, path: str) -> list[str]:
    return [text(item, f"{path}[{index}]") for index, item in enumerate(items(value, path))]


def model_and_messages(body: Mapping[str, Any]) -> tuple[str, list[Any]]:
    """What every call needs."""
    model, messages = some(body.get("model"), "model"), items(body.get("messages"), "messages")
    if not messages:
        raise wrong("messages", "must hold at least one message")
    return model, messages
