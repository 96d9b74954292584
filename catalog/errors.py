"""What can go wrong in the catalog, one tree. What HTTP must say is a class attribute."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any


class CatalogError(Exception):
    """A refusal with a sentence for people; `details` names fields or objects."""

    status_code = 400
    code = "invalid"
    wait = 0  # seconds after which it may succeed

    def __init__(self, message: str, details: Mapping[str, Any] | Sequence[Any] | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.details = details


class Invalid(CatalogError):
    """A value that cannot be; `details` maps each field to what is wrong with it."""

    def __init__(self, details: Mapping[str, Any], message: str = "") -> None:
        super().__init__(message or "; ".join(f"{field}: {text}" for field, text in details.items()), details)


class NotFound(CatalogError):
    status_code = 404
    code = "not_found"


class Forbidden(CatalogError):
    status_code = 403
    code = "forbidden"


class Clash(CatalogError):
    """It exists already, or something else depends on it."""

    status_code = 409
    code = "conflict"


class NoModels(CatalogError):
    """Nothing can be served: no endpoint has both a key and an enabled model."""

    status_code = 503
    code = "no_models"

    def __init__(self) -> None:
        super().__init__("No models/endpoints available")


class IllegalMove(Clash):
    """A lifecycle move that the state of some model does not allow; `details` names each with the moves it allows."""

    code = "illegal_move"


class CannotUndo(Clash):
    code = "cannot_undo"
