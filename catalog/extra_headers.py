"""Headers that go along with a key: which may be sent to a provider at all."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

MOST = 20
LONGEST = 4_000
NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,99}\Z")
VALUE = re.compile(r"[\x21-\x7e]+( [\x21-\x7e]+)*\Z")

# What belongs to the connection, to the message or to the gateway, and what could make one request into two.
OURS = {
    *("host", "connection", "keep-alive", "te", "trailer", "transfer-encoding", "upgrade", "http2-settings", "expect"),
    *("content-length", "content-type", "content-encoding", "accept", "accept-encoding", "range", "date", "via"),
    *("cookie", "set-cookie", "user-agent", "forwarded", "x-real-ip", "x-request-id", "x-http-method-override"),
}
OUR_BEGINNINGS = ("proxy-", "sec-", "x-forwarded-", "x-registry-", "access-control-")


def merged(usual: Mapping[str, str], extra: Mapping[str, str]) -> dict[str, str]:
    """The headers of a key and those that go along; of two of one name, the latter."""
    named = {name.lower() for name in extra}
    return {**{name: value for name, value in usual.items() if name.lower() not in named}, **extra}


def clean_headers(value: Any) -> dict[str, str]:
    """Headers as they can be sent. Raises ValueError, naming a header but never its value."""
    if not isinstance(value, Mapping) or len(value) > MOST:
        raise ValueError(f"must be an object of at most {MOST} headers")
    headers: dict[str, str] = {}
    for name, content in value.items():
        if not isinstance(name, str) or not NAME.match(name):
            raise ValueError("holds a name that no header can have")
        if name.lower() in OURS or name.lower().startswith(OUR_BEGINNINGS):
            raise ValueError(f"{name} is set by the registry itself")
        if name.lower() in {known.lower() for known in headers}:
            raise ValueError(f"{name} is given twice")
        if not isinstance(content, str) or len(content) > LONGEST or not VALUE.match(content.strip()):
            raise ValueError(f"{name} must be printable ASCII of at most {LONGEST} characters")
        headers[name] = content.strip()
    return headers
