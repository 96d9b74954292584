"""Prices that begin on a day to come: the small form on a model's page, and the buttons that go with it."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest
from django.utils import timezone

from catalog import history, schedule
from catalog.admin.telling import acting, say, told
from catalog.models import AIModel, Price, PriceState

AMOUNTS = {
    "input_mtok": "Per million input tokens",
    "output_mtok": "Per million output tokens",
    "cache_read_mtok": "Per million tokens read from the cache",
}


class ScheduleForm(forms.Form):
    """A moment to come and the amounts that change then; the others stay as they are."""

    begins = forms.DateTimeField(label="Begins", help_text="In UTC, such as 2027-01-01 00:00:00")
    input_mtok = forms.DecimalField(label=AMOUNTS["input_mtok"], min_value=0, required=False)
    output_mtok = forms.DecimalField(label=AMOUNTS["output_mtok"], min_value=0, required=False)
    cache_read_mtok = forms.DecimalField(label=AMOUNTS["cache_read_mtok"], min_value=0, required=False)
    reason = forms.CharField(max_length=500, required=False)

    def __init__(self, data: Any = None) -> None:
        super().__init__(data, prefix="schedule")  # the page has fields of these names already

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if all(cleaned.get(name) is None for name in AMOUNTS):
            raise forms.ValidationError("Say at least one amount.")
        if cleaned.get("begins") and cleaned["begins"] <= timezone.now():
            self.add_error("begins", "Must lie in the future.")
        return cleaned

    @property
    def stated(self) -> dict[str, Any]:
        return {name: self.cleaned_data[name] for name in AMOUNTS if self.cleaned_data[name] is not None}


def schedule_price(request: HttpRequest, model: AIModel) -> None:
    form = ScheduleForm(request.POST)
    if not form.is_valid():
        for field, errors in form.errors.items():
            name = "" if field == "__all__" else f"{form[field].label}: "
            messages.error(request, f"No price was scheduled. {name}{' '.join(map(str, errors))}")
        return
    begins, by, reason = form.cleaned_data["begins"], acting(request), form.cleaned_data["reason"]
    with told(request):
        schedule.schedule_price(model, form.stated, begins, by, reason)
        messages.success(request, f"A new price of {model} begins {begins:%Y-%m-%d %H:%M} UTC.")


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
