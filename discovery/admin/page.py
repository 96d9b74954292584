"""What the pages of discovery have in common: who may see them, and what their templates expect."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.views.decorators.cache import never_cache

from discovery.models import SyncRun

View = Callable[..., HttpResponse]

SEE = "discovery.view_syncrun"
SYNC = "discovery.add_syncrun"
DECIDE = "catalog.change_aimodel"


def staff(*permissions: str) -> Callable[[View], View]:
    """For signed-in staff with one of these permissions; others see the sign-in page, or are refused."""

    def decorate(view: View) -> View:
        @wraps(view)
        def checked(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            if not any(map(request.user.has_perm, permissions)):
                raise PermissionDenied
            return view(request, *args, **kwargs)

        return never_cache(admin.site.admin_view(checked))

    return decorate


def respond(request: HttpRequest, template: str, **context: Any) -> TemplateResponse:
    """A page of the admin site."""
    return TemplateResponse(
        request,
        f"admin/discovery/{template}.html",
        {
            **admin.site.each_context(request),
            "opts": SyncRun._meta,
            "may_sync": request.user.has_perm(SYNC),
            "may_decide": request.user.has_perm(DECIDE),
            **context,
        },
    )
