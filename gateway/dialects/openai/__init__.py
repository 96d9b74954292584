"""Callers who speak Chat Completions."""

from __future__ import annotations

from .answers import error_body, render
from .origins import holds_others
from .parsing import parse
from .stream import KEEP_ALIVE, Renderer

__all__ = ["KEEP_ALIVE", "Renderer", "error_body", "holds_others", "parse", "render"]
