"""The form of a key's terms. It holds no secret; what cannot be is said by access.keys."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

from django import forms

from access import keys
from access.caller import Caller
from access.errors import AccessError
from access.models import ApiKey
from access.scopes import DEFAULT_SCOPES, Scope

PATTERNS = ("allowed_providers", "allowed_models", "allowed_routes")
TERMS = (
    "scopes", *PATTERNS, "expires_at", "requests_per_minute", "tokens_per_minute", "monthly_budget", "allow_unpriced",
)  # fmt: skip


class Lines(forms.CharField):
    """A list of texts, one a line."""

    widget = forms.Textarea

    def prepare_value(self, value: Any) -> Any:
        return "\n".join(value) if isinstance(value, list) else value

    def to_python(self, value: Any) -> list[str]:  # type: ignore[override]
        return [line.strip() for line in str(value or "").splitlines() if line.strip()]

    def validate(self, value: Any) -> None:
        return None

    def run_validators(self, value: Any) -> None:
        return None

    def has_changed(self, initial: Any, data: Any) -> bool:
        return list(initial or []) != self.to_python(data)


def lines(label: str, example: str) -> Lines:
    widget = forms.Textarea(attrs={"rows": 3, "cols": 50})
    return Lines(label=label, required=False, widget=widget, help_text=f"One a line, such as {example}; empty: all.")


class KeyForm(forms.ModelForm):
    scopes = forms.MultipleChoiceField(
        choices=Scope.choices, initial=sorted(DEFAULT_SCOPES), widget=forms.CheckboxSelectMultiple
    )
    allowed_providers = lines("Providers", "openai")
    allowed_models = lines("Models", "claude-* or openrouter/meta-llama/*")
    allowed_routes = lines("Routes", "fast-*")

    caller: Caller  # who edits; set by the page

    class Meta:
        model = ApiKey
        fields = ("name", "owner", *TERMS)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        halves: list[forms.Widget] = getattr(self.fields["expires_at"].widget, "widgets", [])
        for half, words in zip(halves, ("Day on which it expires", "Time at which it expires"), strict=False):
            half.attrs["aria-label"] = words

    def terms(self) -> keys.Terms:
        return keys.Terms(**{name: self.cleaned_data[name] for name in TERMS})

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        if self.errors:
            return cleaned
        had = self.instance if self.instance.pk else None
        owner = cleaned.get("owner")
        owner_id = had.owner_id if had else owner and owner.pk
        try:
            keys.checked(cleaned["name"], self.terms(), self.caller, owner_id, had)
        except AccessError as error:
            raise forms.ValidationError(error.message) from error
        return cleaned


class NewKeyForm(KeyForm):
    """The form of a key to be made: sent again, as by reloading the answer, it makes no other."""

    form_id = forms.UUIDField(initial=uuid4, widget=forms.HiddenInput)
