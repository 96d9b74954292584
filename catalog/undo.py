"""Taking a change back: what was before holds again, as a change of its own.

Refused if a later change touched the same fields: undo that one first. What a machine claimed is taken back by a
person's word, so that the next sync does not bring it again.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from access.caller import Caller
from catalog import connections, disagreements, facts, held, history, lifecycle, registration, routes
from catalog.errors import CannotUndo, CatalogError
from catalog.models import Action, AIModel, Change, ChangeSet, ObjectType, Provider, Route

CLAIM = "admin_claim"
TABLES: dict[str, Any] = {ObjectType.MODEL: AIModel, ObjectType.PROVIDER: Provider, ObjectType.ROUTE: Route}
NOT_UNDONE = {"key", "etag", "env_key_base_url"}  # secrets and bookkeeping


def undo(change: Change, by: Caller, reason: str = "") -> None:
    """Take one change back; a default that moved goes back with it. Raises CannotUndo saying what stands in the way."""
    undo_all([change, *moved_with(change)], by, reason)


def undo_change_set(change_set: ChangeSet, by: Caller, reason: str = "") -> None:
    """Take everything back that one transaction changed. Raises CannotUndo."""
    undo_all(list(change_set.changes.all()), by, reason)


def moved_with(change: Change) -> list[Change]:
    """The other side of a default that moved: the model that lost it or got it in the same transaction."""
    if change.object_type != ObjectType.MODEL or "is_default" not in change.before:
        return []
    model = AIModel.objects.filter(pk=change.object_id).first()
    if model is None:
        return []
    rest = change.change_set.changes.filter(object_type=ObjectType.MODEL).exclude(pk=change.pk)
    others = [other for other in rest if "is_default" in other.before]
    same = AIModel.objects.filter(
        pk__in=[other.object_id for other in others], provider=model.provider_id, category=model.category
    ).values_list("pk", flat=True)
    siblings = set(same)
    return [other for other in others if other.object_id in siblings]


def undo_all(changes: Sequence[Change], by: Caller, reason: str = "") -> None:
    if by.is_machine:
        raise CannotUndo("Only a person can undo a change.")
    with history.change_set(by, reason or "Undo"):
        for change in changes:
            refuse_impossible(change)
        refuse_vanished(changes)
        refuse_touched_since(changes)
        of_models = [change for change in changes if change.object_type == ObjectType.MODEL]
        of_routes = [change for change in changes if change.object_type == ObjectType.ROUTE]
        updates = [change for change in of_models if change.action == Action.UPDATE]
        try:
            remove_routes(of_routes, by, reason)  # before the models they lead to
            put_models_back(updates, by, reason)
            for change in of_models:
                if change.action == Action.DELETE:
                    registration.restore_deleted(change.object_id, change.before, by, reason)
                elif change.action == Action.CREATE:
                    registration.delete_model(AIModel.objects.get(pk=change.object_id), by, reason)
            for change in changes:
                if change.object_type == ObjectType.PROVIDER:
                    put_provider_back(change, by, reason)
            put_routes_back(of_routes, by, reason)
        except CannotUndo:
            raise
        except CatalogError as error:
            raise CannotUndo(f"This cannot be undone: {error.message}", error.details) from error


def refuse_impossible(change: Change) -> None:
    if change.object_type == ObjectType.CREDENTIAL or "key" in change.after:
        raise CannotUndo("A key cannot be brought back: it is never kept in the history. Enter it again.")
    if change.object_type == ObjectType.GRANT:
        raise CannotUndo("Access is given and taken back on the page of grants.")
    if change.object_type == ObjectType.PROVIDER and change.action != Action.UPDATE:
        raise CannotUndo("Adding or deleting a provider is undone by deleting or adding it.")
    if change.action == Action.DELETE:
        return
    if "scheduled_price" in change.before or "scheduled_price" in change.after:
        raise CannotUndo("A scheduled price is cancelled, or scheduled again, on the model's page.")
    if change.before.get(held.FIELD) == "refused" or str(change.after.get(disagreements.FIELD)).startswith("open"):
        raise CannotUndo("It waits for a decision again: decide on the pages of held prices and of conflicts.")


def refuse_vanished(changes: Sequence[Change]) -> None:
    """Raise CannotUndo if an object is gone, with one question for thousands of them."""
    for object_type, table in TABLES.items():
        mine = [item for item in changes if item.object_type == object_type and item.action != Action.DELETE]
        there: set[int] = set()
        for ids in lifecycle.chunks([change.object_id for change in mine]):
            there.update(table.objects.filter(pk__in=ids).values_list("pk", flat=True))
        gone = next((change for change in mine if change.object_id not in there), None)
        if gone is not None:
            raise CannotUndo(f"{gone.label} does not exist any more.")


def refuse_touched_since(changes: Sequence[Change]) -> None:
    """Raise CannotUndo if a later change, not itself being undone, touched a field of one of these."""
    if not changes:
        raise CannotUndo("There is nothing to undo.")
    chosen = {change.pk for change in changes}
    mine: dict[tuple[str, int], Change] = {(change.object_type, change.object_id): change for change in changes}
    for start in range(0, len(changes), lifecycle.CHUNK):
        part = changes[start : start + lifecycle.CHUNK]
        later = Change.objects.filter(
            object_id__in=[change.object_id for change in part], id__gt=min(change.pk for change in part)
        ).select_related("change_set")
        for other in later.iterator():
            change = mine.get((other.object_type, other.object_id))
            if change is None or other.pk <= change.pk or other.pk in chosen:
                continue
            both = fields(change) & fields(other)
            if both:
                raise CannotUndo(
                    f"{', '.join(sorted(both))} of {change.label} was changed again by {other.change_set}. "
                    "Undo that change first."
                )


def fields(change: Change) -> set[str]:
    """The fields a change touched; bringing a model into being or deleting it touches its status."""
    named = {*change.before, *change.after, *change.before.get(CLAIM, ()), *change.after.get(CLAIM, ())}
    named -= {CLAIM, *lifecycle.STAMPS.values()}  # moments go with their status
    return named | ({"status"} if change.action != Action.UPDATE else set())


def put_models_back(changes: Iterable[Change], by: Caller, reason: str) -> None:
    """Statuses first and together, then defaults, then facts and decisions one by one."""
    updates = list(changes)
    yielding = [change.object_id for change in updates if change.before.get("is_default") is False]
    for model in AIModel.objects.filter(pk__in=yielding, is_default=True).select_related("provider"):
        lifecycle.clear_default(model, by, reason)
    lifecycle.put_back({c.object_id: c.before for c in updates if "status" in c.before}, by, reason)
    regaining = [change.object_id for change in updates if change.before.get("is_default") is True]
    for model in AIModel.objects.filter(pk__in=regaining).select_related("provider"):
        holder = AIModel.objects.default_for(model.provider.slug, model.category)
        if holder is not None:
            raise CannotUndo(f"{holder} has become the default since. Set the default you want instead.")
        lifecycle.set_default(model, by, reason)
    for change in updates:
        put_facts_back(change, by, reason)


def put_facts_back(change: Change, by: Caller, reason: str) -> None:
    stated = {
        name: value
        for name, value in change.before.items()
        if (name in facts.FACTS or name == facts.PRICE) and (value is not None or name not in facts.NEEDED)
    }
    decided = {name: value for name, value in change.before.items() if name in registration.DECISIONS}
    put_decision_back(change, by, reason)
    if CLAIM in change.before:
        claim = change.before[CLAIM]
        forget = [name for name in change.after[CLAIM] if name not in claim]
        model = AIModel.objects.get(pk=change.object_id)
        facts.put_claim_back(model, claim, forget, by, reason)
    elif stated:
        facts.state(AIModel.objects.get(pk=change.object_id), stated, by, reason)
    if decided:
        registration.decide(AIModel.objects.get(pk=change.object_id), decided, by, reason)


def put_decision_back(change: Change, by: Caller, reason: str) -> None:
    """A refused price is held again, a disagreement that was settled is open again."""
    if change.after.get(held.FIELD) == "refused":
        held.hold_again(AIModel.objects.get(pk=change.object_id), change.before[held.FIELD], by, reason)
    settled = str(change.after.get(disagreements.FIELD, ""))
    if settled.startswith(disagreements.KEPT):
        fact = settled.removeprefix(f"{disagreements.KEPT}: ")
        disagreements.reopen(AIModel.objects.get(pk=change.object_id), fact, by, reason)


def put_provider_back(change: Change, by: Caller, reason: str) -> None:
    before = {name: value for name, value in change.before.items() if name not in NOT_UNDONE}
    connections.change_provider(Provider.objects.get(pk=change.object_id), before, by, reason=reason)


def remove_routes(changes: Iterable[Change], by: Caller, reason: str) -> None:
    """Those that were added, the newest first: it may lead to the others."""
    added = [change for change in changes if change.action == Action.CREATE]
    for change in sorted(added, key=lambda change: -change.pk):
        routes.delete_route(Route.objects.get(pk=change.object_id), by, reason)


def put_routes_back(changes: Iterable[Change], by: Caller, reason: str) -> None:
    for change in changes:
        if change.action == Action.UPDATE:
            routes.change_route(Route.objects.get(pk=change.object_id), change.before, by, reason=reason)
        elif change.action == Action.DELETE:
            routes.restore_deleted(change.object_id, change.before, by, reason)
