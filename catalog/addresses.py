"""The addresses people enter for providers and models: how they are written, and where they may not lead."""

from __future__ import annotations

import re
from concurrent.futures import TimeoutError as TookTooLong
from functools import partial

from catalog.upstream import AddressRefused, Unreachable, check_address
from catalog.upstream.client import RESOLVERS

LONGEST = 500
RESOLVE_SECONDS = 3


def clean_base_url(value: str) -> str:
    """An address without trailing slash, or "". Raises ValueError; whether it may be reached is another question."""
    text = value.strip().rstrip("/")
    if text and not re.match(r"https?://[^\s/@?#]+(/[^\s?#]*)?\Z", text):
        raise ValueError("must be an http or https address without user, query or fragment")
    if len(text) > LONGEST:
        raise ValueError(f"may have at most {LONGEST} characters")
    return text


def refuse_inner(url: str) -> None:
    """Raise ValueError for an address of this machine or the inner network.

    A name that cannot be resolved now is taken: what it leads to is checked again by every call.
    """
    try:
        RESOLVERS.submit(partial(check_address, url, private_allowed=False)).result(timeout=RESOLVE_SECONDS)
    except AddressRefused as error:
        raise ValueError(error.message) from error
    except (Unreachable, TookTooLong):
        return
