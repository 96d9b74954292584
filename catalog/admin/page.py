"""The base of our admin pages: our own history in place of Django's log."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.contrib import admin
from django.contrib.admin.templatetags.admin_urls import add_preserved_filters
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.db.models import Model, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse

from catalog.admin import differences
from catalog.admin.telling import told
from catalog.models import Change

PAGE = 50


class RegistryAdmin(admin.ModelAdmin):
    """Django's log is not written: our history says more and cannot be forgotten by a door."""

    show_full_result_count = False
    show_facets = admin.ShowFacets.NEVER
    object_type = ""  # of the history; empty: it has none

    def log_addition(self, request: HttpRequest, obj: Model, message: Any) -> Any:
        return None

    def log_change(self, request: HttpRequest, obj: Model, message: Any) -> Any:
        return None

    def log_deletions(self, request: HttpRequest, queryset: QuerySet) -> Any:
        return None

    def get_actions(self, request: HttpRequest) -> dict[str, Any]:
        """Without Django's own bulk delete, which knows none of our rules."""
        return {name: action for name, action in super().get_actions(request).items() if name != "delete_selected"}

    def history_view(
        self, request: HttpRequest, object_id: str, extra_context: Mapping[str, Any] | None = None
    ) -> HttpResponse:
        obj = self.get_object(request, object_id)
        if obj is None:
            return self.gone(request, object_id)
        if not self.has_view_or_change_permission(request, obj):
            raise PermissionDenied
        page = Paginator(Change.objects.of(self.object_type, obj.pk), PAGE).get_page(request.GET.get("p"))
        return self.respond(
            request,
            "admin/catalog/history.html",
            title="History",
            subtitle=str(obj),
            original=obj,
            page=page,
            entries=differences.described(page.object_list),
            may_undo=self.has_change_permission(request, obj),
        )

    def delete_view(
        self, request: HttpRequest, object_id: str, extra_context: Mapping[str, Any] | None = None
    ) -> HttpResponse:
        """Django's page; what the operation refuses becomes a message."""
        with told(request):
            return super().delete_view(request, object_id, dict(extra_context or {}))
        return HttpResponseRedirect(self.url("change", object_id))

    def get_deleted_objects(self, objs: Any, request: HttpRequest) -> tuple[list[str], dict[str, int], set, list]:
        """The object alone: what goes with it is the operation's affair."""
        return [str(obj) for obj in objs], {str(self.opts.verbose_name): len(objs)}, set(), []

    def response_delete(self, request: HttpRequest, obj_display: str, obj_id: int) -> HttpResponse:
        """To the list; what was done was said by the operation."""
        return HttpResponseRedirect(self.list_url(request))

    def gone(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """To the list, for what was deleted or never was."""
        self.message_user(request, f"There is no {self.opts.verbose_name} {object_id[:20]} any more.", "warning")
        return HttpResponseRedirect(self.url("changelist"))

    def list_url(self, request: HttpRequest) -> str:
        """The list with the filters one came from."""
        preserved: Any = {"preserved_filters": self.get_preserved_filters(request), "opts": self.opts}
        return str(add_preserved_filters(preserved, self.url("changelist")))

    def url(self, page: str, *args: Any) -> str:
        return reverse(f"admin:{self.opts.app_label}_{self.opts.model_name}_{page}", args=args)

    def respond(self, request: HttpRequest, template: str, **context: Any) -> TemplateResponse:
        """A page of the admin site with what its templates expect."""
        original = context.get("original")
        if original is not None:
            for page in ("change", "history", "delete"):
                context[f"{page}_url"] = self.url(page, original.pk)
        site = self.admin_site.each_context(request)
        return TemplateResponse(
            request, template, {**site, "opts": self.opts, "list_url": self.list_url(request), **context}
        )


class ReadOnlyAdmin(RegistryAdmin):
    """Nobody adds, changes or deletes these rows by hand."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False
