"""Pages of discovery: runs while they happen and afterwards, reviews, and what waits for a decision."""

from __future__ import annotations

from . import lists

__all__ = ["lists"]
