"""The calculator: what a call or a whole conversation weighs, costs and burns. All that is asked stands in the URL."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.core.paginator import Page, Paginator
from django.http import HttpRequest, HttpResponse, QueryDict

from access.caller import Caller
from catalog import comparison, energy
from catalog.calculation import Result, bundle_of, candidate_of, compare
from catalog.errors import Invalid
from catalog.models import AIModel
from catalog.tokens import DEFAULT_WEIGHTS
from console.account.calculator_form import CONVERSATION, KINDS, MODES, CalculatorForm
from console.account.page import me, person, show

PAGE = 50
MOST_CHOSEN = 100


@dataclass(frozen=True, kw_only=True, slots=True)
class Row:
    """A result with the length of its bar, in per cent of the dearest on the page."""

    result: Result
    bar: str
    is_chosen: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class Compared:
    """The models to compare, names that mean none, and whether only chosen ones are compared, or not all."""

    models: list[AIModel]
    unknown: list[str]
    is_choice: bool
    is_cut: bool


@person("GET")
def shown(request: HttpRequest) -> HttpResponse:
    form = CalculatorForm(request.GET)
    context: dict[str, Any] = {}
    if form.is_valid():
        try:
            context = calculated(form, request.GET, me(request))
        except Invalid as error:
            form.show(error)
    return show(request, "calculator", form=form, modes=MODES, **context)


def calculated(form: CalculatorForm, query: QueryDict, caller: Caller) -> dict[str, Any]:
    """What the page shows of a form that is filled in well. Raises Invalid."""
    workload, place, costs = form.workload(), form.place(), form.custom()
    chosen = query.getlist("compare")[:MOST_CHOSEN]
    compared = to_compare(form, "only" in query, chosen, caller)
    candidates = [candidate_of(model) for model in compared.models]
    results = compare(workload, [*candidates, *([costs] if costs else [])], place)
    page = Paginator(results, PAGE).get_page(query.get("page"))
    whole = bundle_of(workload)
    return {
        "page": page,
        "rows": rows(page, set(chosen)),
        "compared": compared,
        "counts": [(KINDS[kind], count, DEFAULT_WEIGHTS[kind]) for kind, count in whole.total.by_kind.items()],
        "calls": len(whole.calls),
        "weighted": whole.total.weighted(DEFAULT_WEIGHTS),
        "is_talk": form.mode == CONVERSATION,
        "place": place,
        "formula": energy.FORMULA,
    }


def to_compare(form: CalculatorForm, only: bool, chosen: list[str], caller: Caller) -> Compared:
    """The chosen models, if only those are wanted, else those the search finds.

    A shared address may name models that are not there for who follows it.
    """
    if only and chosen:
        found = comparison.find(chosen, caller)
        models = list(dict.fromkeys(model for model in found.values() if model is not None))
        unknown = [name[:100] for name, model in found.items() if model is None]
        return Compared(models=models, unknown=unknown, is_choice=True, is_cut=False)
    offered = comparison.offered(caller) if form.cleaned_data["priced"] == "all" else comparison.priced(caller)
    models = list(offered.search(form.cleaned_data["q"])[: comparison.MOST + 1])
    is_cut = len(models) > comparison.MOST
    return Compared(models=models[: comparison.MOST], unknown=[], is_choice=False, is_cut=is_cut)


def rows(page: Page, chosen: set[str]) -> list[Row]:
    results: list[Result] = list(page)
    dearest = max((result.cost for result in results if result.cost is not None), default=Decimal(0))
    return [
        Row(
            result=result,
            bar=f"{(result.cost or 0) / (dearest or 1) * 100:.2f}",
            is_chosen=str(result.candidate.model) in chosen,
        )
        for result in results
    ]
