"""What every page of the account has in common: who is asking, and how refusals are told."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.paginator import Page, Paginator
from django.db.models import QuerySet
from django.forms import Form
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from access.caller import Caller, caller_of
from access.errors import AccessError
from catalog.errors import CatalogError, Invalid

PAGE = 50
View = Callable[..., HttpResponse]
LOGIN = "account:login"
TABS = {  # page -> the tab it belongs to
    **{name: name for name in ("models", "catalog", "calculator", "requests", "keys", "preferences")},
    **dict.fromkeys(("gallery", "model", "delete_model"), "models"),
    "key": "keys",
    **dict.fromkeys(("api_keys", "revoke_api_key"), "api-keys"),
}


def person(*methods: str) -> Callable[[View], View]:
    """A page for everyone who has signed in."""

    def decorate(view: View) -> View:
        return never_cache(login_required(require_http_methods([*methods, "HEAD"])(view), login_url=LOGIN))

    return decorate


def me(request: HttpRequest) -> Caller:
    """The one at the screen, for themselves: an admin's rank counts in the admin alone."""
    return replace(caller_of(request), is_admin=False)


def show(request: HttpRequest, template: str, status: int = 200, **context: Any) -> HttpResponse:
    return render(request, f"console/account/{template}.html", {"here": TABS.get(template), **context}, status=status)


def page_of(request: HttpRequest, rows: QuerySet) -> Page:
    return Paginator(rows, PAGE).get_page(request.GET.get("page"))


@contextmanager
def told(request: HttpRequest) -> Iterator[None]:
    """Turn a refusal into a message."""
    try:
        yield
    except (CatalogError, AccessError) as error:
        messages.error(request, error.message)


@contextmanager
def told_in(form: Form, fields: dict[str, str]) -> Iterator[None]:
    """Put a refusal beside the fields it is about; `fields` maps what the catalog calls them to the form's names."""
    try:
        yield
    except Invalid as error:
        details = error.details if isinstance(error.details, dict) else {}
        for name, text in details.items():
            field = fields.get(name, name)
            form.add_error(field if field in form.fields else None, f"{text[:1].upper()}{text[1:].rstrip('.')}.")
    except (CatalogError, AccessError) as error:
        form.add_error(None, error.message)


def back(request: HttpRequest, otherwise: str) -> HttpResponseRedirect:
    """To the page the button was on."""
    url = request.POST.get("next", "")
    safe = url_has_allowed_host_and_scheme(url, allowed_hosts={request.get_host()}, require_https=request.is_secure())
    return HttpResponseRedirect(url) if safe else redirect(otherwise)
