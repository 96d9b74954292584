"""Why nothing can be called for a name."""

from __future__ import annotations

from catalog.errors import CatalogError


class NotServed(CatalogError):
    """A name that nothing can be called for. `details` hold model, status, and where known date and successor."""

    status_code = 404
    code = "model_not_found"


class NoSuchName(NotServed):
    pass


class AmbiguousName(NotServed):
    status_code = 409
    code = "model_ambiguous"


class NotEnabled(NotServed):
    status_code = 403
    code = "model_not_enabled"


class NotAllowed(NotServed):
    status_code = 403
    code = "model_not_allowed"


class WrongKind(NotServed):
    status_code = 400
    code = "wrong_model_kind"


class RetiredForGood(NotServed):
    """Retired, and nothing stands in for it."""

    status_code = 410
    code = "model_retired"
