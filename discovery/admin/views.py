"""Refreshing from a page, and the page of a run: how far it is, then what it did, in words."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.db.models import F, Q
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.html import format_html
from django.views.decorators.http import require_POST

from catalog.admin.telling import acting, back, button
from catalog.errors import CatalogError
from discovery import leases, runs, sync
from discovery.admin.page import SEE, SYNC, respond, staff
from discovery.errors import TooSoon
from discovery.models import UNFINISHED, SyncResult, SyncRun, SyncState

RUNS = "admin:discovery_syncrun_changelist"
COUNTS = ("new", "changed", "unchanged", "missing", "deprecated", "held", "skipped")
MODELS_OF = {"new": {"status": "pending"}, "deprecated": {"status": "deprecated"}}  # filters of the list of models


@staff(SYNC)
@require_POST
def refresh(request: HttpRequest, slug: str = "") -> HttpResponse:
    """Start a sync of one provider, or of all, and show its page."""
    slugs = [slug] if slug else []
    if slug and (running := runs.running_at(sync.asked_for(slugs))):
        messages.warning(request, f"A sync of {slug} is running already: this one.")
        return to_run(running[0].run)
    try:
        return to_run(runs.refresh(acting(request), slugs, force="force" in request.GET))
    except TooSoon as error:
        again = button("Refresh all the same", f"{request.path}?force")
        messages.warning(request, format_html("{} {}", error.message, again))
    except CatalogError as error:
        messages.error(request, error.message)
    return back(request, RUNS)


@staff(SYNC)
@require_POST
def preview(request: HttpRequest, slug: str = "") -> HttpResponse:
    """Start a dry run of one provider, or of all, and show its page."""
    try:
        return to_run(runs.preview(acting(request), [slug] if slug else []))
    except CatalogError as error:
        messages.error(request, error.message)
        return back(request, RUNS)


def to_run(run: SyncRun) -> HttpResponse:
    return HttpResponseRedirect(reverse("discovery-run", args=[run.pk]))


@staff(SEE)
def run_page(request: HttpRequest, pk: int) -> HttpResponse:
    return respond(request, "run", **shown(pk))


@staff(SEE)
def run_progress(request: HttpRequest, pk: int) -> HttpResponse:
    """The part of the page that changes while the run goes on."""
    return respond(request, "run_progress", **shown(pk))


@dataclass(frozen=True, kw_only=True)
class Count:
    """A number of a result, with the list of the models it counts, where such a list can be asked for."""

    name: str
    count: int
    url: str = ""


@dataclass(frozen=True, kw_only=True)
class Row:
    """What a run did at one provider, as the page shows it."""

    result: Any  # a SyncResult with `left`: what was not applied, because it differs from what was reviewed
    label: str
    counts: list[Count]
    ended: bool
    reviewable: bool


def shown(pk: int) -> dict[str, Any]:
    leases.settle()
    run = get_object_or_404(SyncRun, pk=pk)
    results = list(with_plan_summary(run.results).select_related("provider").order_by("provider__slug"))
    ended = [result for result in results if result.state not in UNFINISHED]
    state = runs.state_of(results)
    rows = [row_of(result, run) for result in results]
    appliable = sum(row.reviewable and row.result.state == SyncState.SUCCEEDED for row in rows)
    return {
        "title": f"{'Preview' if run.dry_run else 'Sync'} {run.pk}",
        "run": run,
        "state": state,
        "state_label": SyncState(state).label,
        "unfinished": len(ended) < len(results),
        "ended": len(ended),
        "failed": sum(result.state == SyncState.FAILED for result in results),
        "columns": COUNTS,
        "rows": rows,
        "appliable": appliable if len(rows) > 1 and len(ended) == len(results) else 0,
        "totals": [sum(getattr(result, name) for result in results) for name in COUNTS],
        "one": results[0].provider if len(results) == 1 else None,
    }


def with_plan_summary(results: Any) -> Any:
    """Without the plan itself, which may be megabytes."""
    return results.defer("plan").annotate(left=F("plan__left"), has_digests=Q(plan__has_key="digests"))


def row_of(result: Any, run: SyncRun) -> Row:
    return Row(
        result=result,
        label=SyncState(result.state).label,
        counts=[count_of(result, name) for name in COUNTS],
        ended=result.state not in UNFINISHED,
        reviewable=bool(result.has_digests) and (run.dry_run or result.state == SyncState.HELD),
    )


def count_of(result: SyncResult, name: str) -> Count:
    count = getattr(result, name)
    filters = {} if result.run.dry_run or not count else MODELS_OF.get(name, {})
    query = urlencode({"provider": result.provider.slug, **filters})
    url = f"{reverse('admin:catalog_aimodel_changelist')}?{query}" if filters else ""
    return Count(name=name, count=count, url=url)
