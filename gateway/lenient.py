"""Reading JSON that others wrote, in the ways they write it beyond the standard (RFC 8259)."""

from __future__ import annotations

import json
from typing import Any

import orjson


def loads(data: bytes) -> Any:
    """The value of a JSON text. Raises ValueError if it is none.

    Numbers that are none (NaN, Infinity) are null. Halves of surrogate pairs and what is no UTF-8 become the
    replacement character, for neither can be passed on; control characters in a string stay. A mark of the byte order
    is passed over.
    """
    try:
        return orjson.loads(data)
    except orjson.JSONDecodeError:
        return loads_anyhow(data)


def loads_anyhow(data: bytes) -> Any:
    try:
        text = data.decode("utf-8", "replace").removeprefix("\ufeff")
        found = json.loads(text, strict=False, parse_constant=lambda _: None)
        whole = json.dumps(found, ensure_ascii=False).encode("utf-16", "surrogatepass").decode("utf-16", "replace")
        return orjson.loads(whole)
    except RecursionError:
        raise ValueError("nested too deeply") from None
