"""How values read on a page: times, numbers, money, states, sources. Pure functions; unknown is a word, never 0."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC
from decimal import Decimal
from typing import Any

from django.utils.dateparse import parse_datetime
from django.utils.html import format_html
from django.utils.safestring import SafeString

from access import times
from catalog import facts, pricing
from catalog.models.aimodel import GPT3_PARAMETERS

UNKNOWN = "unknown"
ago = times.ago
AMOUNT_WORDS = {
    "cache_read_mtok": "cache read",
    "cache_write_mtok": "cache write",
    "reasoning_mtok": "reasoning",
    "audio_input_mtok": "audio in",
    "audio_output_mtok": "audio out",
    "request": "per request",
    "image": "per image",
    "minute": "per minute of audio",
    "mchar": "per million characters",
}
SOURCE_WORDS = {facts.ADMIN: "by hand", facts.CURATED: "default catalog"}


def number(value: int | None) -> str:
    return UNKNOWN if value is None else f"{value:,}"


def count(many: int, noun: str) -> str:
    return f"{many:,} {noun}{'' if many == 1 else 's'}"


def money(amount: Decimal | str) -> str:
    """An amount in USD without a sign, exact, with two places at least."""
    whole, _, places = pricing.plain(Decimal(amount)).partition(".")
    return f"{int(whole):,}.{places.ljust(2, '0')}"


def price(amounts: Mapping[str, Any] | None) -> str:
    """What a model costs in one line: input and output per million tokens, or its units; other amounts follow."""
    known = {name: Decimal(value) for name, value in (amounts or {}).items() if name != "tiers" and value is not None}
    if not known:
        return UNKNOWN
    if not any(known.values()):
        return "free"
    tokens = [known.get("input_mtok"), known.get("output_mtok")]
    parts = []
    if any(amount is not None for amount in tokens):
        parts.append(" / ".join(f"{side(amount)} {way}" for amount, way in zip(tokens, ("in", "out"), strict=True)))
    parts += [f"{side(known[name])} {word}" for name, word in AMOUNT_WORDS.items() if name in known]
    return f"USD {', '.join(parts)}"


def headline(amounts: Mapping[str, Any] | None) -> str:
    """The price as a list shows it: input and output alone where they are known."""
    stated = amounts or {}
    main = {name: stated.get(name) for name in ("input_mtok", "output_mtok")}
    return price(main if any(value is not None for value in main.values()) else stated)


def side(amount: Decimal | None) -> str:
    return UNKNOWN if amount is None else money(amount) if amount else "free"


def factor(value: float | None) -> str:
    return UNKNOWN if value is None else f"{value:.4g}"


def complexity(value: float | None, field: str) -> SafeString:
    """The complexity factor beside the field of the parameters it is made of; static/complexity.js keeps it in step."""
    return format_html(
        'Billions. Complexity factor: <output for="{}" data-baseline="{}">{}</output>',
        field,
        f"{GPT3_PARAMETERS:g}",
        factor(value),
    )


def state(value: str, label: str) -> SafeString:
    """A state as a coloured word."""
    return format_html('<span class="state state-{}">{}</span>', value, label)


def code(text: str) -> SafeString:
    """An id in monospace. The style sheet cuts a long one; all of it stands on hover."""
    return format_html('<code class="id" title="{}">{}</code>', text, text)


def source(name: str) -> str:
    return SOURCE_WORDS.get(name, name.replace(facts.IMPORT, "import "))


def value(name: str, content: Any) -> Any:
    """A recorded value of a fact or a column, as words."""
    if content in (None, "", [], {}):
        return UNKNOWN if name in facts.FACTS or name == facts.PRICE else "none"
    if name == facts.PRICE:
        return price(content)
    if name == "parameters":
        return f"{Decimal(pricing.plain(Decimal(content))):,f} billion"
    if isinstance(content, bool):
        return "yes" if content else "no"
    if isinstance(content, int):
        return number(content)
    if isinstance(content, list):
        return ", ".join(map(str, content))
    if isinstance(content, dict):
        return ", ".join(f"{key}: {value(key, item)}" for key, item in content.items())
    moment = parse_datetime(content) if name.endswith(("_at", "_cutoff", "_since")) else None
    return f"{moment.astimezone(UTC):%Y-%m-%d %H:%M} UTC" if moment and moment.tzinfo else str(content)
