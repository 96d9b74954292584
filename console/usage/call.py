"""One call: what was asked for, what served it and why, what was tried before, how long it took, what it cost."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.contrib.auth.models import AbstractBaseUser, AnonymousUser
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.html import format_html
from django.utils.http import urlencode
from django.utils.safestring import SafeString

from catalog.admin import display
from catalog.models import AIModel, Price, Route
from console.usage import words
from console.usage.door import ALL, OWN, Door
from gateway.metering.questions import own
from gateway.models import Rating, Usage

Line = tuple[str, SafeString | str]
TOKENS = (
    ("Input tokens", "input_tokens", 0),
    ("read from the cache", "cache_read_tokens", 1),
    ("written to the cache", "cache_write_tokens", 1),
    ("audio", "audio_input_tokens", 1),
    ("Output tokens", "output_tokens", 0),
    ("reasoning", "reasoning_tokens", 1),
    ("audio", "audio_output_tokens", 1),
    ("Characters", "characters", 0),
    ("Images", "images", 0),
)


@dataclass(frozen=True, kw_only=True, slots=True)
class Count:
    """How many tokens of a kind; a part of the kind above it is `inner`."""

    label: str
    many: str
    inner: bool


def call(request: HttpRequest, door: Door, call_id: str) -> HttpResponse:
    row = Usage.objects.filter(own(door.caller(request)), call_id=call_id).first()
    if row is None:
        raise Http404
    return door.show(
        request,
        "call",
        title="Call",
        call=row,
        state=words.state(row),
        asked=[line for line in asked(row, door) if line[1]],
        served=[line for line in served(row, request.user, door) if line[1]],
        tried=[words.failure(tried) for tried in row.tried],
        first_share=round(100 * row.first_ms / row.duration_ms, 1) if row.first_ms and row.duration_ms else None,
        took=[("First content", words.milliseconds(row.first_ms)), ("All of it", words.milliseconds(row.duration_ms))],
        counts=list(counts(row)),
        costs=[line for line in costs(row) if line[1]],
        is_unpriced=words.is_unpriced(row),
        model=model_of(row) if not door.is_own and request.user.has_perm("catalog.view_aimodel") else None,
        ratings=Rating.objects.filter(call_id=row.call_id),
        narrowed="",
    )


def asked(row: Usage, door: Door) -> list[Line]:
    return [
        ("Asked for", code(row.requested)),
        ("Kind", row.get_kind_display()),
        ("In the words of", {"openai": "OpenAI", "anthropic": "Anthropic"}.get(row.dialect, row.dialect)),
        ("Streamed", "yes" if row.streamed else "no"),
        ("Key", same(door, "key", row.key_id, row.key_name) if row.key_id else ""),
        ("User", "" if door.is_own else same(door, "user", row.user_id, row.user_name or "a service")),
        ("Conversation", code(row.conversation)),
        ("The caller's own id", code(row.client_request_id)),
    ]


def served(row: Usage, user: AbstractBaseUser | AnonymousUser, door: Door) -> list[Line]:
    return [
        ("Model", same(door, "model", row.model, row.model, is_id=True) if row.model else "none"),
        ("Why this one", words.why(row)),
        ("Route", route_link(row.route) if not door.is_own else code(row.route)),
        ("Variant", code(row.variant)),
        ("Answered with", f"HTTP {row.status}"),
        ("Error", code(row.error_code)),
        ("Which means", words.ERRORS.get(row.error_code, "")),
        ("Ended because", row.stop_reason),
        ("Upstream calls", display.number(row.attempts)),
    ]


def counts(row: Usage) -> Iterator[Count]:
    for label, name, inner in TOKENS:
        many = getattr(row, name)
        if many is not None:
            yield Count(label=label, many=display.number(many), inner=bool(inner))


def costs(row: Usage) -> list[Line]:
    stated = "" if row.provider_cost is None else words.amount(row.provider_cost)
    return [
        ("By our prices", words.cost(row)),
        ("The provider says", stated or ("nothing" if row.cost is not None else "")),
        ("Difference", difference(row.cost, row.provider_cost)),
        ("At the price", price_of(row)),
    ]


def difference(ours: Decimal | None, theirs: Decimal | None) -> str:
    """Of what the provider says to what we computed."""
    if ours is None or theirs is None:
        return ""
    if ours == theirs:
        return "none"
    more = f"{'+' if theirs > ours else '-'}USD {display.money(abs(theirs - ours))}"
    return f"{more} ({(theirs - ours) / ours * 100:+.1f} %)" if ours else more


def price_of(row: Usage) -> SafeString | str:
    if row.price_id is None:
        return "none was known" if words.is_unpriced(row) else ""
    price = Price.objects.filter(pk=row.price_id).first()
    if price is None:
        return f"number {row.price_id}, which is gone by now"
    tiers = " Dearer for long inputs." if price.tiers else ""
    return format_html(
        "{} per million tokens (source: {}), since {}.{}",
        display.price(price.amounts),
        display.source(price.source),
        display.ago(price.effective_from),
        tiers,
    )


def model_of(row: Usage) -> AIModel | None:
    return AIModel.objects.global_().light().filter(pk=row.model_row).first() if row.model_row else None


def code(text: str) -> SafeString | str:
    return format_html("<code>{}</code>", text) if text else ""


def same(door: Door, name: str, value: str | int, text: str, *, is_id: bool = False) -> SafeString:
    """A link to the calls that have this too."""
    url = f"{door.url('usage-calls')}?{urlencode({name: value})}"
    return format_html('<a href="{}">{}</a>', url, code(text) if is_id else text)


def route_link(name: str) -> SafeString | str:
    pk: Any = Route.objects.filter(name=name).values_list("pk", flat=True).first() if name else None
    if pk is None:
        return code(name)
    return format_html('<a href="{}">{}</a>', reverse("admin:catalog_route_change", args=[pk]), code(name))


own_call, all_call = OWN.opens(call), ALL.opens(call)
