"""Fields for what is written once and never shown again."""

from __future__ import annotations

from typing import Any

from django import forms

from catalog.models import Auth


class KeyField(forms.CharField):
    """A key: never put into a page, not offered to the browser to remember."""

    def __init__(self, **options: Any) -> None:
        widget = forms.PasswordInput(attrs={"autocomplete": "off", "spellcheck": "false"})
        super().__init__(widget=widget, max_length=5_000, **options)


class AuthField(forms.ChoiceField):
    def __init__(self) -> None:
        known = [choice for choice in Auth.choices if choice[0] != Auth.NONE]
        super().__init__(
            label="How the key is presented", required=False, choices=[("", "As usual at the provider"), *known]
        )


class HeadersField(forms.CharField):
    """Lines of `Name: value`; empty leaves what is stored. What a header may be is for the catalog to say."""

    def __init__(self) -> None:
        super().__init__(
            label="Further headers",
            required=False,
            max_length=40_000,
            widget=forms.Textarea(attrs={"rows": 2, "autocomplete": "off", "spellcheck": "false"}),
            help_text="One a line, as Name: value. They are kept secret like the key.",
        )

    def clean(self, value: Any) -> dict[str, str] | None:
        text = super().clean(value)
        if not text.strip():
            return None
        headers = {}
        for line in text.splitlines():
            if line.strip():
                name, colon, content = line.partition(":")
                if not colon:
                    raise forms.ValidationError("Write one header a line, as Name: value.")
                headers[name.strip()] = content.strip()
        return headers

    def prepare_value(self, value: Any) -> Any:
        """A form that is shown again does not repeat what was entered."""
        return ""
