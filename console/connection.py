"""Testing a connection from the pages: of what is stored, by a button; of what is entered, before it is saved."""

from __future__ import annotations

from collections.abc import Callable

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render

from access.caller import Caller
from catalog import registration
from catalog.admin.telling import acting, back, told
from catalog.errors import CatalogError
from catalog.models import AIModel, Provider
from console.account.model_form import REFUSALS, ModelForm
from console.account.page import told_in
from console.page import CHANGE, staff
from gateway import connection
from gateway.connection import Settings, Tested
from gateway.errors import GatewayError

CHANGE_PROVIDERS = "catalog.change_provider"
TEST, CALL = "test", "call"  # the name of the buttons, and the value of the one that costs something
LEVELS = {"error": messages.ERROR, "success": messages.SUCCESS, "warning": messages.WARNING}

Page = Callable[..., HttpResponse]


@staff(CHANGE)
def test_model(request: HttpRequest, pk: int) -> HttpResponse:
    model = get_object_or_404(AIModel.objects.global_().select_related("provider"), pk=pk)
    by = acting(request)
    with told(request):
        say(request, str(model), run(request, connection.of_model(model, by), by))
    return back(request, "admin:catalog_aimodel_changelist")


@staff(CHANGE_PROVIDERS)
def test_provider(request: HttpRequest, slug: str) -> HttpResponse:
    provider = get_object_or_404(Provider, slug=slug)
    with told(request):
        say(request, provider.slug, run(request, connection.of_provider(provider), acting(request)))
    return back(request, "admin:catalog_provider_changelist")


def say(request: HttpRequest, what: str, tested: Tested) -> None:
    messages.add_message(request, LEVELS[level_of(tested)], f"{what}: {tested.message}")


def run(request: HttpRequest, settings: Settings, by: Caller) -> Tested:
    """Providers are asked only by a button. Raises CatalogError."""
    if request.method != "POST":
        raise CatalogError("Press the button to test the connection.")
    try:
        return connection.test(settings, by, bill=request.POST.get(TEST) == CALL)
    except GatewayError as error:
        raise CatalogError(error.message) from error


def level_of(tested: Tested) -> str:
    """Good is only what nothing speaks against, and something for."""
    if tested.has_failed:
        return "error"
    return "success" if tested.answers or tested.authorised else "warning"


# of what is entered


def is_asked_for(request: HttpRequest) -> bool:
    return TEST in request.POST


def answer(request: HttpRequest, form: ModelForm, row: AIModel, by: Caller, page: Page) -> HttpResponse:
    """A test with what a form holds for a model, which is not saved: the outcome alone, or the page with it."""
    tested = None
    if form.is_valid():
        with told_in(form, REFUSALS):
            entered = form.cleaned_data
            row.model_id, row.category = entered.get("model_id", row.model_id), entered["category"]
            row.base_url = registration.clean_decisions({"base_url": entered["base_url"]})["base_url"]
            tested = run(request, connection.of_model(row, by, form.secret(), is_entered=True), by)
    shown = None if tested is None else {"level": level_of(tested), "message": tested.message}
    if request.headers.get("x-requested-with") == "swap":
        found = form.errors.get_json_data().items()
        wrong = [f"{label_of(form, name)} {error['message']}" for name, errors in found for error in errors]
        return render(request, "console/tested.html", {"tested": shown, "wrong": wrong})
    return page(tested=shown)


def label_of(form: ModelForm, name: str) -> str:
    return f"{form[name].label}:" if name in form.fields else ""
