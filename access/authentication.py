"""Who sends an API request: the admin key, or a signed-in person with CSRF protection."""

from __future__ import annotations

from django.contrib.auth.models import AbstractBaseUser, AnonymousUser
from rest_framework import authentication
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.request import Request

from access import admin_key
from access.caller import Caller, of_admin_key, of_user


class AdminKeyAuthentication(authentication.BaseAuthentication):
    """`Authorization: Bearer <ADMIN_API_KEY>`. A wrong key is refused, whatever session comes with it."""

    def authenticate(self, request: Request) -> tuple[AnonymousUser, Caller] | None:
        scheme, _, key = request.headers.get("authorization", "").partition(" ")
        if scheme.lower() != "bearer":
            return None
        if not admin_key.matches(key.strip()):
            raise AuthenticationFailed("This key is not valid.")
        return AnonymousUser(), of_admin_key()

    def authenticate_header(self, request: Request) -> str:
        return "Bearer"


class SessionAuthentication(authentication.SessionAuthentication):
    """The session of the admin, as a Caller."""

    def authenticate(self, request: Request) -> tuple[AbstractBaseUser, Caller] | None:
        signed_in = super().authenticate(request)
        return signed_in and (signed_in[0], of_user(signed_in[0], "api"))
