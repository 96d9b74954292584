"""What providers do to streams, and what callers get of it."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import orjson
import pytest

from gateway import streaming
from tests.fakes.provider import Reply, Seen
from tests.gateway.conftest import Place, Served, a_served_model

MakePlace = Callable[..., Place]
PATH = "/openai/chat/completions"
SSE = {"Content-Type": "text/event-stream"}


def chunk(**delta: Any) -> bytes:
    finish = delta.pop("finish_reason", None)
    return b"data: " + orjson.dumps({"choices": [{"index": 0, "delta": delta, "finish_reason": finish}]}) + b"\n\n"


def counted(prompt: int, completion: int) -> bytes:
    usage = {"prompt_tokens": prompt, "completion_tokens": completion, "total_tokens": prompt + completion}
    return b"data: " + orjson.dumps({"choices": [], "usage": usage}) + b"\n\n"


DONE = b"data: [DONE]\n\n"


@pytest.fixture
def acme(served: Served, place: MakePlace) -> Place:
    found = place()
    a_served_model(found)
    served.refresh()
    return found


def serve(acme: Place, reply: Reply | Callable[[Seen], Reply]) -> None:
    for path in list(acme.fake.routes):
        if path.endswith("/chat/completions"):
            acme.fake.serve(path, reply)


def test_comments_and_keep_alives_pass_as_they_came(served: Served, acme: Place) -> None:
    pieces = [b": OPENROUTER PROCESSING\n\n", chunk(content="a"), b": still here\n\n", b"\r\n", chunk(content="b")]
    pieces += [chunk(finish_reason="stop"), counted(1, 2), DONE]
    serve(acme, Reply(headers=SSE, body=pieces))

    answer = served.chat("acme/m", stream=True)

    assert answer.content == b"".join(piece for piece in pieces if b'"usage"' not in piece)
    assert (served.usage()[0].input_tokens, served.usage()[0].output_tokens) == (1, 2)


CALL = {"index": 0, "id": "a", "type": "function", "function": {"name": "f", "arguments": "{}"}}


@pytest.mark.parametrize(
    "pieces",
    [
        pytest.param([chunk(content="Yes", finish_reason="stop")], id="all in one piece"),
        pytest.param([chunk(tool_calls=[CALL], finish_reason="tool_calls")], id="a call in one piece"),
        pytest.param([chunk(role="assistant", content=""), chunk(finish_reason="length")], id="nothing but an end"),
        pytest.param(
            [chunk(content="ok"), chunk(content="[DONE]"), chunk(content="message_stop"), chunk(finish_reason="stop")],
            id="an end that is only told of",
        ),
    ],
)
@pytest.mark.parametrize("slow", [False, True])
def test_what_a_stream_took_is_noted_wherever_its_end_stands(
    served: Served, acme: Place, pieces: list[Any], slow: bool
) -> None:
    whole = [*pieces, counted(10, 5), DONE]
    serve(acme, Reply(headers=SSE, body=[part for piece in whole for part in (piece, 0.05)] if slow else whole))

    answer = served.chat("acme/m", stream=True)

    assert answer.content == b"".join([*pieces, DONE])
    (row,) = served.usage()
    assert (row.input_tokens, row.output_tokens, row.outcome) == (10, 5, "ok")
    assert row.cost is not None


def test_a_provider_that_answers_late_keeps_its_caller_waiting_with_signs_of_life(
    served: Served, acme: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whether it is its first line that is late, or its first content."""
    monkeypatch.setattr(streaming, "HEAD_WAIT", 0.3)
    good = [chunk(content="late"), chunk(finish_reason="stop"), counted(1, 1), DONE]
    started = time.monotonic()
    for reply in (Reply(headers=SSE, wait=1, body=good), Reply(headers=SSE, body=[b": first\n\n", 1.0, *good])):
        serve(acme, reply)
        with (
            served.client() as client,
            client.stream(
                "POST",
                "/v1/chat/completions",
                json={"model": "acme/m", "stream": True, "messages": [{"role": "user", "content": "x"}]},
            ) as answer,
        ):
            head_after = time.monotonic() - started
            text = answer.read().decode()
        assert (answer.status_code, head_after < 0.8) == (200, True)
        assert text.startswith(":") and text.count("late") == 1 and text.endswith("data: [DONE]\n\n")
        started = time.monotonic()
    assert [row.outcome for row in served.usage(2)] == ["ok", "ok"]


