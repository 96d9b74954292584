"""The pages of discovery, beside the admin site's own and in its look."""

from __future__ import annotations

from django.urls import path

from . import held, review, views

urlpatterns = [
    path("refresh", views.refresh, name="discovery-refresh-all"),
    path("refresh/<slug:slug>", views.refresh, name="discovery-refresh"),
    path("preview", views.preview, name="discovery-preview-all"),
    path("preview/<slug:slug>", views.preview, name="discovery-preview"),
    path("runs/<int:pk>", views.run_page, name="discovery-run"),
    path("runs/<int:pk>/progress", views.run_progress, name="discovery-run-progress"),
    path("runs/<int:pk>/apply", review.apply_run, name="discovery-apply"),
    path("results/<int:pk>", review.review, name="discovery-review"),
    path("held", held.held_page, name="discovery-held"),
    path("held/prices/<int:pk>", held.decide_price, name="discovery-decide-price"),
    path("conflicts", held.conflicts_page, name="discovery-conflicts"),
    path("conflicts/<int:pk>", held.settle_conflict, name="discovery-settle"),
]
