"""Who sends an API request: a key we issued, the admin key, or a signed-in person with CSRF protection."""

from __future__ import annotations

from dataclasses import replace

from django.contrib.auth.models import AbstractBaseUser, AnonymousUser
from rest_framework import authentication
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.request import Request

from access import admin_key, oidc, request_id
from access.caller import Caller, of_admin_key, of_user
from access.events import NOTES
from access.masking import masked_path
from access.models import Kind
from access.snapshot import KEYS, START, Refusal


def bearer(request: Request) -> str | None:
    """What stands in `Authorization: Bearer ...`; None if there is no such header."""
    scheme, _, value = request.headers.get("authorization", "").partition(" ")
    return value.strip() if scheme.lower() == "bearer" else None


def known(request: Request, caller: Caller) -> tuple[AnonymousUser, Caller]:
    """The answer of an authentication; the middleware may want to say who was refused."""
    request._request.caller = caller  # type: ignore[attr-defined]
    return AnonymousUser(), caller


class ApiKeyAuthentication(authentication.BaseAuthentication):
    """`Authorization: Bearer mr_...`, or `x-api-key: mr_...` as Anthropic's clients send it."""

    def authenticate(self, request: Request) -> tuple[AnonymousUser, Caller] | None:
        sent = bearer(request)
        presented = request.headers.get("x-api-key", "") if sent is None else sent
        if not presented.startswith(START):
            return None
        KEYS.keep_fresh()
        found = KEYS.check(presented)
        if isinstance(found, Refusal):
            raise AuthenticationFailed(found.value)
        return known(request, replace(found, request_id=request_id.current.get()))

    def authenticate_header(self, request: Request) -> str:
        return "Bearer"


class TokenAuthentication(authentication.BaseAuthentication):
    """`Authorization: Bearer <access token>` of the identity provider, where one is configured."""

    def authenticate(self, request: Request) -> tuple[AnonymousUser, Caller] | None:
        presented = bearer(request)
        if presented is None or not oidc.is_on() or not oidc.looks_like_token(presented):
            return None
        if admin_key.matches(presented):  # which may have dots too
            return None
        try:
            return known(request, oidc.caller_of_token(presented))
        except oidc.NotTrusted as error:
            raise AuthenticationFailed(str(error)) from error

    def authenticate_header(self, request: Request) -> str:
        return "Bearer"


class AdminKeyAuthentication(authentication.BaseAuthentication):
    """`Authorization: Bearer <ADMIN_API_KEY>`. A wrong key is refused, whatever session comes with it."""

    def authenticate(self, request: Request) -> tuple[AnonymousUser, Caller] | None:
        presented = bearer(request)
        if presented is None:
            return None
        if not admin_key.matches(presented):
            raise AuthenticationFailed("This key is not valid.")
        caller = of_admin_key()
        NOTES.add(Kind.ADMIN_KEY_USED, caller, f"{request.method} {masked_path(request.path)}")
        return known(request, caller)

    def authenticate_header(self, request: Request) -> str:
        return "Bearer"


class SessionAuthentication(authentication.SessionAuthentication):
    """The session of the admin, as a Caller."""

    def authenticate(self, request: Request) -> tuple[AbstractBaseUser, Caller] | None:
        signed_in = super().authenticate(request)
        if signed_in is None:
            return None
        caller = of_user(signed_in[0], "api")
        known(request, caller)
        return signed_in[0], caller
