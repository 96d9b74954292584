"""What a file of models becomes, whoever wrote it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from discovery.listings.base import Listing


@dataclass(frozen=True, kw_only=True, slots=True)
class Offer:
    """One model as a file states it, at the provider it names: our slug where the format's table knows it."""

    provider: str
    listing: Listing


@dataclass(kw_only=True)
class Read:
    """The models of a file, and for each entry that was left out a sentence that says which and why."""

    offers: list[Offer] = field(default_factory=list)
    skipped: list[str] = field(default_factory=list)


@dataclass(frozen=True, kw_only=True)
class Format:
    """How one kind of file is told from the others, and read. Both functions are pure."""

    recognises: Callable[[Any], bool]
    read: Callable[[Any], Read]
