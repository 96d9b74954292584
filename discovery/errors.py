"""What can go wrong in discovery beyond what a provider does."""

from __future__ import annotations

from catalog.errors import CatalogError


class DiscoveryError(CatalogError):
    """A refusal with a sentence for people."""


class UnknownProvider(DiscoveryError):
    status_code = 404
    code = "not_found"


class TooSoon(DiscoveryError):
    """All that was asked for was refreshed a moment ago."""

    status_code = 429
    code = "too_soon"

    def __init__(self, message: str, wait: int) -> None:
        super().__init__(message, {"retryAfter": wait})
        self.wait = wait


class AlreadyRunning(DiscoveryError):
    status_code = 409
    code = "already_running"


class NothingToReview(DiscoveryError):
    """What was to be applied or decided is not there, or has been decided already."""

    status_code = 409
    code = "conflict"


class LeaseLost(DiscoveryError):
    """Another worker took this provider's sync over, because this one was thought dead."""

    status_code = 409
    code = "conflict"
