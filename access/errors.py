"""How a refusal looks outside `/v1`, and what Django's own refusals become on the routes of programs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed, JsonResponse
from django.shortcuts import render
from django.views import csrf, defaults

PROGRAM_PATHS = ("/api/", "/admin/model-sync/", "/health/")


class AccessError(Exception):
    """A refusal at the door, with a sentence for people."""

    status_code = 400
    code = "bad_request"

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


class BadRequest(AccessError):
    pass


class Forbidden(AccessError):
    status_code = 403
    code = "forbidden"


class NotFound(AccessError):
    status_code = 404
    code = "not_found"


class Clash(AccessError):
    status_code = 409
    code = "conflict"


class TooLarge(AccessError):
    status_code = 413
    code = "too_large"

    def __init__(self, limit: int) -> None:
        super().__init__(f"The body is larger than the {limit:,} bytes accepted here.")


class Broken(AccessError):
    status_code = 500
    code = "internal_error"


def body(code: str, message: str, details: Mapping[str, Any] | Sequence[Any] | None = None) -> dict[str, Any]:
    """The one shape of an error outside `/v1`."""
    return {"error": {"code": code, "message": message, "details": details or {}}}


def is_for_programs(request: HttpRequest) -> bool:
    return request.path_info.startswith(PROGRAM_PATHS)


def refuse(request: HttpRequest, error: AccessError) -> HttpResponse:
    """The refusal as JSON for programs, as a line of text for people."""
    if is_for_programs(request):
        return JsonResponse(body(error.code, error.message), status=error.status_code)
    return HttpResponse(error.message, status=error.status_code, content_type="text/plain; charset=utf-8")


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    if is_for_programs(request):
        return refuse(request, BadRequest("The request cannot be understood."))
    return defaults.bad_request(request, exception)


def permission_denied(request: HttpRequest, exception: Exception) -> HttpResponse:
    if is_for_programs(request):
        return refuse(request, Forbidden("You may not do this."))
    return defaults.permission_denied(request, exception)


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    if is_for_programs(request):
        return refuse(request, NotFound("There is nothing at this address."))
    return defaults.page_not_found(request, exception)


def not_allowed(request: HttpRequest, response: HttpResponseNotAllowed) -> HttpResponse:
    """Words for people who come to where only a button leads, such as after they had to sign in again."""
    if is_for_programs(request) or request.method != "GET":
        return response
    page = render(request, "405.html", status=405)
    page["Allow"] = response["Allow"]
    return page


def server_error(request: HttpRequest) -> HttpResponse:
    if is_for_programs(request):
        return refuse(request, Broken("Something went wrong here; the log has it under this answer's x-request-id."))
    return defaults.server_error(request)


def locked_out(request: HttpRequest, response: HttpResponse | None, credentials: object) -> HttpResponse:
    """The same answer whether the name exists or the password is right."""
    wait: timedelta = settings.AXES_COOLOFF_TIME
    minutes = int(wait.total_seconds() // 60)
    page = render(request, "admin/locked_out.html", {"title": "Sign-in is locked", "minutes": minutes}, status=429)
    page["Retry-After"] = str(int(wait.total_seconds()))
    return page


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    if is_for_programs(request):
        return refuse(request, Forbidden(f"CSRF check failed: {reason}"))
    return csrf.csrf_failure(request, reason=reason)
