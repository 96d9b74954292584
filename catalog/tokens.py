"""Tokens by the four kinds a calculation counts, and what one of each kind weighs. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from catalog.errors import Invalid
from catalog.facts import TOKEN_KINDS
from catalog.pricing import Tokens

Range = tuple[int, int]

# One input token that is neither written to the cache nor read from it weighs 1.
DEFAULT_WEIGHTS = dict(
    zip(TOKEN_KINDS, (Decimal("1.25"), Decimal("1.00"), Decimal("0.10"), Decimal("5.00")), strict=True)
)


@dataclass(frozen=True, kw_only=True, slots=True)
class Counts:
    """Tokens by kind: input that is written to the cache, input beside the cache, input read from it, and output."""

    input_with_cache: int = 0
    input_without_cache: int = 0
    cache_read: int = 0
    output_tokens: int = 0

    def __add__(self, other: Counts) -> Counts:
        return Counts(
            input_with_cache=self.input_with_cache + other.input_with_cache,
            input_without_cache=self.input_without_cache + other.input_without_cache,
            cache_read=self.cache_read + other.cache_read,
            output_tokens=self.output_tokens + other.output_tokens,
        )

    @property
    def input(self) -> int:
        return self.input_with_cache + self.input_without_cache + self.cache_read

    @property
    def by_kind(self) -> dict[str, int]:
        counts = (self.input_with_cache, self.input_without_cache, self.cache_read, self.output_tokens)
        return dict(zip(TOKEN_KINDS, counts, strict=True))

    @property
    def billed(self) -> Tokens:
        """As prices count them: cached tokens among the input."""
        return Tokens(
            input=self.input,
            output=self.output_tokens,
            cache_read=self.cache_read,
            cache_write=self.input_with_cache,
        )

    def weighted(self, weights: Mapping[str, Decimal]) -> Decimal:
        """How many tokens of weight 1 these are."""
        return sum((count * weights[kind] for kind, count in self.by_kind.items()), Decimal(0))


RANGES: dict[str, Range] = dict.fromkeys(Counts.__slots__, (0, 1_000_000_000))


def counts_of(given: Mapping[str, Any]) -> Counts:
    """Counts somebody entered; a kind that is not named does not occur. Raises Invalid by name."""
    return Counts(**whole_numbers(given, RANGES))


def whole_numbers(given: Mapping[str, Any], ranges: Mapping[str, Range]) -> dict[str, int]:
    """The numbers named, each within its range. Raises Invalid naming each that is not."""
    wrong = {}
    for name in ranges.keys() & given.keys():
        value, (least, most) = given[name], ranges[name]
        if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= most:
            wrong[name] = f"must be a whole number from {least:,} to {most:,}"
    if wrong:
        raise Invalid(wrong)
    return {name: given[name] for name in ranges if name in given}


def weights_of(stated: Mapping[str, Any] | None) -> dict[str, Decimal]:
    """A model's own weights, the default ones where it states none."""
    return DEFAULT_WEIGHTS | own_weights(stated)


def own_weights(stated: Mapping[str, Any] | None) -> dict[str, Decimal]:
    """The weights a model states, which JSON keeps as floats."""
    return {kind: Decimal(str(weight)) for kind, weight in (stated or {}).items()}
