"""The lists behind the numbers of the first page that no other page shows."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.db.models import Count, Subquery, Sum, Value
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from catalog.admin import display
from catalog.models import AIModel, Category, Provider
from console import attention, demand
from console.counts import model_counts
from console.page import respond, staff
from gateway.models import Breaker

PAGE = 50
Cell = SafeString | str


@dataclass(frozen=True, kw_only=True, slots=True)
class Listing:
    """A page of its own: which rows, and how they read."""

    title: str
    help: str
    permission: str
    columns: Sequence[str]
    rows: Callable[[], Any]  # a list or a queryset
    cells: Callable[[Sequence[Any]], list[list[Cell]]]


@staff(attention.MODELS)
def attention_page(request: HttpRequest, kind: str) -> HttpResponse:
    listing = LISTINGS.get(kind)
    if listing is None:
        raise Http404
    if not request.user.has_perm(listing.permission):
        raise PermissionDenied
    page = Paginator(listing.rows(), PAGE).get_page(request.GET.get("p"))
    return respond(
        request,
        "attention",
        title=listing.title,
        listing=listing,
        page=page,
        rows=listing.cells(list(page.object_list)),
    )


def without_default(kinds: Sequence[attention.Kind]) -> list[list[Cell]]:
    return [
        [
            kind.provider.name,
            Category(kind.category).label,
            format_html(
                '<a href="{}?{}">Choose a default</a>',
                reverse("console-panel"),
                urlencode({"category": kind.category, "provider": kind.provider.slug}),
            ),
        ]
        for kind in kinds
    ]


def retired(models: Sequence[AIModel]) -> list[list[Cell]]:
    total = demand.served_by_outer().values("model").annotate(total=Sum("calls")).values("total")
    given = (
        demand.given_away_by_outer().annotate(one=Value(1)).values("one").annotate(total=Count("pk")).values("total")
    )
    shown = AIModel.objects.filter(pk__in=[model.pk for model in models]).select_related("provider")
    shown = shown.annotate(served=Subquery(total), given_away=Subquery(given))
    return [
        [
            format_html(
                '<a href="{}">{}</a>',
                reverse("console-model", args=[model.pk]),
                display.code(str(model)),
            ),
            display.ago(model.deprecated_at),
            display.number((model.served or 0) + (model.given_away or 0)),
            format_html('<a href="{}">Who calls it</a>', reverse("console-impact", args=[model.pk, "archive"])),
        ]
        for model in shown.order_by("name", "id")
    ]


def failing(providers: Sequence[Provider]) -> list[list[Cell]]:
    breakers: dict[str, Breaker] = {breaker.provider: breaker for breaker in attention.open_breakers()}
    return [
        [
            provider_link(provider),
            display.state(provider.health, provider.get_health_display()),
            why(provider, breakers.get(provider.slug)),
            display.ago(provider.health_since),
        ]
        for provider in providers
    ]


def why(provider: Provider, breaker: Breaker | None) -> str:
    calls = f"Not called for now, {display.count(breaker.failures, 'call')} failed: {breaker.reason}" if breaker else ""
    return " ".join(part for part in (provider.health_reason, calls) if part) or display.UNKNOWN


def stale(providers: Sequence[Provider]) -> list[list[Cell]]:
    return [
        [
            provider_link(provider),
            display.ago(provider.last_synced_at),
            display.state(provider.health, provider.get_health_display()),
            provider.health_reason,
        ]
        for provider in providers
    ]


def provider_link(provider: Provider) -> SafeString:
    return format_html(
        '<a href="{}">{}</a>', reverse("admin:catalog_provider_change", args=[provider.pk]), provider.name
    )


LISTINGS = {
    "defaults": Listing(
        title="Without a default",
        help="These have enabled models, but no default: nothing answers in place of a model that goes.",
        permission=attention.MODELS,
        columns=("Provider", "Kind", "Decide"),
        rows=lambda: attention.kinds_without_default(model_counts()),
        cells=without_default,
    ),
    "retired": Listing(
        title="Deprecated, and still called",
        help="Deprecated models with calls in the last 30 days. Tell who calls them, or set a successor.",
        permission=attention.MODELS,
        columns=("Model", "Deprecated", "Calls in 30 days", "Callers"),
        rows=attention.retired_but_called,
        cells=retired,
    ),
    "failing": Listing(
        title="Failing providers",
        help="Their syncs or their calls fail.",
        permission=attention.PROVIDERS,
        columns=("Provider", "Health", "Why", "Since"),
        rows=attention.failing,
        cells=failing,
    ),
    "stale": Listing(
        title="Stale syncs",
        help="They were not synced for more than a day, or for two of their intervals.",
        permission=attention.PROVIDERS,
        columns=("Provider", "Last good sync", "Health", "Why"),
        rows=attention.stale,
        cells=stale,
    ),
}
