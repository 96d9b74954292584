"""The names of the catalog as resolution looks them up, read from the database."""

from __future__ import annotations

from collections.abc import Iterable

from django.db.models import Q

from catalog.models import AIModel, Provider, Route, RouteTarget, Status
from catalog.providers import SPECS
from catalog.resolution import Named, NamedRoute, NamedTarget, Names, Table

COLUMNS = (
    "pk", "provider__slug", "model_id", "category", "status", "provider__is_active", "enabled_at", "successor_id",
    "owner_id", "name", "deprecated_at", "retires_at",
)  # fmt: skip


def names_for(user_id: int | None) -> Names:
    """Everyone's names, and a person's own. A handful of queries, however many models there are."""
    everyones = Q(owner=None) if user_id is None else Q(owner=None) | Q(owner=user_id)
    rows = AIModel.objects.filter(everyones).values_list(*COLUMNS)
    return Table(
        [named(*row) for row in rows.iterator()], providers=provider_slugs(), routes=routes(), defaults=defaults()
    )


def named(
    pk: int, provider: str, model_id: str, category: str, status: str, active: bool, enabled_at: object,
    successor: int | None, owner: int | None, name: str, deprecated_at: object, retires_at: object,
) -> Named:  # fmt: skip
    return Named(
        pk=pk,
        provider=provider,
        model_id=model_id,
        category=category,
        status=status,
        provider_active=active,
        was_enabled=enabled_at is not None,
        successor=successor,
        owner=owner,
        name=name,
        deprecated_at=deprecated_at,  # type: ignore[arg-type]
        retires_at=retires_at,  # type: ignore[arg-type]
    )


def provider_slugs() -> dict[str, str]:
    """Each provider's slug with the model id our own catalog names as its default."""
    slugs = Provider.objects.values_list("slug", flat=True)
    return {slug: SPECS[slug].default_model if slug in SPECS else "" for slug in slugs}


def defaults() -> dict[tuple[str, str], int]:
    rows = AIModel.objects.global_().filter(is_default=True, status=Status.ENABLED)
    return {(slug, category): pk for slug, category, pk in rows.values_list("provider__slug", "category", "pk")}


def routes() -> dict[str, NamedRoute]:
    """The active routes by name, each with its targets in order."""
    targets: dict[int, list[NamedTarget]] = {}
    columns = ("route_id", "model_id", "to_route__name", "weight", "variant")
    for route_id, model, to_route, weight, variant in RouteTarget.objects.order_by("position").values_list(*columns):
        target = NamedTarget(model=model, route=to_route or "", weight=weight, variant=variant)
        targets.setdefault(route_id, []).append(target)
    return {row.name: named_route(row, targets.get(row.pk, ())) for row in Route.objects.active()}


def named_route(row: Route, targets: Iterable[NamedTarget]) -> NamedRoute:
    return NamedRoute(name=row.name, pk=row.pk, salt=row.salt, is_listed=row.is_listed, targets=tuple(targets))
