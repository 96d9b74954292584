"""The form of a provider: its policy as single fields, and a key that is only written."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict
from typing import Any

from django import forms
from django.forms.models import fields_for_model

from catalog import connections, policy
from catalog.admin.form_page import OperationForm
from catalog.errors import CatalogError
from catalog.models import Category, Provider

LINKS = {"site_url": "Site", "docs_url": "Documentation", "status_url": "Status page"}
PLAIN = (
    *("name", "endpoint_type", "base_url", "auth", "api_key_env", *LINKS),
    *("is_active", "wire", "listing"),
)
NEW_MODELS = (
    ("pending", "wait for approval"),
    ("enabled", "are enabled at once"),
    ("enabled_if_priced", "are enabled if their price is known"),
)
MISSING_MODELS = (("deprecate", "are deprecated"), ("keep", "are kept as they are"))
GROUPS: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("Where it is", ("name", "is_active", "base_url", "auth", "wire", "listing", "endpoint_type", "categories")),
    ("Key", ("key", "api_key_env", "confirm_env_key")),
    (
        "Policy: what a sync does with models",
        (
            "policy_new",
            "policy_enable_patterns",
            "policy_missing",
            "policy_misses",
            "policy_restore",
            "policy_categories",
            "policy_interval_minutes",
        ),
    ),
    ("Links", tuple(LINKS)),
)


class PatternsField(forms.Field):
    """One pattern a line."""

    widget = forms.Textarea(attrs={"rows": 3})

    def prepare_value(self, value: Any) -> Any:
        return "\n".join(value) if isinstance(value, list | tuple) else value

    def to_python(self, value: Any) -> list[str]:
        return [line.strip() for line in (value or "").splitlines() if line.strip()]

    def has_changed(self, initial: Any, data: Any) -> bool:
        return list(initial or []) != self.to_python(data)


class ProviderForm(OperationForm):
    """What connections.EDITABLE allows, and a key that is never shown, not even after an error."""

    def __init__(self, data: Any, provider: Provider | None) -> None:
        super().__init__(data, provider, initial_of(provider))

    def add_fields(self) -> None:
        texts = dict.fromkeys(LINKS, forms.CharField)
        self.fields.update(fields_for_model(Provider, fields=PLAIN, field_classes=texts, labels=LINKS))
        self.fields.update(choice_fields())
        self.fields.update(policy_fields())
        self.fields["key"] = forms.CharField(
            label="Set key",
            help_text="Written once and never shown again. It is sent to this address only.",
            widget=forms.PasswordInput(attrs={"autocomplete": "new-password", "spellcheck": "false"}),
        )
        for field in self.fields.values():
            field.required = False  # the operation knows what is needed
        if self.obj is None:
            self.fields["slug"] = forms.SlugField(max_length=50, help_text="Its name in ids: lower-case, for good.")
        elif self.obj.api_key_env:
            confirmed = self.obj.env_key_base_url
            self.fields["confirm_env_key"] = forms.BooleanField(
                required=False,
                label=f"Send {self.obj.api_key_env} to the address above",
                help_text=f"It is sent to {confirmed} now." if confirmed else "It is sent nowhere now.",
            )

    def show(self, error: CatalogError) -> None:
        """The operations call the key as the API does."""
        if isinstance(error.details, Mapping) and "apiKey" in error.details:
            error.details = {"key": error.details["apiKey"]}
        super().show(error)

    @property
    def changed(self) -> dict[str, Any]:
        """What a person changed, as the operations take it."""
        names = [name for name in connections.EDITABLE if name in self.fields and name in self.changed_data]
        fields = {name: self.cleaned_data[name] for name in names}
        rules = {
            name.removeprefix("policy_"): self.cleaned_data[name]
            for name in self.changed_data
            if name.startswith("policy_")
        }
        if rules:
            stored = self.obj.policy if self.obj else {}
            fields["policy"] = {**asdict(policy.policy_of(stored)), **rules}
        return fields


def choice_fields() -> dict[str, forms.Field]:
    return {
        "wire": forms.ChoiceField(
            choices=[(name, name) for name in connections.WIRES], help_text="The protocol calls are made in."
        ),
        "listing": forms.ChoiceField(
            choices=[(name, name or "it has no list") for name in connections.LISTINGS],
            help_text="How its list of models is read.",
        ),
        "categories": forms.MultipleChoiceField(choices=Category.choices, widget=forms.CheckboxSelectMultiple),
    }


def policy_fields() -> dict[str, forms.Field]:
    return {
        "policy_new": forms.ChoiceField(choices=NEW_MODELS, label="New models"),
        "policy_enable_patterns": PatternsField(
            label="Enable at once", help_text="Ids of new models, a pattern a line, such as openai/gpt-5*"
        ),
        "policy_missing": forms.ChoiceField(choices=MISSING_MODELS, label="Enabled models it no longer lists"),
        "policy_misses": forms.IntegerField(
            min_value=1, max_value=policy.LARGEST_MISSES, label="After so many lists without them"
        ),
        "policy_restore": forms.BooleanField(label="Enable models again that return"),
        "policy_categories": forms.MultipleChoiceField(
            choices=Category.choices,
            widget=forms.CheckboxSelectMultiple,
            label="Take only",
            help_text="None ticked: models of every category.",
        ),
        "policy_interval_minutes": forms.IntegerField(
            min_value=0,
            max_value=policy.INTERVALS[-1],
            label="Sync every",
            help_text="Minutes, where sync_models --due is run by a clock. 0: only by hand.",
        ),
    }


def initial_of(provider: Provider | None) -> dict[str, Any]:
    row = provider or Provider(listing="generic", categories=[Category.TEXT.value])
    rules = asdict(policy.policy_of(row.policy))
    return {
        **{name: getattr(row, name) for name in (*PLAIN, "categories")},
        **{f"policy_{name}": list(rule) if isinstance(rule, tuple) else rule for name, rule in rules.items()},
    }


def groups(form: ProviderForm) -> Iterator[tuple[str, list[forms.BoundField]]]:
    if form.obj is None:
        yield "Which provider", [form["slug"]]
    for title, names in GROUPS:
        yield title, [form[name] for name in names if name in form.fields]
