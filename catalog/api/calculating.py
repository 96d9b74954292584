"""A calculation in JSON: what a body asks for, and how the results are shown."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from catalog import conversation, energy, tokens
from catalog.calculation import COSTS, Candidate, Result, Workload, custom
from catalog.comparison import MOST
from catalog.energy import Place
from catalog.errors import Invalid

from .amounts import clean_amount
from .naming import Sent, camel, snake
from .orders import refuse_others
from .rendering import number

CONVERSATION = (*conversation.RANGES, "cache")


@dataclass(frozen=True, kw_only=True)
class Order:
    """What to calculate. `names`: None for all models with a price; `custom`: costs beside them."""

    workload: Workload
    names: list[Any] | None
    custom: Candidate | None
    place: Place


def order_of(sent: Sent) -> Order:
    """Raises Invalid."""
    refuse_others(sent, ("tokens", "conversation", "models", "customCosts", *energy.TABLES))
    workload = workload_of(sent)
    names = names_of(sent)
    costs = custom_of(sent)
    place = place_of(sent)
    sent.raise_if_wrong()
    return Order(workload=workload, names=names, custom=costs, place=place)


def workload_of(sent: Sent) -> Workload:
    given = [name for name in ("tokens", "conversation") if sent.fields.get(name) is not None]
    if len(given) != 1:
        sent.refuse(given[0] if given else "tokens", "give either tokens or a conversation")
    if given == ["conversation"]:
        fields = inner(sent, "conversation", CONVERSATION)
        missing = {name: "is needed" for name in conversation.RANGES if name not in fields}
        refuse_inside(sent, "conversation", missing)
        try:
            return conversation.conversation_of(fields)
        except Invalid as error:
            refuse_inside(sent, "conversation", dict(error.details or {}))
    elif given == ["tokens"]:
        try:
            return tokens.counts_of(inner(sent, "tokens", tuple(tokens.RANGES)))
        except Invalid as error:
            refuse_inside(sent, "tokens", dict(error.details or {}))
    return tokens.Counts()


def inner(sent: Sent, name: str, known: tuple[str, ...]) -> dict[str, Any]:
    """The object under a name, by our names for its fields."""
    value = sent.fields.get(name)
    if not isinstance(value, dict):
        sent.refuse(name, f"must be an object with {', '.join(camel(field) for field in known)}")
        return {}
    fields = Sent(value)
    called = {snake(field): fields.name(field) for field in fields.fields}
    wrong = fields.wrong | {called[field]: "is nothing this takes" for field in called if field not in known}
    sent.wrong.update({f"{sent.name(name)}.{field}": text for field, text in wrong.items()})
    return {field: fields.fields[camel(field)] for field in called if field in known}


def refuse_inside(sent: Sent, name: str, wrong: dict[str, Any]) -> None:
    value = sent.fields[name]
    called = Sent(value).name if isinstance(value, dict) else str
    for field, text in wrong.items():
        sent.wrong.setdefault(f"{sent.name(name)}.{called(camel(field))}", text)


def names_of(sent: Sent) -> list[Any] | None:
    names = sent.fields.get("models")
    if names is None:
        return None
    if not isinstance(names, list) or len(names) > MOST or not all(isinstance(name, str | int) for name in names):
        sent.refuse("models", f"must be a list of at most {MOST:,} row ids or names such as openai/gpt-5")
        return []
    return names


def custom_of(sent: Sent) -> Candidate | None:
    if sent.fields.get("customCosts") is None:
        return None
    given = inner(sent, "customCosts", tuple(snake(kind) for kind in COSTS))
    amounts: dict[str, Decimal] = {}
    for field, value in given.items():
        try:
            amount = clean_amount(value)
        except ValueError as error:
            refuse_inside(sent, "customCosts", {field: str(error).strip()})
            continue
        if amount is not None:
            amounts[camel(field)] = Decimal(amount)
    return custom(amounts)


def place_of(sent: Sent) -> Place:
    try:
        return energy.place_of({name: sent.fields[name] for name in energy.TABLES if sent.fields.get(name) is not None})
    except Invalid as error:
        for name, text in dict(error.details or {}).items():
            sent.refuse(name, text)
        return Place()


def results_json(results: list[Result], place: Place, *, is_all: bool) -> dict[str, Any]:
    return {
        "results": [result_json(result) for result in results],
        "count": len(results),
        "complete": is_all,
        "estimate": {
            "formula": energy.FORMULA,
            "hardware": {
                **entry_json(place.hardware),
                "watts": place.hardware.watts,
                "tokensPerSecond": number(place.hardware.tokens_per_second),
            },
            "site": {**entry_json(place.site), "pue": number(place.site.pue)},
            "grid": {**entry_json(place.grid), "gramsPerKwh": place.grid.intensity},
        },
    }


def entry_json(entry: energy.Hardware | energy.Site | energy.Grid) -> dict[str, Any]:
    return {"key": entry.key, "name": entry.name, "source": entry.source, "year": entry.year}


def result_json(result: Result) -> dict[str, Any]:
    model, burnt = result.candidate.model, result.energy
    return {
        "rank": result.rank,
        "id": model.pk if model else None,
        "model": str(model) if model else None,
        "name": result.candidate.name,
        "cost": number(result.cost),
        "tokens": result.counts.by_kind if result.counts else None,
        "calls": result.calls if result.counts else None,
        "fits": result.counts is not None,
        "cut": result.is_cut,
        "tokenWeights": {kind: number(weight) for kind, weight in result.weights.items()},
        "ownWeights": bool(result.candidate.weights),
        "weightedTokens": number(result.weighted),
        "complexityFactor": None if result.candidate.complexity is None else float(result.candidate.complexity),
        "joules": None if burnt is None else float(burnt.joules),
        "kilowattHours": None if burnt is None else float(burnt.kwh),
        "co2Grams": None if burnt is None else float(burnt.co2_grams),
    }
