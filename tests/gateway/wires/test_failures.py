"""What a provider says when it fails, in the shapes they use; and what the caller is told of it."""

from __future__ import annotations

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.wires.failures import failure


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (b'{"error": {"message": "Too long", "type": "invalid_request_error", "code": null}}', "Too long"),
        (b'{"type": "error", "error": {"type": "overloaded_error", "message": "Too long"}}', "Too long"),
        (b'{"code": "invalid-argument", "error": "Too long"}', "Too long"),
        (b'{"detail": "Too long"}', "Too long"),
        (b'{"code": 400, "message": "Too long"}', "Too long"),
        (b'{"code": 400, "reason": "TOO_LONG", "message": "Too long", "metadata": {}}', "Too long"),
        (b'{"detail": [{"loc": ["body", "n"], "msg": "Too long", "type": "x"}]}', "body.n: Too long"),
        (b'{"object": "error", "message": {"detail": [{"loc": ["n"], "msg": "Too long"}]}}', "n: Too long"),
        (b'[{"error": {"code": 400, "message": "Too long", "status": "INVALID_ARGUMENT"}}]', "Too long"),
        (b'{"error": {"message": "Provider failed", "metadata": {"raw": "Too long"}}}', "Provider failed: Too long"),
        (
            b'{"error": {"message": "Provider failed", "metadata": {"raw": "{\\"error\\":\\"Too long\\"}"}}}',
            "Provider failed: Too long",
        ),
        (b'{"success": false, "errors": [{"code": 7, "message": "Too long"}]}', "Too long"),
        (b'{"fault": {"faultstring": "Too long", "detail": {"errorcode": "x"}}}', "Too long"),
        (b'\xef\xbb\xbf{"error": {"message": "Too long"}}', "Too long"),
        (b'{"type": "about:blank", "title": "Too long", "status": 400}', "Too long"),
        (b"Too long", "Too long"),
        (b"<html><head><title>Too long</title></head><body><h1>Oh</h1></body></html>", "Too long"),
        (b"<p>Too <b>long</b></p>", "Too long"),
    ],
)
def test_its_words_are_found(body: bytes, words: str) -> None:
    assert failure(400, body).message == f"The provider answered 400: {words}"


@pytest.mark.parametrize(
    "body", [b"", b"null", b"{}", b'{"error": {}}', b'{"error": 7}', b"<html></html>", b"\xff\xfe"]
)
def test_without_words_there_is_the_status(body: bytes) -> None:
    assert failure(500, body).message.startswith("The provider answered 500")


@pytest.mark.parametrize(
    "secret",
    ["sk-proj-abcdefgh12345678", "https://ours.openai.azure.com/openai?api-key=1", "AIzaSyA1234567890", "xai-ab***yz"],
)
def test_keys_and_addresses_are_not_repeated(secret: str) -> None:
    error = failure(400, b'{"error": {"message": "Incorrect value: %b given."}}' % secret.encode())

    assert secret not in error.message
    assert "Incorrect value" in error.message


@pytest.mark.parametrize(
    ("status", "body", "seen", "code", "may_pass"),
    [
        (400, b'{"error": {"message": "Too long", "code": "too_long"}}', 400, "too_long", False),
        (401, b'{"error": {"message": "Bad key", "code": "invalid_api_key"}}', 502, "upstream_auth", True),
        (400, b'{"code": "x", "error": "Incorrect API key provided: ab"}', 502, "upstream_auth", True),
        (429, b'{"error": {"message": "Slow down"}}', 429, "upstream_error", True),
        (529, b'{"error": {"type": "overloaded_error", "message": "Busy"}}', 503, "upstream_error", True),
        (500, b"", 502, "upstream_error", True),
        (400, b'{"message": "Too long", "code": "too_long", "param": "messages"}', 400, "too_long", False),
        (403, b'{"error": {"message": "Flagged", "metadata": {"flagged_input": "x"}}}', 400, "upstream_error", False),
        (403, b'{"error": {"message": "No"}}', 502, "upstream_auth", True),
    ],
)
def test_whose_fault_it_is(status: int, body: bytes, seen: int, code: str, may_pass: bool) -> None:
    error = failure(status, body)

    assert (error.status, error.code, error.may_pass) == (seen, code, may_pass)


def test_google_says_when_to_come_again_on_every_wire() -> None:
    details = [{"@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": "27.5s"}, {"retryDelay": "soon"}]
    body = orjson.dumps([{"error": {"code": 429, "message": "Slow down", "details": details}}])

    assert failure(429, body).retry_after == 27.5
    assert failure(429, body.replace(b"27.5s", b"later")).retry_after is None


@given(status=st.integers(400, 599), body=st.binary() | st.text().map(str.encode))
def test_whatever_it_says_there_is_an_error(status: int, body: bytes) -> None:
    error = failure(status, body)

    assert error.message.isprintable()
    assert len(error.message) < 300


@pytest.mark.parametrize("name", ["code", "type", "param"])
def test_no_name_of_an_error_tells_a_key(name: str) -> None:
    secret = "modelKey6f0c2f6b2c0e4f7e9d1c3b5a7f9e1d3cZq"

    told = failure(400, orjson.dumps({"error": {"message": "No", name: secret}}))

    assert secret not in f"{told.code} {told.param} {told.message}"
    assert failure(400, b'{"error": {"code": "billing_hard_limit_reached"}}').code == "billing_hard_limit_reached"
