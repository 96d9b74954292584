"""What the page of one model shows beside its form: whose word each field is, its moves, notes and prices."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from django import forms
from django.http import HttpRequest
from django.urls import NoReverseMatch, reverse
from django.utils.dateparse import parse_datetime
from django.utils.html import format_html
from django.utils.safestring import SafeString

from catalog import disagreements, facts, lifecycle, registration
from catalog.admin import display, scheduled
from catalog.admin.model_form import WEIGHTS, ModelForm, groups
from catalog.admin.telling import button
from catalog.errors import CatalogError
from catalog.models import AMOUNTS, Action, AIModel, Change, ObjectType, Price, PriceState, Status

LOOKS = {"approve": "good", "enable": "good", "restore": "good", "reject": "bad", "archive": "bad"}
WEIGHED = {"disable", "deprecate"}  # moves by which models go that are in use
PRICES = 50
SUCCESSORS = 200  # offered in the list of the field; any other can be typed


@dataclass(frozen=True, kw_only=True)
class Note:
    """Whose word a fact is, and what would hold without the person's word."""

    source: SafeString | str
    reset_url: str = ""
    otherwise: str = ""


@dataclass(frozen=True, kw_only=True)
class Row:
    field: forms.BoundField
    note: Note | None = None


@dataclass(frozen=True, kw_only=True)
class Group:
    """Fields under one heading. A fact in several fields, such as the price, has its note at the heading."""

    title: str
    rows: list[Row]
    compact: bool = False
    note: Note | None = None


def buttons(model: AIModel, names: list[str]) -> Iterator[SafeString]:
    """A button for each move, and for the default of a model that can be it."""
    for name in names:
        url = reverse("admin:catalog_aimodel_move", args=[model.pk, name])
        yield button(name.capitalize(), url, label=f"{name.capitalize()} {model}", look=LOOKS.get(name, ""))
    if model.status == Status.ENABLED and not model.is_default:
        url = reverse("admin:catalog_aimodel_default", args=[model.pk])
        yield button("Set default", url, label=f"Set default: {model}")


def context(request: HttpRequest, model: AIModel, form: ModelForm, *, editable: bool) -> dict[str, Any]:
    return {
        **standing(model, editable=editable),
        **priced(model, editable=editable),
        "groups": list(told_groups(model, form, request, editable)),
        "why_kept": why_kept(model),
        "successors": successors(model),
    }


def standing(model: AIModel, *, editable: bool) -> dict[str, Any]:
    """Its status, the moves out of it, what one should know before, and where its sources disagree."""
    return {
        "state": display.state(model.status, model.get_status_display()),
        "moves": own_moves(model) if editable else [],
        "weighed_moves": weighed_moves(model) if editable else [],
        "default_url": reverse("admin:catalog_aimodel_default", args=[model.pk]),
        "no_default_url": reverse("admin:catalog_aimodel_no_default", args=[model.pk]),
        "notes": list(notes(model)),
        "conflicts": [disagreement(item["fact"], item["values"]) for item in disagreements.open_in(model)],
    }


def priced(model: AIModel, *, editable: bool) -> dict[str, Any]:
    """Its prices, the newest first, and how to schedule one."""
    return {
        "prices": [price_row(price, editable) for price in model.prices.all()[:PRICES]],
        "schedule": scheduled.ScheduleForm() if editable else None,
        "schedule_button": scheduled.BUTTON,
    }


def blank(form: ModelForm) -> list[Group]:
    """The fields of a model that is not there yet."""
    return [
        Group(title=title, rows=[Row(field=field) for field in fields], compact=compact)
        for title, fields, compact in groups(form)
    ]


def own_moves(model: AIModel) -> list[tuple[str, str, str]]:
    """Name, address and look of each move the state allows and that is done at once."""
    return [
        (name.capitalize(), reverse("admin:catalog_aimodel_move", args=[model.pk, name]), LOOKS.get(name, ""))
        for name in lifecycle.moves_from(model.status)
        if not impact_url(model, name)
    ]


def weighed_moves(model: AIModel) -> list[tuple[str, str]]:
    """Name and address of each move of which a page shows first who would be hit."""
    named = [(name, impact_url(model, name)) for name in lifecycle.moves_from(model.status)]
    return [(f"{name.capitalize()} …", url) for name, url in named if url]


def impact_url(model: AIModel, name: str) -> str:
    """Where one sees who relies on a model before it goes; the console serves it, and we know it by name alone."""
    if name not in WEIGHED:
        return ""
    try:
        return reverse("console-impact", args=[model.pk, name])
    except NoReverseMatch:
        return ""


