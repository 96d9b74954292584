"""The cards of providers above the models: what each has, whether it can be asked and called, and how it is doing."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.safestring import SafeString

from catalog.admin import display
from catalog.admin.provider import key_state, with_keys
from catalog.models import AIModel, Category, Health, Provider, Status
from console.attention import open_breakers
from console.counts import Counts
from console.panel.choice import Choice
from discovery.sources import list_needs_key
from gateway.models import Breaker

NO_LIST = "Using curated list (provider API doesn't support discovery)"
NO_KEY = "Using curated list (no key is configured)"
ALWAYS = (Category.TEXT, Category.TTS)  # tabs that are there even without models


@dataclass(frozen=True, kw_only=True, slots=True)
class Tab:
    label: str
    url: str
    pending: int
    chosen: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class ProviderCard:
    """One provider in one category."""

    provider: Any
    url: str
    chosen: bool
    enabled: int
    pending: int
    default: str  # the model's id; empty: none
    key: SafeString
    health: SafeString
    note: str  # how its models are found, if not from its own list
    breaker: Breaker | None

    @property
    def weight(self) -> tuple[bool, int, int, str]:
        """What stands first: what needs a person, then what has most."""
        ill = self.provider.health in (Health.DEGRADED, Health.DOWN) or self.breaker is not None
        return (not (self.pending or ill), -self.pending, -self.enabled, self.provider.name)


def tabs(choice: Choice, counted: Counts, provider: Provider | None) -> list[Tab]:
    """The categories that have models, each with how many wait: of one provider, or of all."""
    if provider is not None:
        counted = {key: number for key, number in counted.items() if key[0] == provider.pk}
    there = {category for _, category, status in counted if status != Status.ARCHIVED}
    pending: Counter[str] = Counter()
    for (_, category, status), number in counted.items():
        if status == Status.PENDING:
            pending[category] += number
    return [
        Tab(
            label="TTS" if category == Category.TTS else str(category.label),
            url=choice.url(category=category.value),
            pending=pending[category.value],
            chosen=category == choice.category,
        )
        for category in Category
        if category in there or category in ALWAYS or category == choice.category
    ]


def all_providers() -> list[Provider]:
    return list(with_keys(Provider.objects.order_by("name")))


def cards(choice: Choice, providers: Iterable[Provider], counted: Counts) -> list[ProviderCard]:
    """Those with models of the category or a key; of one that was chosen, its own whatever it has."""
    defaults: Mapping[int, str] = dict(
        AIModel.objects.global_()
        .in_category(choice.category)
        .filter(is_default=True)
        .order_by()  # no order, lest all names are read for it
        .values_list("provider", "model_id")
    )
    breakers = {breaker.provider: breaker for breaker in open_breakers()}
    found = [card(choice, provider, counted, defaults, breakers) for provider in providers]
    return sorted((card for card in found if is_shown(card, choice, counted)), key=lambda card: card.weight)


def is_shown(card: ProviderCard, choice: Choice, counted: Counts) -> bool:
    provider = card.provider
    if choice.provider:
        return card.chosen
    has_models = any((provider.pk, choice.category, status) in counted for status in Status.values)
    has_key = provider.needs_key and provider.key_configured and choice.category in (provider.categories or ["text"])
    return has_models or (provider.is_active and has_key)


def card(
    choice: Choice,
    provider: Any,
    counted: Counts,
    defaults: Mapping[int, str],
    breakers: Mapping[str, Breaker],
) -> ProviderCard:
    return ProviderCard(
        provider=provider,
        url=choice.url(provider=provider.slug),
        chosen=provider.slug == choice.provider,
        enabled=counted.get((provider.pk, choice.category, Status.ENABLED), 0),
        pending=counted.get((provider.pk, choice.category, Status.PENDING), 0),
        default=defaults.get(provider.pk, ""),
        key=display.state(*key_state(provider)),
        health=display.state(provider.health, provider.get_health_display()),
        note=note(provider),
        breaker=breakers.get(provider.slug),
    )


def note(provider: Provider) -> str:
    """Where its models come from, if its own list cannot be asked for."""
    spec = provider.spec
    if not provider.listing and not (spec and spec.voices):
        return NO_LIST
    return NO_KEY if list_needs_key(provider) and not provider.key_configured else ""
