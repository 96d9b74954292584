"""Changing what must change in a body that otherwise passes as it came, byte for byte."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import orjson

NAME = b'"model"'
ESCAPED = b"\\u006"  # how m, o, d, e and l are written by whoever hides a name
VALUE = re.compile(rb'\s*:\s*("(?:[^"\\]|\\.)*")')
MOST_TRIED = 20

Place = tuple[int, int]  # where a value begins and ends


def with_model(body: bytes, parsed: Mapping[str, Any], model_id: str) -> bytes:
    """The same body asking for another model. `parsed` is what the body says.

    A body that names its model twice is written anew: of two, providers do not all read the same.
    """
    places = places_of_name(body)
    if len(places) < MOST_TRIED and not (b"\\" in body and ESCAPED in body):
        # Where only one thing is called "model" it is the one; else the right one is found by trying.
        meant = places if len(places) == 1 else those_that_name(body, places, parsed)
        if len(meant) == 1:
            return put(body, meant[0], model_id)
    return orjson.dumps({**parsed, "model": model_id})


def put(body: bytes, place: Place, text: str) -> bytes:
    view = memoryview(body)  # a body may be large: it is copied once
    return b"".join((view[: place[0]], orjson.dumps(text), view[place[1] :]))


def places_of_name(body: bytes) -> list[Place]:
    """Where the values of everything called "model" begin and end, as far as they are strings."""
    places: list[Place] = []
    at = body.find(NAME)
    while at >= 0 and len(places) < MOST_TRIED:
        found = VALUE.match(body, at + len(NAME))
        if found is not None:
            places.append(found.span(1))
        at = body.find(NAME, at + len(NAME))
    return places


def those_that_name(body: bytes, places: list[Place], parsed: Mapping[str, Any]) -> list[Place]:
    """Those of some places that name the model; none if at one of them stands what nobody reads."""
    other = f"not {parsed['model']}"
    said = [(place, orjson.loads(put(body, place, other))) for place in places]
    wanted = {**parsed, "model": other}
    return [] if any(found == parsed for _, found in said) else [place for place, found in said if found == wanted]


def with_fields(body: bytes, fields: Mapping[str, Any]) -> bytes:
    """The same object with more fields, none of which it has."""
    if not fields:
        return body
    start = body.index(b"{") + 1
    added = orjson.dumps(fields)[1:-1]
    view = memoryview(body)
    return b"".join((view[:start], added, b",", view[start:]))
