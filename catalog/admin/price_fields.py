"""A price in a form: a field for each amount, and a row of fields for each tier and one more to add."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from django import forms

from catalog import pricing
from catalog.admin.form_page import sentence
from catalog.models import AMOUNTS, Price

IN_TIERS = ("input_mtok", "output_mtok", "cache_read_mtok", "cache_write_mtok")
FROM = "from"
LABELS = {
    column.name: column.help_text.removeprefix("USD ").capitalize()
    for column in Price._meta.fields
    if column.name in AMOUNTS
}

Tier = Mapping[str, Any]


class AmountField(forms.DecimalField):
    """An amount in USD; what one may be is for the price to say."""

    def __init__(self, label: str) -> None:
        super().__init__(label=label, required=False, widget=forms.NumberInput(attrs={"min": 0, "step": "any"}))

    def clean(self, value: Any) -> Any:
        amount = super().clean(value)
        if amount is None:
            return None
        try:
            pricing.clean_amount("", amount)
        except ValueError as error:
            raise forms.ValidationError(sentence(str(error).strip())) from error
        return amount


def amount_fields() -> dict[str, forms.Field]:
    return {name: AmountField(LABELS[name]) for name in AMOUNTS}


def tier_name(index: int, name: str) -> str:
    return f"tier_{index}_{name}"


def tier_names(tiers: Sequence[Tier]) -> Iterator[list[str]]:
    """The fields of each row: from where on it holds, and its amounts; other amounts only where a tier has them."""
    amounts = [name for name in AMOUNTS if name in IN_TIERS or any(name in tier for tier in tiers)]
    for index in range(len(tiers) + 1):
        yield [tier_name(index, name) for name in (FROM, *amounts)]


def tier_fields(tiers: Sequence[Tier]) -> dict[str, forms.Field]:
    fields: dict[str, forms.Field] = {}
    for row in tier_names(tiers):
        start, *amounts = row
        fields[start] = forms.IntegerField(label="From so many input tokens on", required=False, min_value=1)
        for name in amounts:
            fields[name] = AmountField(LABELS[amount_of(name)])
    return fields


def initial_tiers(tiers: Sequence[Tier]) -> dict[str, Any]:
    return {tier_name(index, name): value for index, tier in enumerate(tiers) for name, value in tier.items()}


def amount_of(name: str) -> str:
    return name.split("_", 2)[2]


def stated_tiers(form: forms.Form, rows: Iterable[list[str]]) -> list[dict[str, Any]]:
    """The tiers entered; rows left empty are none."""
    entered = ({amount_of(name): form.cleaned_data[name] for name in row} for row in rows)
    return [tier for row in entered if (tier := {name: value for name, value in row.items() if value is not None})]


def check_tiers(form: forms.Form, rows: Iterable[list[str]]) -> None:
    """A tier needs its beginning and an amount, and no two begin at the same number. Errors stand at the fields."""
    seen = set()
    for start, *amounts in rows:
        begin = form.cleaned_data.get(start)
        has_amounts = any(form.cleaned_data.get(name) is not None for name in amounts)
        if has_amounts and begin is None and start not in form.errors:
            form.add_error(start, "Say from how many input tokens on.")
        elif begin is not None and not has_amounts and not any(name in form.errors for name in amounts):
            form.add_error(start, "Say at least one amount that holds from there on.")
        elif begin is not None and begin in seen:
            form.add_error(start, "Another tier begins there.")
        if begin is not None:
            seen.add(begin)
