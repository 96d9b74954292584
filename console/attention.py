"""What waits for a person: each question with its number, and the page that lists exactly that many."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from urllib.parse import urlencode

from django.db.models import Exists, Q, QuerySet
from django.urls import reverse
from django.utils import timezone

from catalog.models import AIModel, Health, Provider, Status
from catalog.models.aimodel import AIModelQuerySet
from console import demand
from console.counts import Counts, in_status
from discovery import due
from discovery.admin import waiting
from gateway.models import Breaker, BreakerState

LATELY = timedelta(minutes=10)  # for which a circuit that nobody closed counts as open

MODELS, PROVIDERS, SYNCS = "catalog.view_aimodel", "catalog.view_provider", "discovery.view_syncrun"


@dataclass(frozen=True, kw_only=True, slots=True)
class Question:
    """Something that may wait for a person, for who has the permission to look at it."""

    one: str
    many: str
    why: str
    permission: str
    count: Callable[[Counts], int]
    url: Callable[[], str]


@dataclass(frozen=True, kw_only=True, slots=True)
class Need:
    """How much of it there is, and where."""

    count: int
    label: str
    why: str
    url: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Kind:
    """The models of one category at one provider."""

    provider: Provider
    category: str


def needs(user: Any, counts: Counts) -> list[Need]:
    """The answers to all questions a person may ask, also those that are 0."""
    found = ((question, question.count(counts)) for question in QUESTIONS if user.has_perm(question.permission))
    return [
        Need(
            count=count,
            label=question.one if count == 1 else question.many,
            why=question.why,
            url=question.url(),
        )
        for question, count in found
    ]


def kinds_without_default(counts: Counts) -> list[Kind]:
    """Where active providers have enabled models, but none that answers for those that go."""
    pairs = {(provider, category) for provider, category, status in counts if status == Status.ENABLED}
    holders = AIModel.objects.global_().filter(is_default=True).order_by()
    bare = pairs - set(holders.values_list("provider", "category"))
    providers = Provider.objects.active().in_bulk({provider for provider, _ in bare})
    kinds = [Kind(provider=providers[pk], category=category) for pk, category in bare if pk in providers]
    return sorted(kinds, key=lambda kind: (kind.provider.name, kind.category))


def unpriced() -> AIModelQuerySet:
    return AIModel.objects.global_().enabled().filter(price=None)


def retired_but_called() -> AIModelQuerySet:
    """Deprecated models that were asked for in the last 30 days."""
    asked = Exists(demand.served_by_outer()) | Exists(demand.given_away_by_outer())
    return AIModel.objects.global_().with_status(Status.DEPRECATED).filter(asked).order_by("name", "id")


def open_breakers() -> QuerySet[Breaker]:
    """Circuits that are not called at present, or were not a moment ago."""
    return Breaker.objects.filter(state=BreakerState.OPEN, until__gte=timezone.now() - LATELY)


def failing() -> QuerySet[Provider]:
    """Active providers whose syncs fail, or whose calls do."""
    ill = Q(health__in=[Health.DEGRADED, Health.DOWN]) | Q(slug__in=open_breakers().values("provider"))
    return Provider.objects.active().filter(ill).order_by("name")


def stale() -> list[Provider]:
    """Active providers that were synced before, or should be by the schedule, and were not for too long."""
    now = timezone.now()
    wanted = [
        provider
        for provider in Provider.objects.active().order_by("name")
        if provider.last_synced_at is not None or due.interval_of(provider)
    ]
    return [provider for provider in wanted if due.is_stale(provider, now)]


def models(**filters: str) -> Callable[[], str]:
    return lambda: f"{reverse('admin:catalog_aimodel_changelist')}?{urlencode(filters)}"


def listed(kind: str) -> Callable[[], str]:
    return lambda: reverse("console-attention", args=[kind])


QUESTIONS = (
    Question(
        one="pending model",
        many="pending models",
        why="Found by a sync: approve or reject.",
        permission=MODELS,
        count=lambda counts: in_status(counts, Status.PENDING),
        url=models(status="pending"),
    ),
    Question(
        one="held price or list",
        many="held prices and lists",
        why="They moved too far to be believed.",
        permission=SYNCS,
        count=lambda counts: waiting.held_prices().count() + waiting.held_lists().count(),
        url=lambda: reverse("discovery-held"),
    ),
    Question(
        one="conflict",
        many="conflicts",
        why="Sources disagree on a limit or a price.",
        permission=SYNCS,
        count=lambda counts: waiting.conflict_count(),
        url=lambda: reverse("discovery-conflicts"),
    ),
    Question(
        one="enabled model without a price",
        many="enabled models without a price",
        why="What their calls cost is unknown.",
        permission=MODELS,
        count=lambda counts: unpriced().count(),
        url=models(status="enabled", price="unknown"),
    ),
    Question(
        one="kind of model without a default",
        many="kinds of models without a default",
        why="Nothing answers for a model that goes.",
        permission=MODELS,
        count=lambda counts: len(kinds_without_default(counts)),
        url=listed("defaults"),
    ),
    Question(
        one="deprecated model still called",
        many="deprecated models still called",
        why="In the last 30 days; another answers instead.",
        permission=MODELS,
        count=lambda counts: retired_but_called().count(),
        url=listed("retired"),
    ),
    Question(
        one="failing provider",
        many="failing providers",
        why="Syncs or calls fail.",
        permission=PROVIDERS,
        count=lambda counts: failing().count(),
        url=listed("failing"),
    ),
    Question(
        one="stale sync",
        many="stale syncs",
        why="What is known grows old.",
        permission=PROVIDERS,
        count=lambda counts: len(stale()),
        url=listed("stale"),
    ),
)
