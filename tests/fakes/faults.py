"""What providers do when they fail, each as a reply for `FakeProvider.serve`."""

from __future__ import annotations

import socket
import zlib
from collections.abc import Iterator
from typing import Any

import orjson

from .provider import Reply, Responder, Seen, json_reply

FOREVER = 3600


def closed_port_url() -> str:
    """An address where nobody listens."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return f"http://127.0.0.1:{listener.getsockname()[1]}"


def hang() -> Reply:
    """Takes the request and never answers."""
    return Reply(wait=FOREVER)


def slow_drip(payload: Any, every: float = 0.05) -> Reply:
    """A good answer, one byte at a time."""
    body = orjson.dumps(payload)
    return Reply(body=[body[at : at + 1] for at in range(len(body))], pause=every)


def refused(status: int = 401, message: str = "Incorrect API key provided.") -> Reply:
    return json_reply({"error": {"message": message, "code": "invalid_api_key"}}, status)


def rate_limited(retry_after: str | None = None) -> Reply:
    headers = {} if retry_after is None else {"Retry-After": retry_after}
    return json_reply({"error": {"message": "Too many requests."}}, 429, headers)


def server_fault(status: int = 500) -> Reply:
    return Reply(status=status, headers={"Content-Type": "text/plain"}, body=b"Internal Server Error")


def sign_in_redirect(location: str = "https://login.example.com/signin?redirectUrl=%2Fmodels&token=t0p") -> Reply:
    return Reply(status=307, headers={"Location": location}, body=b"/signin?redirectUrl=%2Fmodels")


def web_page(status: int = 200) -> Reply:
    return Reply(
        status=status, headers={"Content-Type": "text/html"}, body=b"<!doctype html><title>Sign in</title><p>Welcome"
    )


def not_successful(message: str = "Service is being upgraded.") -> Reply:
    return json_reply({"success": False, "message": message})


def truncated_json(payload: Any) -> Reply:
    """A whole response whose JSON stops in the middle."""
    body = orjson.dumps(payload)
    return Reply(headers={"Content-Type": "application/json"}, body=body[: len(body) * 2 // 3])


def broken_off(payload: Any) -> Reply:
    """A response that promises more bytes than come before the connection closes."""
    body = orjson.dumps(payload)
    return Reply(headers={"Content-Length": str(len(body))}, body=body[: len(body) * 2 // 3])


def huge_body(megabytes: int = 100) -> Reply:
    """A good list of models, generated while it is sent."""

    def pieces() -> Iterator[bytes]:
        entry = orjson.dumps({"id": "vendor/model", "object": "model", "description": "x" * 900}) + b","
        yield b'{"data":['
        for _ in range(megabytes):
            yield entry * (1_000_000 // len(entry))
        yield b'{"id":"last"}]}'

    return Reply(body=pieces())


def nesting_bomb(depth: int = 100_000) -> Reply:
    return Reply(body=b'{"data":[' + b"[" * depth + b"]" * depth + b"]}")


def gzip_bomb(megabytes: int = 100) -> Reply:
    """A few kilobytes that become a large list of nothing."""
    packer = zlib.compressobj(9, zlib.DEFLATED, zlib.MAX_WBITS | 16)
    body = packer.compress(b'{"data":[')
    for _ in range(megabytes):
        body += packer.compress(b" " * 1_000_000)
    body += packer.compress(b"]}") + packer.flush()
    return Reply(headers={"Content-Encoding": "gzip"}, body=body)


def repeating_token(payload: Any, token: str = "again", name: str = "nextPageToken") -> Reply:  # noqa: S107
    """Every page promises a next one with the same token."""
    return json_reply({**payload, name: token})


def ever_new_token(payload: Any, name: str = "nextPageToken") -> Responder:
    """Every page promises a next one with a token never seen, and holds the same models."""
    count = iter(range(1_000_000))

    def reply(seen: Seen) -> Reply:
        return json_reply({**payload, name: f"page-{next(count)}"})

    return reply
