"""One public document of an address the operator configured, for synchronous code."""

from __future__ import annotations

import asyncio
from typing import Any

from .answers import Patience, ask
from .client import new_client
from .errors import UpstreamError

PATIENCE = Patience(total=10, tries=2, pause=0.2, max_bytes=1_000_000)


def fetch_document(url: str, who: str) -> Any:
    """Its JSON. Raises ConnectionError, which every room knows. Not to be called where an event loop runs."""
    try:
        return asyncio.run(_fetch(url, who))
    except UpstreamError as error:
        raise ConnectionError(error.message) from error


async def _fetch(url: str, who: str) -> Any:
    async with new_client(private_allowed=True, connect=5, read=5) as client:
        return (await ask(client, url, who=who, patience=PATIENCE)).payload
