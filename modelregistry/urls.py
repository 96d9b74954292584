"""Every room's routes in one tree. A route is served by the room that owns its work."""

from __future__ import annotations

from django.conf import settings
from django.contrib import admin
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.urls import include, path
from django.views.decorators.csrf import csrf_exempt
from django.views.generic import RedirectView
from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerSplitView

from console import health
from console.audit import Audit
from console.home import home
from gateway.api.scraping import Metrics

handler400 = "access.errors.bad_request"
handler403 = "access.errors.permission_denied"
handler404 = "access.errors.not_found"
handler500 = "access.errors.server_error"


def nothing_here(request: HttpRequest, rest: str) -> HttpResponse:
    """Programs are told so, where the admin site would offer them its sign-in page."""
    raise Http404


def no_gateway(request: HttpRequest, rest: str) -> HttpResponse:
    """Under ASGI the gateway answers before Django is asked."""
    message = "This server runs without the gateway: start it with modelregistry.asgi:application."
    return JsonResponse(
        {"error": {"message": message, "type": "api_error", "param": None, "code": "no_gateway"}}, status=404
    )


urlpatterns = [
    path("", home),
    path("v1/<path:rest>", csrf_exempt(no_gateway)),
    path("favicon.ico", RedirectView.as_view(url="/static/favicon.svg")),
    path("health/live", health.live),
    path("health/ready", health.ready),
    path("api/schema", SpectacularAPIView.as_view(), name="schema"),
    path("api/docs", SpectacularSwaggerSplitView.as_view(), name="docs"),
    path("api/", include("catalog.api.urls")),
    path("", include("discovery.api.urls")),
    path("api/", include("gateway.api.urls")),
    path("metrics", Metrics.as_view()),
    path("api/audit", Audit.as_view()),
    path("admin/model-sync/<path:rest>", nothing_here),
    path("admin/sync/", include("discovery.admin.urls")),
    path("playground", include("console.playground.urls")),
    path("account/", include("console.account.urls")),
    path("account", RedirectView.as_view(pattern_name="account:models")),
    path("", include("console.usage.urls")),
    path("admin", RedirectView.as_view(pattern_name="admin:index")),
    path("admin/", include("console.urls")),
    path("admin/", admin.site.urls),
]

if settings.SINGLE_SIGN_ON:
    from access import sso  # its library is an extra

    urlpatterns += [
        path("sso/login", sso.login, name="sso-login"),
        path("sso/callback", sso.callback, name="sso-callback"),
    ]
