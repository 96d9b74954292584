"""Who may use a route. Nobody is answered 401, somebody without the right 403."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rest_framework.permissions import AllowAny, BasePermission
from rest_framework.request import Request

from access import rules
from access.authentication import AdminKeyAuthentication
from access.caller import caller_of

if TYPE_CHECKING:
    from rest_framework.views import APIView  # which imports us by way of the settings


class ByTheRules(BasePermission):
    """What access.rules says of the route; a route it does not know is closed."""

    message = "Nobody may do this."

    def has_permission(self, request: Request, view: APIView) -> bool:
        match = request._request.resolver_match
        rule = rules.rule_of(match.route) if match is not None else None
        need = rules.need_of(rule, request.method or "") if rule is not None else None
        if need is None:
            return request.method not in view.allowed_methods  # then it is answered so
        self.message = rules.why_not(need)
        return rules.lets_in(need, caller_of(request))


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
