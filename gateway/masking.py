"""No error tells what was sent with the call it is about, nor a part of it."""

from __future__ import annotations

from collections.abc import Mapping

from access.masking import MASK
from catalog.upstream.reasons import WORD, is_like_key
from gateway.errors import GatewayError

TELLING = 12  # characters; a shorter value may be a word that occurs by chance


def mask(error: GatewayError, sent: Mapping[str, str]) -> None:
    """Take values of the headers that were sent out of what an error says."""
    for value in sent.values():
        secret = value.rpartition(" ")[2]  # without its scheme
        if len(secret) >= TELLING:
            error.message = masked(error.message, secret)
    error.args = (error.message,)


def masked(text: str, secret: str) -> str:
    return WORD.sub(lambda word: MASK if is_like_key(word[0], secret) else word[0], text)
