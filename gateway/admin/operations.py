"""What operators look after: providers that are not called for now, and records that could not be read."""

from __future__ import annotations

from django.contrib import admin, messages
from django.db.models import Model, QuerySet
from django.http import HttpRequest
from django.utils.safestring import SafeString

from access.caller import caller_of
from catalog.admin import display
from catalog.admin.page import ReadOnlyAdmin
from gateway.admin.paging import FirstPart, FirstPartList
from gateway.metering import ledger
from gateway.models import Breaker, BreakerState, Quarantine

LOOKS = {BreakerState.OPEN: "down", BreakerState.TRYING: "pending", BreakerState.CLOSED: "enabled"}


@admin.register(Breaker)
class BreakerAdmin(ReadOnlyAdmin):
    list_display = ("provider", "credential", "state_word", "failures", "reason", "began", "ends", "worker", "seen")
    list_display_links = None
    list_filter = ("state", "provider")
    list_per_page = 50
    sortable_by = ()

    def has_view_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return obj is None and super().has_view_permission(request)  # the list says all there is

    @admin.display(description="state")
    def state_word(self, row: Breaker) -> SafeString:
        return display.state(LOOKS[BreakerState(row.state)], row.get_state_display())

    @admin.display(description="since")
    def began(self, row: Breaker) -> SafeString | str:
        return display.ago(row.since)

    @admin.display(description="tried again")
    def ends(self, row: Breaker) -> SafeString | str:
        return display.ago(row.until) if row.until else ""

    @admin.display(description="last heard of")
    def seen(self, row: Breaker) -> SafeString | str:
        return display.ago(row.seen_at)


@admin.register(Quarantine)
class QuarantineAdmin(ReadOnlyAdmin):
    list_display = ("when", "why", "text")
    list_display_links = None
    list_per_page = 50
    list_max_show_all = 0
    search_fields = ("why", "record")
    search_help_text = "Part of the reason or of the record."
    sortable_by = ()
    ordering = ("-id",)
    paginator = FirstPart
    actions = ("try_again", "discard")

    def get_changelist(self, request: HttpRequest, **kwargs: object) -> type[FirstPartList]:
        return FirstPartList

    def has_view_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return obj is None and super().has_view_permission(request)  # the list says all there is

    def has_try_permission(self, request: HttpRequest) -> bool:
        return caller_of(request).is_admin or request.user.has_perm("gateway.change_quarantine")

    def has_discard_permission(self, request: HttpRequest) -> bool:
        return caller_of(request).is_admin or request.user.has_perm("gateway.delete_quarantine")

    @admin.action(description="Try again", permissions=["try"])
    def try_again(self, request: HttpRequest, queryset: QuerySet[Quarantine]) -> None:
        came_in, stay = ledger.try_again(queryset)
        if came_in:
            messages.success(request, f"Brought in {display.count(came_in, 'record')}.")
        if stay:
            messages.warning(request, f"Still unreadable: {display.count(stay, 'record')}.")

    @admin.action(description="Discard: they never count", permissions=["discard"])
    def discard(self, request: HttpRequest, queryset: QuerySet[Quarantine]) -> None:
        count = queryset.delete()[0]
        messages.success(request, f"Discarded {display.count(count, 'record')}.")

    @admin.display(description="when")
    def when(self, row: Quarantine) -> SafeString | str:
        return display.ago(row.at)

    @admin.display(description="record")
    def text(self, row: Quarantine) -> SafeString:
        return display.code(row.record[:1000])
