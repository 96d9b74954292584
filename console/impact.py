"""Who would be hit if a model went, and what would answer instead: looked at before it is done."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from django.db.models import Aggregate, Count, QuerySet, Sum
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse

from catalog import history, lifecycle, registration, routes, successors
from catalog.admin.telling import acting, back, ours, say, told
from catalog.models import AIModel, Route, UserPreference
from catalog.resolution import Named
from console import demand, instead
from console.page import CHANGE, respond, staff
from gateway.models import Conversation

MOVES = {"disable": "disabled", "deprecate": "deprecated", "archive": "archived"}
SHOWN = 20
REASON = 500  # characters
Counted = Sequence[tuple[QuerySet, Aggregate]]  # calls, and how they are counted

NOBODY = {"key": "a page of the registry", "user": "a service"}


@dataclass(frozen=True, kw_only=True, slots=True)
class Callers:
    """Who called it in the last 30 days, the busiest first, and how many there are in all."""

    rows: Sequence[tuple[str, int]]
    count: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Impact:
    """Who relies on a model, and what answers for it afterwards: by name, and where it is a stored choice."""

    calls: int
    keys: Callers
    users: Callers
    routes: Sequence[Route]
    conversations: int
    preferences: Sequence[str]  # names of people
    predecessors: int
    is_default: bool
    by_name: Named | None
    by_choice: Named | None

    @property
    def hits_somebody(self) -> bool:
        relying = (self.calls, self.routes, self.conversations, self.preferences, self.predecessors, self.is_default)
        return any(relying)


def impact_of(model: AIModel, move: str) -> Impact:
    """What a move of MOVES would do to those who rely on a model."""
    counted = [
        (demand.served_by(model), Sum("calls")),
        (demand.given_away_by(model), Count("pk")),
    ]
    names = instead.around([model], {model.pk: lifecycle.MOVES[move].get(model.status, model.status)})
    choosing = UserPreference.objects.filter(default_model=model).order_by("user__username")
    return Impact(
        calls=sum(rows.aggregate(total=calls)["total"] or 0 for rows, calls in counted),
        keys=callers(counted, "key"),
        users=callers(counted, "user"),
        routes=routes.routes_of([model.pk])[model.pk],
        conversations=Conversation.objects.filter(model=model).count(),
        preferences=list(choosing.values_list("user__username", flat=True)),
        predecessors=AIModel.objects.global_().unarchived().filter(successor=model).count(),
        is_default=model.is_default,
        by_name=instead.stand_in(model, names),
        by_choice=instead.stand_in(model, names, is_explicit=False),
    )


def callers(counted: Counted, who: str) -> Callers:
    """The calls by key or by user, under the names they had."""
    found: Counter[tuple[int, str]] = Counter()
    for rows, calls in counted:
        for pk, name, total in rows.values_list(f"{who}_id", f"{who}_name").annotate(total=calls):
            found[pk, name] += total
    named = [((name or f"{who} {pk}") if pk else NOBODY[who], total) for (pk, name), total in found.most_common()]
    return Callers(rows=named[:SHOWN], count=len(named))


@staff(CHANGE)
def impact_page(request: HttpRequest, pk: int, name: str) -> HttpResponse:
    model = get_object_or_404(AIModel.objects.global_().select_related("provider", "successor__provider"), pk=pk)
    if name not in MOVES:
        raise Http404
    if request.method == "POST":
        return move(request, model, name)
    return respond(
        request,
        "impact",
        title=f"{name.capitalize()} {model}?",
        model=model,
        name=name,
        becomes=MOVES[name],
        possible=model.status in lifecycle.MOVES[name],
        impact=impact_of(model, name),
        heir=heir_of(model, name),
        next=ours(request, request.GET.get("next", "")) or own_page(model),
        shown=SHOWN,
    )


def move(request: HttpRequest, model: AIModel, name: str) -> HttpResponse:
    by, reason = acting(request), request.POST.get("reason", "")[:REASON]
    heir = heir_of(model, name)
    with told(request):
        with history.change_set(by, reason) as changes:
            if heir is not None and request.POST.get("successor") == str(heir.pk):
                registration.decide(model, {"successor_id": heir.pk}, by, reason)
            moved = lifecycle.move(AIModel.objects.filter(pk=model.pk), name, by, reason)
        say(request, f"{lifecycle.DONE[name].capitalize()} {model}.", changes, moved.defaults)
    return back(request, own_page(model))


def heir_of(model: AIModel, move: str) -> AIModel | None:
    """The replacement that its provider names for a model that is to be deprecated and has no successor yet."""
    return successors.named_by_provider([model]).get(model.pk) if move == "deprecate" else None


def own_page(model: AIModel) -> str:
    return reverse("console-model", args=[model.pk])
