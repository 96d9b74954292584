from __future__ import annotations

from django.urls import path

from . import page

app_name = "playground"

urlpatterns = [
    path("", page.shown, name="shown"),
    path("/models", page.models, name="models"),
    path("/token", page.token, name="token"),
    path("/keep", page.keep, name="keep"),
    path("/better", page.better, name="better"),
]
