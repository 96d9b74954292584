"""What syncs held, and the sources that disagree: each with its choices, and a reason."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.dateparse import parse_datetime
from django.views.decorators.http import require_POST

from access.caller import Caller
from catalog import disagreements, facts, held, history, pricing
from catalog.admin import differences, display
from catalog.admin.telling import acting, say, told
from catalog.models import AIModel, ObjectType, Price, PriceState
from discovery.admin import waiting
from discovery.admin.page import DECIDE, SEE, respond, staff
from discovery.plan import suspicion

PAGE = 50
REASON = 500  # characters
DECISIONS: dict[str | None, Callable[[Price, Caller, str], object]] = {"accept": held.accept, "refuse": held.refuse}
CHOICES: dict[str, Callable[..., None]] = {
    "keep": disagreements.keep,
    "pin": disagreements.pin,
    "take": disagreements.take,
}


@staff(SEE)
def held_page(request: HttpRequest) -> HttpResponse:
    page = Paginator(waiting.held_prices(), PAGE).get_page(request.GET.get("p"))
    return respond(
        request,
        "held",
        title="Held lists and prices",
        lists=list(waiting.held_lists().defer("plan")),
        page=page,
        prices=[price_row(price) for price in page.object_list],
    )


def price_row(price: Price) -> dict[str, Any]:
    """A held price beside what its source said before, and why it was not believed."""
    model = price.model
    before = model.claims.get(price.source, {"facts": {}})["facts"].get(facts.PRICE)
    stated = pricing.stated_by(price)
    return {
        "price": price,
        "model": model,
        "before": display.price(before),
        "after": display.price(stated),
        "why": suspicion(before, stated, model.category),
    }


@staff(DECIDE)
@require_POST
def decide_price(request: HttpRequest, pk: int) -> HttpResponse:
    price = Price.objects.select_related("model__provider").filter(pk=pk, state=PriceState.HELD).first()
    decision, reason = request.POST.get("decision"), request.POST.get("reason", "")[:REASON]
    by = acting(request)
    if decision not in DECISIONS:
        raise Http404
    if price is None:
        messages.error(request, "Somebody has decided this already.")
        return HttpResponseRedirect(reverse("discovery-held"))
    with told(request):
        with history.change_set(by, reason) as changes:
            DECISIONS[decision](price, by, reason)
        say(request, f"{'Accepted' if decision == 'accept' else 'Refused'} the price of {price.model}.", changes)
    return HttpResponseRedirect(reverse("discovery-held"))


@staff(SEE)
def conflicts_page(request: HttpRequest) -> HttpResponse:
    page = Paginator(waiting.conflicting_ids(), PAGE).get_page(request.GET.get("p"))
    models = waiting.conflicting().filter(pk__in=list(page.object_list))
    rows = [row for model in models for row in conflict_rows(model)]
    return respond(request, "conflicts", title="Conflicts", page=page, rows=rows)


def conflict_rows(model: AIModel) -> list[dict[str, Any]]:
    return [
        {
            "model": model,
            "fact": conflict["fact"],
            "label": differences.label(ObjectType.MODEL, conflict["fact"]),
            "seen": disagreements.mark_of(conflict),
            "words": [word(model, conflict["fact"], source, value) for source, value in conflict["values"].items()],
        }
        for conflict in disagreements.open_in(model)
    ]


def word(model: AIModel, fact: str, source: str, value: Any) -> dict[str, Any]:
    """What one source says, since when, and whether it holds."""
    return {
        "source": source,
        "value": display.value(fact, value),
        "since": parse_datetime(model.claims[source]["changed_at"]),
        "holds": facts.merge(model.claims).sources.get(fact) == source,
    }


@staff(DECIDE)
@require_POST
def settle_conflict(request: HttpRequest, pk: int) -> HttpResponse:
    model = get_object_or_404(AIModel.objects.global_().select_related("provider"), pk=pk)
    fact, seen = request.POST.get("fact", ""), request.POST.get("seen", "")
    choice, _, source = request.POST.get("choice", "").partition(":")
    reason, by = request.POST.get("reason", "")[:REASON], acting(request)
    if choice not in CHOICES:
        raise Http404
    with told(request):
        with history.change_set(by, reason) as changes:
            if choice == "take":
                disagreements.take(model, fact, source, seen, by, reason)
            else:
                CHOICES[choice](model, fact, seen, by, reason)
        say(request, f"Settled: {differences.label(ObjectType.MODEL, fact)} of {model}.", changes)
    return HttpResponseRedirect(reverse("discovery-conflicts"))
