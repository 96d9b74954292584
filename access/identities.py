"""The users of people whom the identity provider vouches for, made when they first come."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from django.conf import settings
from django.contrib.auth import get_user_model
from django.contrib.auth.models import User
from django.db import IntegrityError, transaction

from access.models import Identity

NAME_CLAIMS = ("preferred_username", "email", "sub")
NOT_IN_NAMES = re.compile(r"[^\w.@+-]+")


def user_of(claims: Mapping[str, Any]) -> User:
    """The user of these claims. Linked by issuer and subject alone: a name proves nothing."""
    found = known(claims)
    if found is not None:
        return found
    try:
        with transaction.atomic():
            user = get_user_model().objects.create_user(free_name(claims))
            Identity.objects.create(issuer=settings.OIDC_ISSUER, subject=str(claims["sub"]), user=user)
    except IntegrityError:  # the same person came twice at once
        found = known(claims)
        if found is None:
            raise
        return found
    return user


def known(claims: Mapping[str, Any]) -> User | None:
    identity = Identity.objects.filter(issuer=settings.OIDC_ISSUER, subject=str(claims["sub"]))
    found = identity.select_related("user").first()
    return found.user if found is not None else None


def free_name(claims: Mapping[str, Any]) -> str:
    """A user name like the one they have there, that nobody has here."""
    wanted = next(str(claims[name]) for name in NAME_CLAIMS if claims.get(name))
    name = NOT_IN_NAMES.sub("-", wanted).strip("-")[:120] or "person"
    taken = set(get_user_model().objects.filter(username__startswith=name).values_list("username", flat=True))
    return next(tried for n in range(len(taken) + 1) if (tried := name if n == 0 else f"{name}-{n + 1}") not in taken)


def is_admin_there(claims: Mapping[str, Any]) -> bool:
    """Whether the configured claim holds the configured value: a text, a list, or a list further in (`a.b`)."""
    found: Any = claims
    if not settings.OIDC_ADMIN_CLAIM or not settings.OIDC_ADMIN_VALUE:
        return False
    for name in settings.OIDC_ADMIN_CLAIM.split("."):
        found = found.get(name) if isinstance(found, Mapping) else None
    held = found if isinstance(found, list) else [found]
    return settings.OIDC_ADMIN_VALUE in held
