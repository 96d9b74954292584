"""What can go wrong with a call: one tree. Each class knows its status and code; the dialects give them their shape.

No message holds an upstream URL, header, key or body beyond a cleaned reason.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


class GatewayError(Exception):
    """A call that was not answered, with a sentence for people."""

    status = 500
    code = "internal_error"
    may_pass = False  # whether another model, or the same one later, may answer
    allow = ""  # the methods that are served where another one was used

    def __init__(
        self,
        message: str,
        *,
        param: str | None = None,
        retry_after: float | None = None,
        details: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.param = param  # the field of the request it is about
        self.retry_after = retry_after  # seconds
        self.details = details or {}  # such as model, status and successor


class BadRequest(GatewayError):
    status = 400
    code = "invalid_request"


class Unsupported(BadRequest):
    """The chosen model's protocol has no way to say this."""

    code = "unsupported_parameter"

    def __init__(self, param: str, wire: str, why: str = "") -> None:
        super().__init__(f"{param} cannot be expressed to this model ({wire}){': ' + why if why else ''}.", param=param)


class TooLarge(BadRequest):
    status = 413
    code = "request_too_large"


class Unauthorized(GatewayError):
    status = 401
    code = "invalid_api_key"


class Forbidden(GatewayError):
    status = 403
    code = "forbidden"


class NotServed(GatewayError):
    """A name that no model can be called for, as catalog.resolution says it."""

    def __init__(self, message: str, *, status: int, code: str, details: Mapping[str, Any] | None = None) -> None:
        super().__init__(message, param="model", details=details)
        self.status = status
        self.code = code


class LimitReached(GatewayError):
    """A limit or budget of the key, its owner or the model."""

    status = 429
    code = "rate_limited"

    def __init__(self, message: str, *, status: int, code: str, retry_after: float | None = None) -> None:
        super().__init__(message, retry_after=retry_after)
        self.status = status
        self.code = code


class Unavailable(GatewayError):
    """We cannot serve now: no key, no space for records, an open breaker."""

    status = 503
    code = "unavailable"
    may_pass = True


class UpstreamFailed(GatewayError):
    """The provider answered with an error, or with what is no answer. `upstream_status` 0: it did not come to one.

    The caller's own mistakes (400, 413, 422) keep their status and are not tried elsewhere; everything else is our 404,
    429, 502, 503 or 504.
    """

    status = 502
    code = "upstream_error"

    def __init__(
        self,
        message: str,
        *,
        upstream_status: int = 0,
        code: str = "",
        retry_after: float | None = None,
        param: str | None = None,
    ) -> None:
        super().__init__(message, retry_after=retry_after, param=param)
        self.upstream_status = upstream_status
        self.code = code or type(self).code
        self.status = STATUSES.get(upstream_status, type(self).status)
        self.may_pass = upstream_status not in CALLERS_MISTAKES


CALLERS_MISTAKES = (400, 413, 422)
STATUSES = {400: 400, 404: 404, 413: 413, 422: 422, 429: 429, 503: 503, 504: 504, 529: 503}


class UpstreamUnreachable(UpstreamFailed):
    code = "upstream_unreachable"


class UpstreamTimedOut(UpstreamFailed):
    status = 504
    code = "upstream_timeout"


class StreamBroken(UpstreamFailed):
    """A stream that ended before its end, or that said of itself that it failed."""

    code = "stream_broken"
