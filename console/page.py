"""What the console's pages in the admin have in common: who may see them, and what their templates expect."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.template.response import TemplateResponse

from discovery.admin.page import staff

__all__ = ["CHANGE", "SEE", "respond", "staff"]

SEE = "catalog.view_aimodel"
CHANGE = "catalog.change_aimodel"


def respond(request: HttpRequest, template: str, *, status: int | None = None, **context: Any) -> TemplateResponse:
    """A page of the admin site, from templates/console."""
    site = admin.site.each_context(request)
    return TemplateResponse(request, f"console/{template}.html", {**site, **context}, status=status)
