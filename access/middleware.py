"""What every request passes: a request id, a log line, strict security headers, a limit on the body, static files."""

from __future__ import annotations

import ipaddress
import logging
import re
import time
import uuid
from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.http.response import HttpResponseBase
from django.urls import reverse
from whitenoise.base import StaticFile
from whitenoise.middleware import WhiteNoiseMiddleware

from access import errors
from access import request_id as ids
from access.caller import ANONYMOUS
from access.events import NOTES
from access.masking import masked_path
from access.models import Kind

logger = logging.getLogger("access.requests")

GetResponse = Callable[[HttpRequest], HttpResponseBase]

SANE_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")
CONTENT_SECURITY_POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' data:",  # the icons in Swagger's own style sheet
        "font-src 'self'",
        "connect-src 'self'",
        "form-action 'self'",
        "frame-ancestors 'none'",
        "base-uri 'none'",
    )
)
PERMISSIONS_POLICY = "camera=(), geolocation=(), microphone=(), payment=(), usb=()"


def request_id(get_response: GetResponse) -> GetResponse:
    """Name each request, by the caller's own id if it is a sane token, and log how it ended."""

    def middleware(request: HttpRequest) -> HttpResponseBase:
        sent = request.headers.get("x-request-id", "")
        token = ids.current.set(sent if SANE_ID.fullmatch(sent) else uuid.uuid4().hex)
        origin = ids.address.set(address_of(request))
        started = time.perf_counter()
        try:
            response = get_response(request)
            took = (time.perf_counter() - started) * 1000
            # Without its query, and without keys: what people paste there is not ours to keep.
            path = masked_path(request.path)
            logger.info("%s %s %d %.0f ms", request.method, ascii(path)[1:-1], response.status_code, took)
            response["x-request-id"] = ids.current.get()
            return response
        finally:
            ids.address.reset(origin)
            ids.current.reset(token)

    return middleware


def refusals(get_response: GetResponse) -> GetResponse:
    """Note who was refused what, at most once a minute an address; no refusal is an empty page."""

    def middleware(request: HttpRequest) -> HttpResponseBase:
        response = get_response(request)
        if isinstance(response, HttpResponseNotAllowed):
            return errors.not_allowed(request, response)
        if response.status_code in (401, 403):
            caller = getattr(request, "caller", None) or ANONYMOUS
            NOTES.add(Kind.REFUSED, caller, f"{response.status_code} {request.method} {masked_path(request.path)}")
        return response

    return middleware


def ended_sessions(get_response: GetResponse) -> GetResponse:
    """Mark the way to a sign-in page that takes the place of what a form would have done: the page says so."""

    def middleware(request: HttpRequest) -> HttpResponseBase:
        response = get_response(request)
        if request.method == "POST" and leads_to_sign_in(response) and request.user.is_anonymous:
            response["Location"] += "&lost=1"
        return response

    return middleware


def leads_to_sign_in(response: HttpResponseBase) -> bool:
    """Whether this answer sends people to sign in before they go on to where they were."""
    path, _, query = response.get("Location", "").partition("?")
    return query.startswith("next=") and path in (reverse("admin:login"), reverse("account:login"))


def address_of(request: HttpRequest) -> str | None:
    """Who is at the other end, by the server's word; a proxy is believed where the server was told to."""
    try:
        return str(ipaddress.ip_address(request.META.get("REMOTE_ADDR", "")))
    except ValueError:
        return None  # a socket of this machine has none


def security_headers(get_response: GetResponse) -> GetResponse:
    """Headers that Django does not send by itself."""

    def middleware(request: HttpRequest) -> HttpResponseBase:
        response = get_response(request)
        response.setdefault("Content-Security-Policy", CONTENT_SECURITY_POLICY)
        response.setdefault("Permissions-Policy", PERMISSIONS_POLICY)
        return response

    return middleware


def body_limit(get_response: GetResponse) -> GetResponse:
    """Refuse a body by its announced length: REST framework reads JSON without looking at Django's limit."""

    def middleware(request: HttpRequest) -> HttpResponseBase:
        length = request.META.get("CONTENT_LENGTH") or "0"
        limit = settings.DATA_UPLOAD_MAX_MEMORY_SIZE
        if limit is not None and length.isdigit() and int(length) > limit:
            return errors.refuse(request, errors.TooLarge(limit))
        return get_response(request)

    return middleware


class StaticFiles(WhiteNoiseMiddleware):  # type: ignore[misc]  # untyped package
    """WhiteNoise answering in one piece: its file iterator is synchronous, of which Django warns under ASGI."""

    @staticmethod
    def serve(static_file: StaticFile, request: HttpRequest) -> HttpResponse:
        found = static_file.get_response(request.method, request.META)
        content = b""
        if found.file is not None:
            with found.file as file:
                content = file.read()
        response = HttpResponse(content, status=int(found.status))
        del response["Content-Type"]
        for name, value in found.headers:
            response[name] = value
        return response
