"""One protocol of providers."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Generic, Literal, Protocol, TypeVar

from gateway.errors import UpstreamFailed

from .chat import Chat, Reply
from .deltas import Delta
from .parts import Stop, Tokens


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """The model a call goes to."""

    provider: str  # slug
    model_id: str  # to be sent, verbatim
    base_url: str
    max_output_tokens: int | None = None
    asks_for_usage: bool = True  # whether this provider wants to be asked for usage in streams
    limit_name: str = "max_tokens"  # how an OpenAI-compatible provider calls the most tokens of an answer
    reasons: bool | None = None  # whether the model can reason; None is unknown


@dataclass(slots=True, kw_only=True)
class Outgoing:
    """What to send: the path is appended to the base URL as it is, already escaped."""

    path: str
    body: bytes
    headers: Mapping[str, str] = field(
        default_factory=dict
    )  # beside the key's; the content type is JSON's unless named
    passes: bool = False  # of a UnaryWire that can decode: this once the answer is events for the caller, as they come


class Decoder(Protocol):
    """Reads one stream."""

    ended: bool  # whether the provider said that this was all; a stream that stops before is broken

    def feed(self, event: bytes) -> list[Delta]:
        """What one whole event, as gateway.framing found it, says. Raises UpstreamFailed if it cannot be read."""

    def close(self) -> list[Delta]:
        """What is still to be said when the connection has ended."""


@dataclass(slots=True, kw_only=True)
class Tally:
    """What is noted of an answer that passes as it is."""

    tokens: Tokens
    stop: Stop
    provider_cost: str = ""


def tally_of(reply: Reply) -> Tally:
    return Tally(tokens=reply.tokens, stop=reply.stop, provider_cost=reply.provider_cost)


@dataclass(frozen=True, slots=True, kw_only=True)
class Wire:
    """One protocol of providers for chat. All functions are pure."""

    name: str
    framing: Literal["sse", "lines"]
    encode: Callable[[Chat, Target], Outgoing]  # raises Unsupported, naming the field
    decode: Callable[[bytes], Reply]  # raises UpstreamFailed
    decoder: Callable[[], Decoder]
    error: Callable[[int, bytes], UpstreamFailed]  # of any answer but 2xx
    dialect: str = ""  # the caller's dialect whose bodies may pass as they are
    tally: Callable[[bytes], Tally] | None = None  # where less work than decode; raises UpstreamFailed
    path: Callable[[Target], str] | None = None  # where those go


TAIL = 4096  # bytes at the end of a body that passes; where counts are stated, they stand there


Ask = TypeVar("Ask")


@dataclass(slots=True, kw_only=True)
class Answered:
    """A whole answer as the caller gets it, and what it is metered by. None is unknown."""

    body: bytes
    content_type: str = "application/json"
    tokens: Tokens = field(default_factory=Tokens)
    characters: int | None = None
    images: int | None = None
    provider_cost: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class UnaryWire(Generic[Ask]):
    """One protocol for one kind of call. Pure functions; `decode` None: the body passes to the caller as it arrives."""

    name: str
    encode: Callable[[Ask, Target], Outgoing]  # raises Unsupported, naming the field
    decode: Callable[[Ask, str, bytes], Answered] | None  # of the question, the content type and the body
    error: Callable[[int, bytes], UpstreamFailed]
    content_type: Callable[[Ask], str] | None = None  # of a body that passes; None: what the provider calls it
    metered: Callable[[Ask, bytes], Answered] | None = None  # what a body that passed took, by its last TAIL bytes
