"""What the organisation offers: the models one may use, those one may ask for, and what became of one's requests."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect

from catalog import credentials, grants, preferences
from catalog.models import AccessRequest, AIModel, Category, Provider

from .page import me, page_of, person, show, told

MOST_ASKED = 200
KINDS: dict[str, Any] = {"model": AIModel, "provider": Provider}


@person("GET")
def catalog(request: HttpRequest) -> HttpResponse:
    caller = me(request)
    words = request.GET.get("q", "").replace("\x00", "")[:200].strip()
    category = request.GET.get("category", "")
    found = AIModel.objects.visible_to(caller).global_().search(words)
    if category in Category.values:
        found = found.in_category(category)
    page = page_of(request, found.select_related("provider", "price").light().order_by("name", "id"))
    shown = AIModel.objects.filter(pk__in=[row.pk for row in page])
    return show(
        request,
        "catalog",
        page=page,
        ready=set(credentials.ready(shown, caller.user_id).values_list("pk", flat=True)),
        words=words,
        category=category,
        categories=Category.choices,
        default=preferences.default_model_of(caller),
        may_ask=AIModel.objects.requestable_by(caller).exists() or Provider.objects.requestable_by(caller).exists(),
    )


@person("GET")
def requests(request: HttpRequest) -> HttpResponse:
    caller = me(request)
    rows = AccessRequest.objects.filter(user=request.user.pk).select_related("provider", "model__provider")
    waiting = {(row.provider_id, row.model_id) for row in rows if row.state == "waiting"}
    models = AIModel.objects.requestable_by(caller).select_related("provider").light().order_by("name", "id")
    return show(
        request,
        "requests",
        requests=rows,
        models=[row for row in models[:MOST_ASKED] if (None, row.pk) not in waiting],
        providers=[row for row in Provider.objects.requestable_by(caller) if (row.pk, None) not in waiting],
    )


@person("POST")
def ask(request: HttpRequest, kind: str, pk: int) -> HttpResponse:
    caller = me(request)
    if kind not in KINDS:
        raise Http404
    target = KINDS[kind].objects.requestable_by(caller).filter(pk=pk).first()
    if target is None:
        raise Http404
    with told(request):
        grants.ask(target, caller, request.POST.get("why", "").replace("\x00", "").strip())
        messages.success(request, f"You have asked for {target.name}. An admin will answer.")
    return redirect("account:requests")


@person("POST")
def withdraw(request: HttpRequest, pk: int) -> HttpResponse:
    with told(request):
        grants.withdraw(pk, me(request))
        messages.success(request, "Your request was withdrawn.")
    return redirect("account:requests")
