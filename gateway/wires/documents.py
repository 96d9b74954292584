"""Documents of text, for wires that take no documents: their text can be said all the same."""

from __future__ import annotations

from base64 import b64decode

from .base import File
from .results import BETWEEN_TEXTS


def text_in(file: File) -> str | None:
    """Under its title. None for documents of other kinds."""
    if not (file.data and file.media_type.startswith("text/")):
        return None
    text = b64decode(file.data).decode("utf-8", "replace")
    return f"{file.name}{BETWEEN_TEXTS}{text}" if file.name else text
