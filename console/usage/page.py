"""What calls came to: one measure over time, and all of them by day, model, provider, key, user, route or variant."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.utils.safestring import SafeString

from access.caller import Caller
from console.usage import lines, narrowing
from console.usage.choice import Choice, choice_of, page_number
from console.usage.door import ALL, OWN, Door
from console.usage.measures import MEASURES, SHOWN, Measure
from console.usage.table import WAYS, name_of, rows
from gateway.api.usage import MOST, csv_answer
from gateway.metering.totals import GROUPS, TooMany, Total, added, daily, grouped, totals, whole

MOST_GROUPS = 2_000  # of the table, the largest ones; a file has all
PAGE = 50


@dataclass(frozen=True, kw_only=True, slots=True)
class Figure:
    """A measure of all that was called, and where it is the one over time."""

    label: str
    value: str
    note: str
    url: str
    chosen: bool


def usage(request: HttpRequest, door: Door) -> HttpResponse:
    ways = {name: label for name, label in WAYS.items() if not (door.is_own and name == "user")}
    choice = choice_of(request.GET, {"groupBy": ways, "measure": MEASURES, "as": ("csv",)}, "page")
    caller = door.caller(request)
    way, measure = choice.text("groupBy") or "day", MEASURES[choice.text("measure") or "cost"]
    if choice.text("as") and not choice.wrong:
        try:
            return csv_answer(totals(choice.question, [way], caller, most=MOST["csv"]))
        except TooMany:
            messages.error(request, "That are too many rows for one file: ask for fewer days, or group by less.")
    largest = ("cost",) if way == "day" else measure.largest
    found = [] if choice.wrong else grouped(choice.question, [way], caller, largest, MOST_GROUPS + 1, SHOWN)
    is_cut = len(found) > MOST_GROUPS
    total = whole(choice.question, caller, SHOWN) if is_cut else added(found, SHOWN)
    found = found[:MOST_GROUPS]
    page = Paginator(list(reversed(found)) if way == "day" else found, PAGE).get_page(page_number(choice))
    return door.show(
        request,
        "usage",
        status=choice.status,
        title="Usage",
        choice=choice,
        chips=list(narrowing.chips(choice)),
        fields=narrowing.fields(caller, is_own=door.is_own),
        ways=[(name, label, choice.url(groupBy=name)) for name, label in ways.items()],
        way=way,
        way_label=WAYS[way],
        figures=list(figures(total, choice, measure)),
        chart=chart(found, way, choice, measure, caller) if total.sums["calls"] else "",
        total=total,
        rows=rows(list(page.object_list), way, choice, door.url("usage-calls")),
        page=page,
        newer_url=choice.url(page=page.number - 1),
        older_url=choice.url(page=page.number + 1),
        is_cut=is_cut,
        most=MOST_GROUPS,
        says_cost=any(row.provider_cost is not None for row in page.object_list),
        csv_url=choice.url(**{"as": "csv"}),
        unpriced_url=f"{door.url('usage-calls')}{choice.narrowed(unpriced=1)}",
        narrowed=choice.narrowed(),
    )


def figures(total: Total, choice: Choice, chosen: Measure) -> Iterator[Figure]:
    for name, measure in MEASURES.items():
        yield Figure(
            label=measure.label,
            value=measure.said(total),
            note=measure.note(total),
            url=choice.url(measure=name),
            chosen=measure is chosen,
        )


def chart(found: Sequence[Total], way: str, choice: Choice, measure: Measure, caller: Caller) -> SafeString:
    """The measure over time, by the largest of what the table shows."""
    period = choice.question.period
    if way == "day":
        return lines.chart([], {(total.group["day"], None): total for total in found}, period, measure, way)
    top = found if len(found) <= lines.LINES + 1 else found[: lines.LINES]
    groups = [{column: total.group[column] for column in GROUPS[way]} for total in top]
    days = daily(choice.question, groups, caller, measure.sums)
    return lines.chart([name_of(total, way) for total in top], days, period, measure, way)


own_usage, all_usage = OWN.opens(usage), ALL.opens(usage)
