"""A body asks for another model, and nothing else of it changes."""

from __future__ import annotations

import json
from typing import Any

import orjson
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from gateway.bodies import with_fields, with_model

NAMES = st.sampled_from(["model", "messages", "stream", "mod", '"model"', "a\\", "é", "model "])
TEXTS = st.sampled_from(["acme/m", "m", '"model": "acme/m"', "\\", "\U0001f600 \u2028", ""])
LEAVES = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | TEXTS
VALUES = st.recursive(LEAVES, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=3))
STYLES = st.sampled_from([(None, None), (1, None), (None, (" ,", " : ")), (None, (",", ":"))])


@st.composite
def written(draw: st.DrawFn) -> tuple[bytes, dict[str, Any]]:
    """A body in some writing, and what it says; names may stand in it twice."""
    fields = draw(st.lists(st.tuples(NAMES, VALUES), max_size=4))
    fields.insert(draw(st.integers(0, len(fields))), ("model", draw(TEXTS)))
    indent, separators = draw(STYLES)
    ascii_only = draw(st.booleans())

    def text(value: Any) -> str:
        return json.dumps(value, ensure_ascii=ascii_only, indent=indent, separators=separators)

    members = []
    for name, value in fields:
        key = text(name)
        if draw(st.booleans()):
            key = key.replace("o", "\\u006f")
        members.append(f"{key} : {text(value)}")
    body = ("{" + ", ".join(members) + "}").encode()
    return body, orjson.loads(body)


@given(written(), TEXTS)
@example((b'{"mod\\u0065l": "acme/m", "of": {"model": "acme/m"}}', {"model": "acme/m", "of": {"model": "acme/m"}}), "x")
@example((b'{"model": "x", "model": "acme/m"}', {"model": "acme/m"}), "m")
def test_only_the_model_changes(body: tuple[bytes, dict[str, Any]], model_id: str) -> None:
    raw, said = body
    if not isinstance(said["model"], str):
        return

    changed = with_model(raw, said, model_id)

    assert orjson.loads(changed) == {**said, "model": model_id}
    read_first = first_wins(changed)["model"]
    assert read_first == model_id or not isinstance(read_first, str)  # whichever of two names a provider reads


def first_wins(body: bytes) -> dict[str, Any]:
    return json.loads(body, object_pairs_hook=lambda pairs: dict(reversed(pairs)))


@pytest.mark.parametrize(
    "body",
    [
        b'{"model":"acme/m","messages":[{"content":"\\u00e9\\ud83d\\ude00 \\"model\\": \\"x\\" \\u2028"}]}',
        b'{ "seed" : 123456789012345678901234567890, "temperature":1.0000000000000001e-7, "model"\t:\r\n "acme/m" }',
        b'{"metadata":{"model":"other"},"model":"acme/m","tools":[{"model":"acme/m"}]}',
        b'{"a":1,"a":2,"model":"acme/m","b":[1.0,1e2,-0]}',
        b'\n {"model":"acme/m"} \n',
        '{"model":"acme/m","messages":"日本 \u2028 \x7f"}'.encode(),
    ],
)
def test_everything_else_stays_as_it_was_written(body: bytes) -> None:
    changed = with_model(body, orjson.loads(body), "vendor/m:free")

    assert changed.count(b'"vendor/m:free"') == 1
    before, after = changed.split(b'"vendor/m:free"')
    assert body == before + b'"acme/m"' + after


def test_a_model_by_two_names_is_said_once() -> None:
    body = b'{"model":"secret","messages":[],"model":"acme/m"}'

    assert orjson.loads(with_model(body, orjson.loads(body), "m")) == {"model": "m", "messages": []}
    assert with_model(body, orjson.loads(body), "m").count(b"model") == 1


@given(st.dictionaries(st.sampled_from(["x", "y"]), VALUES), written())
def test_fields_are_added(fields: dict[str, Any], body: tuple[bytes, dict[str, Any]]) -> None:
    raw, said = body
    try:
        orjson.dumps(fields)
    except TypeError:
        return  # a number beyond 64 bits, which nobody adds

    assert orjson.loads(with_fields(raw, fields)) == {**orjson.loads(orjson.dumps(fields)), **said}
