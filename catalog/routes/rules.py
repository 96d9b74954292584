"""What makes a route one that can be saved: it leads to enabled models of one kind, and never back to itself."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import reduce
from operator import or_

from django.db.models import Q

from catalog.errors import Invalid
from catalog.models import AIModel, Category, Route, RouteTarget, Status
from catalog.registration import LARGEST_PK, row_id
from catalog.resolution import DEEPEST

from .definition import Wanted

Routes = Mapping[int, Route]
LONGEST_NAME = 320


def read(*, locked: bool = False) -> dict[int, Route]:
    """All routes by id, with their targets and what these lead to. Locked, no other route can be saved meanwhile."""
    if locked:  # first, since a statement that waits for a lock does not see what was added meanwhile
        list(Route.objects.select_for_update().order_by("pk").values_list("pk"))
    return {row.pk: row for row in Route.objects.with_targets().order_by("pk")}


def find(wanted: Sequence[Wanted], routes: Routes) -> list[RouteTarget]:
    """The targets that are named, not saved, their models locked. Raises Invalid for what is not there."""
    names = {route.name: route for route in routes.values()}
    models = models_named(wanted)
    wrong: dict[str, str] = {}
    found = []
    category = Category.TEXT.value
    for position, item in enumerate(wanted):
        target = RouteTarget(position=position, weight=item.weight, variant=item.variant.strip())
        if item.model is not None:
            rows = models.get(item.model, [])
            target.model = likeliest(rows, category)
            category = target.model.category if target.model else category
            if target.model is None:
                wrong[f"targets[{position}].model"] = f"there is no model {item.model}"
        else:
            pk = row_id(item.route) if isinstance(item.route, int) else None
            target.to_route = names.get(str(item.route)) if pk is None else routes.get(pk)
            if target.to_route is None:
                wrong[f"targets[{position}].route"] = f"there is no route {item.route}"
        found.append(target)
    if wrong:
        raise Invalid(wrong)
    return found


def models_named(wanted: Sequence[Wanted]) -> dict[str | int, list[AIModel]]:
    """The global models of each name or id, locked until the transaction ends so that they stay what they are."""
    names = {item.model for item in wanted if item.model is not None}
    conditions = [condition for name in names if (condition := condition_of(name)) is not None]
    if not conditions:
        return {}
    rows = AIModel.objects.select_for_update(of=("self",)).global_().select_related("provider").light()
    found: dict[str | int, list[AIModel]] = {}
    for row in rows.filter(reduce(or_, conditions)).order_by("pk"):
        called: set[str | int] = {str(row), str(row.pk), row.pk}
        for name in called & names:
            found.setdefault(name, []).append(row)
    return found


def condition_of(name: str | int) -> Q | None:
    """How a model is looked up by its id or `provider/model_id`; None for what can be neither."""
    pk = row_id(name)
    if pk is not None:
        return Q(pk=pk) if pk <= LARGEST_PK else None
    slug, slash, model_id = str(name).partition("/")
    valid = slash and len(str(name)) <= LONGEST_NAME and "\x00" not in str(name)
    return Q(provider__slug=slug, model_id=model_id) if valid else None


def likeliest(rows: Sequence[AIModel], category: str) -> AIModel | None:
    """Of models of one name, an enabled one of the kind the route has led to so far."""
    order = sorted(rows, key=lambda row: (row.status != Status.ENABLED, row.category != category, row.pk))
    return order[0] if order else None


def refuse_wrong(route: Route, targets: Sequence[RouteTarget], routes: Routes, *, may_be_retired: bool = False) -> None:
    """Raises Invalid that names every target that may not be."""
    wrong = dict(faults(targets))
    wrong.update(() if may_be_retired else dead_ends(targets))
    wrong.update(loops(route, targets, routes) or too_deep(route, targets, routes))
    kinds = kinds_of(targets, routes)
    if len(kinds) > 1:
        seen = ", ".join(f"{category} ({name})" for category, name in sorted(kinds.items()))
        wrong.setdefault("targets", f"must all be of one kind; these lead to {seen}")
    if wrong:
        raise Invalid(wrong)


def faults(targets: Sequence[RouteTarget]) -> Iterator[tuple[str, str]]:
    if not targets:
        yield "targets", "name at least one"
    elif not any(target.weight for target in targets):
        yield "targets", "give at least one a weight above 0; those with 0 are only fallbacks"
    seen: dict[str, int] = {}
    for position, target in enumerate(targets):
        if target.label in seen:
            yield f"targets[{position}].variant", f"two are called {target.label}; give each a variant of its own"
        seen[target.label] = position


def dead_ends(targets: Sequence[RouteTarget]) -> Iterator[tuple[str, str]]:
    for position, target in enumerate(targets):
        if target.model is not None and target.model.status != Status.ENABLED:
            yield f"targets[{position}].model", f"{target.model} is {target.model.status}; enable it first"
        if target.to_route is not None and not target.to_route.is_active:
            yield f"targets[{position}].route", f"the route {target.to_route} is not active; activate it first"


def loops(route: Route, targets: Sequence[RouteTarget], routes: Routes) -> dict[str, str]:
    found = {}
    for position, target in enumerate(targets):
        if target.to_route is not None:
            way = way_back(target.to_route.pk, route.pk, routes)
            if way:
                names = " → ".join([route.name, *(routes[pk].name for pk in way[:-1]), route.name])
                found[f"targets[{position}].route"] = f"leads back to where it began: {names}"
    return found


def too_deep(route: Route, targets: Sequence[RouteTarget], routes: Routes) -> dict[str, str]:
    """Resolution goes through so many routes and no more. Asked only where nothing loops."""
    down = {pk: {item.to_route_id for item in one.targets.all() if item.to_route_id} for pk, one in routes.items()}
    up = {pk: {user for user, others in down.items() if pk in others} for pk in down}
    above = longest(route.pk, up, {}) if route.pk in up else 0
    depths: dict[int, int] = {}
    return {
        f"targets[{position}].route": f"goes through more than {DEEPEST} routes in a row"
        for position, target in enumerate(targets)
        if target.to_route_id and above + 1 + longest(target.to_route_id, down, depths) > DEEPEST
    }


def longest(start: int, steps: Mapping[int, set[int]], known: dict[int, int]) -> int:
    """How many steps the longest way from here takes; each place is walked once."""
    if start not in known:
        known[start] = max((1 + longest(pk, steps, known) for pk in steps[start]), default=0)
    return known[start]


def way_back(start: int, end: int | None, routes: Routes) -> list[int]:
    """The routes from one to another, both included, or nothing if no way leads there."""
    came_from: dict[int, int | None] = {start: None}
    waiting = [start]
    while waiting:
        at = waiting.pop()
        if at == end:
            way: list[int] = []
            step: int | None = at
            while step is not None:
                way.insert(0, step)
                step = came_from[step]
            return way
        for target in routes[at].targets.all():
            if target.to_route_id is not None and target.to_route_id not in came_from:
                came_from[target.to_route_id] = at
                waiting.append(target.to_route_id)
    return []


def kinds_of(targets: Sequence[RouteTarget], routes: Routes) -> dict[str, str]:
    """The categories these targets lead to at last, each with a model that is of it."""
    return {model.category: str(model) for model in reversed(list(models_behind(targets, routes)))}


def models_behind(targets: Sequence[RouteTarget], routes: Routes) -> Iterator[AIModel]:
    """Every model a call may end at, by way of other routes too."""
    waiting, seen = list(reversed(targets)), set()
    while waiting:
        target = waiting.pop()
        if target.model is not None:
            yield target.model
        elif target.to_route_id is not None and target.to_route_id not in seen:
            seen.add(target.to_route_id)
            waiting.extend(reversed(routes[target.to_route_id].targets.all()))
