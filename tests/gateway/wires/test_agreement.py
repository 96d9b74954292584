"""Whatever a provider answers, its stream says the same as the whole, wherever it is cut."""

from __future__ import annotations

import orjson
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gateway.wires import WIRES
from tests.fakes.chat.mind import Answer, Asked, Call
from tests.fakes.upstream import CHATS

from .streams import told

WORDS = st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Z"]), min_size=1, max_size=8)
TEXTS = st.lists(WORDS, min_size=1, max_size=5).map(" ".join)
VALUES = (
    st.text(max_size=8) | st.integers(-9, 9) | st.booleans() | st.none() | st.lists(st.text(max_size=3), max_size=2)
)
CALLS = st.lists(
    st.builds(
        Call, id=st.uuids().map(str), name=WORDS, arguments=st.dictionaries(st.text(max_size=5), VALUES, max_size=3)
    ),
    min_size=1,
    max_size=3,
    unique_by=lambda call: call.id,
)
COUNTS = {"input": st.integers(1, 999), "cached": st.integers(0, 1)}
ANSWERS = st.one_of(
    st.builds(Answer, text=TEXTS, reasoning=st.just("") | TEXTS, stop=st.sampled_from(["end", "length"]), **COUNTS),
    st.builds(
        Answer, text=st.just("") | TEXTS, reasoning=st.just("") | TEXTS, calls=CALLS, stop=st.just("tools"), **COUNTS
    ),
)
ASKED = Asked(model="m", prompt="p", texts=[], thinks=True, stream=True)


@pytest.mark.parametrize("name", WIRES)
@settings(suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(answer=ANSWERS, data=st.data())
def test_a_stream_says_what_the_whole_says(name: str, answer: Answer, data: st.DataObject) -> None:
    wire, provider = WIRES[name], next(iter(CHATS[name].values()))
    stream = b"".join(provider.events(ASKED, answer))
    cuts = data.draw(st.lists(st.integers(0, len(stream)), max_size=20))

    streamed, whole = told(wire, stream, cuts), wire.decode(orjson.dumps(provider.whole(ASKED, answer)))

    assert streamed.reply == whole
    assert streamed.ended
