"""Which models a calculation compares: those somebody names, else the enabled text models with a price."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from access.caller import Caller
from catalog.errors import Invalid
from catalog.models import AIModel, Category
from catalog.models.aimodel import AIModelQuerySet
from catalog.registration import CONTROL, LARGEST_PK, row_id

MOST = 1_000  # models of one calculation
NEEDED = ("name", "model_id", "category", "owner", "provider__slug", "price") + (
    *("parameters", "token_weights", "context_window", "active_window"),
)


def offered(caller: Caller) -> AIModelQuerySet:
    """The enabled text models of a caller, by name."""
    return loaded(AIModel.objects.visible_to(caller).enabled().in_category(Category.TEXT)).order_by("name", "id")


def priced(caller: Caller) -> AIModelQuerySet:
    """Those of them that have a price."""
    return offered(caller).filter(price__isnull=False)


def loaded(models: AIModelQuerySet) -> AIModelQuerySet:
    """Only what a calculation needs of them: there may be many."""
    return models.select_related("provider", "price").only(*NEEDED)


def named(names: Iterable[Any], caller: Caller) -> list[AIModel]:
    """The models that row ids or `provider/model_id` name, each once, in that order. Raises Invalid for `models`."""
    found = find(names, caller)
    unknown = [str(name)[:100] for name, row in found.items() if row is None]
    if unknown:
        raise Invalid({"models": f"there is no model {', '.join(unknown[:10])}{' …' if len(unknown) > 10 else ''}"})
    return list(dict.fromkeys(row for row in found.values() if row is not None))


def find(names: Iterable[Any], caller: Caller) -> dict[Any, AIModel | None]:
    """Each name, once, with the model it means; None if that is not there for the caller."""
    wanted = dict.fromkeys(names)
    by_id = {name: pk for name in wanted if (pk := row_id(name)) is not None and pk <= LARGEST_PK}
    by_name = {name for name in wanted if isinstance(name, str) and "/" in name and not CONTROL.search(name)}
    visible = loaded(AIModel.objects.visible_to(caller))
    found: dict[Any, AIModel] = {row.pk: row for row in visible.filter(pk__in=by_id.values())}
    for row in rows_named(visible, by_name):
        found.setdefault(str(row), row)
    return {name: found.get(by_id.get(name, name)) for name in wanted}


def rows_named(visible: AIModelQuerySet, names: Iterable[str]) -> list[AIModel]:
    """Models of these names; of several of one name first one's own, then text, then the oldest."""
    parts = [name.partition("/") for name in names]
    rows = visible.filter(provider__slug__in={slug for slug, _, _ in parts}, model_id__in={id for _, _, id in parts})
    return sorted(rows, key=lambda row: (row.owner_id is None, row.category != Category.TEXT, row.pk))
