"""The name on every page of the admin site."""

from __future__ import annotations

from django.contrib import admin

admin.site.site_header = "Model Registry"
admin.site.site_title = "Model Registry"
admin.site.index_title = "Overview"
admin.site.site_url = None
admin.site.empty_value_display = "–"
