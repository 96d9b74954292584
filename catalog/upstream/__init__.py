"""THE door to the network: one client, one address check, one error tree."""

from __future__ import annotations

from .addresses import addresses_of, check_address, parse_url
from .answers import Answer, Patience, ask
from .client import new_client
from .errors import (
    AddressRefused,
    BadAnswer,
    BadKey,
    BrokenOff,
    NothingThere,
    RateLimited,
    Redirected,
    Refused,
    Rejected,
    ServerFault,
    TimedOut,
    TlsFailed,
    TooLarge,
    Unreachable,
    UpstreamError,
)
from .keys import AUTH_HEADERS, headers_for
from .reasons import reason_of

__all__ = [
    "AUTH_HEADERS",
    "AddressRefused",
    "Answer",
    "BadAnswer",
    "BadKey",
    "BrokenOff",
    "NothingThere",
    "Patience",
    "RateLimited",
    "Redirected",
    "Refused",
    "Rejected",
    "ServerFault",
    "TimedOut",
    "TlsFailed",
    "TooLarge",
    "Unreachable",
    "UpstreamError",
    "addresses_of",
    "ask",
    "check_address",
    "headers_for",
    "new_client",
    "parse_url",
    "reason_of",
]
