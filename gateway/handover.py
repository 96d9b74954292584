"""How a request that Django has let in comes to be answered by the gateway, on the event loop.

The server puts an empty Handover into the scope. The view, having checked who asks and what, lays what is to be done
into it; then Django's own answer is thrown away, all but its headers, and nothing of Django waits for the model.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

from rest_framework.request import Request

from catalog.errors import CatalogError
from gateway.runtime import Gateway

KEY = "registry.handover"
ACCEPTED = 202  # what the view answers, for nobody but the log

Headers = list[tuple[bytes, bytes]]
Send = Callable[[Any], Awaitable[None]]
Work = Callable[[Gateway, Headers, Send], Awaitable[None]]


class NoGateway(CatalogError):
    status_code = 503
    code = "no_gateway"

    def __init__(self) -> None:
        super().__init__("This server runs without the gateway: start it with modelregistry.asgi:application.")


@dataclass(slots=True)
class Handover:
    work: Work | None = None
    headers: Headers = field(default_factory=list)  # of Django's answer

    @property
    def is_made(self) -> bool:
        return self.work is not None

    def note_head(self, status: int, headers: Iterable[tuple[bytes, bytes]]) -> None:
        """Django's answer begins; one that is no longer the view's own is to be sent after all."""
        if status != ACCEPTED:
            self.work = None
        self.headers = [line for line in headers if line[0].lower() not in (b"content-type", b"content-length")]


def of_request(request: Request) -> Handover:
    """Raises NoGateway under a server that has none."""
    found = getattr(request._request, "scope", {}).get(KEY)
    if found is None:
        raise NoGateway
    assert isinstance(found, Handover)
    return found
