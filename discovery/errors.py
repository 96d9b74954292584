"""What can go wrong in discovery beyond what a provider does."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any


class DiscoveryError(Exception):
    """A refusal with a sentence for people."""

    status_code = 400
    code = "invalid"

    def __init__(self, message: str, details: Mapping[str, Any] | Sequence[Any] | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.details = details


class UnknownProvider(DiscoveryError):
    status_code = 404
    code = "not_found"


class LeaseLost(DiscoveryError):
    """Another worker took this provider's sync over, because this one was thought dead."""

    status_code = 409
    code = "conflict"
