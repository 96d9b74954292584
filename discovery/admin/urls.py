"""The pages of discovery, beside the admin site's own and in its look."""

from __future__ import annotations

from django.urls import path

from . import views

urlpatterns = [
    path("refresh", views.refresh, name="discovery-refresh-all"),
    path("refresh/<slug:slug>", views.refresh, name="discovery-refresh"),
    path("preview", views.preview, name="discovery-preview-all"),
    path("preview/<slug:slug>", views.preview, name="discovery-preview"),
    path("runs/<int:pk>", views.run_page, name="discovery-run"),
    path("runs/<int:pk>/progress", views.run_progress, name="discovery-run-progress"),
]
