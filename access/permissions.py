"""Who may use a route. Nobody is answered 401, somebody without the right 403."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rest_framework.permissions import AllowAny, BasePermission
from rest_framework.request import Request

from access.authentication import AdminKeyAuthentication
from access.caller import caller_of

if TYPE_CHECKING:
    from rest_framework.views import APIView  # which imports us by way of the settings


class Public(AllowAny):
    """Everyone."""


class IsCaller(BasePermission):
    """Everyone who says who they are."""

    message = "Sign in or send a key."

    def has_permission(self, request: Request, view: APIView) -> bool:
        return caller_of(request).is_authenticated


class IsAdmin(BasePermission):
    """The admin key, or a signed-in superuser of the staff."""

    message = "Only admins may do this."

    def has_permission(self, request: Request, view: APIView) -> bool:
        return caller_of(request).is_admin


class AdminKeyOnly(BasePermission):
    """The admin key itself; no session will do."""

    message = "This needs the admin key."

    def has_permission(self, request: Request, view: APIView) -> bool:
        return isinstance(request.successful_authenticator, AdminKeyAuthentication)
