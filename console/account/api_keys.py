"""One's own keys of this registry: made, rotated, revoked. The key itself is shown once."""

from __future__ import annotations

from datetime import timedelta
from uuid import uuid4

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone

from access import keys
from access.caller import Caller
from access.errors import AccessError, Clash
from access.models import ApiKey
from access.scopes import DEFAULT_SCOPES, PERSONAL_SCOPES, Scope

from .page import me, person, show, told

LIFETIMES = [("", "Never"), ("30", "In 30 days"), ("90", "In 90 days"), ("365", "In a year")]


class ApiKeyForm(forms.Form):
    name = forms.CharField(max_length=100, help_text="What it is for, such as: laptop.")
    scopes = forms.MultipleChoiceField(
        label="It may",
        choices=[(scope.value, scope.label) for scope in Scope if scope.value in PERSONAL_SCOPES],
        initial=sorted(DEFAULT_SCOPES),
        widget=forms.CheckboxSelectMultiple,
    )
    form_id = forms.UUIDField(initial=uuid4, widget=forms.HiddenInput)
    days = forms.ChoiceField(label="It expires", required=False, choices=LIFETIMES, initial="90")

    def terms(self) -> keys.Terms:
        days = self.cleaned_data["days"]
        expires_at = timezone.now() + timedelta(days=int(days)) if days else None
        return keys.Terms(scopes=self.cleaned_data["scopes"], expires_at=expires_at)


@person("GET", "POST")
def listed(request: HttpRequest) -> HttpResponse:
    caller = me(request)
    form = ApiKeyForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            return with_new(request, caller, make(form, caller))
        except Clash as error:  # made before, or too many: the list shows which
            messages.error(request, error.message)
            return redirect("account:api-keys")
        except AccessError as error:
            form.add_error(None, error.message)
    return page(request, caller, form)


def make(form: ApiKeyForm, caller: Caller) -> keys.Made:
    entered = form.cleaned_data
    return keys.make(
        entered["name"], by=caller, owner_id=caller.user_id, terms=form.terms(), form_id=entered["form_id"]
    )


def page(request: HttpRequest, caller: Caller, form: ApiKeyForm, made: keys.Made | None = None) -> HttpResponse:
    rows = ApiKey.objects.of(caller.user_id).order_by("revoked_at", "name", "id")
    return show(request, "api_keys", keys=rows, form=form, made=made)


def with_new(request: HttpRequest, caller: Caller, made: keys.Made) -> HttpResponse:
    """The answer itself shows the key: it is kept nowhere, so no other page could."""
    return page(request, caller, ApiKeyForm(), made)


@person("POST")
def rotate(request: HttpRequest, pk: int) -> HttpResponse:
    caller = me(request)
    with told(request):
        return with_new(request, caller, keys.rotate(pk, by=caller, seen=request.POST.get("seen", "")))
    return redirect("account:api-keys")


@person("GET", "POST")
def revoke(request: HttpRequest, pk: int) -> HttpResponse:
    """Ask first: a revoked key cannot be brought back."""
    with told(request):
        if request.method != "POST":
            return show(request, "revoke_api_key", key=keys.found(pk, me(request)))
        keys.revoke(pk, by=me(request))
        messages.success(request, "The key opens nothing any more.")
    return redirect("account:api-keys")
