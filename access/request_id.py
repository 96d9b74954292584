"""The id of the request at hand and where it came from, for answers, log lines and the history."""

from __future__ import annotations

import logging
from contextvars import ContextVar

current: ContextVar[str] = ContextVar("request_id", default="")
address: ContextVar[str | None] = ContextVar("address", default=None)


class RequestIdFilter(logging.Filter):
    """Gives every log line the id of the request it belongs to, or a dash."""

    def filter(self, record: logging.LogRecord) -> bool:
        record.request_id = current.get() or "-"
        return True
