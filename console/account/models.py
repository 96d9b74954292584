"""One's own models: made from templates, changed, deleted."""

from __future__ import annotations

from functools import partial

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect

from access.caller import Caller
from catalog import preferences, registration, templates
from catalog.errors import NotFound
from catalog.models import AIModel
from catalog.templates import Offer
from console import connection

from .model_form import REFUSALS, ModelForm
from .page import me, person, show, told, told_in


@person("GET")
def listed(request: HttpRequest) -> HttpResponse:
    caller = me(request)
    rows = AIModel.objects.filter(owner=request.user.pk).select_related("provider", "price", "credential").light()
    return show(request, "models", models=rows.order_by("name"), default=preferences.default_model_of(caller))


@person("GET")
def gallery(request: HttpRequest) -> HttpResponse:
    return show(request, "gallery", offers=templates.offers(me(request)))


@person("GET", "POST")
def add(request: HttpRequest, template: str) -> HttpResponse:
    caller = me(request)
    try:
        offer = templates.offered(template, caller)
    except NotFound as error:
        raise Http404 from error
    form = ModelForm(request.POST or None, offer=offer)
    page = partial(show, request, "model", form=form, offer=offer)
    if connection.is_asked_for(request):
        row = AIModel(provider=offer.provider, owner_id=caller.user_id)
        return connection.answer(request, form, row, caller, page)
    if request.method == "POST" and form.is_valid():
        with told_in(form, REFUSALS):
            row = store(form, offer, caller, owner_id=caller.user_id)
            messages.success(request, f"{row.name} is yours to use.")
            return redirect("account:models")
    return page()


def store(form: ModelForm, offer: Offer, caller: Caller, *, owner_id: int | None) -> AIModel:
    stated = {name: value for name, value in form.stated().items() if value is not None}
    stated["price"] = {name: amount for name, amount in stated["price"].items() if amount is not None}
    if not stated["price"]:
        del stated["price"]
    model_id = form.cleaned_data["model_id"]
    return registration.add_model(
        provider=offer.provider,
        model_id=model_id,
        by=caller,
        stated={**stated, "name": stated.get("name") or model_id},
        decisions=form.decided(),
        owner_id=owner_id,
        secret=form.secret(),
    )


def mine(request: HttpRequest, pk: int) -> AIModel:
    """A model of one's own; any other is not there."""
    row = AIModel.objects.filter(owner=request.user.pk, pk=pk).select_related("provider", "price", "credential").first()
    if row is None:
        raise Http404
    return row


@person("GET", "POST")
def edit(request: HttpRequest, pk: int) -> HttpResponse:
    row = mine(request, pk)
    form = ModelForm(request.POST or None, model=row)
    page = partial(show, request, "model", form=form, model=row)
    if connection.is_asked_for(request):
        return connection.answer(request, form, mine(request, pk), me(request), page)
    if request.method == "POST" and form.is_valid():
        with told_in(form, REFUSALS):
            change(form, row, me(request))
            messages.success(request, f"{row.name} was changed.")
            return redirect("account:models")
    return page()


def change(form: ModelForm, row: AIModel, caller: Caller) -> None:
    stated = form.stated(form.changed_data)
    if "name" in stated:
        stated["name"] = stated["name"] or row.model_id
    registration.change_model(
        row, caller, stated=stated, decisions=form.decided(form.changed_data), secret=form.secret()
    )


@person("GET", "POST")
def delete(request: HttpRequest, pk: int) -> HttpResponse:
    row = mine(request, pk)
    if request.method != "POST":
        return show(request, "delete_model", model=row)
    with told(request):
        registration.delete_model(row, me(request))
        messages.success(request, f"{row.name} was deleted.")
    return redirect("account:models")
