"""The catalog in the formats of files, row by row: 100,000 models pass through without being held. Keys never do."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from . import litellm, modelsdev, registry, table

FORMATS: dict[str, Callable[[], Iterator[str]]] = {
    "json": registry.written,
    "litellm": litellm.written,
    "modelsdev": modelsdev.written,
    "csv": table.written,
}

__all__ = ["FORMATS", "registry"]
