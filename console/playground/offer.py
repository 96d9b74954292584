"""What the playground offers: routes and models that a person may call, each by the name that calls it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from operator import attrgetter

from django.db.models import Q

from access.caller import Caller
from catalog import comparison, credentials, preferences
from catalog.admin import display
from catalog.models import AIModel, Category, Provider, Route, Status
from catalog.models.aimodel import AIModelQuerySet
from catalog.routes import routes_of

MOST = 300  # shown at once; who has more types a word of the name
ROUTES = "Routes"
ABILITIES = {"supports_vision": "images", "supports_tools": "tools", "supports_reasoning": "reasoning"}


@dataclass(frozen=True, kw_only=True, slots=True)
class Option:
    """One line of the chooser."""

    name: str  # what a call sends as model
    label: str
    id: str = ""
    group: str
    note: str = ""
    is_own: bool = False
    can: tuple[str, ...] = ()
    cannot: tuple[str, ...] = ()  # said by a source; what is unknown is in neither


@dataclass(frozen=True, kw_only=True, slots=True)
class Found:
    options: list[Option]
    is_cut: bool


def callable_by(caller: Caller) -> AIModelQuerySet:
    """The enabled text models that are open to somebody and have a key."""
    open_to_them = list(Provider.objects.open_to(caller).values_list("pk", flat=True))
    models = AIModel.objects.visible_to(caller).enabled().in_category(Category.TEXT)
    models = models.filter(Q(owner=None) | Q(provider__in=open_to_them))
    return credentials.ready(models.select_related("provider", "price").light(), caller.user_id)


def find(caller: Caller, words: str, *, everyones: bool, own: bool) -> Found:
    """Routes first, then models by provider: those that hold every word in their name, id or provider.

    Of too many it is the first by name, which an index hands over without reading the rest.
    """
    rows = callable_by(caller)
    if not own:
        rows = rows.global_()
    if not everyones:
        rows = rows.exclude(owner=None)
    models = list(matching(rows, words).order_by("name", "id")[: MOST + 1])
    routes = matching_routes(caller, words) if everyones else []
    return Found(options=[*routes, *options(models[:MOST], caller)], is_cut=len(models) > MOST)


def matching(models: AIModelQuerySet, words: str) -> AIModelQuerySet:
    for word in words.split():
        slug, _, model_id = word.partition("/")
        at = Provider.objects.filter(Q(name__icontains=word) | Q(slug__icontains=word)).values_list("pk", flat=True)
        spelled_out = Q(provider__slug__iexact=slug, model_id__icontains=model_id) if model_id else Q()
        models = models.filter(
            Q(name__icontains=word) | Q(model_id__icontains=word) | Q(provider__in=list(at)) | spelled_out
        )
    return models


def matching_routes(caller: Caller, words: str) -> list[Option]:
    listed = [row for row in Route.objects.listed() if caller.may_use_route(row.name)]
    wanted = [row for row in listed if all(word.lower() in row.name.lower() for word in words.split())]
    if not wanted:
        return []
    usable = AIModel.objects.visible_to(caller).global_().in_category(Category.TEXT)
    behind = usable.with_status(Status.ENABLED, Status.DEPRECATED).filter(route_targets__isnull=False)
    leading = {row.pk for rows in routes_of(behind.values_list("pk", flat=True)).values() for row in rows}
    return [of_route(row) for row in wanted if row.pk in leading]


def named(names: Iterable[str], caller: Caller) -> dict[str, Option | None]:
    """Each name with what it calls; None if that is not there for this person."""
    wanted = list(names)
    models = callable_by(caller)
    rows = comparison.rows_named(models.filter(pk__in=spelled(wanted)), [name for name in wanted if "/" in name])
    rows += models.filter(owner__isnull=False, name__in=wanted)
    found = {option.name: option for option in options(rows, caller)}
    routes = Route.objects.active().filter(name__in=wanted)
    found.update((row.name, of_route(row)) for row in routes if caller.may_use_route(row.name))
    return {name: found.get(name) for name in wanted}


def spelled(names: Iterable[str]) -> list[int]:
    """The rows of these `provider/model_id`, and perhaps of others made of the same parts. By an index, whose rows are
    then asked the rest: together, databases begin with the rest."""
    parts = [name.partition("/") for name in names]
    found = AIModel.objects.filter(provider__slug__in=[slug for slug, _, _ in parts])
    return list(found.filter(model_id__in=[model_id for _, _, model_id in parts]).values_list("pk", flat=True))


def first_choice(caller: Caller) -> list[Option]:
    """What is chosen before anybody chooses: one's own default, else one that an admin chose, else anything."""
    own = preferences.default_model_of(caller)
    defaults = list(AIModel.objects.global_().filter(is_default=True).values_list("pk", flat=True))
    models = callable_by(caller)
    chosen = models.filter(pk=own.pk).first() if own is not None else None
    chosen = chosen or models.filter(pk__in=defaults).first() or models.first()
    return list(options([chosen], caller)) if chosen is not None else matching_routes(caller, "")[:1]


def options(rows: Iterable[AIModel], caller: Caller) -> Iterator[Option]:
    """Without those that something else of the same name would answer for: a route, or for one's own, a global one."""
    models = sorted(rows, key=attrgetter("provider.name"))
    own = [str(row) for row in models if row.owner_id is not None]
    twins = callable_by(caller).global_().filter(pk__in=spelled(own)) if own else AIModel.objects.none()
    everyones = {str(row) for row in twins}
    routes = set(Route.objects.active().values_list("name", flat=True))
    for row in models:
        shadowed = row.owner_id is not None and str(row) in everyones
        name = row.name if shadowed else str(row)
        if name not in routes and not (shadowed and name == row.model_id):
            yield of_model(row, name)


def of_model(row: AIModel, name: str) -> Option:
    said = {word: getattr(row, field) for field, word in ABILITIES.items()}
    return Option(
        name=name,
        label=row.name,
        id=str(row),
        group=row.provider.name,
        note=display.headline(row.price.amounts) if row.price else "price unknown",
        is_own=row.owner_id is not None,
        can=tuple(word for word, able in said.items() if able),
        cannot=tuple(word for word, able in said.items() if able is False),
    )


def of_route(row: Route) -> Option:
    return Option(name=row.name, label=row.name, group=ROUTES, note=row.description)
