"""Puts a question to the fake upstream over a real connection, as the gateway does, and reads the answer."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import httpx2

from gateway.errors import UpstreamFailed
from gateway.wires.base import TAIL, Answered, Outgoing, Target, UnaryWire
from tests.fakes.upstream import Upstream


@dataclass(frozen=True, kw_only=True)
class Got:
    """What the caller gets, and what it took."""

    body: bytes
    content_type: str
    took: Answered


def put(wires: Mapping[str, UnaryWire[Any]], upstream: Upstream, name: str, ask: Any, model_id: str = "m") -> Got:
    """Raises Unsupported, UpstreamFailed."""
    wire = wires[name]
    target = Target(provider=name, model_id=model_id, base_url=upstream.play(name))
    return send(wire, ask, wire.encode(ask, target), target.base_url)


def send(wire: UnaryWire[Any], ask: Any, outgoing: Outgoing, base_url: str) -> Got:
    headers = {"Content-Type": "application/json", **outgoing.headers}
    response = httpx2.post(base_url + outgoing.path, content=outgoing.body, headers=headers, trust_env=False)
    if response.status_code >= 300:
        raise wire.error(response.status_code, response.content)
    content_type = response.headers["content-type"]
    if wire.decode is not None and not outgoing.passes:
        answered = wire.decode(ask, content_type, response.content)
        return Got(body=answered.body, content_type=answered.content_type, took=answered)
    if content_type in ("text/html", "application/json"):
        raise UpstreamFailed("That is no answer.")
    took = wire.metered(ask, response.content[-TAIL:]) if wire.metered else Answered(body=b"")
    return Got(
        body=response.content, content_type=wire.content_type(ask) if wire.content_type else content_type, took=took
    )
