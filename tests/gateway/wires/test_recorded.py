"""What providers have really sent is understood, whole and in pieces."""

from __future__ import annotations

import random

import orjson
import pytest

from gateway.errors import StreamBroken, UpstreamFailed
from gateway.wires import WIRES
from gateway.wires.base import CONTENT, Stop, collect

from .recorded import ANSWERS, BROKEN, STREAMS, Recording, recorded, streamed


def test_there_are_recordings_of_every_wire() -> None:
    assert not recorded() or {recording.wire_name for recording in recorded()} == set(WIRES)


@pytest.mark.parametrize("recording", ANSWERS)
def test_a_whole_answer_is_read(recording: Recording) -> None:
    reply = recording.wire.decode(recording.body)

    assert reply.stop is not Stop.UNKNOWN
    assert reply.tokens.input and reply.tokens.output
    assert all(isinstance(orjson.loads(call.arguments), dict) for call in reply.parts if hasattr(call, "arguments"))


@pytest.mark.parametrize("recording", STREAMS)
def test_a_stream_is_read_to_its_end(recording: Recording) -> None:
    deltas, ended = streamed(recording.wire, recording.body)

    reply = collect(deltas)

    assert ended
    assert reply.parts
    assert any(isinstance(delta, CONTENT) for delta in deltas)
    assert reply.stop is not Stop.UNKNOWN
    assert all(isinstance(orjson.loads(call.arguments), dict) for call in reply.parts if hasattr(call, "arguments"))


@pytest.mark.parametrize("recording", STREAMS)
def test_where_a_stream_is_cut_does_not_matter(recording: Recording) -> None:
    body, whole = recording.body, streamed(recording.wire, recording.body)
    chance = random.Random(recording.name)

    for pieces in (1, 3, 20, 200):
        cuts = [chance.randrange(len(body)) for _ in range(pieces)]
        assert streamed(recording.wire, body, cuts) == whole


@pytest.mark.parametrize("recording", STREAMS)
def test_a_stream_that_breaks_off_has_not_ended(recording: Recording) -> None:
    content = (
        recording.body.rfind(b"finish") if recording.wire_name != "anthropic" else recording.body.rfind(b"stop_re")
    )
    middle = recording.body[: len(recording.body) // 3 if content < 0 else min(content, len(recording.body) // 3)]

    try:
        _, ended = streamed(recording.wire, middle)
    except StreamBroken:
        ended = False

    assert not ended


@pytest.mark.parametrize("name", BROKEN)
def test_an_event_that_was_cut_is_no_event(name: str) -> None:
    recording = next((recording for recording in recorded() if recording.name == name), None)
    if recording is None:
        pytest.skip("no recordings: set RECORDINGS_DIR")

    with pytest.raises(StreamBroken):
        streamed(recording.wire, recording.body)


@pytest.mark.parametrize("recording", [r for r in recorded() if r.is_error and not r.is_request], ids=lambda r: r.name)
def test_an_error_is_told_in_its_own_words(recording: Recording) -> None:
    if recording.is_stream:
        with pytest.raises(UpstreamFailed) as raised:
            collect(recording.deltas)
        error: UpstreamFailed = raised.value
    else:
        status = int("".join(filter(str.isdigit, recording.name.split("error")[1].split(".")[0]))[:3] or "500")
        error = recording.wire.error(status, recording.body)

    assert len(error.message) > len("The provider answered 400.")
    assert "://" not in error.message


@pytest.mark.parametrize("recording", [param for param in ANSWERS if param.values[0].wire_name in ("gemini", "ollama")])
def test_a_whole_answer_says_the_same_as_a_stream_of_one_piece(recording: Recording) -> None:
    body = orjson.dumps(orjson.loads(recording.body))
    events = [body + b"\n"] if recording.wire_name == "ollama" else [b"data: " + body + b"\r\n\r\n", b"[" + body + b"]"]

    for event in events:
        deltas, ended = streamed(recording.wire, event)

        assert collect(deltas) == recording.wire.decode(recording.body)
        assert ended
