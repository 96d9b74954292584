"""What pages ask about routes."""

from __future__ import annotations

from collections.abc import Collection

from catalog.models import Route

from .rules import Routes, models_behind, read


def routes_of(model_ids: Collection[int]) -> dict[int, list[Route]]:
    """For each of these models the routes that lead to it, by way of other routes too; also inactive ones."""
    found: dict[int, list[Route]] = {pk: [] for pk in model_ids}
    routes = read()
    for route in sorted(routes.values(), key=lambda route: route.name):
        for pk in {model.pk for model in models_behind(list(route.targets.all()), routes)} & found.keys():
            found[pk].append(route)
    return found


def variants_of(route_ids: Collection[int]) -> dict[int, dict[str, float]]:
    """For each of these routes its variants in order, as calls are noted, each with its share of the calls."""
    routes = read()
    return {pk: shares(routes[pk], routes) for pk in route_ids if pk in routes}


def shares(route: Route, routes: Routes) -> dict[str, float]:
    """The variants of a route it leads to stand for it, unless that target has a name of its own."""
    weighted = [target for target in route.targets.all() if target.weight]
    total = sum(target.weight for target in weighted)
    found: dict[str, float] = {}
    for target in weighted:
        inner = routes.get(target.to_route_id) if target.to_route_id and not target.variant else None
        parts = shares(inner, routes) if inner is not None else {target.label: 1.0}
        for label, part in parts.items():
            found[label] = found.get(label, 0.0) + part * target.weight / total
    return found
