"""One call from its arrival to its record: who asks for what, what answered, and what it took."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from time import perf_counter, time
from typing import Any
from urllib.parse import quote

from access.caller import ANONYMOUS, Caller
from access.limits import Limit, Reservation, Spend
from catalog.resolution import Candidate, May, Reason, Resolved
from gateway.errors import GatewayError, UpstreamFailed
from gateway.models import Kind, Outcome
from gateway.snapshot import FrozenPrice, Person, Served, Snapshot, may_use
from gateway.wires.base import Answered, Stop, Tokens

HEADER_SAFE = "/:.@~-_ +,;=()[]"  # what may stand in a header as it is, of what ids hold
MOST_TRIED = 10


@dataclass(frozen=True, slots=True)
class Wanted:
    """A name that models are looked up by, or one row of the catalog, and who chose it."""

    name: str
    pk: int | None = None
    because: Reason = Reason.REQUESTED  # PREFERENCE: it was chosen some time ago, so others may stand in for it


class Call:
    """The state of one call. Written by the one task that serves it; what is not said yet stands in the class."""

    kind: str = Kind.CHAT.value
    client_request_id: str = ""
    conversation: str = ""
    caller: Caller = ANONYMOUS
    limits: tuple[Limit, ...] = ()  # of the key and its owner
    person: Person | None = None
    requested: str = ""
    wanted: tuple[Wanted, ...] | None = None  # in this order, then what answers if nothing is chosen; None: the name
    streamed: bool = False
    resolved: Resolved | None = None
    candidate: Candidate | None = None  # the one that is tried, or that answered
    price: FrozenPrice | None = None
    credential_id: int | None = None
    attempts: int = 0
    tried: Sequence[Mapping[str, str]] = ()
    reserved: Sequence[tuple[Reservation, Served | None]] = ()
    head_sent: bool = False
    status: int = 0
    outcome: str = ""
    error_code: str = ""
    error: GatewayError | None = None  # what it ended with, for callers inside this process
    first: float | None = None  # seconds from arrival to the first content
    characters: int | None = None
    images: int | None = None
    provider_cost: str = ""
    stop: str = ""
    cost: Decimal | None = None  # USD, once it has ended
    more_headers: Sequence[tuple[bytes, bytes]] = ()

    def __init__(self, snapshot: Snapshot | None, dialect: str = "") -> None:
        self.known_snapshot = snapshot
        self.dialect = dialect
        self.at = time()  # seconds since 1970
        self.id = new_id(self.at)
        self.started = perf_counter()
        self.tokens = Tokens()

    @property
    def snapshot(self) -> Snapshot:
        assert self.known_snapshot is not None  # else nobody would have come this far
        return self.known_snapshot

    @property
    def model(self) -> Served | None:
        return self.candidate.model if self.candidate is not None else None

    def elapsed(self) -> float:
        """Seconds since it arrived."""
        return perf_counter() - self.started

    def note_first(self) -> None:
        if self.first is None:
            self.first = self.elapsed()

    def note_answer(self, answered: Answered, stop: Stop | None = None) -> None:
        self.tokens = answered.tokens
        self.characters = answered.characters if answered.characters is not None else self.characters
        self.images = answered.images
        self.provider_cost = answered.provider_cost
        self.stop = stop.value if stop is not None else ""

    def note_failure(self, error_code: str) -> None:
        """Remember that the candidate at hand did not answer."""
        if self.model is not None and len(self.tried) < MOST_TRIED:
            self.tried = [*self.tried, {"model": self.model.label, "why": error_code}]

    def end(self, outcome: Outcome, status: int, error_code: str = "") -> None:
        """How it ended; what was said first holds."""
        if not self.outcome:
            self.outcome, self.status, self.error_code = outcome.value, status, error_code

    def fail(self, error: GatewayError, status: int | None = None) -> None:
        """It ended with an error: the provider's, or a refusal of ours."""
        refused = not isinstance(error, UpstreamFailed) and error.status < 500
        self.error = error if not self.outcome else self.error
        self.end(Outcome.REFUSED if refused else Outcome.ERROR, status or error.status, error.code)

    # what it took

    def spend(self, usd: Decimal | None) -> Spend:
        return Spend(tokens=(self.tokens.input or 0) + (self.tokens.output or 0), usd=usd)

    def record(self) -> dict[str, Any]:
        """The columns of its Usage row."""
        model, tokens, caller = self.model, self.tokens, self.caller
        ok = self.outcome in (Outcome.OK, Outcome.CANCELLED)
        return {
            "call_id": self.id,
            "at": datetime.fromtimestamp(self.at, UTC),
            "kind": self.kind,
            "dialect": self.dialect,
            "requested": self.requested[:320],
            "reason": self.candidate.reason.value if self.candidate is not None else "",
            "provider": model.provider if model is not None else "",
            "model": model.label if model is not None else "",
            "credential_id": self.credential_id,
            "model_row": model.pk or None if model is not None else None,  # 0: the catalog has no row of it
            "personal": model is not None and model.owner is not None,
            "key_id": caller.key_id or 0,
            "key_name": caller.key_name,
            "user_id": caller.user_id or 0,
            "user_name": caller.user_name,
            "route": self.resolved.route if self.resolved is not None else "",
            "variant": self.resolved.first.variant if self.resolved is not None else "",  # that was drawn
            "conversation": self.conversation,
            "client_request_id": self.client_request_id,
            "outcome": self.outcome,
            "status": self.status,
            "error_code": self.error_code,
            "streamed": self.streamed,
            "attempts": self.attempts,
            "tried": self.tried,
            "duration_ms": round(self.elapsed() * 1000),
            "first_ms": None if self.first is None else round(self.first * 1000),
            "input_tokens": tokens.input,
            "output_tokens": tokens.output,
            "cache_read_tokens": tokens.cache_read,
            "cache_write_tokens": tokens.cache_write,
            "reasoning_tokens": tokens.reasoning,
            "audio_input_tokens": tokens.audio_input,
            "audio_output_tokens": tokens.audio_output,
            "characters": self.characters,
            "images": self.images,
            "price_id": self.price.pk if self.price is not None and ok else None,
            "cost": self.cost,
            "provider_cost": decimal_of(self.provider_cost),
            "stop_reason": self.stop,
        }

    # headers

    def headers(self, content_type: bytes) -> list[tuple[bytes, bytes]]:
        """What every answer says of itself."""
        found = [(b"content-type", content_type), (b"x-request-id", self.id.encode())]
        if self.candidate is not None:
            found += (
                (b"x-registry-model", in_header(self.candidate.model.label)),
                (b"x-registry-requested", in_header(self.requested)),
                (b"x-registry-reason", self.candidate.reason.value.encode()),
            )
            if self.resolved is not None and self.resolved.retired is not None:
                found += self.of_retired(self.resolved.retired)
        return [*found, *self.more_headers]

    def of_retired(self, model: Served) -> Sequence[tuple[bytes, bytes]]:
        """Deprecation (RFC 9745), Sunset (RFC 8594) and the link to the successor, of a name that was retired."""
        found = []
        if model.deprecated_at is not None:
            found.append((b"deprecation", b"@%d" % model.deprecated_at.timestamp()))
        if model.retires_at is not None:
            found.append((b"sunset", model.retires_at.astimezone(UTC).strftime("%a, %d %b %Y %H:%M:%S GMT").encode()))
        successor = self.snapshot.table.model(model.successor) if model.successor is not None else None
        assert self.person is not None
        if successor is not None and may_use(self.caller, self.person, successor) != May.HIDDEN:
            address = f"</v1/models/{quote(successor.label)}>"
            found.append((b"link", f'{address}; rel="successor-version"'.encode()))
        return found


def new_id(at: float) -> str:
    """An id of a call that came at a time, in seconds since 1970: UUID version 7 in hexadecimal (RFC 9562, method 3).

    Ids of one time stand together in the index, so that writing many touches few of its pages.
    """
    parts = int(at * 4_096_000)  # 4,096 to a millisecond
    return f"{parts >> 12:012x}7{parts & 4095:03x}8{random.getrandbits(60):015x}"


def in_header(text: str) -> bytes:
    return text.encode() if text.isascii() and text.isprintable() else quote(text, safe=HEADER_SAFE).encode()


def decimal_of(text: str) -> Decimal | None:
    """A number as a provider states it; what is none, or not finite, is not known."""
    try:
        found = Decimal(text) if text else None
    except InvalidOperation:
        return None
    return found if found is not None and found.is_finite() and 0 <= found < 10**9 else None
