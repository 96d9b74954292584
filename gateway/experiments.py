"""The variants of a route side by side: what each did, and whether it truly differs from the first.

All of it is made of the sums of UsageDay, so that it holds also when single calls are gone.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any

from django.db.models import Count, Q, QuerySet, Sum

from access import patterns
from access.caller import Caller
from catalog import routes
from catalog.models import Route
from catalog.models.route import RouteQuerySet
from gateway.metering.questions import Period, own
from gateway.models import Rating, Usage, UsageDay
from gateway.statistics import Interval, Sample, Share, newcombe, welch

SUMS = (
    *("calls", "errors", "refused", "cancelled", "fallbacks", "unpriced", "answered", "counted", "priced"),
    *("input_tokens", "output_tokens", "token_squares", "cost", "cost_squares", "duration_ms", "duration_squares"),
)


@dataclass(frozen=True, kw_only=True, slots=True)
class Contrast:
    """A measure of one variant less that of the first."""

    value: float
    interval: Interval | None  # None: too little is known

    @property
    def is_real(self) -> bool | None:
        """Whether zero lies outside the interval, so that chance alone is no good explanation. None: unknown."""
        return None if self.interval is None else self.interval.excludes_zero


@dataclass(frozen=True, kw_only=True, slots=True)
class Measured:
    """One measure of one variant. `of` is how many calls it is made of; without any, the value is unknown."""

    value: float | None
    interval: Interval | None
    of: int
    contrast: Contrast | None = None  # None: it is the first variant, or one of the two is unknown


@dataclass(frozen=True, kw_only=True)
class Variant:
    name: str
    share: float | None  # of the calls, as the route is now; None: it is not in the route any more
    counts: Mapping[str, int]
    measures: Mapping[str, Measured] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Experiment:
    route: Route
    period: Period
    variants: list[Variant]


def open_to(caller: Caller) -> RouteQuerySet:
    """The routes whose variants are compared: experiments, and those with more than one weighted target."""
    weighted = Count("targets", filter=Q(targets__weight__gt=0))
    found = Route.objects.annotate(weighted=weighted).filter(Q(is_experiment=True) | Q(weighted__gt=1))
    if caller.is_admin:
        return found
    if caller.allowed_routes:
        found = found.filter(name__regex=patterns.regex(caller.allowed_routes))
    return found.filter(is_active=True, is_listed=True)


def compare(found: Collection[Route], period: Period, caller: Caller) -> list[Experiment]:
    """These routes with what their variants did. Four questions to the database, however many routes there are."""
    names = [route.name for route in found]
    sums = sums_of(names, period, caller)
    ratings = ratings_of(names, period, caller)
    shares = routes.variants_of([route.pk for route in found])
    return [
        Experiment(
            route=route,
            period=period,
            variants=variants(shares.get(route.pk, {}), sums.get(route.name, {}), ratings.get(route.name, {})),
        )
        for route in found
    ]


def sums_of(names: Collection[str], period: Period, caller: Caller) -> dict[str, dict[str, dict[str, Any]]]:
    """Route -> variant -> sums."""
    days = UsageDay.objects.filter(own(caller), route__in=names, day__range=(period.since, period.until))
    rows: Any = days.order_by().values("route", "variant").annotate(**{f"sum_{name}": Sum(name) for name in SUMS})
    found: dict[str, dict[str, dict[str, Any]]] = {}
    for row in rows:
        sums = {name: row[f"sum_{name}"] for name in SUMS}
        found.setdefault(row["route"], {})[row["variant"]] = sums
    return found


def ratings_of(names: Collection[str], period: Period, caller: Caller) -> dict[str, dict[str, Share]]:
    """Route -> variant -> the share of good ones."""
    begin, end = period.moments
    given: QuerySet[Rating] = Rating.objects.filter(route__in=names, at__gte=begin, at__lt=end)
    if not caller.is_admin:
        given = given.filter(call_id__in=Usage.objects.filter(own(caller)).values("call_id"))
    rows = given.order_by().values("route", "variant").annotate(total=Count("id"), good=Sum("score"))
    found: dict[str, dict[str, Share]] = {}
    for row in rows:
        found.setdefault(row["route"], {})[row["variant"]] = Share(row["good"], row["total"])
    return found


def variants(
    shares: Mapping[str, float], sums: Mapping[str, Mapping[str, Any]], ratings: Mapping[str, Share]
) -> list[Variant]:
    """Those of the route as it is now come first, in its order; then those it had before."""
    former = sorted((sums.keys() | ratings.keys()) - shares.keys())
    nothing: Mapping[str, Any] = dict.fromkeys(SUMS, 0)
    made: list[Variant] = []
    first: Mapping[str, Share | Sample] = {}
    for name in (*shares, *former):
        counted = sums.get(name, nothing)
        basis = basis_of(counted, ratings.get(name, Share(0, 0)))
        measures = {measure: measured(basis[measure], first.get(measure)) for measure in basis}
        first = first or basis
        made.append(Variant(name=name, share=shares.get(name), counts=counts_of(counted), measures=measures))
    return made


def counts_of(sums: Mapping[str, Any]) -> dict[str, int]:
    return {name: sums[name] for name in ("calls", "errors", "refused", "cancelled", "fallbacks", "unpriced")}


def basis_of(sums: Mapping[str, Any], rating: Share) -> dict[str, Share | Sample]:
    """What each measure is made of. Calls we refused or the caller gave up neither failed nor were answered."""
    decided = sums["answered"] + sums["errors"]
    tokens = sums["input_tokens"] + sums["output_tokens"]
    return {
        "error_rate": Share(sums["errors"], decided),
        "fallback_rate": Share(sums["fallbacks"], sums["answered"]),
        "latency_ms": Sample(sums["answered"], sums["duration_ms"], sums["duration_squares"]),
        "tokens": Sample(sums["counted"], tokens, sums["token_squares"]),
        "cost": Sample(sums["priced"], float(sums["cost"]), sums["cost_squares"]),
        "rating": rating,
    }


def measured(basis: Share | Sample, first: Share | Sample | None) -> Measured:
    if isinstance(basis, Share):
        value, interval, of = basis.value, basis.interval, basis.total
        before = first.value if isinstance(first, Share) else None
        difference = newcombe(first, basis) if isinstance(first, Share) else None
    else:
        value, interval, of = basis.mean, basis.interval, basis.count
        before = first.mean if isinstance(first, Sample) else None
        difference = welch(first, basis) if isinstance(first, Sample) else None
    contrast = None if value is None or before is None else Contrast(value=value - before, interval=difference)
    return Measured(value=value, interval=interval, of=of, contrast=contrast)
