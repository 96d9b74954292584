"""One's own keys for providers: stored once, shown by their last four characters, replaced or deleted."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect

from access.caller import Caller
from catalog import credentials
from catalog.credentials import Secret
from catalog.models import Auth, Provider

from .page import me, person, show, told, told_in
from .secret_fields import AuthField, HeadersField, KeyField

REFUSALS = {"apiKey": "key", "auth_type": "auth", "auth_headers": "headers"}


class KeyForm(forms.Form):
    provider = forms.ModelChoiceField(Provider.objects.none(), empty_label="Choose a provider")
    key = KeyField(label="API key", required=True)
    base_url = forms.CharField(
        label="Address",
        required=False,
        max_length=500,
        help_text="Only if it is not the provider's usual one, such as your own Azure resource.",
    )
    auth = AuthField()
    headers = HeadersField()

    def __init__(self, caller: Caller, data: Any = None, initial: Any = None) -> None:
        super().__init__(data, initial=initial)
        choice: Any = self.fields["provider"]
        choice.queryset = Provider.objects.open_to(caller).exclude(auth=Auth.NONE, base_url="").order_by("name")
        choice.label_from_instance = lambda row: row.name


@person("GET")
def listed(request: HttpRequest) -> HttpResponse:
    return show(request, "keys", keys=credentials.keys_of(me(request)))


@person("GET", "POST")
def add(request: HttpRequest) -> HttpResponse:
    caller = me(request)
    initial = {"provider": request.GET.get("provider"), "base_url": request.GET.get("address")}
    form = KeyForm(caller, request.POST or None, initial)
    if request.method == "POST" and form.is_valid():
        with told_in(form, REFUSALS):
            store(form.cleaned_data, caller)
            messages.success(request, f"Your key for {form.cleaned_data['provider'].name} is stored.")
            return redirect("account:keys")
    return show(request, "key", form=form)


def store(entered: dict[str, Any], caller: Caller) -> None:
    secret: Secret = Secret(key=entered["key"], headers=entered["headers"], auth=entered["auth"])
    credentials.set_key(
        entered["provider"],
        secret.key or "",
        caller,
        owner_id=caller.user_id,
        base_url=entered["base_url"],
        headers=secret.headers,
        auth=secret.auth,
    )


@person("POST")
def delete(request: HttpRequest, pk: int) -> HttpResponse:
    with told(request):
        credentials.forget_own_key(pk, me(request))
        messages.success(request, "The key was deleted.")
    return redirect("account:keys")
