"""A route as people write and read it: its columns, and its targets by the names of what they lead to. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from catalog.connections import a_text, a_truth
from catalog.errors import Invalid
from catalog.models import Route, RouteTarget

COLUMNS = ("name", "description", "is_active", "is_listed", "is_experiment")
EDITABLE = (*COLUMNS, "targets")
PARTS = ("model", "route", "weight", "variant")
MOST_TARGETS = 50
LARGEST_WEIGHT = 1_000_000
LONGEST_VARIANT = 100


@dataclass(frozen=True, kw_only=True, slots=True)
class Wanted:
    """A target as it is named: `provider/model_id` or a route's name, or either's row id."""

    model: str | int | None = None
    route: str | int | None = None
    weight: int = 0
    variant: str = ""


def definition(route: Route, targets: Iterable[RouteTarget]) -> dict[str, Any]:
    """All a person decides about a route, JSON-ready: what the history keeps, and what changing it takes."""
    fields = {name: getattr(route, name) for name in COLUMNS}
    return {**fields, "targets": [target_record(target) for target in targets]}


def target_record(target: RouteTarget) -> dict[str, Any]:
    kind = "route" if target.to_route_id else "model"
    return {kind: target.leads_to, "weight": target.weight, "variant": target.variant}


def in_words(targets: Sequence[Mapping[str, Any]]) -> str:
    """Targets in one line, such as `70 % openai/a, 30 % openai/b; then mistral/c`."""
    weighted = [target for target in targets if target["weight"]]
    fallbacks = [named(target) for target in targets if not target["weight"]]
    total = sum(target["weight"] for target in weighted)
    if len(weighted) == 1:
        shares = [named(weighted[0])]
    else:
        shares = [f"{percent(target['weight'], total)} {named(target)}" for target in weighted]
    return "; then ".join(part for part in (", ".join(shares), ", ".join(fallbacks)) if part)


def named(target: Mapping[str, Any]) -> str:
    return str(target.get("model") or target.get("route"))


def percent(part: int, total: int) -> str:
    share = round(100 * part / total, 1)
    return f"{share:.0f} %" if share == int(share) else f"{share} %"


def clean(fields: Mapping[str, Any]) -> dict[str, Any]:
    """What a person says of a route, checked one by one. Raises Invalid naming each that is wrong."""
    cleaned: dict[str, Any] = {}
    wrong: dict[str, str] = {}
    for name, value in fields.items():
        try:
            if name == "targets":
                cleaned[name] = clean_targets(value)
            elif name in COLUMNS:
                cleaned[name] = a_truth(value) if name.startswith("is_") else a_text(value)
            else:
                wrong[name] = "is nothing one can set"
        except Invalid as error:
            wrong.update(error.details)  # type: ignore[arg-type]  # Invalid always has a mapping
        except ValueError as error:
            wrong[name] = str(error)
    if wrong:
        raise Invalid(wrong)
    return cleaned


def clean_targets(value: Any) -> list[Wanted]:
    """Raises Invalid that names each part as `targets[0].weight`."""
    if not isinstance(value, list) or len(value) > MOST_TARGETS:
        raise Invalid({"targets": f"must be a list of at most {MOST_TARGETS}"})
    wrong: dict[str, str] = {}
    cleaned = []
    for position, target in enumerate(value):
        if not isinstance(target, dict):
            wrong[f"targets[{position}]"] = "must be an object"
            continue
        found = dict(faults(target))
        wrong.update({f"targets[{position}]{f'.{part}' if part else ''}": text for part, text in found.items()})
        if not found:
            cleaned.append(Wanted(**{part: target[part] for part in PARTS if target.get(part) is not None}))
    if wrong:
        raise Invalid(wrong)
    return cleaned


def faults(target: Mapping[str, Any]) -> Iterable[tuple[str, str]]:
    """What is wrong with a target, by its part; "" is the whole."""
    for part in target:
        if part not in PARTS:
            yield str(part)[:100], "is nothing one can set"
    leads = [part for part in ("model", "route") if target.get(part) not in (None, "")]
    if len(leads) != 1:
        yield "model" if leads else "", "name either a model or a route" if leads else "name a model or a route"
    for part in leads:
        if isinstance(target[part], bool) or not isinstance(target[part], str | int):
            yield part, "must be a name, or the id of its row"
    weight = target.get("weight")
    if weight is not None and (
        isinstance(weight, bool) or not isinstance(weight, int) or not 0 <= weight <= LARGEST_WEIGHT
    ):
        yield "weight", f"must be a whole number from 0 to {LARGEST_WEIGHT:,}"
    variant = target.get("variant") or ""
    if not isinstance(variant, str) or not variant.isprintable() or len(variant) > LONGEST_VARIANT:
        yield "variant", f"must be text of at most {LONGEST_VARIANT} characters"
