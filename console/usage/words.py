"""How a single call reads: its outcome, its cost, why this model served it. Unknown is a word, never 0."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django.utils.safestring import SafeString

from catalog.admin import display
from catalog.resolution import Reason
from console.usage.measures import NONE
from gateway.models import Outcome, Usage

LOOKS = {Outcome.OK: "enabled", Outcome.ERROR: "failed", Outcome.CANCELLED: "pending", Outcome.REFUSED: "refused"}
REASONS = {
    Reason.REQUESTED: "It is the model that was asked for.",
    Reason.ROUTE: "The route that was asked for leads to it.",
    Reason.DEFAULT: "It is the default of the provider that was asked for.",
    Reason.PREFERENCE: "The caller had chosen it before.",
    Reason.FIRST_ENABLED: "Nothing was chosen by anyone: it is the first that is enabled.",
    Reason.SUCCESSOR: "It succeeds the retired model that was asked for.",
    Reason.PROVIDER_DEFAULT: "It is its provider's default, in place of a retired or unknown model.",
    Reason.CURATED_DEFAULT: "It is the default we know of its provider, in place of a retired or unknown model.",
    Reason.FALLBACK: "Another model was tried before it, and failed.",
}

ERRORS = {
    "invalid_request": "The request was wrong.",
    "request_too_large": "The request was too large.",
    "unsupported_parameter": "The protocol of the model cannot say something that was asked for.",
    "model_not_found": "No model and no route has this name, or none that the caller may see.",
    "model_ambiguous": "Several providers have a model of this name.",
    "model_not_enabled": "The model is not enabled.",
    "model_not_allowed": "The caller may not use this model.",
    "model_retired": "The model is retired, and nothing answers in its place.",
    "rate_limited": "A limit of the key, its owner or the model was reached.",
    "unavailable": "Nothing could be called: for a while after it failed, or without a key, a provider is not.",
    "upstream_error": "The provider answered with an error, or with what is no answer.",
    "upstream_unreachable": "The provider could not be reached.",
    "upstream_timeout": "The provider did not answer in time.",
    "stream_broken": "The answer broke off before its end.",
}


def state(call: Usage) -> SafeString:
    words = call.get_outcome_display() if call.outcome == Outcome.OK else f"{call.get_outcome_display()}: {call.status}"
    return display.state(LOOKS[Outcome(call.outcome)], words)


def was_answered(call: Usage) -> bool:
    """If only in part: what failed or was refused has nothing to know."""
    return call.outcome == Outcome.OK or call.first_ms is not None


def is_unpriced(call: Usage) -> bool:
    return call.cost is None and was_answered(call)


def cost(call: Usage) -> str:
    return amount(call.cost) if call.cost is not None else "unpriced" if is_unpriced(call) else NONE


def amount(usd: Decimal) -> str:
    return f"USD {display.money(usd)}"


def tokens(call: Usage) -> str:
    """Input and output, or what else was counted."""
    if call.input_tokens is None and call.output_tokens is None:
        counted = ((call.characters, "character"), (call.images, "image"))
        found = [display.count(many, noun) for many, noun in counted if many is not None]
        return ", ".join(found) or (display.UNKNOWN if was_answered(call) else NONE)
    return f"{display.number(call.input_tokens)} / {display.number(call.output_tokens)}"


def milliseconds(duration: int | None) -> str:
    return NONE if duration is None else f"{duration:,} ms"


def caller(call: Usage) -> str:
    if not call.key_id:
        return str(call.user_name)
    return f"{call.user_name} (key {call.key_name})" if call.user_name else f"key {call.key_name}"


def why(call: Usage) -> str:
    return REASONS.get(call.reason, call.reason)  # type: ignore[call-overload,no-any-return]


def failure(tried: Any) -> tuple[str, str]:
    """A model that failed before, and why."""
    return (str(tried.get("model", "")), str(tried.get("why", ""))) if isinstance(tried, dict) else (str(tried), "")
