"""A chat answer with something else in one place is read, or is the provider's fault: whole, streamed, or an error."""

from __future__ import annotations

from typing import Any

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.errors import UpstreamFailed
from gateway.framing import data_of
from gateway.wires import WIRES
from gateway.wires.base import Reasoning, Reply, Text, ToolCall, collect
from tests.fakes.chat.mind import Answer, Asked, Call
from tests.fakes.upstream import CHATS

from .nonsense import OTHERS, places, replaced

PROVIDERS = {name: next(iter(CHATS[name].values())) for name in WIRES}
ASKED = Asked(model="m", prompt="p", texts=[], thinks=True, stream=True)
SAID = Answer(
    text="Hi there",
    reasoning="Hm so",
    calls=[Call(id="a", name="w", arguments={"b": 1})],
    stop="tools",
    input=3,
    cached=1,
)
ERRORS = [
    {"error": {"code": 429, "message": "a", "status": "b", "details": [{"reason": "c", "retryDelay": "3s"}]}},
    {"error": "a", "error_type": "validation"},
    {"message": "a"},
]


def changed(draw: st.DataObject, payload: Any) -> bytes:
    return orjson.dumps(replaced(payload, draw.draw(st.sampled_from(list(places(payload)))), draw.draw(OTHERS)))


def is_sound(reply: Reply) -> bool:
    """What the dialects count on."""
    texts = [part.text for part in reply.parts if isinstance(part, Text | Reasoning)]
    calls = [part for part in reply.parts if isinstance(part, ToolCall)]
    words = [*texts, *[word for call in calls for word in (call.id, call.name, call.arguments)]]
    counts = [getattr(reply.tokens, name) for name in reply.tokens.__slots__]
    return all(isinstance(word, str) for word in words) and all(type(count) in (int, type(None)) for count in counts)


@pytest.mark.parametrize("name", WIRES)
@settings(max_examples=150, deadline=None)
@given(data=st.data())
def test_a_whole_answer_is_read_or_refused(name: str, data: st.DataObject) -> None:
    body = changed(data, PROVIDERS[name].whole(ASKED, SAID))

    try:
        assert is_sound(WIRES[name].decode(body))
    except UpstreamFailed as failed:
        assert failed.message


@pytest.mark.parametrize("name", WIRES)
@settings(max_examples=150, deadline=None)
@given(data=st.data())
def test_a_stream_is_read_or_refused(name: str, data: st.DataObject) -> None:
    decoder, events = WIRES[name].decoder(), list(PROVIDERS[name].events(ASKED, SAID))
    at = data.draw(st.sampled_from([index for index, event in enumerate(events) if data_of(event)[:1] == b"{"]))
    events[at] = b"data: " + changed(data, orjson.loads(data_of(events[at]))) + b"\n\n"
    if WIRES[name].framing == "lines":
        events[at] = data_of(events[at]) + b"\n"

    try:
        assert is_sound(collect([delta for event in events for delta in decoder.feed(event)]))
    except UpstreamFailed as failed:
        assert failed.message


@pytest.mark.parametrize("name", WIRES)
@settings(deadline=None)
@given(data=st.data())
def test_an_error_is_an_error(name: str, data: st.DataObject) -> None:
    error = WIRES[name].error(503, changed(data, data.draw(st.sampled_from(ERRORS))))

    assert error.message and error.upstream_status in (401, 503)
