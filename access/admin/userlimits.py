"""What each person may use with all their keys together."""

from __future__ import annotations

from django.contrib import admin

from access.models import UserLimits

from .page import AccessAdmin


@admin.register(UserLimits)
class UserLimitsAdmin(AccessAdmin):
    list_display = ("user", "requests_per_minute", "tokens_per_minute", "monthly_budget", "allow_unpriced")
    list_select_related = ("user",)
    search_fields = ("user__username",)
    raw_id_fields = ("user",)
