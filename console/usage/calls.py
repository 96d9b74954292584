"""Single calls, the newest first. Nothing is counted: a page knows only where the next begins."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from django.conf import settings
from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils.safestring import SafeString

from access.caller import Caller
from catalog.admin import display
from catalog.api.naming import Sent
from console.usage import narrowing, words
from console.usage.choice import Choice, choice_of
from console.usage.door import ALL, OWN, Door
from gateway.api.calls import behind, cursor_of, place_of
from gateway.metering.questions import UNPRICED, own
from gateway.models import Outcome, Usage

PAGE = 50
OUTCOMES = {"": "All", **{value: str(label) for value, label in Outcome.choices}}
ONLY_UNPRICED = "unpriced"


@dataclass(frozen=True, kw_only=True, slots=True)
class Row:
    url: str
    when: SafeString | str
    asked: str
    model: str
    caller: str
    state: SafeString
    tokens: str
    cost: str
    is_unpriced: bool
    took: str


def calls(request: HttpRequest, door: Door) -> HttpResponse:
    among = {"outcome": Outcome.values, ONLY_UNPRICED: ("1",)}
    choice = choice_of(request.GET, among, "callId", "cursor")
    sought = choice.text("callId").strip()
    if sought and Usage.objects.filter(own(door.caller(request)), call_id=sought).exists():
        return HttpResponseRedirect(door.url("usage-call", sought))
    if sought:
        messages.warning(request, f"There is no call {sought[:40]} here.{kept_for()}")
    found = [] if choice.wrong else list(asked_for(choice, door.caller(request))[: PAGE + 1])
    page = found[:PAGE]
    return door.show(
        request,
        "calls",
        status=choice.status,
        title="Calls",
        choice=choice,
        chips=[*narrowing.chips(choice), *chips(choice)],
        fields=narrowing.fields(door.caller(request), is_own=door.is_own),
        outcomes=[
            (label, choice.url(outcome=value or None), value == choice.text("outcome"))
            for value, label in OUTCOMES.items()
        ],
        rows=[row(call, door) for call in page],
        newest_url=choice.url() if choice.text("cursor") else "",
        older_url=choice.url(cursor=cursor_of(page[-1])) if len(found) > PAGE else "",
        narrowed=choice.narrowed(),
        kept_for=kept_for(),
        sought=sought,
    )


def asked_for(choice: Choice, caller: Caller) -> QuerySet[Usage]:
    rows = choice.question.calls(caller)
    if outcome := choice.text("outcome"):
        rows = rows.filter(outcome=outcome)
    if choice.text(ONLY_UNPRICED):
        rows = rows.filter(UNPRICED)
    return behind(rows, place_of(Sent(dict(choice.fields))))


def chips(choice: Choice) -> Iterator[narrowing.Chip]:
    if choice.text(ONLY_UNPRICED):
        yield narrowing.Chip(label="Only", value="unpriced calls", url=choice.url(unpriced=None))


def row(call: Usage, door: Door) -> Row:
    return Row(
        url=door.url("usage-call", call.call_id),
        when=display.ago(call.at),
        asked=call.requested,
        model=call.model,
        caller=call.key_name if door.is_own else words.caller(call),
        state=words.state(call),
        tokens=words.tokens(call),
        cost=words.cost(call),
        is_unpriced=words.is_unpriced(call),
        took=f"{words.milliseconds(call.first_ms)} / {words.milliseconds(call.duration_ms)}",
    )


def kept_for() -> str:
    """How long single calls are kept, in a sentence; empty if for ever."""
    days = settings.USAGE_RETENTION_DAYS
    return f" Single calls are kept for {days} days, their sums for ever." if days else ""


own_calls, all_calls = OWN.opens(calls), ALL.opens(calls)
