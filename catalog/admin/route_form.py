"""The form of a route: what it is, and a table of where it leads."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from django import forms
from django.forms.models import fields_for_model

from catalog import routes
from catalog.admin.form_page import OperationForm, sentence
from catalog.errors import CatalogError, Invalid
from catalog.models import Route
from catalog.routes.definition import COLUMNS, LARGEST_WEIGHT, LONGEST_VARIANT

EMPTY_ROWS = 3
AT_TARGET = re.compile(r"targets\[(\d+)\](?:\.(\w+))?")
MODELS_LIST = "known-models"  # the id of the page's datalist
TARGETS = "Where it leads"


class TargetForm(forms.Form):
    """A row of the table. An empty one is none."""

    order = forms.IntegerField(required=False, min_value=1, max_value=999)
    model = forms.CharField(required=False, max_length=320)
    route = forms.ChoiceField(required=False, label="Or route")
    weight = forms.IntegerField(required=False, min_value=0, max_value=LARGEST_WEIGHT)
    variant = forms.CharField(required=False, max_length=LONGEST_VARIANT)
    remove = forms.BooleanField(required=False)

    def __init__(self, *args: Any, others: Iterable[str], models_url: str, **options: Any) -> None:
        super().__init__(*args, **options)
        known = [("", "–"), *((name, name) for name in others)]
        shown = self.initial.get("route")
        if shown and (shown, shown) not in known:
            known.append((shown, shown))
        self.fields["route"].choices = known  # type: ignore[attr-defined]  # a ChoiceField
        self.fields["model"].widget.attrs |= {
            "list": MODELS_LIST,
            "data-suggest-url": models_url,
            "placeholder": "provider/model_id",
            "spellcheck": "false",
            "autocomplete": "off",
        }
        for name, field in self.fields.items():
            field.widget.attrs["aria-label"] = f"{field.label or name.capitalize()} of row {self.number}"

    @property
    def number(self) -> str:
        """As people count rows; rows are named targets-0, targets-1, …"""
        return str(int(str(self.prefix).rpartition("-")[2]) + 1)

    @property
    def target(self) -> dict[str, Any] | None:
        """What the row says, as the operation takes it."""
        said = self.cleaned_data
        weight, variant = said.get("weight") or 0, said.get("variant", "")
        if said.get("remove") or not (said.get("model") or said.get("route") or weight or variant):
            return None
        leads = {name: said[name] for name in ("model", "route") if said.get(name)}
        return {**leads, "weight": weight, "variant": variant}


TargetFormSet = forms.formset_factory(TargetForm, extra=EMPTY_ROWS, max_num=100, absolute_max=200)


class RouteForm(OperationForm):
    def __init__(self, data: Any, route: Route | None, models_url: str) -> None:
        self.old = [] if route is None else routes.definition(route, route.targets.all())["targets"]
        shown = {} if route is None else {name: getattr(route, name) for name in COLUMNS}
        super().__init__(data, route, shown or {"is_active": True, "is_listed": True})
        self.fields["seen"] = forms.JSONField(required=False, initial=self.old, widget=forms.HiddenInput)
        others = Route.objects.exclude(pk=route.pk if route else 0).order_by("name").values_list("name", flat=True)
        self.rows = TargetFormSet(
            data,
            prefix="targets",
            initial=[{"order": number, **target} for number, target in enumerate(self.old, 1)],
            form_kwargs={"others": list(others), "models_url": models_url},
        )
        self.row_of: list[TargetForm] = []  # for each target sent to the operation its row

    def add_fields(self) -> None:
        self.fields.update(fields_for_model(Route, fields=COLUMNS))
        self.fields["name"].widget.attrs |= {"spellcheck": "false", "autocomplete": "off"}

    def disable(self) -> None:
        super().disable()
        for row in self.rows.forms:
            for field in row.fields.values():
                field.disabled = True

    def is_valid(self) -> bool:
        rows_are_valid = self.rows.is_valid()
        if not super().is_valid():
            return False
        if not rows_are_valid:
            for row in self.rows.forms:
                for name, texts in row.errors.items():
                    self.add_error(None, f"Row {row.number}, {name}: {' '.join(map(str, texts))}")
            for text in self.rows.non_form_errors():
                self.add_error(None, text)
        elif self.targets_changed and self.seen != self.old:
            self.add_error(
                None, f"Somebody else changed “{TARGETS}” while you did. Open the page again to see what it is now."
            )
        return not self.errors

    @property
    def targets(self) -> list[dict[str, Any]]:
        """The rows that say something, in the order their numbers give; those without one come last."""
        ordered = sorted(self.rows.forms, key=lambda row: row.cleaned_data.get("order") or 1_000)
        said = [(row, target) for row in ordered if (target := row.target) is not None]
        self.row_of = [row for row, _ in said]
        return [target for _, target in said]

    @property
    def seen(self) -> list[dict[str, Any]]:
        """The targets as the page showed them."""
        seen = self.cleaned_data["seen"]
        return self.old if seen is None else seen

    @property
    def targets_changed(self) -> bool:
        return self.obj is None or self.targets != self.seen

    @property
    def changed(self) -> dict[str, Any]:
        """What a person changed, as the operations take it."""
        fields = {name: self.cleaned_data[name] for name in COLUMNS if self.obj is None or name in self.changed_data}
        return {**fields, "targets": self.targets} if self.targets_changed else fields

    @property
    def changed_labels(self) -> list[str]:
        labels = [str(self.fields[name].label) for name in self.changed_data if name in COLUMNS]
        return [*labels, TARGETS] if self.targets_changed else labels

    def show(self, error: CatalogError) -> None:
        """What is wrong with a target stands in its row, and above with the row's number."""
        details = dict(error.details) if isinstance(error.details, Mapping) else {}
        for name in list(details):
            found = AT_TARGET.fullmatch(name)
            if found and int(found[1]) < len(self.row_of):
                text = sentence(str(details.pop(name)))
                row = self.row_of[int(found[1])]
                row.add_error(found[2] if found[2] in row.fields else None, text)
                self.add_error(None, f"Row {row.number}: {text}")
        if "targets" in details:
            self.add_error(None, f"{TARGETS}: {sentence(str(details.pop('targets')))}")
        if details:
            super().show(Invalid(details))
        elif not self.errors:
            super().show(error)
