"""What can go wrong when a provider is asked: one tree, each class makes its own sentence.

`who` is the provider's slug. No sentence holds a URL, a header, a key or more of a body than its cleaned reason.
"""

from __future__ import annotations

from catalog.errors import CatalogError


class UpstreamError(CatalogError):
    """A provider could not be asked, or what it answered cannot be used."""

    status_code = 502
    code = "upstream"
    may_pass = False  # whether the same question may succeed a moment later

    def __init__(self, message: str, reason: str = "") -> None:
        super().__init__(f'{message} It said: "{reason}"' if reason else message)


class AddressRefused(UpstreamError):
    """The address may not be called at all; nothing was sent."""

    status_code = 400
    code = "address_refused"

    def __init__(self, why: str) -> None:
        super().__init__(f"This address may not be called: {why}.")


class BadKey(UpstreamError):
    """The stored key cannot be sent in a header; nothing was sent."""

    def __init__(self) -> None:
        super().__init__("The stored key holds characters that no key has. Set it again on the provider's page.")


class Unreachable(UpstreamError):
    code = "unreachable"
    may_pass = True

    def __init__(self, who: str, why: str = "no connection could be made") -> None:
        super().__init__(f"{who} cannot be reached: {why}.")


class TlsFailed(Unreachable):
    may_pass = False

    def __init__(self, who: str, why: str) -> None:
        super().__init__(who, f"its TLS connection cannot be trusted ({why})")


class BrokenOff(Unreachable):
    def __init__(self, who: str) -> None:
        super().__init__(who, "the connection broke off in the middle of its answer")


class TimedOut(UpstreamError):
    status_code = 504
    code = "timed_out"
    may_pass = True

    def __init__(self, who: str, seconds: float, what: str = "did not finish its answer within") -> None:
        super().__init__(f"{who} {what} {seconds:g} seconds.")


class Refused(UpstreamError):
    """The key is missing, wrong, or not allowed to do this."""

    code = "refused"

    def __init__(self, who: str, status: int, *, with_key: bool, reason: str = "") -> None:
        what = "the key was refused" if with_key else "it wants a key"
        super().__init__(f"{who} answered {status}: {what}. Set the key on the provider's page.", reason)
        self.status = status


class RateLimited(UpstreamError):
    code = "rate_limited"
    may_pass = True

    def __init__(self, who: str, retry_after: float | None, reason: str = "") -> None:
        wait = "" if retry_after is None else f" It asks to wait {retry_after:.0f} seconds."
        super().__init__(f"{who} answered 429: too many requests.{wait}", reason)
        self.retry_after = retry_after


class ServerFault(UpstreamError):
    code = "server_fault"
    may_pass = True

    def __init__(self, who: str, status: int, retry_after: float | None = None, reason: str = "") -> None:
        super().__init__(f"{who} answered {status}: it has a fault of its own.", reason)
        self.status = status
        self.retry_after = retry_after


class Rejected(UpstreamError):
    """Any other 4xx."""

    def __init__(self, who: str, status: int, reason: str = "") -> None:
        super().__init__(f"{who} answered {status}: it does not accept this request.", reason)
        self.status = status


class NothingThere(Rejected):
    def __init__(self, who: str, status: int, reason: str = "") -> None:
        message = f"{who} answered {status}: there is nothing at this address. Check the base URL."
        UpstreamError.__init__(self, message, reason)
        self.status = status


class Redirected(UpstreamError):
    """Redirects are never followed: a key must not travel, and a sign-in page is no list."""

    def __init__(self, who: str, status: int, host: str) -> None:
        where = f"to {host}" if host else "elsewhere"
        super().__init__(f"{who} answered {status} and redirects {where}; redirects are not followed.")


class BadAnswer(UpstreamError):
    """The answer arrived, but is not what was asked for."""

    def __init__(self, who: str, what: str, reason: str = "") -> None:
        super().__init__(f"{who} answered {what}.", reason)


class TooLarge(BadAnswer):
    def __init__(self, who: str, limit: int) -> None:
        super().__init__(who, f"more than {limit / 1_000_000:g} MB, which is too much")
