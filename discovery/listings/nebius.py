"""Nebius Token Factory: the common names, once it is asked to be verbose."""

from __future__ import annotations

from dataclasses import replace

from . import generic
from .base import Request

DIALECT = replace(generic.DIALECT, request=Request(path="/models", params={"verbose": "true"}))
