"""The gateway in Django's admin. Importing the modules registers their pages."""

from __future__ import annotations

from . import operations, rating, usage

__all__ = ["operations", "rating", "usage"]
