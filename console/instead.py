"""What answers in place of models that go: asked of the same rules as the gateway follows."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from operator import attrgetter

from django.db.models import Q

from catalog.models import AIModel, Status
from catalog.names import COLUMNS, named
from catalog.providers import SPECS
from catalog.resolution import DEEPEST, Named, NotServed, Table, Wish, resolve

NOTHING: Mapping[int, str] = {}
read = attrgetter(*(column.replace("__", ".") for column in COLUMNS))  # what resolution must know of a row


def around(models: Iterable[AIModel], becoming: Mapping[int, str] = NOTHING) -> Table:
    """The names that decide what stands in for some models: themselves, in the status they would have, their
    successors, the defaults of their providers."""
    known = {row.pk: row for row in models}
    providers = {row.provider_id: row.provider.slug for row in known.values()}
    curated = Q()
    for pk, slug in providers.items():
        if slug in SPECS and SPECS[slug].default_model:
            curated |= Q(provider=pk, model_id=SPECS[slug].default_model)
    beside = AIModel.objects.global_().select_related("provider").light().order_by()
    categories = {row.category for row in known.values()}
    # Of all providers: the index of defaults is small, the one of providers is not.
    found = list(beside.filter(is_default=True, category__in=categories)) if known else []
    found += beside.filter(curated) if curated else []
    for row in found:
        known.setdefault(row.pk, row)
    for _ in range(DEEPEST):
        missing = {row.successor_id for row in known.values() if row.successor_id} - known.keys()
        if not missing:
            break
        known.update({row.pk: row for row in beside.filter(pk__in=missing)})
    seen = [replace(named(*read(row)), status=becoming.get(row.pk, row.status)) for row in known.values()]
    return Table(
        seen,
        providers={slug: SPECS[slug].default_model if slug in SPECS else "" for slug in providers.values()},
        routes={},
        defaults=defaults(known, becoming),
    )


def defaults(known: Mapping[int, AIModel], becoming: Mapping[int, str]) -> dict[tuple[str, str], int]:
    """The default of each kind; one that leaves `enabled` passes to its enabled successor of the same kind."""
    found: dict[tuple[str, str], int] = {}
    for row in known.values():
        if not row.is_default:
            continue
        if becoming.get(row.pk, Status.ENABLED) == Status.ENABLED:
            found[row.provider.slug, row.category] = row.pk
            continue
        heir = known.get(row.successor_id or 0)
        if heir and heir.is_active and (heir.provider_id, heir.category) == (row.provider_id, row.category):
            found[row.provider.slug, row.category] = heir.pk
    return found


def stand_in(model: AIModel, names: Table, *, is_explicit: bool = True) -> Named | None:
    """What answers for a model that was asked for by name, or that somebody chose before; None if nothing does."""
    wish = Wish(name=str(model), categories=(model.category,), is_explicit=is_explicit)
    try:
        found: Named = resolve(wish, names).first.model
    except NotServed:
        return None
    return found
