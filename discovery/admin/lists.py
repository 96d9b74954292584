"""The list of sync runs, read only: each row leads to the page of its run."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from catalog.admin import display
from catalog.admin.page import ReadOnlyAdmin
from discovery import leases, runs
from discovery.admin import waiting
from discovery.admin.page import SYNC
from discovery.models import SyncRun, SyncState

NAMED = 3  # providers in a row of the list
COUNTED = ("new", "changed", "missing", "deprecated")


@admin.register(SyncRun)
class SyncRunAdmin(ReadOnlyAdmin):
    list_display = ("run", "state", "providers", "outcome", "asked_by", "when")
    list_display_links = None
    list_filter = ("dry_run", "source")
    search_fields = ("=results__provider__slug", "requested_by")
    search_help_text = "The name of a provider, or of who asked."
    list_per_page = 50
    sortable_by = ()

    def get_queryset(self, request: HttpRequest) -> QuerySet[SyncRun]:
        return super().get_queryset(request).prefetch_related("results__provider")

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        leases.settle()
        return super().changelist_view(
            request,
            {"waiting": waiting.counts(), "may_sync": self.has_sync_permission(request), **(extra_context or {})},
        )

    def has_sync_permission(self, request: HttpRequest) -> bool:
        return bool(request.user.has_perm(SYNC))

    def change_view(self, request: HttpRequest, object_id: str, *args: Any, **kwargs: Any) -> HttpResponse:
        return HttpResponseRedirect(reverse("discovery-run", args=[object_id]))

    @admin.display(description="run")
    def run(self, row: SyncRun) -> SafeString:
        kind = " (preview)" if row.dry_run else ""
        return format_html('<a href="{}">Sync {}{}</a>', reverse("discovery-run", args=[row.pk]), row.pk, kind)

    @admin.display(description="state")
    def state(self, row: SyncRun) -> SafeString:
        state = runs.state_of(row.results.all())
        return display.state(state, SyncState(state).label)

    @admin.display(description="providers")
    def providers(self, row: SyncRun) -> str:
        slugs = sorted(result.provider.slug for result in row.results.all())
        more = f" and {len(slugs) - NAMED} more" if len(slugs) > NAMED else ""
        return ", ".join(slugs[:NAMED]) + more

    @admin.display(description="models")
    def outcome(self, row: SyncRun) -> str:
        results = row.results.all()
        held = sum(result.state == SyncState.HELD for result in results)
        counts = {name: sum(getattr(result, name) for result in results) for name in COUNTED}
        words = [f"{display.number(count)} {name}" for name, count in counts.items() if count]
        words += [f"{held} list{'s' if held > 1 else ''} held"] if held else []
        return ", ".join(words) or "nothing new"

    @admin.display(description="asked by")
    def asked_by(self, row: SyncRun) -> str:
        return row.requested_by

    @admin.display(description="when")
    def when(self, row: SyncRun) -> SafeString | str:
        return display.ago(row.created_at)
