"""Experiments: the variants of a route side by side, with 95 % intervals, and in words whether they truly differ."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.safestring import SafeString

from catalog.admin import display
from catalog.admin.telling import acting
from catalog.models import Route
from catalog.routes import percent
from console.experiments.intervals import drawing, scale_of
from console.experiments.verdicts import MEASURES, Measure, Verdict, name_of, verdict
from console.page import respond, staff
from console.usage.choice import RANGE, Choice, choice_of, page_number
from console.usage.door import ALL, SEE
from gateway.experiments import Experiment, Measured, Variant, compare, open_to

PAGE = 20


@dataclass(frozen=True, kw_only=True, slots=True)
class Column:
    """A variant at the head of the table."""

    name: str
    is_id: bool
    share: str
    counts: Sequence[tuple[str, str]]
    calls_url: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Cell:
    variant: str
    value: str
    drawing: SafeString | str
    interval: str
    verdict: Verdict | None


@dataclass(frozen=True, kw_only=True, slots=True)
class Line:
    """A measure of all variants."""

    label: str
    cells: Sequence[Cell]


@dataclass(frozen=True, kw_only=True, slots=True)
class Shown:
    """An experiment as its page and its card show it."""

    route: Route
    calls: int
    columns: Sequence[Column]
    lines: Sequence[Line]

    @property
    def real(self) -> list[Verdict]:
        """The differences that are certain."""
        return [cell.verdict for line in self.lines for cell in line.cells if cell.verdict and cell.verdict.is_real]


@staff(SEE)
def listed(request: HttpRequest) -> HttpResponse:
    choice = choice_of(request.GET, {}, "page", narrowing=RANGE)
    caller = acting(request)
    page = Paginator(open_to(caller).order_by("name", "id"), PAGE).get_page(page_number(choice))
    found = compare(list(page.object_list), choice.question.period, caller)
    return respond(
        request,
        "experiments/list",
        status=choice.status,
        title="Experiments",
        choice=choice,
        shown=[shown(one, choice) for one in found],
        page=page,
        newer_url=choice.url(page=page.number - 1),
        older_url=choice.url(page=page.number + 1),
        narrowed=choice.narrowed(),
        **ALL.addresses(),
    )


@staff(SEE)
def one(request: HttpRequest, pk: int) -> HttpResponse:
    route = get_object_or_404(Route, pk=pk)
    choice = choice_of(request.GET, {}, narrowing=RANGE)
    [found] = compare([route], choice.question.period, acting(request))
    return respond(
        request,
        "experiments/one",
        status=choice.status,
        title=f"Experiment {route.name}",
        choice=choice,
        experiment=shown(found, choice),
        route=route,
        narrowed=choice.narrowed(),
        **ALL.addresses(),
    )


def shown(experiment: Experiment, choice: Choice) -> Shown:
    variants = experiment.variants
    return Shown(
        route=experiment.route,
        calls=sum(variant.counts["calls"] for variant in variants),
        columns=[column(variant, experiment.route, choice) for variant in variants],
        lines=list(lines(variants)),
    )


def column(variant: Variant, route: Route, choice: Choice) -> Column:
    words = {"route": route.name, **({"variant": variant.name} if variant.name else {})}
    counts = variant.counts
    parts = [(name, counts[name]) for name in ("errors", "refused", "cancelled", "fallbacks", "unpriced")]
    return Column(
        name=name_of(variant),
        is_id=bool(variant.name),
        share="no longer in the route"
        if variant.share is None
        else f"{percent(round(variant.share * 1_000), 1_000)} of the calls",
        counts=[("calls", display.number(counts["calls"])), *((name, f"{many:,}") for name, many in parts if many)],
        calls_url=f"{reverse('console-usage-calls')}{choice.narrowed(**words)}",
    )


def lines(variants: Sequence[Variant]) -> Iterator[Line]:
    for name, measure in MEASURES.items():
        measured = [variant.measures[name] for variant in variants]
        if not any(one.of for one in measured):
            continue
        scale = scale_of(measured)
        yield Line(
            label=measure.label,
            cells=[
                Cell(
                    variant=name_of(variant),
                    value=measure.said(one.value),
                    drawing=drawing(one, scale),
                    interval=interval(measure, one),
                    verdict=verdict(measure, name_of(variant), one, measured[0]) if one is not measured[0] else None,
                )
                for variant, one in zip(variants, measured, strict=True)
            ],
        )


def interval(measure: Measure, measured: Measured) -> str:
    """Where the true value lies, and of how many calls or ratings that is known."""
    counted = f"of {display.count(measured.of, measure.made_of)}"
    if measured.interval is None:
        return counted if measured.of else ""
    ends = (measured.interval.low, measured.interval.high)
    return f"{' to '.join(measure.said(max(end, 0.0)) for end in ends)}, {counted}"
