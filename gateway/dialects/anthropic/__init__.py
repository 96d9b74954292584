"""Callers who speak the Messages API."""

from __future__ import annotations

from .answers import error_body, render
from .parsing import parse
from .signatures import holds_others
from .stream import PING, Renderer

__all__ = ["PING", "Renderer", "error_body", "holds_others", "parse", "render"]
