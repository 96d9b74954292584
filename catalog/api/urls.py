from __future__ import annotations

from django.urls import path

from .views.actions import BulkUpdate, Populate, SetDefault
from .views.calculation import Calculate
from .views.models import AdminModel, AdminModels, ConfiguredModels, Model, Models
from .views.providers import OneProvider, Providers
from .views.routes import OneRoute, Routes
from .views.templates import FromTemplate, Templates

urlpatterns = [
    path("models", Models.as_view()),
    path("models/<int:pk>", Model.as_view()),
    path("models/calculate", Calculate.as_view()),
    path("models/templates", Templates.as_view()),
    path("models/templates/<slug:template>", FromTemplate.as_view()),
    path("config/models", ConfiguredModels.as_view()),
    path("admin/models", AdminModels.as_view()),
    path("admin/models/populate", Populate.as_view()),
    path("admin/models/bulk-update", BulkUpdate.as_view()),
    path("admin/models/set-default", SetDefault.as_view()),
    path("admin/models/<int:pk>", AdminModel.as_view()),
    path("admin/providers", Providers.as_view()),
    path("admin/providers/<slug:slug>", OneProvider.as_view()),
    path("admin/routes", Routes.as_view()),
    path("admin/routes/<int:pk>", OneRoute.as_view()),
]
