"""Events are found whatever the pieces a stream arrives in, and no byte is lost."""

from __future__ import annotations

import json

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from gateway.errors import StreamBroken
from gateway.framing import LARGEST, Splitter, data_of, name_of

ENDS = {"sse": [b"\n\n", b"\r\n\r\n", b"\r\r"], "lines": [b"\n"]}
CONTENT = st.binary(min_size=1).map(lambda piece: piece.replace(b"\n", b"x").replace(b"\r", b"y"))


@pytest.mark.parametrize("framing", ENDS)
@given(data=st.data())
def test_pieces_do_not_matter(framing: str, data: st.DataObject) -> None:
    end = data.draw(st.sampled_from(ENDS[framing]))
    events = [content + end for content in data.draw(st.lists(CONTENT))]
    left = data.draw(CONTENT)
    stream = b"".join(events) + left
    assume(framing == "lines" or not stream.lstrip().startswith(b"["))
    cuts = sorted(data.draw(st.lists(st.integers(0, len(stream)))))
    splitter = Splitter(framing)

    found = [
        event
        for start, stop in zip([0, *cuts], [*cuts, None], strict=True)
        for event in splitter.feed(stream[start:stop])
    ]

    assert found == events
    assert splitter.close() == left


def test_byte_by_byte() -> None:
    splitter = Splitter("sse")

    found = [event for byte in b"data: 1\r\n\r\ndata: 2\n\n" for event in splitter.feed(bytes([byte]))]

    assert found == [b"data: 1\r\n\r\n", b"data: 2\n\n"]


def test_lines_may_end_in_two_ways_at_once() -> None:
    assert Splitter("sse").feed(b"data: 1\n\r\ndata: 2\r\n\n") == [b"data: 1\n\r\n", b"data: 2\r\n\n"]


INNER = st.lists(st.text(max_size=5), max_size=3)
OBJECTS = st.dictionaries(
    st.text(max_size=5), INNER | st.dictionaries(st.text(max_size=5), INNER, max_size=2), max_size=3
)


@given(data=st.data())
def test_an_array_is_cut_after_each_object_whatever_the_pieces(data: st.DataObject) -> None:
    objects = data.draw(st.lists(OBJECTS, min_size=1, max_size=4))
    indent = data.draw(st.sampled_from([None, 1]))
    stream = (data.draw(st.sampled_from(["", "\n", " \r\n"])) + json.dumps(objects, indent=indent) + "\r\n").encode()
    cuts = sorted(data.draw(st.lists(st.integers(0, len(stream)))))
    splitter = Splitter("sse")

    found = [
        event
        for start, stop in zip([0, *cuts], [*cuts, None], strict=True)
        for event in splitter.feed(stream[start:stop])
    ]
    rest = splitter.close()

    assert b"".join(found) + rest == stream
    assert [json.loads(data_of(event)) for event in found] == objects
    assert data_of(rest) == b""


def test_lines_are_no_array() -> None:
    assert Splitter("lines").feed(b'["a", {"b": 1}, {"c": 2}]\n') == [b'["a", {"b": 1}, {"c": 2}]\n']


@pytest.mark.parametrize("beginning", [b"", b"[", b'[{"'])
def test_an_event_without_end_is_given_up(beginning: bytes) -> None:
    splitter = Splitter("sse")
    splitter.feed(beginning)

    with pytest.raises(StreamBroken):
        for _ in range(LARGEST // 65_536 + 2):
            splitter.feed(b"x" * 65_536)


@pytest.mark.parametrize(
    ("event", "data", "name"),
    [
        (b'data: {"a": 1}\n\n', b'{"a": 1}', ""),
        (b"data:{}\n\n", b"{}", ""),
        (b"event: ping\r\ndata: {}\r\n\r\n", b"{}", "ping"),
        (b": keep-alive\n\n", b"", ""),
        (b"data: a\ndata: b\n\n", b"a\nb", ""),
        (b'\n,\n{"a": "[1]"}', b'{"a": "[1]"}', ""),
        (b"\n]\n", b"", ""),
        (b"\xef\xbb\xbfdata: {}\n\n", b"{}", ""),
    ],
)
def test_what_an_event_holds(event: bytes, data: bytes, name: str) -> None:
    assert (data_of(event), name_of(event)) == (data, name)
