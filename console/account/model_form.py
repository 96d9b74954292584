"""The form of a personal model, and what it asks of the catalog."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django import forms

from catalog import facts, pricing
from catalog.admin import display
from catalog.admin.model_form import WEIGHTS, stated_weights, weight_fields
from catalog.admin.price_fields import AmountField
from catalog.credentials import Secret
from catalog.models import AIModel, Category
from catalog.templates import Offer
from catalog.tokens import DEFAULT_WEIGHTS, own_weights

from .secret_fields import AuthField, HeadersField, KeyField

ABILITIES = {"streaming": "Streaming", "tools": "Tools", "vision": "Images", "reasoning": "Reasoning"}
TRUTHS = [("", "Unknown"), ("True", "Yes"), ("False", "No")]
AMOUNTS = {
    "input_price": "input_mtok",
    "output_price": "output_mtok",
    "cached_price": "cache_read_mtok",
    "cache_write_price": "cache_write_mtok",
}
AMOUNT_LABELS = {
    "input_price": "Input",
    "output_price": "Output",
    "cached_price": "Input read from the cache",
    "cache_write_price": "Input written to the cache",
}
LIMITS = ("requests_per_minute", "tokens_per_minute")
COUNTS = {
    "context_window": "Context window",
    "active_window": "Active window",
    "max_output_tokens": "Most output tokens",
    "requests_per_minute": "Requests a minute",
    "tokens_per_minute": "Tokens a minute",
}
REFUSALS = {"apiKey": "api_key", "auth_type": "auth", "auth_headers": "headers", "price": "input_price"}


def a_number(label: str, most: int | None = None, places: int = 10) -> forms.DecimalField:
    return forms.DecimalField(
        label=label, required=False, min_value=Decimal(0), max_value=most, max_digits=20, decimal_places=places
    )


class ModelForm(forms.Form):
    name = forms.CharField(max_length=255, required=False, help_text="What you call it. Empty: the model's id.")
    model_id = forms.CharField(label="Model id", max_length=255, help_text="What its provider calls it.")
    base_url = forms.CharField(label="Address", max_length=500, required=False)
    api_key = KeyField(label="API key", required=False)
    delete_key = forms.BooleanField(label="Delete the stored key", required=False)
    auth = AuthField()
    headers = HeadersField()
    delete_headers = forms.BooleanField(label="Delete the stored headers", required=False)
    category = forms.ChoiceField(choices=Category.choices, initial=Category.TEXT)
    description = forms.CharField(required=False, max_length=5_000, widget=forms.Textarea(attrs={"rows": 2}))
    default_temperature = a_number("Temperature", 2, 2)
    default_top_p = a_number("Top p", 1, 3)
    parameters = a_number("Parameters", places=4)

    GROUPS = {
        "": ("name", "model_id", "base_url", "api_key", "delete_key"),
        "How the key is sent": ("auth", "headers", "delete_headers"),
        "What it can do": ("category", "description", "context_window", "max_output_tokens", *ABILITIES),
        "What it costs, in USD per million tokens": tuple(AMOUNTS),
        "For the calculator": ("parameters", "active_window", *WEIGHTS),
        "Defaults and limits": ("default_temperature", "default_top_p", *LIMITS),
    }

    def __init__(self, data: Any = None, *, offer: Offer | None = None, model: AIModel | None = None) -> None:
        super().__init__(data, initial=initial_of(offer, model))
        for name, label in COUNTS.items():
            self.fields[name] = forms.IntegerField(label=label, required=False, min_value=1, max_value=1_000_000_000)
        for name, label in ABILITIES.items():
            self.fields[name] = forms.ChoiceField(label=label, required=False, choices=TRUTHS)
        for name, label in AMOUNT_LABELS.items():
            self.fields[name] = AmountField(label)
            self.fields[name].help_text = "Empty: unknown. 0: free."
        self.fields.update(weight_fields())
        for name, kind in WEIGHTS.items():
            self.fields[name].label = f"Weight of {str(self.fields[name].label).lower()}"
            self.fields[name].help_text = f"Empty: {DEFAULT_WEIGHTS[kind]}"
        factor = model.complexity_factor if model else None
        self.fields["parameters"].help_text = display.complexity(factor, "id_parameters")
        self.fields["active_window"].help_text = "Tokens a typical call keeps in play."
        if offer is not None:
            self.ask_for(offer)
        if model is not None:
            self.know(model)

    def ask_for(self, offer: Offer) -> None:
        """A new model: what its template needs."""
        template = offer.template
        self.fields["api_key"].required = "apiKey" in offer.needs
        self.fields["base_url"].required = "baseUrl" in offer.needs
        self.fields["base_url"].widget.attrs["placeholder"] = template.address_hint
        self.fields["model_id"].widget.attrs["list"] = "examples"
        if offer.key_stored:
            self.fields["api_key"].help_text = "Empty: the key that is stored for this provider."
        if not template.address_hint:
            self.fields["base_url"].help_text = f"Empty: {offer.provider.base_url}"
        for name in ("delete_key", "delete_headers"):
            del self.fields[name]

    def know(self, model: AIModel) -> None:
        """A model that is there: where it is called cannot become another provider."""
        del self.fields["model_id"]
        stored = model.credential
        address = model.provider.base_url
        usual = f"Empty: {address}. " if address else ""
        self.fields["base_url"].help_text = f"{usual}A new address drops the stored key and headers."
        self.fields["api_key"].help_text = f"Now: {stored.ending if stored else 'none'}. Empty leaves it so."
        names = ", ".join(stored.header_names) if stored else ""
        self.fields["headers"].help_text += f" Now: {names or 'none'}. Empty leaves them so."
        if stored is None or not stored.ciphertext:
            del self.fields["delete_key"]
        if stored is None or not stored.header_names:
            del self.fields["delete_headers"]

    @property
    def groups(self) -> list[tuple[str, list[forms.BoundField]]]:
        return [(title, [self[name] for name in names if name in self.fields]) for title, names in self.GROUPS.items()]

    def stated(self, names: Any = None) -> dict[str, Any]:
        """The facts entered, of the fields named; None for one that was emptied."""
        chosen = set(self.fields if names is None else names)
        entered = {name: value for name, value in self.cleaned_data.items() if name in chosen}
        found = {name: None if value == "" else value for name, value in entered.items() if name in facts.FACTS}
        found |= {f"supports_{name}": truth(entered[name]) for name in ABILITIES if name in entered}
        price = {AMOUNTS[name]: entered[name] for name in AMOUNTS if name in entered}
        if any(name in chosen for name in WEIGHTS):
            found["token_weights"] = stated_weights(self)
        return found | ({facts.PRICE: price} if price else {})

    def decided(self, names: Any = None) -> dict[str, Any]:
        chosen = set(self.fields if names is None else names)
        return {name: self.cleaned_data[name] for name in ("base_url", *LIMITS) if name in chosen}

    def secret(self) -> Secret:
        entered = self.cleaned_data
        key = None if entered.get("delete_key") else entered["api_key"]
        headers = {} if entered.get("delete_headers") else entered["headers"]
        return Secret(key=key, headers=headers, auth=entered["auth"] if key else "")


def truth(value: str) -> bool | None:
    return None if value == "" else value == "True"


def initial_of(offer: Offer | None, model: AIModel | None) -> dict[str, Any]:
    if model is None:
        named = offer is None or offer.template.named_by_user
        return {} if named or offer is None else {"model_id": offer.template.examples[0]}
    shown: dict[str, Any] = {
        name: getattr(model, name)
        for name in ("name", "base_url", "category", "description", "default_temperature", "default_top_p", *COUNTS)
    }
    shown |= {
        name: None if value is None else Decimal(pricing.plain(value)) for name, value in numbers_of(model).items()
    }
    shown |= {name: "" if (can := getattr(model, f"supports_{name}")) is None else str(can) for name in ABILITIES}
    return shown


def numbers_of(model: AIModel) -> dict[str, Decimal | None]:
    own = own_weights(model.token_weights)
    return {
        "parameters": model.parameters,
        **{name: getattr(model.price, amount, None) for name, amount in AMOUNTS.items()},
        **{name: own.get(kind) for name, kind in WEIGHTS.items()},
    }
