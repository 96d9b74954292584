"""How much a model was called in the last 30 days, as the pages of usage say it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from django.urls import reverse
from django.utils.http import urlencode
from django.utils.safestring import SafeString

from access.caller import Caller
from catalog.models import AIModel
from console import demand
from console.usage import lines
from console.usage.measures import MEASURES, SHOWN
from gateway.metering.questions import Period, Question
from gateway.metering.totals import added, grouped

DRAWN = ("calls", "cost")


@dataclass(frozen=True, kw_only=True, slots=True)
class Traffic:
    """`calls` is 0 if nothing was called; `given_away` counts those that named it and that another one answered."""

    calls: int
    unpriced: int
    figures: Sequence[tuple[str, str, str]]
    charts: Sequence[SafeString]
    given_away: int
    url: str
    calls_url: str


def traffic_of(model: AIModel, caller: Caller) -> Traffic:
    words = urlencode({"model": str(model)})
    question = Question(period=period(), filters={"model": [str(model)]})
    days = grouped(question, ["day"], caller, ("calls",), demand.DAYS, SHOWN)
    total = added(days, SHOWN)
    by_day: lines.Sums = {(day.group["day"], None): day for day in days}
    return Traffic(
        calls=total.sums["calls"],
        unpriced=total.sums["unpriced"],
        figures=[(measure.label, measure.said(total), measure.note(total)) for measure in MEASURES.values()],
        charts=[lines.chart([], by_day, period(), MEASURES[name], "day") for name in DRAWN] if days else [],
        given_away=demand.given_away_by(model).count(),
        url=f"{reverse('console-usage')}?{words}",
        calls_url=f"{reverse('console-usage-calls')}?{words}",
    )


def period() -> Period:
    since = demand.since()
    return Period(since=since, until=since + timedelta(days=demand.DAYS - 1))
