"""Ratings in the admin: read, never edited."""

from __future__ import annotations

from django.contrib import admin
from django.http import HttpRequest
from django.utils.safestring import SafeString

from catalog.admin import display
from catalog.admin.page import ReadOnlyAdmin
from gateway.models import Rating


@admin.register(Rating)
class RatingAdmin(ReadOnlyAdmin):
    list_display = ("when", "word", "route", "variant", "answered_by", "comment", "call")
    list_display_links = None
    list_filter = ("score",)
    list_per_page = 50
    search_fields = ("=route", "=variant", "=call_id", "comment")
    search_help_text = "A route, variant or call id as a whole, or words of a comment."
    sortable_by = ()
    ordering = ("-id",)

    def has_view_permission(self, request: HttpRequest, obj: Rating | None = None) -> bool:
        return obj is None and super().has_view_permission(request)  # the list says all there is

    @admin.display(description="when")
    def when(self, row: Rating) -> SafeString | str:
        return display.ago(row.at)

    @admin.display(description="rating")
    def word(self, row: Rating) -> SafeString:
        return display.state("enabled", "good") if row.score else display.state("down", "bad")

    @admin.display(description="model")
    def answered_by(self, row: Rating) -> SafeString:
        return display.code(row.model)

    @admin.display(description="call")
    def call(self, row: Rating) -> SafeString:
        return display.code(row.call_id)
