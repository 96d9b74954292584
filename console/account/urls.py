from __future__ import annotations

from django.urls import path
from django.views.generic import RedirectView

from . import api_keys, calculator, keys, models, offer, preferences, sign_in

app_name = "account"

urlpatterns = [
    path("", RedirectView.as_view(pattern_name="account:models")),
    path("login", sign_in.SignIn.as_view(), name="login"),
    path("logout", sign_in.SignOut.as_view(), name="logout"),
    path("password", sign_in.password, name="password"),
    path("models", models.listed, name="models"),
    path("models/add", models.gallery, name="gallery"),
    path("models/add/<slug:template>", models.add, name="add-model"),
    path("models/<int:pk>", models.edit, name="model"),
    path("models/<int:pk>/delete", models.delete, name="delete-model"),
    path("calculator", calculator.shown, name="calculator"),
    path("catalog", offer.catalog, name="catalog"),
    path("requests", offer.requests, name="requests"),
    path("requests/ask/<slug:kind>/<int:pk>", offer.ask, name="ask"),
    path("requests/<int:pk>/withdraw", offer.withdraw, name="withdraw"),
    path("keys", keys.listed, name="keys"),
    path("keys/add", keys.add, name="add-key"),
    path("keys/<int:pk>/delete", keys.delete, name="delete-key"),
    path("api-keys", api_keys.listed, name="api-keys"),
    path("api-keys/<int:pk>/rotate", api_keys.rotate, name="rotate-api-key"),
    path("api-keys/<int:pk>/revoke", api_keys.revoke, name="revoke-api-key"),
    path("preferences", preferences.shown, name="preferences"),
    path("preferences/default", preferences.set_default, name="set-default"),
]
