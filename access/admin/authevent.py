"""What happened at the doors: read and exported, never edited."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.contrib.admin.options import IncorrectLookupParameters
from django.contrib.admin.views.main import ERROR_FLAG
from django.core.exceptions import PermissionDenied
from django.db.models import Model
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import path
from django.utils.html import format_html
from django.utils.safestring import SafeString

from access import event_export, times
from access.models import AuthEvent, Kind

from .page import AccessAdmin

LOOKS = {
    Kind.SIGN_IN: "enabled",
    Kind.SIGN_IN_FAILED: "pending",
    Kind.LOCKED: "failed",
    Kind.REFUSED: "failed",
    Kind.ADMIN_KEY_USED: "pending",
}


@admin.register(AuthEvent)
class AuthEventAdmin(AccessAdmin):
    list_display = ("when", "what", "who", "origin", "detail", "request_id")
    list_display_links = None
    fields = ("when", "kind", "who", "user_id", "api_key_id", "address", "request_id", "detail")
    readonly_fields = ("when",)
    list_filter = ("kind", "at")
    search_fields = ("who", "address__startswith", "request_id__exact", "detail")
    search_help_text = "Name, address, request id or part of the detail."
    ordering = ("-id",)
    sortable_by = ()
    change_list_template = "admin/access/authevent/change_list.html"

    def has_view_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return self.is_for(request) or request.user.has_perm("access.view_authevent")

    def has_module_permission(self, request: HttpRequest) -> bool:
        return self.has_view_permission(request)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def get_urls(self) -> list[Any]:
        export = self.admin_site.admin_view(self.export_view)
        return [path("export/", export, name="access_authevent_export"), *super().get_urls()]

    def export_view(self, request: HttpRequest) -> HttpResponse:
        """The list as it is filtered, as CSV."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        try:
            events = self.get_changelist_instance(request).get_queryset(request)
        except IncorrectLookupParameters:
            return HttpResponseRedirect(f"../?{ERROR_FLAG}=1")
        return event_export.csv_answer(events)

    @admin.display(description="at")
    def when(self, event: AuthEvent) -> SafeString | str:
        return times.ago(event.at)

    @admin.display(description="address")
    def origin(self, event: AuthEvent) -> str | None:
        return event.address

    @admin.display(description="what")
    def what(self, event: AuthEvent) -> SafeString:
        look = LOOKS.get(Kind(event.kind), "")
        return format_html('<span class="state state-{}">{}</span>', look, event.get_kind_display())
