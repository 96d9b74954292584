"""Routes as operators keep them: names of our own that lead to models, in shares and with fallbacks.

A route that leads nowhere, or back to itself, cannot be saved.
"""

from __future__ import annotations

from .definition import definition, in_words, percent
from .questions import routes_of, variants_of
from .saving import add_route, change_route, delete_route, insert, restore_deleted

__all__ = [
    "add_route",
    "change_route",
    "definition",
    "delete_route",
    "in_words",
    "insert",
    "percent",
    "restore_deleted",
    "routes_of",
    "variants_of",
]
