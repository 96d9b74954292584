"""The filters in force, each with the address without it, and what may be typed into those that are not."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from django.contrib.auth import get_user_model
from django.db.models import QuerySet

from access.caller import Caller
from access.models import ApiKey
from catalog.models import AIModel, Provider, Route
from console.usage.choice import Choice
from gateway.metering.questions import BY_ID, FILTERS
from gateway.models import Kind

OFFERED = 200  # names of each filter


@dataclass(frozen=True, kw_only=True, slots=True)
class Chip:
    """A filter in force."""

    label: str
    value: str
    url: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Field:
    """A filter one may add, with names that are offered for it."""

    name: str
    label: str
    names: Sequence[str]


def chips(choice: Choice) -> Iterator[Chip]:
    for name in FILTERS:
        values = choice.fields.get(name, ())
        named = names_of(name, values) if name in BY_ID else {}
        for value in values:
            yield Chip(label=name.capitalize(), value=named.get(value, value), url=choice.without(name, value))


def names_of(name: str, values: Iterable[str]) -> dict[str, str]:
    """What ids of keys or users are called, as far as these are still there."""
    ids = [int(value) for value in values if value.isascii() and value.isdigit() and len(value) < 19]
    rows: QuerySet = (ApiKey if name == "key" else get_user_model()).objects.filter(pk__in=ids)
    column = "name" if name == "key" else "username"
    found = {str(pk): text for pk, text in rows.values_list("pk", column)} if ids else {}
    return {"0": "pages of the registry" if name == "key" else "services", **found}


def fields(caller: Caller, *, is_own: bool) -> list[Field]:
    models = AIModel.objects.visible_to(caller).enabled().order_by("name", "id")
    keys = ApiKey.objects.of(caller.user_id) if is_own else ApiKey.objects.all()
    offered: dict[str, Iterable[str]] = {
        "model": (f"{slug}/{id}" for slug, id in models.values_list("provider__slug", "model_id")[:OFFERED]),
        "provider": Provider.objects.active().order_by("slug").values_list("slug", flat=True)[:OFFERED],
        "key": keys.order_by("name").values_list("name", flat=True)[:OFFERED],
        "user": get_user_model().objects.order_by("username").values_list("username", flat=True)[:OFFERED],
        "route": Route.objects.active().values_list("name", flat=True)[:OFFERED],
        "variant": (),
        "kind": Kind.values,
    }
    if is_own:
        del offered["user"]
    return [
        Field(name=name, label=name.capitalize(), names=list(dict.fromkeys(names))) for name, names in offered.items()
    ]
