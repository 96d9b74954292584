"""The history: who changed what, when, why, from what to what. Written in the transaction of the change itself."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from functools import wraps
from typing import Any, ParamSpec, TypeVar

from django.db import OperationalError, connection, transaction

from access.caller import Caller
from catalog.models import Action, Change, ChangeSet

BATCH = 2_000  # rows a statement
DEADLOCK = "40P01"  # PostgreSQL's name for it
TRIES = 3

P = ParamSpec("P")
T = TypeVar("T")


@dataclass
class Changes:
    """The changes of one transaction, collected and written at its end."""

    pending: list[Change] = field(default_factory=list)

    def record(
        self,
        object_type: str,
        object_id: int,
        label: str,
        before: Mapping[str, Any],
        after: Mapping[str, Any],
        action: str = Action.UPDATE,
    ) -> None:
        """Note one object's touched fields; an update that changes nothing is no change."""
        if action == Action.UPDATE and before == after:
            return
        self.pending.append(
            Change(
                object_type=object_type,
                object_id=object_id,
                label=label[:320],
                before=dict(before),
                after=dict(after),
                action=action,
            )
        )


_open: ContextVar[Changes | None] = ContextVar("open change set", default=None)


@contextmanager
def change_set(by: Caller, reason: str = "", *, run: int | None = None, scope: str = "") -> Iterator[Changes]:
    """One transaction and its one ChangeSet; operations inside operations join it. Nothing changed: nothing written."""
    outer = _open.get()
    if outer is not None:
        yield outer
        return
    changes = Changes()
    with transaction.atomic():
        token = _open.set(changes)
        try:
            yield changes
        finally:
            _open.reset(token)
        if changes.pending:
            _write(changes.pending, by, reason, run, scope)


def _write(pending: list[Change], by: Caller, reason: str, run: int | None, scope: str) -> None:
    row = ChangeSet.objects.create(
        actor_id=by.user_id,
        actor_label=by.label,
        source=by.source,
        reason=reason[:500],
        request_id=by.request_id,
        run=run,
        scope=scope,
    )
    for change in pending:
        change.change_set = row
    Change.objects.bulk_create(pending, batch_size=BATCH)


def repeated(operation: Callable[P, T]) -> Callable[P, T]:
    """Do an operation again if it and another waited for each other's rows; PostgreSQL took all of it back."""

    @wraps(operation)
    def attempt(*args: P.args, **kwargs: P.kwargs) -> T:
        for _ in range(TRIES - 1):
            try:
                return operation(*args, **kwargs)
            except OperationalError as error:
                deadlock = getattr(error.__cause__, "sqlstate", "") == DEADLOCK
                if not deadlock or connection.in_atomic_block:
                    raise
        return operation(*args, **kwargs)

    return attempt
