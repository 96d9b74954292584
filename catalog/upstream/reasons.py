"""What a provider says about an error: found in the shapes they use, cut, and cleaned of anything like a key."""

from __future__ import annotations

import re
from typing import Any

import orjson

from access.masking import LIKE_A_KEY, MASK

LONGEST = 200
URL_TAIL = re.compile(r"(https?://)(?:[^\s/?#@]*@)?([^\s?#]*)\S*")
WORD = re.compile(r"[^\s\"'`<>()\[\]{},;]+")


def reason_in(body: bytes, key: str = "") -> str:
    """The reason an error body gives, safe to show; "" if it gives none in a shape we know."""
    try:
        payload = orjson.loads(body)
    except orjson.JSONDecodeError:
        return ""
    return reason_of(payload, key)


def reason_of(payload: Any, key: str = "") -> str:
    """The same for an answer that is parsed already."""
    return clean(said_in(payload), key)


def said_in(payload: Any) -> str:
    """The text of {error:{message}}, {error:"text"}, {detail:"text"}, {message}, {msg}."""
    if not isinstance(payload, dict):
        return ""
    error = payload.get("error")
    inner = error.get("message") if isinstance(error, dict) else error
    for text in (inner, payload.get("detail"), payload.get("message"), payload.get("msg")):
        if isinstance(text, str) and text.strip():
            return text
    return ""


def clean(text: str, key: str = "") -> str:
    """One printable line of at most 200 characters, without queries of URLs and without keys."""
    text = URL_TAIL.sub(r"\1\2", text[: 10 * LONGEST])
    line = " ".join("".join(char if char.isprintable() else " " for char in text).split())
    line = WORD.sub(lambda word: MASK if is_like_key(word[0], key) else word[0], line)
    return line if len(line) <= LONGEST else line[: LONGEST - 1] + "…"


def is_like_key(word: str, key: str) -> bool:
    """Whether a word is the key, a masked or cut form of it, or has the look of any key."""
    if key and (key in word or (len(word) > 3 and word in key)):
        return True
    if len(key) >= 12 and (key[:5] in word or key[-4:] in word):
        return True
    return LIKE_A_KEY.search(word) is not None
