"""fal: endpoints that make images, videos and sound; prices are asked for fifty at a time."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any

from . import kinds, money, reading
from .base import Dialect, Enrichment, Listing, Request
from .envelopes import rows

PATH = "/models"
FULL_PAGE = {"limit": "100"}
PRICES_AT_ONCE = 50
WRITING = ("llm", "vision", "text-to-text")  # the words of what answers with text; others that we do not know do not
MEDIA = {"text", "image", "video", "audio", "speech", "3d"}
PER_MINUTE = {"second": 60, "minute": 1}
UNITS = {"image": ("image", 0), "request": ("request", 0), "1000 character": ("mchar", 3)}


def entries(payload: Any) -> list[Any]:
    return rows(payload, "models")


def listing(entry: Any) -> Listing:
    model_id = reading.identity(entry, "endpoint_id")
    metadata = reading.part(entry, "metadata")
    word = metadata.get("category")
    facts = reading.stated(
        name=reading.name(metadata.get("display_name")),
        description=reading.text(metadata.get("description")),
        category=category(word, model_id),
        output_modalities=output(word),
        tags=reading.tags(reading.words(metadata.get("tags")), marks(metadata)),
    )
    return Listing(model_id=model_id, facts=facts, entry=entry)


def category(word: Any, model_id: str) -> str:
    """Text-to-audio is speech, music or noise; which of them, only an id may say."""
    kind = kinds.by_id(model_id)
    if word == "text-to-audio" and kind == kinds.TTS:
        return kind
    said = kinds.by_word(word) or kinds.by_modalities(model_id, output(word))
    return said if said != kinds.TEXT or word in (None, *WRITING) else kinds.OTHER


def output(word: Any) -> list[str] | None:
    """Text-to-image puts out images."""
    out = word.rpartition("-to-")[2] if isinstance(word, str) and "-to-" in word else None
    return [out] if out in MEDIA else None


def marks(metadata: dict[str, Any]) -> list[str]:
    words = reading.text(metadata.get("category")), reading.text(metadata.get("status"))
    return [word[: reading.LONGEST_WORD] for word in words if word and word != "active"]


def next_page(payload: Any, headers: Mapping[str, str]) -> Request | None:
    cursor = reading.token(payload, "next_cursor")
    if cursor and payload.get("has_more") is not False:
        return Request(path=PATH, params=FULL_PAGE | {"cursor": cursor})
    return None


def price_lists(model_ids: list[str]) -> Iterable[Request]:
    for start in range(0, len(model_ids), PRICES_AT_ONCE):
        batch = ",".join(model_ids[start : start + PRICES_AT_ONCE])
        yield Request(path=f"{PATH}/pricing", params={"endpoint_id": batch})


def prices(payload: Any, request: Request) -> dict[str, dict[str, Any]]:
    return {
        entry["endpoint_id"]: {"price": found}
        for entry in rows(payload, "prices")
        if isinstance(entry, dict) and isinstance(entry.get("endpoint_id"), str) and (found := price(entry))
    }


def price(entry: dict[str, Any]) -> dict[str, Any] | None:
    """Only units that mean the same for every call; megapixels, steps and credits stay unknown."""
    unit = entry.get("unit")
    if entry.get("currency") != "USD" or not isinstance(unit, str):
        return None
    unit = unit.strip().lower().removesuffix("s")
    if unit in PER_MINUTE:
        each = money.usd(entry.get("unit_price"))
        return money.price({"minute": money.usd(str(Decimal(each) * PER_MINUTE[unit])) if each else None})
    name, power = UNITS.get(unit, ("", 0))
    return money.price({name: money.usd(entry.get("unit_price"), power)}) if name else None


DIALECT = Dialect(
    request=Request(path=PATH, params=FULL_PAGE),
    entries=entries,
    listing=listing,
    next_page=next_page,
    enrichments=(Enrichment(requests=price_lists, facts=prices, needs_key=True),),
)
