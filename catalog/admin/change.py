"""The history in the admin: who changed what, when and why. It can be undone, and not edited."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from django.contrib import admin
from django.contrib.admin.views.main import ChangeList
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import path
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.views.decorators.http import require_POST

from catalog import history, undo
from catalog.admin import differences, display
from catalog.admin.page import ReadOnlyAdmin
from catalog.admin.telling import acting, back, say, told
from catalog.models import Change, ChangeSet

SHOWN = 20  # other changes of the same transaction


class DescribedChanges(ChangeList):
    """A page of changes, each with its `entry`."""

    def get_results(self, request: HttpRequest) -> None:
        super().get_results(request)
        rows: list[Any] = list(self.result_list)
        for row, entry in zip(rows, differences.described(rows), strict=True):
            row.entry = entry
        self.result_list = rows


@admin.register(Change)
class ChangeAdmin(ReadOnlyAdmin):
    list_display = ("when", "who", "door", "what", "thing", "reason")
    list_display_links = ("when",)
    list_filter = ("change_set__source", "object_type", "action")
    list_select_related = ("change_set",)
    list_per_page = 50
    search_fields = ("label",)
    search_help_text = "Part of the name of what was changed."
    sortable_by = ()
    ordering = ("-id",)

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ChangeList]:
        return DescribedChanges

    def lookup_allowed(self, lookup: str, value: str, request: Any = None) -> bool:
        return lookup in ("change_set", "change_set__run") or super().lookup_allowed(lookup, value, request)

    @admin.display(description="when")
    def when(self, row: Change) -> SafeString | str:
        return display.ago(row.change_set.at)

    @admin.display(description="who")
    def who(self, row: Change) -> str:
        return row.change_set.actor_label

    @admin.display(description="through")
    def door(self, row: Change) -> str:
        return row.change_set.get_source_display()

    @admin.display(description="what")
    def what(self, row: Any) -> str:
        return str(row.entry.summary)

    @admin.display(description="object")
    def thing(self, row: Any) -> SafeString:
        label = display.code(row.label)
        return format_html('<a href="{}">{}</a>', row.entry.object_url, label) if row.entry.object_url else label

    @admin.display(description="reason")
    def reason(self, row: Change) -> str:
        return row.change_set.reason

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: Mapping[str, Any] | None = None,
    ) -> HttpResponse:
        if not self.has_view_permission(request) or object_id is None:
            raise PermissionDenied
        change = self.get_object(request, object_id)
        if change is None:
            return self.gone(request, object_id)
        others = change.change_set.changes.exclude(pk=change.pk).select_related("change_set")
        entry, *shown = differences.described([change, *others[:SHOWN]])
        allowed = may_undo(request, [change.object_type])
        return self.respond(
            request,
            "admin/catalog/change/change_form.html",
            title=str(change),
            original=change,
            entry=entry,
            others=shown,
            other_count=others.count(),
            may_undo=allowed and entry.can_undo,
            may_undo_all=allowed and any(one.can_undo for one in (entry, *shown)),
        )

    def history_view(
        self, request: HttpRequest, object_id: str, extra_context: Mapping[str, Any] | None = None
    ) -> HttpResponse:
        raise Http404  # the history has none

    def get_urls(self) -> list[Any]:
        def posted(route: str, view: Callable[..., HttpResponse], name: str) -> Any:
            return path(route, self.admin_site.admin_view(require_POST(view)), name=name)

        return [
            posted("<int:pk>/undo/", self.undo_view, "catalog_change_undo"),
            posted("set/<int:pk>/undo/", self.undo_set_view, "catalog_changeset_undo"),
            *super().get_urls(),
        ]

    def undo_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        change = get_object_or_404(Change.objects.select_related("change_set"), pk=pk)
        if not may_undo(request, [change.object_type]):
            raise PermissionDenied
        by = acting(request)
        with told(request):
            with history.change_set(by, f"Undo of change {pk}") as changes:
                undo.undo(change, by)
            say(request, f"Undone: {differences.described([change])[0].summary}.", changes)
        return back(request, self.url("changelist"))

    def undo_set_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        change_set = get_object_or_404(ChangeSet, pk=pk)
        if not may_undo(request, change_set.changes.order_by().values_list("object_type", flat=True).distinct()):
            raise PermissionDenied
        by = acting(request)
        with told(request):
            with history.change_set(by, f"Undo of {change_set}") as changes:
                undo.undo_change_set(change_set, by)
            say(request, f"Undone: {display.count(len(changes.pending), 'change')}.", changes)
        return back(request, self.url("changelist"))


def may_undo(request: HttpRequest, kinds: Iterable[str]) -> bool:
    """Who may change all these kinds of objects may also take a change of them back."""
    return all(request.user.has_perm(f"catalog.change_{differences.table(kind)}") for kind in kinds)
