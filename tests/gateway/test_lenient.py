"""JSON as others write it."""

from __future__ import annotations

from contextlib import suppress

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.lenient import loads, loads_anyhow

VALUES = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(-(2**63), 2**63), st.floats(allow_nan=False), st.text()),
    lambda inner: st.one_of(st.lists(inner), st.dictionaries(st.text(), inner)),
)


@given(VALUES)
def test_what_the_standard_knows_is_read_the_same_in_both_ways(value: object) -> None:
    data = orjson.dumps(value)

    assert loads(data) == loads_anyhow(data) == orjson.loads(data)


@pytest.mark.parametrize(
    ("data", "read"),
    [
        (b'{"logprob": NaN, "top": [Infinity, -Infinity]}', {"logprob": None, "top": [None, None]}),
        (b'"half \\ud83d of a pair"', "half \ufffd of a pair"),
        (b'["\\ude00", "\\ud83d\\ude00", "\\\\ud83d"]', ["\ufffd", "\U0001f600", "\\ud83d"]),
        (b'"cut \xf0\x9f"', "cut \ufffd"),
        (b'"two\nlines"', "two\nlines"),
    ],
)
def test_what_others_write_beyond_it_is_read(data: bytes, read: object) -> None:
    assert loads(data) == read


@pytest.mark.parametrize("data", [b"", b"{", b"<html>", b'{"a": 1', b"{'a': 1}", b"[1e999]", b"[" * 100_000, b"nan"])
def test_what_is_none_is_said_to_be_none(data: bytes) -> None:
    with pytest.raises(ValueError):
        loads(data)


@given(st.binary())
def test_whatever_comes_is_read_and_can_be_written_or_is_said_to_be_none(data: bytes) -> None:
    with suppress(ValueError):
        orjson.dumps(loads(data))
