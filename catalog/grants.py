"""Who may use what: giving and denying models and providers, asking for access, and the answers."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.models import AbstractBaseUser, Group
from django.db import IntegrityError, transaction
from django.db.models import Q
from django.utils import timezone

from access.caller import Caller
from catalog import history
from catalog.errors import Clash, Forbidden, Invalid, NotFound
from catalog.models import AccessRequest, Action, AIModel, Effect, Grant, ObjectType, Provider, RequestState

Target = Provider | AIModel
LONGEST = 500


def give(
    target: Target,
    by: Caller,
    *,
    group: Group | None = None,
    user: AbstractBaseUser | None = None,
    effect: str = Effect.ALLOW,
    reason: str = "",
) -> Grant:
    """Give or deny a global model or a whole provider to a group or a person, in place of what was decided before.

    To nobody in particular, "denied" means: open by request only. Raises Forbidden and Invalid.
    """
    refuse_stranger(by)
    if isinstance(target, AIModel) and target.owner_id is not None:
        raise Invalid({"model": "is personal and belongs to its owner alone"})
    if group is not None and user is not None:
        raise Invalid({"user": "name either a group or a person"})
    if group is None and user is None and effect != Effect.DENY:
        raise Invalid({"effect": "everything is open to everyone unless said otherwise: name a group or a person"})
    known: dict[str, Any] = {"group": group, "user": user, **target_of(target)}
    with history.change_set(by, reason) as changes:
        old = Grant.objects.select_for_update(of=("self",)).filter(**known).first()
        before = words_of(old)
        row = old or Grant(**known)
        row.effect, row.given_by, row.reason = effect, by.label, reason[:LONGEST]
        row.save()
        action = Action.UPDATE if old else Action.CREATE
        changes.record(ObjectType.GRANT, row.pk, str(target), before, words_of(row), action)
    return row


def take_back(grant: Grant, by: Caller, reason: str = "") -> None:
    """Forget what was decided; what everyone else has then holds again. Raises Forbidden."""
    refuse_stranger(by)
    with history.change_set(by, reason) as changes:
        changes.record(ObjectType.GRANT, grant.pk, str(grant.target), words_of(grant), {}, Action.DELETE)
        grant.delete()


def words_of(grant: Grant | None) -> dict[str, Any]:
    return {} if grant is None else {"access": grant.words}


def target_of(target: Target) -> dict[str, Target | None]:
    is_model = isinstance(target, AIModel)
    return {"model": target if is_model else None, "provider": None if is_model else target}


def refuse_stranger(by: Caller) -> None:
    if not by.is_admin:
        raise Forbidden("Only admins may give or deny access.")


def refuse_shut(provider: Provider, by: Caller) -> None:
    """Where the organisation's models are closed to somebody, so is keeping own ones. Raises Forbidden."""
    if not Provider.objects.open_to(by).filter(pk=provider.pk).exists():
        raise Forbidden(f"{provider.name} is not open to you.")


# asking


def ask(target: Target, by: Caller, words: str = "") -> AccessRequest:
    """Ask for a model or provider that is open by request. Raises NotFound for any other, Clash if asked already."""
    table: Any = AIModel if isinstance(target, AIModel) else Provider
    if by.user_id is None or not table.objects.requestable_by(by).filter(pk=target.pk).exists():
        raise NotFound("There is nothing of that name to ask for.")
    try:
        with transaction.atomic():
            return AccessRequest.objects.create(user_id=by.user_id, words=words[:LONGEST], **target_of(target))
    except IntegrityError as error:
        raise Clash("You have asked for this already; an admin will answer.") from error


def withdraw(pk: int, by: Caller) -> None:
    """Take one's own request back. Raises NotFound if it is not one's own, or answered."""
    waiting = AccessRequest.objects.filter(pk=pk, state=RequestState.WAITING)
    mine = waiting.none() if by.user_id is None else waiting.filter(user_id=by.user_id)
    if not mine.update(state=RequestState.WITHDRAWN, answered_at=timezone.now()):
        raise NotFound("You have no such request that waits.")


def answer(request: AccessRequest, by: Caller, *, give_it: bool, words: str = "") -> AccessRequest:
    """Give what was asked for to the one who asked, or refuse it. Raises Clash if it was answered or stays denied."""
    refuse_stranger(by)
    with transaction.atomic():
        row = AccessRequest.objects.select_for_update(of=("self",)).get(pk=request.pk)
        if row.state != RequestState.WAITING:
            raise Clash(f"This request was {row.get_state_display().lower()} by {row.answered_by or row.user}.")
        if give_it:
            refuse_denied(row)
            give(row.target, by, user=row.user, reason=words or row.words)
        row.state = RequestState.GIVEN if give_it else RequestState.REFUSED
        row.answered_at, row.answered_by, row.answer = timezone.now(), by.label, words[:LONGEST]
        row.save(update_fields=["state", "answered_at", "answered_by", "answer"])
    return row


def refuse_denied(row: AccessRequest) -> None:
    """What is denied to a group stays denied to its members. Raises Clash naming what stands in the way."""
    provider = row.provider or row.model.provider  # type: ignore[union-attr]  # a constraint: one of them
    target = Q(provider=provider) | Q(model=row.model) if row.model else Q(provider=provider)
    theirs = Grant.objects.about(row.user_id).denied().filter(target)
    standing = theirs.exclude(user=row.user_id, **target_of(row.target)).first()
    if standing is not None:
        raise Clash(f"{standing}, and that holds whatever else is given. Take it back first.")
