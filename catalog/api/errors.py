"""Every refusal under /api in one shape: `{"error": {"code", "message", "details"}}`, with details named as sent."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.core.exceptions import PermissionDenied, RequestDataTooBig
from django.db import IntegrityError, OperationalError
from django.http import Http404
from rest_framework import exceptions, status
from rest_framework.response import Response

from access import errors as access
from catalog.errors import CatalogError

logger = logging.getLogger("catalog.api")

CODES = {
    status.HTTP_400_BAD_REQUEST: "invalid",
    status.HTTP_401_UNAUTHORIZED: "not_authenticated",
    status.HTTP_403_FORBIDDEN: "forbidden",
    status.HTTP_404_NOT_FOUND: "not_found",
    status.HTTP_405_METHOD_NOT_ALLOWED: "method_not_allowed",
    status.HTTP_406_NOT_ACCEPTABLE: "not_acceptable",
    status.HTTP_413_REQUEST_ENTITY_TOO_LARGE: "too_large",
    status.HTTP_415_UNSUPPORTED_MEDIA_TYPE: "unsupported_media_type",
    status.HTTP_429_TOO_MANY_REQUESTS: "throttled",
}


@dataclass(frozen=True, kw_only=True)
class Refusal:
    status: int
    code: str
    message: str
    details: Mapping[str, Any] | Sequence[Any] | None = None
    headers: dict[str, str] = field(default_factory=dict)


def answer(error: Exception, context: Mapping[str, Any]) -> Response | None:
    """REST framework's exception handler. None for what nobody foresaw: Django logs it and answers 500."""
    refusal = refusal_of(error)
    if refusal is None:
        return None
    shape = access.body(refusal.code, refusal.message, refusal.details)
    return Response(shape, status=refusal.status, headers=refusal.headers)


def refusal_of(error: Exception) -> Refusal | None:
    if isinstance(error, CatalogError):
        headers = {"Retry-After": str(error.wait)} if error.wait else {}
        return Refusal(
            status=error.status_code, code=error.code, message=error.message, details=error.details, headers=headers
        )
    if isinstance(error, access.AccessError):
        return Refusal(status=error.status_code, code=error.code, message=error.message)
    if isinstance(error, exceptions.APIException):
        return of_framework(error)
    if isinstance(error, Http404):
        return Refusal(status=404, code="not_found", message=str(error) or "There is nothing at this address.")
    if isinstance(error, PermissionDenied):
        return Refusal(status=403, code="forbidden", message=str(error) or "You may not do this.")
    if isinstance(error, RequestDataTooBig):
        return Refusal(status=413, code="too_large", message="The body is too large.")
    return of_database(error)


def of_framework(error: exceptions.APIException) -> Refusal:
    details = error.detail if isinstance(error.detail, dict) else None
    message = "The request is not valid." if isinstance(error.detail, dict | list) else str(error.detail)
    headers = {}
    if getattr(error, "auth_header", ""):
        headers["WWW-Authenticate"] = error.auth_header  # type: ignore[attr-defined]  # set by the view
    if getattr(error, "wait", None):
        headers["Retry-After"] = str(int(error.wait))  # type: ignore[attr-defined]  # of Throttled
    code = CODES.get(error.status_code, error.default_code)
    return Refusal(status=error.status_code, code=code, message=message, details=details, headers=headers)


def of_database(error: Exception) -> Refusal | None:
    """Two at once: the one who came second is told so, and nothing of theirs was written."""
    if isinstance(error, IntegrityError):
        logger.warning("A write broke a rule of the database.", exc_info=error)
        message = "Somebody else changed this at the same moment. Look again, then try again."
        return Refusal(status=409, code="conflict", message=message)
    if isinstance(error, OperationalError):
        logger.warning("The database did not do its work.", exc_info=error)
        message = "The database is busy or does not answer. Try again."
        return Refusal(status=503, code="unavailable", message=message, headers={"Retry-After": "1"})
    return None
