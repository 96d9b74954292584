"""Calls in the admin's list of tables. Their pages are the console's, which we know by name alone."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect

from catalog.admin.page import ReadOnlyAdmin
from gateway.models import Usage

CALLS = "console-usage-calls"


@admin.register(Usage)
class UsageAdmin(ReadOnlyAdmin):
    def has_view_permission(self, request: HttpRequest, obj: Usage | None = None) -> bool:
        return obj is None and super().has_view_permission(request)  # the console has the page of each

    def changelist_view(self, request: HttpRequest, extra_context: Mapping[str, Any] | None = None) -> HttpResponse:
        if not self.has_view_permission(request):
            raise PermissionDenied
        return redirect(CALLS)
