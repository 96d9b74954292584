"""The form of a model: fields made from the columns, and what a person changed in them as facts and decisions."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any

from django import forms
from django.forms.models import fields_for_model

from catalog import facts, pricing, registration
from catalog.admin import display, price_fields
from catalog.admin.form_page import OperationForm
from catalog.errors import Invalid
from catalog.models import AMOUNTS, AIModel, Category, Provider, Status
from catalog.tokens import DEFAULT_WEIGHTS, own_weights

WEIGHTS = {f"weight_{kind}": kind for kind in facts.TOKEN_KINDS}
# Title, fields, and whether short fields stand side by side.
GROUPS: tuple[tuple[str, tuple[str, ...], bool], ...] = (
    ("What it is", ("name", "description", "category", "canonical_id", "tags"), False),
    ("Size and limits", ("context_window", "active_window", "max_output_tokens", "parameters"), True),
    (
        "What it can do",
        (
            "supports_streaming",
            "supports_tools",
            "supports_vision",
            "supports_reasoning",
            "supports_structured_output",
        ),
        True,
    ),
    ("What goes in and comes out", ("input_modalities", "output_modalities"), False),
    ("Price in USD; empty is unknown, 0 is free", AMOUNTS, True),
    ("Weights of tokens, for the calculator; empty are the usual ones", tuple(WEIGHTS), True),
    ("Dates and usual parameters", ("knowledge_cutoff", "retires_at", "default_temperature", "default_top_p"), True),
)
DECIDED = ("base_url", "requests_per_minute", "tokens_per_minute", "admin_notes")
WORDS = ("tags", "input_modalities", "output_modalities")
NEW_STATUSES = [choice for choice in Status.choices if choice[0] in (Status.ENABLED, Status.PENDING, Status.DISABLED)]


class WordsField(forms.Field):
    """A list of words, written with commas."""

    def prepare_value(self, value: Any) -> Any:
        return ", ".join(value) if isinstance(value, list) else value

    def to_python(self, value: Any) -> list[str]:
        return [word.strip() for word in (value or "").split(",") if word.strip()]

    def has_changed(self, initial: Any, data: Any) -> bool:
        return (initial or []) != self.to_python(data)


class ModelForm(OperationForm):
    """Facts, price and decisions of one model."""

    def __init__(self, data: Any, model: AIModel | None) -> None:
        self.tiers = model.price.tiers if model and model.price else []
        super().__init__(data, model, initial_of(model) if model else {"category": Category.TEXT.value})

    def add_fields(self) -> None:
        if self.obj is None:
            self.fields.update(identity_fields())
        self.fields.update(fact_fields())
        self.fields.update(price_fields.amount_fields())
        self.fields.update(price_fields.tier_fields(self.tiers))
        self.fields.update(weight_fields())
        self.fields.update(fields_for_model(AIModel, fields=DECIDED))
        self.fields["successor"] = forms.CharField(
            required=False,
            help_text="As provider/model id. It answers for this model when it is retired, and inherits the default.",
            widget=forms.TextInput(attrs={"list": "successors"}),
        )
        factor = self.obj.complexity_factor if self.obj else None
        self.fields["parameters"].help_text = display.complexity(factor, "id_parameters")
        self.fields["name"].required = self.obj is not None
        for name in ("description", "admin_notes"):
            self.fields[name].widget.attrs["rows"] = 3

    def clean_successor(self) -> Any:
        return self.cleaned_data["successor"].strip()

    @property
    def tier_rows(self) -> list[list[str]]:
        return list(price_fields.tier_names(self.tiers))

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        price_fields.check_tiers(self, self.tier_rows)
        self.check(facts.clean, facts.FACTS)
        self.check(registration.clean_decisions, DECIDED)
        return cleaned

    def check(self, rule: Callable[[dict[str, Any]], Any], names: Iterable[str]) -> None:
        """Mark at once all changed fields that the operation would refuse."""
        changed = [name for name in names if name in self.changed_data and name in self.cleaned_data]
        try:
            rule({name: self.cleaned_data[name] for name in changed})
        except Invalid as error:
            self.show(error)

    @property
    def facts(self) -> dict[str, Any]:
        """What a person states: the changed facts, and the changed amounts of the price."""
        stated = {name: self.cleaned_data[name] for name in facts.FACTS if name in self.changed_data}
        if "description" in stated:
            stated["description"] = stated["description"].replace("\r\n", "\n")
        amounts = {name: self.cleaned_data[name] for name in AMOUNTS if name in self.changed_data}
        if any(name in self.changed_data for row in self.tier_rows for name in row):
            amounts["tiers"] = price_fields.stated_tiers(self, self.tier_rows)
        if amounts:
            stated[facts.PRICE] = amounts
        if any(name in self.changed_data for name in WEIGHTS):
            stated["token_weights"] = stated_weights(self)
        return stated

    @property
    def decisions(self) -> dict[str, Any]:
        """The changed decisions, as the operation takes them; a successor is still a name."""
        return {name: self.cleaned_data[name] for name in (*DECIDED, "successor") if name in self.changed_data}


def fact_fields() -> dict[str, forms.Field]:
    fields = fields_for_model(AIModel, fields=[name for name in facts.FACTS if name not in (*WORDS, "token_weights")])
    for name in WORDS:
        fields[name] = WordsField(required=False, help_text="Words, with commas between them.")
    for name in ("knowledge_cutoff", "retires_at"):
        fields[name].help_text = "In UTC, such as 2026-03-01 00:00:00"
    return fields


def weight_fields() -> dict[str, forms.Field]:
    fields: dict[str, forms.Field] = {}
    for name, kind in WEIGHTS.items():
        words = "".join(f" {letter.lower()}" if letter.isupper() else letter for letter in kind)
        fields[name] = forms.DecimalField(min_value=0, max_value=1000, required=False, label=words.strip().capitalize())
        fields[name].widget.attrs |= {"placeholder": DEFAULT_WEIGHTS[kind], "step": "any"}
    return fields


def stated_weights(form: forms.Form) -> dict[str, str] | None:
    """The weights entered; None if there are none."""
    weights = {kind: form.cleaned_data[name] for name, kind in WEIGHTS.items()}
    return {kind: str(value) for kind, value in weights.items() if value is not None} or None


def identity_fields() -> dict[str, forms.Field]:
    return {
        "provider": forms.ModelChoiceField(Provider.objects.order_by("name"), label="Provider"),
        "model_id": forms.CharField(
            max_length=255, strip=False, label="Model id", help_text="The name to send to the provider, verbatim."
        ),
        "status": forms.ChoiceField(choices=NEW_STATUSES, initial=Status.ENABLED, label="Status"),
    }


def initial_of(model: AIModel) -> dict[str, Any]:
    amounts = model.price.amounts if model.price else {}
    own = own_weights(model.token_weights)
    return {
        **{name: getattr(model, name) for name in (*facts.FACTS, *DECIDED)},
        **{name: pricing.plain(value) for name, value in amounts.items() if value is not None},
        **price_fields.initial_tiers(model.price.tiers if model.price else []),
        **{name: pricing.plain(own[kind]) for name, kind in WEIGHTS.items() if kind in own},
        "parameters": None if model.parameters is None else pricing.plain(model.parameters),
        "successor": str(model.successor) if model.successor else "",
    }


def groups(form: ModelForm) -> Iterator[tuple[str, list[forms.BoundField], bool]]:
    """The fields as the page shows them."""
    if form.obj is None:
        yield "Which model", [form[name] for name in ("provider", "model_id", "status")], False
    for title, names, side_by_side in GROUPS:
        yield title, [form[name] for name in names], side_by_side
        if names == AMOUNTS:
            for number, row in enumerate(form.tier_rows, start=1):
                yield f"Tier {number}: other amounts for long inputs", [form[name] for name in row], True
    yield "Decisions", [form[name] for name in ("successor", *DECIDED)], False
