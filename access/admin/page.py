"""What the pages of access share: only admins see them, and our own events stand in for Django's log."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import Model, QuerySet
from django.http import HttpRequest

from access.caller import caller_of


class AccessAdmin(admin.ModelAdmin):
    """For admins alone: who could edit keys or limits could give themselves anything."""

    show_full_result_count = False
    list_per_page = 50

    def has_module_permission(self, request: HttpRequest) -> bool:
        return self.is_for(request)

    def has_view_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return self.is_for(request)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return self.is_for(request)

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return self.is_for(request)

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return self.is_for(request)

    def is_for(self, request: HttpRequest) -> bool:
        return caller_of(request).is_admin

    def get_actions(self, request: HttpRequest) -> dict[str, Any]:
        return {}

    def log_addition(self, request: HttpRequest, obj: Model, message: Any) -> None:  # type: ignore[override]
        return None

    def log_change(self, request: HttpRequest, obj: Model, message: Any) -> None:  # type: ignore[override]
        return None

    def log_deletions(self, request: HttpRequest, queryset: QuerySet) -> None:  # type: ignore[override]
        return None
