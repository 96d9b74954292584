"""Which moves a model may make, and the only module that writes its status and the default.

Every door calls `move`, `set_status` or `set_default`; each locks its rows, refuses what is illegal, stamps times and
records the change in the same transaction, with a number of statements that does not grow with every row.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple

from django.db.models import QuerySet
from django.utils import timezone
from django.utils.dateparse import parse_datetime

from access.caller import Caller
from catalog import history
from catalog.errors import Clash, IllegalMove, NotFound
from catalog.models import AIModel, ObjectType, Provider, Status

CHUNK = 5_000  # ids a statement

PENDING, ENABLED, DISABLED = Status.PENDING.value, Status.ENABLED.value, Status.DISABLED.value
DEPRECATED, ARCHIVED = Status.DEPRECATED.value, Status.ARCHIVED.value

MOVES: dict[str, dict[str, str]] = {
    "approve": {PENDING: ENABLED},
    "reject": {PENDING: DISABLED},
    "enable": {DISABLED: ENABLED},
    "disable": {ENABLED: DISABLED},
    "deprecate": {ENABLED: DEPRECATED},
    "restore": {DEPRECATED: ENABLED, ARCHIVED: DISABLED},
    "archive": {PENDING: ARCHIVED, DISABLED: ARCHIVED, DEPRECATED: ARCHIVED},
}
DONE = {
    "approve": "approved",
    "reject": "rejected",
    "enable": "enabled",
    "disable": "disabled",
    "deprecate": "deprecated",
    "restore": "restored",
    "archive": "archived",
}
ALLOWED: dict[str, set[str]] = {
    PENDING: {ENABLED, DISABLED, ARCHIVED},
    ENABLED: {DISABLED, DEPRECATED},
    DISABLED: {ENABLED, ARCHIVED},
    DEPRECATED: {ENABLED, DISABLED, ARCHIVED},
    ARCHIVED: {DISABLED},
}
STAMPS = {ENABLED: "enabled_at", DEPRECATED: "deprecated_at", ARCHIVED: "archived_at"}


class Row(NamedTuple):
    """What a move needs to know of a model."""

    pk: int
    status: str
    is_default: bool
    provider_id: int
    category: str
    successor_id: int | None
    provider_slug: str
    model_id: str
    enabled_at: datetime | None
    deprecated_at: datetime | None
    archived_at: datetime | None

    @property
    def label(self) -> str:
        return f"{self.provider_slug}/{self.model_id}"


FIELDS = (
    *("pk", "status", "is_default", "provider_id", "category", "successor_id", "provider__slug", "model_id"),
    *STAMPS.values(),
)
Stamped = dict[str, datetime | None]  # the columns of STAMPS that a move writes


@dataclass(frozen=True, kw_only=True)
class DefaultMoved:
    """A default that is now another model, or none."""

    category: str
    provider: str
    previous: str | None
    current: str | None

    def __str__(self) -> str:
        where = f"{self.provider} ({self.category})"
        if self.current is None:
            return f"{where} has no default any more: {self.previous} was it."
        was = f", it was {self.previous}" if self.previous else ""
        return f"{self.current} is now the default of {where}{was}."


@dataclass(frozen=True, kw_only=True)
class Moved:
    """What a move did: how many rows changed, how many were already there, and which defaults moved or were lost."""

    changed: int = 0
    unchanged: int = 0
    defaults: list[DefaultMoved] = field(default_factory=list)


def begin(row: AIModel, status: str, by: Caller, now: datetime) -> None:
    """Give a row that is not yet saved its first status."""
    row.status, row.status_source = status, by.source
    if status in STAMPS:
        setattr(row, STAMPS[status], now)


def resume(row: AIModel, status: str, source: str, stamped: Mapping[str, datetime | None], *, is_default: bool) -> None:
    """Give a row that is not yet saved the status it had in an export."""
    row.status, row.status_source = status, source
    row.is_default = is_default and status == ENABLED
    for name in STAMPS.values():
        setattr(row, name, stamped[name])


def moves_from(status: str) -> list[str]:
    """The names of the moves a status allows, in the order of the table."""
    return [name for name, ways in MOVES.items() if status in ways]


@history.repeated
def move(models: QuerySet[AIModel], name: str, by: Caller, reason: str = "") -> Moved:
    """Make a named move of MOVES with all the models, or with none. Raises IllegalMove naming each that may not."""
    ways = MOVES[name]
    with history.change_set(by, reason) as changes:
        rows = lock(models)
        refuse((row for row in rows if row.status not in ways), f"be {DONE[name]}")
        return write([(row, ways[row.status]) for row in rows], by, changes, arrival())


@history.repeated
def set_status(models: QuerySet[AIModel], to: str, by: Caller, reason: str = "") -> Moved:
    """Bring all the models to a status, or none. Those already there stay untouched. Raises IllegalMove."""
    with history.change_set(by, reason) as changes:
        rows = lock(models)
        moving = [row for row in rows if row.status != to]
        refuse((row for row in moving if to not in ALLOWED[row.status]), f"become {to}")
        moved = write([(row, to) for row in moving], by, changes, arrival())
        return Moved(changed=moved.changed, unchanged=len(rows) - len(moving), defaults=moved.defaults)


@history.repeated
def put_back(before: Mapping[int, Mapping[str, Any]], by: Caller, reason: str = "") -> Moved:
    """Undo: bring models to what was recorded of each, whatever the table of moves says. For people only."""
    with history.change_set(by, reason) as changes:
        rows = [row for chunk in chunks(sorted(before)) for row in lock(AIModel.objects.filter(pk__in=chunk))]
        returning = [(row, before[row.pk]["status"]) for row in rows if row.status != before[row.pk]["status"]]
        now = timezone.now()
        return write(returning, by, changes, lambda row, to: stamped_before(row, to, before[row.pk], now))


def stamped_before(row: Row, to: str, before: Mapping[str, Any], now: datetime) -> Stamped:
    """The stamps as they were recorded; changes from before they were say only what they must have been."""
    stamped: Stamped = {STAMPS[row.status]: None} if row.status in (DEPRECATED, ARCHIVED) else {}
    if to == PENDING:  # it never came to any other
        stamped = dict.fromkeys(STAMPS.values())
    elif to in STAMPS:
        stamped[STAMPS[to]] = getattr(row, STAMPS[to]) or now
    for name in STAMPS.values():
        if name in before:
            stamped[name] = parse_datetime(before[name]) if before[name] else None
    return {name: at for name, at in stamped.items() if at != getattr(row, name)}


def lock(models: QuerySet[AIModel]) -> list[Row]:
    """The rows of a queryset, locked until the transaction ends, in one order so that two callers cannot deadlock."""
    locked = models.order_by("pk").select_for_update(of=("self",))
    return [Row(*values) for values in locked.values_list(*FIELDS)]


def refuse(rows: Iterable[Row], wish: str) -> None:
    """Raise IllegalMove if there is any row, naming each with its state and what it may do instead."""
    details: list[dict[str, Any]] = [
        {"id": row.pk, "model": row.label, "status": row.status, "allowed": moves_from(row.status)} for row in rows
    ]
    if not details:
        return
    first = details[0]
    more = f" (and {len(details) - 1} more)" if len(details) > 1 else ""
    raise IllegalMove(
        f"{first['model']} is {first['status']} and cannot {wish}{more}. "
        f"From {first['status']} it can: {', '.join(first['allowed'])}.",
        details,
    )


def write(
    rows: list[tuple[Row, str]], by: Caller, changes: history.Changes, stamp: Callable[[Row, str], Stamped]
) -> Moved:
    """Write the new statuses, stamp them, record them, and pass on or clear the defaults that leave `enabled`."""
    alike: dict[tuple[str, tuple[tuple[str, datetime | None], ...]], list[int]] = defaultdict(list)
    for row, to in rows:
        stamped = stamp(row, to)
        alike[to, tuple(stamped.items())].append(row.pk)
        lost = {"is_default": True} if row.is_default and to != ENABLED else {}
        changes.record(
            ObjectType.MODEL,
            row.pk,
            row.label,
            {"status": row.status, **lost, **said({name: getattr(row, name) for name in stamped})},
            {"status": to, **dict.fromkeys(lost, False), **said(stamped)},
        )
    for (to, at), ids in alike.items():
        for chunk in chunks(ids):
            AIModel.objects.filter(pk__in=chunk).update(status=to, **dict(at), **signed(to, by))
    leaving = [row for row, to in rows if row.is_default and to != ENABLED]
    return Moved(changed=len(rows), defaults=list(pass_on(leaving, by, changes)))


def arrival() -> Callable[[Row, str], Stamped]:
    """Stamps all models of one move with the same moment."""
    now = timezone.now()
    return lambda row, to: {STAMPS[to]: now} if to in STAMPS else {}


def said(stamped: Stamped) -> dict[str, str | None]:
    return {name: at.isoformat() if at else None for name, at in stamped.items()}


def signed(to: str, by: Caller) -> dict[str, Any]:
    """The other columns that go with a new status. A model that is not enabled is no default."""
    columns = {"status_source": by.source, "updated_by": by.label, "updated_at": timezone.now()}
    return columns if to == ENABLED else {**columns, "is_default": False}


def pass_on(leaving: list[Row], by: Caller, changes: history.Changes) -> Iterator[DefaultMoved]:
    """A default that leaves `enabled` passes to its enabled successor of the same kind, else it is cleared."""
    wanted = [row.successor_id for row in leaving if row.successor_id]
    heirs = {heir.pk: heir for heir in lock(AIModel.objects.global_().enabled().filter(pk__in=wanted))}
    for row in leaving:
        heir = heirs.get(row.successor_id or 0)
        if heir and (heir.provider_id, heir.category) == (row.provider_id, row.category):
            make_default(heir, by, changes)
        else:
            heir = None
        yield DefaultMoved(
            category=row.category, provider=row.provider_slug, previous=row.label, current=heir.label if heir else None
        )


def make_default(row: Row, by: Caller, changes: history.Changes) -> None:
    AIModel.objects.filter(pk=row.pk).update(is_default=True, updated_by=by.label, updated_at=timezone.now())
    changes.record(ObjectType.MODEL, row.pk, row.label, {"is_default": False}, {"is_default": True})


@history.repeated
def set_default(model: AIModel, by: Caller, reason: str = "") -> DefaultMoved:
    """Make an enabled global model the default of its provider and category. Raises IllegalMove if it is neither."""
    with history.change_set(by, reason) as changes:
        # Two admins at once: one after the other. The key itself stays free for models that are being added.
        Provider.objects.select_for_update(no_key=True).get(pk=model.provider_id)
        chosen = next(iter(lock(AIModel.objects.global_().filter(pk=model.pk))), None)
        if chosen is None:
            raise NotFound(f"There is no global model {model.pk} to make the default.")
        if chosen.status != ENABLED:
            refuse([chosen], "be the default: only an enabled model can")
        previous = take_default(chosen.provider_id, chosen.category, changes, keep=chosen.pk)
        if not chosen.is_default:
            make_default(chosen, by, changes)
        return DefaultMoved(
            category=chosen.category, provider=chosen.provider_slug, previous=previous, current=chosen.label
        )


@history.repeated
def clear_default(model: AIModel, by: Caller, reason: str = "") -> DefaultMoved:
    """Leave the provider and category of a default without one. Raises Clash if the model is no default."""
    with history.change_set(by, reason) as changes:
        previous = take_default(model.provider_id, model.category, changes, only=model.pk)
        if previous is None:
            raise Clash(f"{model} is not the default.")
        return DefaultMoved(category=model.category, provider=model.provider.slug, previous=previous, current=None)


def take_default(
    provider_id: int, category: str, changes: history.Changes, *, keep: int = 0, only: int = 0
) -> str | None:
    """Take the default from the model that has it (but not from `keep`); its label, or None if nobody had it."""
    holders = AIModel.objects.filter(provider=provider_id, category=category, is_default=True).exclude(pk=keep)
    rows = lock(holders.filter(pk=only) if only else holders)
    for row in rows:  # at most one: a constraint
        AIModel.objects.filter(pk=row.pk).update(is_default=False, updated_at=timezone.now())
        changes.record(ObjectType.MODEL, row.pk, row.label, {"is_default": True}, {"is_default": False})
    return rows[0].label if rows else None


def chunks(ids: list[int]) -> Iterator[list[int]]:
    for start in range(0, len(ids), CHUNK):
        yield ids[start : start + CHUNK]
