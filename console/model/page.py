"""The overview of one model: facts with their sources, prices over time, other offers, calls, routes, last changes."""

from __future__ import annotations

import json
from typing import Any

from django.contrib import admin
from django.contrib.admin.templatetags.admin_urls import add_preserved_filters
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import reverse

from catalog import routes
from catalog.admin import differences, model_page
from catalog.admin.telling import acting
from catalog.models import AIModel, Change, ObjectType
from console.model.facts import known_of
from console.model.offers import offers_of
from console.model.prices import charts
from console.model.traffic import traffic_of
from console.page import CHANGE, SEE, staff
from console.usage import door

LAST = 10  # changes


@staff(SEE, CHANGE)
def overview(request: HttpRequest, pk: int) -> HttpResponse:
    models = AIModel.objects.global_().select_related("provider", "price", "successor__provider")
    model = get_object_or_404(models, pk=pk)
    editable = request.user.has_perm(CHANGE)
    may = {name: request.user.has_perm(permission) for name, permission in PARTS.items()}
    changes = list(Change.objects.of(ObjectType.MODEL, model.pk)[: LAST + 1]) if may["history"] else []
    context: dict[str, Any] = {
        **addresses(model, request),
        **model_page.standing(model, editable=editable),
        **model_page.priced(model, editable=editable),
        "title": model.name,
        "original": model,
        "facts": known_of(model, request, editable=editable),
        "price_charts": list(charts(list(model.prices.all()[: model_page.PRICES]))),
        "offers": offers_of(model),
        "traffic": traffic_of(model, acting(request)) if may["traffic"] else None,
        "routes": routes.routes_of([model.pk])[model.pk] if may["routes"] else None,
        "entries": differences.described(changes[:LAST]),
        "more_changes": len(changes) > LAST,
        "sees_history": may["history"],
        "may_undo": editable,
        "metadata": pretty(model.provider_metadata),
    }
    site = admin.site.each_context(request)
    return TemplateResponse(request, "console/model.html", {**site, "opts": AIModel._meta, **context})


PARTS = {"traffic": door.SEE, "routes": "catalog.view_route", "history": "catalog.view_change"}


def addresses(model: AIModel, request: HttpRequest) -> dict[str, str]:
    """Of the pages around it, as the admin's templates expect them, with the filters of the list one came from."""
    models = admin.site.get_model_admin(AIModel)
    kept: Any = {"preserved_filters": models.get_preserved_filters(request), "opts": AIModel._meta}
    pages = {f"{page}_url": reverse(f"admin:catalog_aimodel_{page}", args=[model.pk]) for page in ("change", "history")}
    pages["list_url"] = reverse("admin:catalog_aimodel_changelist")
    return {name: str(add_preserved_filters(kept, url)) for name, url in pages.items()}


def pretty(metadata: Any) -> str:
    return "" if metadata is None else json.dumps(metadata, indent=2, ensure_ascii=False)
