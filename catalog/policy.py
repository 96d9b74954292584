"""What a sync does with new and missing models of a provider. Kept as JSON on the provider, edited by admins."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from fnmatch import fnmatchcase
from typing import Any

from catalog.models.aimodel import Category, Status

NEW = ("pending", "enabled", "enabled_if_priced")
LARGEST_MISSES = 1_000
INTERVALS = range(5, 527_041)  # minutes: as often as a provider may be refreshed, or once a year


@dataclass(frozen=True, kw_only=True)
class Policy:
    """The operator's rules for one provider. Patterns are shell-style and match ids, such as `openai/*`."""

    new: str = "pending"
    enable_patterns: tuple[str, ...] = ()  # new models that match are enabled whatever `new` says
    missing: str = "deprecate"  # or "keep"
    misses: int = 3  # in a row, before a missing model is deprecated
    restore: bool = True  # a model that a sync deprecated and that returns is enabled again
    categories: tuple[str, ...] = field(default_factory=tuple)  # taken; empty: all
    interval_minutes: int = 0  # between scheduled syncs; 0: only by hand

    def status_of_new(self, model_id: str, priced: bool) -> str:
        if any(fnmatchcase(model_id, pattern) for pattern in self.enable_patterns):
            return Status.ENABLED.value
        if self.new == "enabled" or (self.new == "enabled_if_priced" and priced):
            return Status.ENABLED.value
        return Status.PENDING.value

    def takes(self, category: str) -> bool:
        return not self.categories or category in self.categories


def policy_of(stored: Mapping[str, Any]) -> Policy:
    """The policy a provider keeps; what it does not say is as usual."""
    known: dict[str, Any] = {name: tuple(value) if isinstance(value, list) else value for name, value in stored.items()}
    return Policy(**known)


def clean_policy(value: Any) -> dict[str, Any]:
    """A policy from outside, JSON-ready, without what is as usual. Raises ValueError with a sentence."""
    if not isinstance(value, Mapping):
        raise ValueError("must be an object")
    usual = asdict(Policy())
    unknown = set(value) - set(usual)
    if unknown:
        raise ValueError(f"unknown rule {', '.join(sorted(map(str, unknown)))}; known: {', '.join(usual)}")
    if value.get("new", "pending") not in NEW:
        raise ValueError(f"new must be one of {', '.join(NEW)}")
    if value.get("missing", "deprecate") not in ("deprecate", "keep"):
        raise ValueError("missing must be deprecate or keep")
    misses = value.get("misses", 3)
    if isinstance(misses, bool) or not isinstance(misses, int) or not 1 <= misses <= LARGEST_MISSES:
        raise ValueError(f"misses must be a whole number between 1 and {LARGEST_MISSES}")
    interval = value.get("interval_minutes", 0)
    if isinstance(interval, bool) or not isinstance(interval, int) or (interval and interval not in INTERVALS):
        raise ValueError(f"interval_minutes must be 0 or a whole number from {INTERVALS[0]} to {INTERVALS[-1]}")
    if not isinstance(value.get("restore", True), bool):
        raise ValueError("restore must be true or false")
    for name in ("enable_patterns", "categories"):
        items = value.get(name, [])
        if not isinstance(items, list | tuple) or not all(
            isinstance(item, str) and item and item.isprintable() for item in items
        ):
            raise ValueError(f"{name} must be a list of words")
    if set(value.get("categories", [])) - set(Category.values):
        raise ValueError(f"categories must be among {', '.join(Category.values)}")
    plain = {name: list(item) if isinstance(item, tuple) else item for name, item in value.items()}
    return {name: item for name, item in plain.items() if item != usual[name] and item != []}
