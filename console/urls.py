"""The console's pages in the admin, beside the admin site's own and in its look."""

from __future__ import annotations

from django.contrib import admin
from django.urls import path

from console import connection, gallery, home, impact, manager, waiting
from console.experiments import page as experiments
from console.model import page as model
from console.panel import page as panel
from console.usage import call, calls
from console.usage import page as usage

urlpatterns = [
    path("", admin.site.admin_view(home.overview)),
    path("attention/<slug:kind>", waiting.attention_page, name="console-attention"),
    path("catalog/aimodel/<int:pk>/overview", model.overview, name="console-model"),
    path("panel", panel.panel, name="console-panel"),
    path("panel/progress", panel.panel_progress, name="console-panel-progress"),
    path("impact/<int:pk>/<slug:name>", impact.impact_page, name="console-impact"),
    path("test-connection/model/<int:pk>", connection.test_model, name="console-test-model"),
    path("test-connection/provider/<slug:slug>", connection.test_provider, name="console-test-provider"),
    path("experiments", experiments.listed, name="console-experiments"),
    path("experiments/<int:pk>", experiments.one, name="console-experiment"),
    path("usage", usage.all_usage, name="console-usage"),
    path("usage/calls", calls.all_calls, name="console-usage-calls"),
    path("usage/calls/<slug:call_id>", call.all_call, name="console-usage-call"),
    path("models-table", manager.table, name="console-manager"),
    path("gallery", gallery.gallery, name="console-gallery"),
    path("gallery/<slug:template>", gallery.add, name="console-from-template"),
]
