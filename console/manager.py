"""All models in one table: how large they are, whether their price is known, and what can be done with each."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils.safestring import SafeString
from django.views.decorators.http import require_safe

from catalog import lifecycle, registration
from catalog.admin import display, model_page
from catalog.admin.model_list import IdPaginator
from catalog.models import AIModel, Category, Provider, Route
from catalog.models.aimodel import AIModelQuerySet
from console.page import CHANGE, SEE, respond, staff

PAGE = 50
PRICING = {"yes": "known", "no": "unknown"}
LONGEST = 200


@dataclass(frozen=True, kw_only=True, slots=True)
class Row:
    """A model with what its row says and offers."""

    model: AIModel
    state: SafeString
    price: str
    kept: str  # why it cannot be deleted
    archive: SafeString | str  # a button, where that is what to do instead


@staff(SEE)
@require_safe
def table(request: HttpRequest) -> HttpResponse:
    asked = {name: request.GET.get(name, "").replace("\x00", "")[:LONGEST].strip() for name in FILTERS}
    paginator = IdPaginator(found(asked), PAGE)
    page = paginator.get_page(request.GET.get("page"))
    ids = paginator.ids(page.start_index() - 1, page.end_index()) if paginator.count else []
    may_change = request.user.has_perm(CHANGE)
    return respond(
        request,
        "manager",
        title="Model table",
        asked=asked,
        page=page,
        rows=list(rows(ids, may_change=may_change)),
        providers=Provider.objects.order_by("name").values_list("slug", "name"),
        categories=Category.choices,
        pricing=PRICING.items(),
        may_change=may_change,
        may_add=request.user.has_perm("catalog.add_aimodel"),
        may_delete=request.user.has_perm("catalog.delete_aimodel"),
    )


FILTERS: dict[str, Any] = {
    "q": lambda models, words: models.search(words),
    "provider": lambda models, slug: models.for_provider(slug),
    "category": lambda models, category: models.in_category(category),
    "pricing": lambda models, known: models.filter(price__isnull=known != "yes"),
}


def found(asked: dict[str, str]) -> AIModelQuerySet:
    """The organisation's models but for archived ones, narrowed by what was asked, by name."""
    models = AIModel.objects.global_().unarchived()
    for name, value in asked.items():
        if value:
            models = FILTERS[name](models, value)
    return models.order_by("name", "id")


def rows(ids: list[int], *, may_change: bool) -> Iterator[Row]:
    models = AIModel.objects.filter(pk__in=ids).select_related("provider", "price").light()
    routes = Route.objects.names_by_model(ids)
    for model in models.order_by("name", "id"):
        kept = registration.why_kept(model, routes.get(model.pk, ()))
        may_archive = kept and may_change and "archive" in lifecycle.moves_from(model.status)
        yield Row(
            model=model,
            state=display.state(model.status, model.get_status_display()),
            price=display.headline(model.price.amounts) if model.price else "",
            kept=kept,
            archive=next(model_page.buttons(model, ["archive"])) if may_archive else "",
        )
