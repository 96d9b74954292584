"""The two ways callers speak to us."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

import orjson

from gateway.errors import GatewayError
from gateway.wires.anthropic.encoding import HEADERS
from gateway.wires.base import Chat, Delta, Reply

from . import anthropic, openai


class Renderer(Protocol):
    """Says a stream of deltas in a dialect, in whole events."""

    def begin(self) -> bytes: ...

    def feed(self, delta: Delta) -> bytes: ...

    def end(self) -> bytes: ...

    def fail(self, error: GatewayError) -> bytes: ...


@dataclass(frozen=True, kw_only=True)
class Dialect:
    """How callers ask, and how they are answered. Pure functions."""

    name: str
    parse: Callable[[Mapping[str, Any]], Chat]  # raises BadRequest, naming the field
    holds_others: Callable[[Mapping[str, Any]], bool]  # whether a body holds what is another wire's, such as thoughts
    render: Callable[..., bytes]  # a Reply; with model, call_id and created
    renderer: Callable[[Chat, str, str, int], Renderer]  # the chat, the model, the call's id, seconds since 1970
    error_body: Callable[[GatewayError, str], dict[str, Any]]  # with the call's id
    error_event: bytes  # what stands before the error in a stream that failed
    keep_alive: bytes  # a sign of life that says nothing
    asks_for_usage: bool = False  # whether usage comes in streams only if it is asked for
    headers: Mapping[str, str]  # what its own wire wants beside the key

    def error_in_stream(self, error: GatewayError, call_id: str) -> bytes:
        """The last event of a stream that passed as it came until it failed."""
        return b"%bdata: %b\n\n" % (self.error_event, orjson.dumps(self.error_body(error, call_id)))


OPENAI = Dialect(
    name="openai",
    parse=openai.parse,
    holds_others=openai.holds_others,
    render=openai.render,
    renderer=openai.Renderer,
    error_body=openai.error_body,
    error_event=b"",
    keep_alive=openai.KEEP_ALIVE,
    asks_for_usage=True,
    headers={},
)
ANTHROPIC = Dialect(
    name="anthropic",
    parse=anthropic.parse,
    holds_others=anthropic.holds_others,
    render=anthropic.render,
    renderer=anthropic.Renderer,
    error_body=anthropic.error_body,
    error_event=b"event: error\n",
    keep_alive=anthropic.PING,
    headers=HEADERS,
)

__all__ = ["ANTHROPIC", "OPENAI", "Dialect", "Renderer", "Reply"]
