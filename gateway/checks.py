"""What of the environment the gateway cannot work with."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, register

from access.checks import KNOWN
from catalog.providers import SPECS


@register()
def configured_model(**kwargs: Any) -> list[CheckMessage]:
    """LLM_PROVIDER and LLM_MODEL name something that can be called."""
    slug, model_id = settings.LLM_PROVIDER, settings.LLM_MODEL
    if slug and slug not in SPECS:
        return [problem("LLM_PROVIDER", "names no provider the product knows.")]
    if slug and not model_id and not SPECS[slug].default_model:
        return [problem("LLM_MODEL", f"is not set, and {slug} comes without a default model.")]
    if model_id and not slug:
        return [problem("LLM_PROVIDER", "is not set, but LLM_MODEL is.")]
    return []


def problem(name: str, what: str) -> Error:
    id, hint = KNOWN[name]
    return Error(f"{name} {what}", hint=hint, id=id)