def notes(model: AIModel) -> Iterator[SafeString | str]:
    """What an operator should know before deciding."""
    if model.is_system:
        yield "It comes with the product."
    if model.listed_at is None and facts.CURATED in model.claims and model.provider.last_synced_at:
        yield format_html(
            "From our default catalog: its provider's list does not name it. Last looked {}.",
            display.ago(model.provider.last_synced_at),
        )
    if model.missing_since:
        yield format_html(
            "Missing from its provider's list since {} (looked {} {}).",
            display.ago(model.missing_since),
            model.misses,
            "time" if model.misses == 1 else "times",
        )
    if model.retires_at:
        yield format_html("Its provider retires it {}.", display.ago(model.retires_at))
    if model.status == Status.DEPRECATED:
        heir = model.successor or AIModel.objects.default_for(model.provider.slug, model.category)
        yield f"Falls back to {heir}." if heir else "Calls are refused: it has no successor, its provider no default."


def told_groups(model: AIModel, form: ModelForm, request: HttpRequest, editable: bool) -> Iterator[Group]:
    """The fields, each fact with the note of its source."""
    merged = facts.merge(model.claims)

    def noted(fact: str) -> Note | None:
        return note(fact, model, merged, request, editable) if fact in merged.sources else None

    for title, fields, compact in groups(form):
        shared = shared_fact(fields[0].name)
        rows = [Row(field=field, note=None if shared else noted(field.name)) for field in fields]
        yield Group(title=title, rows=rows, compact=compact, note=noted(shared) if shared else None)


def shared_fact(field: str) -> str:
    """The fact that a group of fields is part of together; empty if each field is a fact of its own."""
    return facts.PRICE if field in AMOUNTS else "token_weights" if field in WEIGHTS else ""


def note(fact: str, model: AIModel, merged: facts.Merged, request: HttpRequest, editable: bool) -> Note:
    source = merged.sources[fact]
    if source != facts.ADMIN:
        changed = parse_datetime(model.claims[source]["changed_at"])
        return Note(source=format_html("{}, {}", display.source(source), display.ago(changed)))
    below = facts.merge({name: claim for name, claim in model.claims.items() if name != facts.ADMIN})
    otherwise = ""
    if fact in below.sources:
        otherwise = f"{display.source(below.sources[fact])} says: {display.value(fact, below.values[fact])}"
    return Note(
        source=who_set(fact, model, request),
        reset_url=reverse("admin:catalog_aimodel_reset", args=[model.pk, fact]) if editable else "",
        otherwise=otherwise,
    )


def who_set(fact: str, model: AIModel, request: HttpRequest) -> SafeString | str:
    """Who stated a fact by hand, and when: the newest change that did."""
    for change in history_of(model):
        if fact in change.after.get("admin_claim", ()) or (change.action == Action.CREATE and fact in change.after):
            mine = change.change_set.actor_id is not None and change.change_set.actor_id == request.user.pk
            who = "you" if mine else change.change_set.actor_label
            return format_html("{} set this, {}", who, display.ago(change.change_set.at))
    return "set by hand"


def history_of(model: AIModel) -> list[Change]:
    """The last changes of a model, asked once for a page."""
    known: list[Change] | None = getattr(model, "known_history", None)
    if known is None:
        known = list(Change.objects.of(ObjectType.MODEL, model.pk)[:200])
        model.known_history = known  # type: ignore[attr-defined]
    return known


def disagreement(fact: str, values: Mapping[str, Any]) -> tuple[str, list[tuple[str, str]]]:
    """A fact on which sources differ, with the word of each."""
    return fact.replace("_", " "), [(source, display.value(fact, value)) for source, value in values.items()]


def price_row(price: Price, editable: bool) -> dict[str, Any]:
    cancel = reverse("admin:catalog_aimodel_cancel_price", args=[price.model_id, price.pk])
    return {
        "cancel": button("Cancel", cancel) if editable and price.state == PriceState.SCHEDULED else "",
        "state": display.state(price.state, price.get_state_display()),
        "text": display.price(price.amounts),
        "tiers": [(display.number(tier["from"]), display.price(without_start(tier))) for tier in price.tiers],
        "source": display.source(price.source),
        "since": display.ago(price.effective_from),
    }


def without_start(tier: Mapping[str, Any]) -> dict[str, Any]:
    return {name: amount for name, amount in tier.items() if name != "from"}


def why_kept(model: AIModel) -> str:
    """Why a model cannot be deleted; empty if it can."""
    try:
        registration.refuse_delete(model)
    except CatalogError as error:
        return error.message
    return ""


def successors(model: AIModel) -> list[str]:
    """Enabled models of the same provider and kind, to choose a successor from."""
    offered = AIModel.objects.global_().enabled().filter(provider=model.provider_id, category=model.category)
    ids = offered.exclude(pk=model.pk).order_by("name", "id").values_list("model_id", flat=True)[:SUCCESSORS]
    return [f"{model.provider.slug}/{model_id}" for model_id in ids]
