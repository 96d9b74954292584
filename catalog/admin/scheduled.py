"""Prices that begin on a day to come: the small form on a model's page, and the buttons that go with it."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest
from django.utils import timezone

from catalog import history, schedule
from catalog.admin.form_page import sentence
from catalog.admin.price_fields import LABELS, AmountField
from catalog.admin.telling import acting, say, told
from catalog.errors import CatalogError
from catalog.models import AIModel, Price, PriceState

BUTTON = "_schedule"  # by which the page of a model knows which of its forms was sent
AMOUNTS = ("input_mtok", "output_mtok", "cache_read_mtok")


class ScheduleForm(forms.Form):
    """A moment to come and the amounts that change then; the others stay as they are."""

    begins = forms.DateTimeField(label="Begins", help_text="In UTC, such as 2027-01-01 00:00:00")
    input_mtok = AmountField(LABELS["input_mtok"])
    output_mtok = AmountField(LABELS["output_mtok"])
    cache_read_mtok = AmountField(LABELS["cache_read_mtok"])
    reason = forms.CharField(max_length=500, required=False)

    def __init__(self, data: Any = None) -> None:
        super().__init__(data, prefix="schedule")  # the page has fields of these names already

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if all(name in cleaned and cleaned[name] is None for name in AMOUNTS):
            self.add_error(None, "Say at least one amount.")
        if cleaned.get("begins") and cleaned["begins"] <= timezone.now():
            self.add_error("begins", "Must lie in the future.")
        return cleaned

    @property
    def stated(self) -> dict[str, Any]:
        return {name: self.cleaned_data[name] for name in AMOUNTS if self.cleaned_data[name] is not None}


def schedule_price(request: HttpRequest, model: AIModel) -> ScheduleForm | None:
    """Schedule the price that was sent. The form with its errors, if it cannot be."""
    form = ScheduleForm(request.POST)
    if not form.is_valid():
        return form
    begins, by, reason = form.cleaned_data["begins"], acting(request), form.cleaned_data["reason"]
    try:
        schedule.schedule_price(model, form.stated, begins, by, reason)
    except CatalogError as error:
        form.add_error("begins" if "effective_from" in (error.details or ()) else None, sentence(error.message))
        return form
    messages.success(request, f"A new price of {model} begins {begins:%Y-%m-%d %H:%M} UTC.")
    return None


def cancel_price(request: HttpRequest, model: AIModel, price_id: int) -> None:
    price = Price.objects.filter(pk=price_id, model=model, state=PriceState.SCHEDULED).first()
    if price is None:
        messages.error(request, "That price is not scheduled any more.")
        return
    by = acting(request)
    with told(request):
        with history.change_set(by) as changes:
            schedule.cancel(price, by)
        say(request, f"The price that was to begin {price.effective_from:%Y-%m-%d %H:%M} UTC is cancelled.", changes)
