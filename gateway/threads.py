"""Asking the database from the event loop: on a borrowed thread."""

from __future__ import annotations

from collections.abc import Callable
from typing import ParamSpec, TypeVar

from django.db import connection

P = ParamSpec("P")
T = TypeVar("T")


def on_a_thread(function: Callable[P, T], *arguments: P.args, **named: P.kwargs) -> T:
    """Run it, and leave no connection behind: the thread may serve somebody else next."""
    try:
        return function(*arguments, **named)
    finally:
        connection.close()