def test_what_fails_after_such_a_wait_is_told_in_the_stream(
    served: Served, acme: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(streaming, "HEAD_WAIT", 0.2)
    for protocol in ("fail", "html", "cut"):
        served.gateway.breakers.circuits.clear()
        replies = {
            "fail": Reply(status=500, wait=0.6, body=b"{}"),
            "html": Reply(headers={"Content-Type": "text/html"}, wait=0.6, body=b"<title>Sign in</title>"),
            "cut": Reply(headers=SSE, wait=0.6, body=b""),
        }
        serve(acme, replies[protocol])

        answer = served.chat("acme/m", stream=True)

        assert answer.status_code == 200
        last = orjson.loads(answer.text.strip().rpartition("data: ")[2])
        assert last["error"]["message"]
        assert "[DONE]" not in answer.text
    assert {row.outcome for row in served.usage(3)} == {"error"}


def test_json_where_a_stream_was_asked_for_is_streamed(served: Served, acme: Place) -> None:
    """Also to a caller who asked for what only the same dialect can say."""
    message = {"role": "assistant", "content": "All at once"}
    usage = {"prompt_tokens": 3, "completion_tokens": 4, "total_tokens": 7}
    body = {"choices": [{"index": 0, "message": message, "finish_reason": "stop"}], "usage": usage}
    serve(acme, Reply(headers={"Content-Type": "application/json"}, body=orjson.dumps(body)))

    for more in ({}, {"n": 1, "logprobs": True, "vendor_field": {"x": 1}}):
        answer = served.chat("acme/m", stream=True, **more)

        assert answer.headers["content-type"].startswith("text/event-stream")
        assert "All at once" in answer.text and answer.text.endswith("data: [DONE]\n\n")
    assert [(row.outcome, row.output_tokens) for row in served.usage(2)] == [("ok", 4)] * 2


def test_a_stream_that_is_called_json_is_a_stream(served: Served, acme: Place) -> None:
    good = [chunk(content="in"), chunk(content=" pieces"), chunk(finish_reason="stop"), counted(3, 4), DONE]
    cases = {"ok": b"".join(good), "error": b"data: Sign in\n\n"}
    for outcome, body in cases.items():
        serve(acme, Reply(headers={"Content-Type": "application/json"}, body=body))

        answer = served.chat("acme/m", stream=True)

        assert (" pieces" in answer.text, answer.status_code) == ((True, 200) if outcome == "ok" else (False, 502))
    assert {row.outcome for row in served.usage(2)} == {"ok", "error"}


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize("path", ["/v1/chat/completions", "/v1/messages"])
def test_json_beyond_the_standard_ends_no_answer(served: Served, acme: Place, path: str, stream: bool) -> None:
    logprobs = b'"logprobs":{"content":[{"token":"a","logprob":NaN}]},'
    pieces = [chunk(content="a [half] b", finish_reason=None), chunk(finish_reason="stop"), counted(1, 2), DONE]
    events = [piece.replace(b"[half]", b"\\ud83d").replace(b'"index"', logprobs + b'"index"') for piece in pieces]
    whole = {
        "choices": [{"index": 0, "message": {"role": "assistant", "content": "a [half] b"}, "finish_reason": "stop"}],
        "usage": {"prompt_tokens": 1, "completion_tokens": 2, "total_tokens": 3},
    }
    body = orjson.dumps(whole).replace(b"[half]", b"\\ud83d").replace(b'"index"', logprobs + b'"index"')
    serve(acme, Reply(headers=SSE, body=events) if stream else Reply(body=body))
    asked = {"model": "acme/m", "messages": [{"role": "user", "content": "x"}], "stream": stream, "max_tokens": 9}

    answer = served.post(path, asked)

    assert answer.status_code == 200
    assert ("\\ud83d" if path == "/v1/chat/completions" else "a \ufffd b") in answer.text  # bytes pass as they came
    (row,) = served.usage()
    assert (row.outcome, row.input_tokens, row.output_tokens, row.stop_reason) == ("ok", 1, 2, "end")


def test_an_event_of_megabytes_passes_and_one_without_end_does_not(served: Served, acme: Place) -> None:
    large = "x" * 3_000_000
    good = [chunk(content="a"), chunk(content=large), chunk(finish_reason="stop"), counted(1, 1), DONE]
    serve(acme, Reply(headers=SSE, body=good))
    assert large in served.chat("acme/m", stream=True).text

    serve(acme, lambda seen: Reply(headers=SSE, body=(b"data: " + b"x" * 1_000_000 for _ in range(20))))
    answer = served.chat("acme/m", stream=True)

    assert answer.status_code == 502
    assert "does not end" in answer.json()["error"]["message"]


def test_an_error_that_comes_in_pieces_is_read_whole(served: Served, acme: Place) -> None:
    said = orjson.dumps({"error": {"message": "The context is too long.", "type": "invalid_request_error"}})
    serve(acme, Reply(status=400, headers={"Content-Type": "application/json"}, body=[said[:20], 0.2, said[20:]]))

    answer = served.chat("acme/m")

    assert "The context is too long." in answer.json()["error"]["message"]


@pytest.mark.parametrize(
    "said",
    [b'{"detail":"Out of memory."}', b'{"error_msg":"Out of memory."}', b'{"code":5,"message":"Out of memory."}'],
)
def test_an_error_of_any_shape_in_the_middle_is_one(served: Served, acme: Place, said: bytes) -> None:
    serve(acme, Reply(headers=SSE, body=[chunk(content="a"), 0.1, chunk(content="b"), b"data: " + said + b"\n\n"]))

    answer = served.chat("acme/m", stream=True)

    assert "Out of memory." in answer.text and "broke off" not in answer.text
    assert "[DONE]" not in answer.text
    assert served.usage()[0].outcome == "error"


def test_redirects_are_not_followed(served: Served, acme: Place) -> None:
    serve(acme, Reply(status=307, headers={"Location": f"{acme.fake.url}/elsewhere"}, body=b""))

    answer = served.chat("acme/m")

    assert answer.status_code == 502
    assert "redirects" in answer.json()["error"]["message"]
    assert acme.fake.url not in answer.text
    assert {seen.path for seen in acme.asked} == {acme.asked[0].path}


def test_a_client_that_leaves_before_or_in_the_middle_cancels_upstream_at_once(served: Served, acme: Place) -> None:
    import httpx2

    body = {"model": "acme/m", "messages": [{"role": "user", "content": "x"}]}
    for more, reply in (
        ({}, Reply(wait=30)),
        ({"stream": True}, Reply(headers=SSE, wait=30)),
        ({"stream": True}, Reply(headers=SSE, body=[chunk(content="a"), 30.0])),
    ):
        serve(acme, reply)
        left = len(acme.fake.left)
        with served.client() as client, pytest.raises(httpx2.TimeoutException):
            client.post("/v1/chat/completions", json={**body, **more}, timeout=0.3)
        gone = time.monotonic()
        while len(acme.fake.left) == left:
            assert time.monotonic() - gone < 10
            time.sleep(0.01)
    assert [row.outcome for row in served.usage(3)] == ["cancelled"] * 3
