from __future__ import annotations

from django.urls import path

from .views import Discover, Run, Status, Syncable, SyncAll, SyncOne

urlpatterns = [
    path("api/admin/models/discover", Discover.as_view()),
    path("api/admin/runs/<int:pk>", Run.as_view(), name="admin-run"),
    path("admin/model-sync/provider/<slug:slug>", SyncOne.as_view()),
    path("admin/model-sync/all", SyncAll.as_view()),
    path("admin/model-sync/providers", Syncable.as_view()),
    path("admin/model-sync/status", Status.as_view()),
]
