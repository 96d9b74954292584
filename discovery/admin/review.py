"""The review of a plan: what a sync would do, before it does it, with apply for all of it or for what is chosen."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.views.decorators.http import require_POST

from catalog import facts
from catalog.admin import differences, display
from catalog.admin.telling import acting
from catalog.errors import CatalogError
from catalog.models import ObjectType, Status
from discovery import decisions
from discovery.admin.page import SEE, SYNC, respond, staff
from discovery.models import SyncResult, SyncRun, SyncState

PAGE = 200
KINDS = {
    "new": "New",
    "changed": "Changed",
    "missing": "Missing",
    "returned": "Listed again",
    "held": "Held prices",
}
CHOOSABLE = ("new", "changed", "missing")  # the rest comes with these, or waits for a decision of its own
REASON = 500  # characters


@staff(SEE)
def review(request: HttpRequest, pk: int) -> HttpResponse:
    result = get_object_or_404(SyncResult.objects.select_related("run", "provider"), pk=pk)
    if request.method == "POST":
        return decide(request, result)
    plan = result.plan or {}
    kind = request.GET.get("kind", "")
    if kind not in KINDS:
        kind = next((name for name in KINDS if plan.get(name)), "new")
    words = request.GET.get("q", "").strip()
    found = [item for item in plan.get(kind, []) if words.lower() in item["model_id"].lower()]
    page = Paginator(found, PAGE).get_page(request.GET.get("p"))
    return respond(
        request,
        "review",
        title=f"Review of {result.provider.slug}",
        result=result,
        state_label=SyncState(result.state).label,
        tabs=tabs(plan, kind),
        kind=kind,
        words=words,
        page=page,
        rows=[SHOWN[kind](item, plan) for item in page.object_list],
        choosable=kind in CHOOSABLE,
        has_lines=kind in ("new", "changed", "held"),
        total=sum(len(plan.get(name, [])) for name in CHOOSABLE),
        undecided=result.state == SyncState.HELD and not result.decision,
        can_apply="digests" in plan and not result.decision,
    )


def tabs(plan: Mapping[str, Any], chosen: str) -> list[dict[str, Any]]:
    return [
        {
            "label": label,
            "count": len(plan.get(name, [])),
            "url": f"?{urlencode({'kind': name})}",
            "chosen": name == chosen,
        }
        for name, label in KINDS.items()
        if plan.get(name) or name in CHOOSABLE
    ]


def shown_new(item: Mapping[str, Any], plan: Mapping[str, Any]) -> dict[str, Any]:
    facts_of = {
        name: item.get(name) for name in ("name", "category", "context_window", "max_output_tokens", facts.PRICE)
    }
    lines = [line(name, None, value) for name, value in facts_of.items() if value is not None]
    return {"model_id": item["model_id"], "note": f"becomes {Status(item['status']).label.lower()}", "lines": lines}


def shown_changed(item: Mapping[str, Any], plan: Mapping[str, Any]) -> dict[str, Any]:
    lines = [line(name, item["before"].get(name), after) for name, after in item["after"].items()]
    return {"model_id": item["model_id"], "id": item["id"], "lines": lines}


def shown_missing(item: Mapping[str, Any], plan: Mapping[str, Any]) -> dict[str, Any]:
    count = item["misses"] + 1
    note = f"{Status(item['status']).label}; {count} list{'s' if count > 1 else ''} in a row without it"
    if item["id"] in plan["deprecate"]:
        note += ": becomes deprecated"
    return {"model_id": item["model_id"], "id": item["id"], "note": note, "lines": []}


def shown_returned(item: Mapping[str, Any], plan: Mapping[str, Any]) -> dict[str, Any]:
    note = "becomes enabled again" if item["id"] in plan["restore"] else f"stays {item['status']}"
    return {"model_id": item["model_id"], "id": item["id"], "note": note, "lines": []}


def shown_held(item: Mapping[str, Any], plan: Mapping[str, Any]) -> dict[str, Any]:
    lines = [line(facts.PRICE, item["before"], item["price"])]
    return {"model_id": item["model_id"], "note": f"{item['why']}; it would wait for a decision", "lines": lines}


SHOWN = {
    "new": shown_new,
    "changed": shown_changed,
    "missing": shown_missing,
    "returned": shown_returned,
    "held": shown_held,
}


def line(name: str, before: Any, after: Any) -> dict[str, Any]:
    return {
        "field": differences.label(ObjectType.MODEL, name),
        "before": "" if before is None else display.value(name, before),
        "after": display.value(name, after),
    }


def decide(request: HttpRequest, result: SyncResult) -> HttpResponse:
    """Apply all of the plan, or what was chosen of it, or refuse a held list."""
    if not request.user.has_perm(SYNC):
        raise PermissionDenied
    reason = request.POST.get("reason", "")[:REASON]
    chosen = request.POST.getlist("model") if "chosen" in request.POST else None
    try:
        if "refuse" in request.POST:
            decisions.refuse_list(result, acting(request), reason)
            messages.success(request, f"Refused. Nothing of {result.provider.slug} was changed.")
            return HttpResponseRedirect(reverse("discovery-held"))
        if chosen == []:
            messages.warning(request, "No model was chosen. Nothing was done.")
            return HttpResponseRedirect(request.get_full_path())
        run = decisions.apply_reviewed(result, acting(request), only=chosen, reason=reason)
    except CatalogError as error:
        messages.error(request, error.message)
        return HttpResponseRedirect(request.get_full_path())
    return HttpResponseRedirect(reverse("discovery-run", args=[run.pk]))


@staff(SYNC)
@require_POST
def apply_run(request: HttpRequest, pk: int) -> HttpResponse:
    """Apply all that a dry run of several providers showed."""
    run = get_object_or_404(SyncRun, pk=pk)
    try:
        run = decisions.apply_all(run, acting(request), request.POST.get("reason", "")[:REASON])
    except CatalogError as error:
        messages.error(request, error.message)
    return HttpResponseRedirect(reverse("discovery-run", args=[run.pk]))
