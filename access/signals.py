"""What Django tells of itself, noted: people signing in and out, and owners of keys that change through any door."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from axes.signals import user_locked_out
from django.contrib.auth import get_user_model
from django.contrib.auth.signals import user_logged_in, user_logged_out, user_login_failed
from django.db.models.signals import post_delete, post_save
from django.dispatch import receiver

from access import events
from access.caller import ANONYMOUS, of_user
from access.events import NOTES
from access.models import ApiKey, Kind, UserLimits
from access.snapshot import KEYS


@receiver(user_logged_in)
def signed_in(user: Any, **kwargs: Any) -> None:
    events.record(Kind.SIGN_IN, of_user(user, "admin"))


@receiver(user_logged_out)
def signed_out(user: Any, **kwargs: Any) -> None:
    if user is not None:
        events.record(Kind.SIGN_OUT, of_user(user, "admin"))


@receiver(user_login_failed)
def sign_in_failed(credentials: dict[str, Any], request: Any = None, **kwargs: Any) -> None:
    """What was typed as a name may be a password in the wrong field: it is told only if it is a user's."""
    if request is not None and was_locked(request):
        return
    name = str(credentials.get("username", ""))[:150]
    known = get_user_model().objects.filter(username=name).values_list("pk", flat=True).first()
    detail = f"as {name}" if known else "with a name nobody has"
    events.record(Kind.SIGN_IN_FAILED, ANONYMOUS, detail=detail)


@receiver(user_locked_out)
def locked_out(request: Any, **kwargs: Any) -> None:
    if was_locked(request):
        NOTES.add(Kind.LOCKED, ANONYMOUS, "tried again while locked")
    else:
        events.record(Kind.LOCKED, ANONYMOUS, detail=f"after {request.axes_failures_since_start} failures")


def was_locked(request: Any) -> bool:
    """Whether this attempt met a lock that was there before; it was not counted then."""
    return bool(getattr(request, "axes_locked_out", False) and not request.axes_failures_since_start)


@receiver(post_save, sender=get_user_model())
def owner_changed(instance: Any, update_fields: Iterable[str] | None, **kwargs: Any) -> None:
    if update_fields is None or set(update_fields) - {"last_login", "password"}:
        tell_of_keys(instance.pk)


@receiver([post_save, post_delete], sender=UserLimits)
def limits_changed(instance: UserLimits, **kwargs: Any) -> None:
    tell_of_keys(instance.user_id)


@receiver(post_delete, sender=ApiKey)
def key_deleted(instance: ApiKey, **kwargs: Any) -> None:
    events.record(Kind.KEY_REVOKED, api_key_id=instance.pk, detail=f"{instance}: deleted")
    KEYS.expire()


def tell_of_keys(user_id: int) -> None:
    for key in ApiKey.objects.of(user_id).usable():
        events.record(Kind.OWNER_CHANGED, api_key_id=key.pk, detail=str(key))
        KEYS.expire()
