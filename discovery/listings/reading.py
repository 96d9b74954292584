"""Reading single values of foreign JSON: a value that cannot be what it should be is None, which means not stated."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from datetime import UTC, date, datetime
from decimal import Decimal
from functools import lru_cache
from typing import Any, TypeVar

from .base import Skip
from .envelopes import kind

T = TypeVar("T")

LARGEST_COUNT = 1_000_000_000  # tokens; more is a mistake of unit
LONGEST_ID = 255
LONGEST_WORD = 100
UNFIT = re.compile(r"[\x00-\x1f\x7f-\x9f\ud800-\udfff]")
NEVER = 2098  # providers write 2098-12-31 or 2100-01-01 where no end is planned
MODALITIES = ("text", "image", "audio", "video", "file", "pdf", "embedding", "speech", "rerank", "transcription")
PLACE = {word: place for place, word in enumerate(MODALITIES)}
SYNONYMS = {"images": "image", "vision": "image", "embeddings": "embedding", "documents": "file", "document": "file"}
SIZE = re.compile(r"(\d+(?:\.\d+)?)\s*([KMBT])", re.IGNORECASE)
BILLIONS = {"K": -6, "M": -3, "B": 0, "T": 3}


def identity(entry: Any, *names: str, prefix: str = "") -> str:
    """The name to send upstream, verbatim but for a prefix. Raises Skip if the entry has none that is usable."""
    if not isinstance(entry, dict):
        raise Skip(f"is {kind(entry)}, not an object")
    for name in names:
        value = entry.get(name)
        if value is not None:
            return usable_id(value, prefix)
    raise Skip(f"has no {' or '.join(names)}")


def usable_id(value: Any, prefix: str = "") -> str:
    if not isinstance(value, str):
        raise Skip(f"its id is {kind(value)}, not text")
    model_id = value.removeprefix(prefix)
    if not model_id:
        raise Skip("its id is empty")
    if len(model_id) > LONGEST_ID:
        raise Skip(f"its id has {len(model_id)} characters; at most {LONGEST_ID} can be kept")
    if model_id != model_id.strip():
        raise Skip("its id begins or ends with a space")
    if UNFIT.search(model_id):
        raise Skip("its id contains a control character")
    return model_id


def stated(**facts: Any) -> dict[str, Any]:
    """Facts without those that are not stated."""
    return {name: value for name, value in facts.items() if value is not None}


def part(entry: Any, name: str) -> dict[str, Any]:
    """An object inside another; an empty one if it is not there or is none."""
    inner = entry.get(name) if isinstance(entry, dict) else None
    return inner if isinstance(inner, dict) else {}


def items(entry: Any, name: str) -> list[Any]:
    """A list inside an object; an empty one if it is not there or is none."""
    inner = entry.get(name) if isinstance(entry, dict) else None
    return inner if isinstance(inner, list) else []


def token(payload: Any, name: str) -> str | None:
    """What leads to the next page: a text that is not empty."""
    found = payload.get(name) if isinstance(payload, dict) else None
    return found if isinstance(found, str) and found else None


def first(read: Callable[[Any], T | None], *values: Any) -> T | None:
    """The first of these values that can be read."""
    for value in values:
        if value is not None:
            found = read(value)
            if found is not None:
                return found
    return None


def whole(value: Any) -> int | None:
    """A limit: a whole number above zero. Zero stands for unknown where it occurs, true and false are no numbers."""
    kind_of_value = value.__class__
    if kind_of_value is float:
        if not value.is_integer():
            return None
        value = int(value)
    elif kind_of_value is str:
        if not (value.isascii() and value.isdigit() and len(value) < 20):
            return None
        value = int(value)
    elif kind_of_value is not int:
        return None
    return value if 0 < value <= LARGEST_COUNT else None


def text(value: Any) -> str | None:
    if value.__class__ is not str:
        return None
    if "\x00" in value:
        value = value.replace("\x00", "")
    return value.strip() or None


def name(value: Any) -> str | None:
    """A text that fits where names are kept."""
    found = text(value)
    if found is None or len(found) <= LONGEST_ID:
        return found
    return found[: LONGEST_ID - 1].rstrip() + "…"


def canonical(value: Any) -> str | None:
    """A name the provider says this model also has; a file path names nothing elsewhere."""
    found = text(value)
    return None if found is None or len(found) > LONGEST_ID or found[0] in "/.\\" else found


def flag(value: Any) -> bool | None:
    return value if value is True or value is False else None


def words(value: Any) -> list[str]:
    """The texts in a list, or in a text that separates them by commas."""
    if isinstance(value, str):
        value = value.split(",")
    if not isinstance(value, list):
        return []
    return [word.strip() for word in value if isinstance(word, str) and 0 < len(word.strip()) <= LONGEST_WORD]


def tags(*groups: Iterable[str]) -> list[str] | None:
    """Words an operator can filter by, sorted: providers shuffle them from call to call."""
    found = {word.replace("\x00", "") for group in groups for word in group}
    return sorted(found - {""})[:100] or None


def modalities(value: Any) -> list[str] | None:
    """Lower-case words in one order: providers shuffle them from call to call."""
    if isinstance(value, str):
        value = value.replace("+", ",").split(",")
    if value.__class__ is not list or not value:
        return None
    try:
        return list(ordered(tuple(value))) or None
    except TypeError:  # something in it is no word
        return list(ordered(tuple(words(value)))) or None


@lru_cache(maxsize=1024)
def ordered(values: tuple[Any, ...]) -> tuple[str, ...]:
    found = {SYNONYMS.get(word, word) for word in map(str.lower, words(list(values)))}
    return tuple(sorted(found, key=lambda word: (PLACE.get(word, len(PLACE)), word)))[:100]


def instant(value: Any) -> str | None:
    """A date or time, or seconds since 1970, as an ISO instant in UTC; far-away ones mean never."""
    if value.__class__ is str:
        return instant_of_text(value) if len(value) <= LONGEST_WORD else None
    if value.__class__ is int or value.__class__ is float:
        return instant_of_seconds(value)
    if isinstance(value, dict):
        return instant_of_parts(value)
    return None


@lru_cache(maxsize=4096)
def instant_of_text(value: str) -> str | None:
    try:
        return written(datetime.fromisoformat(value))
    except (ValueError, OverflowError):
        return None


def instant_of_seconds(value: float) -> str | None:
    try:
        return written(datetime.fromtimestamp(value, tz=UTC))
    except (ValueError, OverflowError, OSError):
        return None


def instant_of_parts(value: dict[str, Any]) -> str | None:
    try:
        return written(datetime.combine(date(value["year"], value["month"], value["day"]), datetime.min.time()))
    except (KeyError, TypeError, ValueError, OverflowError):
        return None


def written(moment: datetime) -> str | None:
    moment = moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    return moment.isoformat().replace("+00:00", "Z") if 2000 <= moment.year < NEVER else None


def billions(value: Any) -> str | None:
    """A number of parameters (a count, or a text like "32.8B") in billions, to the ten-thousandth."""
    if value.__class__ is str and not value.isdigit():
        size = SIZE.match(value)
        if size is None:
            return None
        return plain_billions(Decimal(size[1]).scaleb(BILLIONS[size[2].upper()]))
    if value.__class__ not in (int, float, str):
        return None
    try:
        return plain_billions(Decimal(str(value)).scaleb(-9))
    except ArithmeticError:
        return None


def plain_billions(number: Decimal) -> str | None:
    if not number.is_finite() or not Decimal("0.0001") <= number <= 10_000_000:
        return None
    found = f"{number.quantize(Decimal('0.0001')):f}"
    return found.rstrip("0").rstrip(".")
