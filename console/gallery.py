"""Templates as a gallery, for the organisation's models: choose one, paste a key, save."""

from __future__ import annotations

from functools import partial

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect

from catalog import history, templates
from catalog.admin.telling import acting, say
from catalog.errors import NotFound
from catalog.models import AIModel
from console import connection
from console.account.model_form import REFUSALS, ModelForm
from console.account.models import store
from console.account.page import told_in
from console.page import respond, staff

ADD = "catalog.add_aimodel"


@staff(ADD)
def gallery(request: HttpRequest) -> HttpResponse:
    return respond(request, "gallery", title="Add a model", offers=templates.offers(acting(request)))


@staff(ADD)
def add(request: HttpRequest, template: str) -> HttpResponse:
    by = acting(request)
    try:
        offer = templates.offered(template, by)
    except NotFound as error:
        raise Http404 from error
    form = ModelForm(request.POST or None, offer=offer)
    page = partial(respond, request, "from_template", title=offer.template.name, offer=offer, form=form)
    if connection.is_asked_for(request):
        return connection.answer(request, form, AIModel(provider=offer.provider), by, page)
    if request.method == "POST" and form.is_valid():
        with told_in(form, REFUSALS):
            with history.change_set(by) as changes:
                row = store(form, offer, by, owner_id=None)
            say(request, f"Added {row}.", changes)
            return redirect("admin:catalog_aimodel_change", row.pk)
    return page()
