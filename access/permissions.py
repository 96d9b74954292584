"""Who may use a route: as the table in access.rules says. Nobody is answered 401, somebody without the right 403."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rest_framework.permissions import AllowAny, BasePermission
from rest_framework.request import Request

from access import rules
from access.caller import caller_of

if TYPE_CHECKING:
    from rest_framework.views import APIView  # which imports us by way of the settings


class ByTheRules(BasePermission):
    """A route or method that the table does not know is closed."""

    message = "Nobody may do this."

    def has_permission(self, request: Request, view: APIView) -> bool:
        match = request._request.resolver_match
        rule = rules.rule_of(match.route, request.GET.get("view", "")) if match is not None else None
        if rule is None:
            return False
        need = rules.need_of(rule, request.method or "")
        if need is None:
            return request.method not in view.allowed_methods  # and is answered so
        self.message = rules.why_not(need)
        return rules.lets_in(need, caller_of(request))


class Public(AllowAny):
    """Everyone. For views that do not even ask who comes; the table says the same."""
