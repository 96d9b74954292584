"""Who is calling: the one value that travels from every door to every operation."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal

from access import patterns, request_id
from access.scopes import NO_SCOPES, PERSONAL_SCOPES

if TYPE_CHECKING:
    from django.contrib.auth.models import AbstractBaseUser, AnonymousUser
    from django.http import HttpRequest
    from rest_framework.request import Request

Source = Literal["admin", "api", "sync", "command"]
Proof = Literal["", "session", "api key", "admin key", "token", "command"]


@dataclass(frozen=True, kw_only=True)
class Caller:
    """Who acts, through which door, and what they may do. Made by `access` and by commands, never by hand in views."""

    label: str  # shown in the history: a user name, "admin key", "sync", "command"
    source: Source
    user_id: int | None = None
    is_admin: bool = False
    is_authenticated: bool = True
    request_id: str = ""
    proof: Proof = ""  # how they showed who they are
    key_id: int | None = None
    key_name: str = ""
    user_name: str = ""
    scopes: frozenset[str] = NO_SCOPES  # admins need none
    allowed_providers: tuple[str, ...] = ()  # name patterns; none: all
    allowed_models: tuple[str, ...] = ()
    allowed_routes: tuple[str, ...] = ()

    def may(self, scope: str) -> bool:
        return self.is_admin or scope in self.scopes

    def may_use_model(self, provider: str, model_id: str) -> bool:
        """Whether a key's patterns let it call a model, written as `model_id` or `provider/model_id`."""
        return patterns.allow(self.allowed_providers, provider) and patterns.allow(
            self.allowed_models, model_id, f"{provider}/{model_id}"
        )

    def may_use_route(self, name: str) -> bool:
        return patterns.allow(self.allowed_routes, name)

    @property
    def is_machine(self) -> bool:
        """Whether no person decided this: machines never undo what a person set."""
        return self.source == "sync"


ANONYMOUS = Caller(label="anonymous", source="api", is_authenticated=False)
SYNC = Caller(label="sync", source="sync", is_admin=True, proof="command")


PROGRAM = Caller(label="python", source="command", is_admin=True, proof="command")  # code of this installation


def command(name: str) -> Caller:
    """The operator at the command line who runs `manage.py name`."""
    return Caller(label=f"manage.py {name}", source="command", is_admin=True, proof="command")


def of_admin_key() -> Caller:
    return Caller(
        label="admin key",
        source="api",
        is_admin=True,
        request_id=request_id.current.get(),
        proof="admin key",
    )


def is_admin(user: AbstractBaseUser | AnonymousUser) -> bool:
    """Admins are the active superusers of the staff."""
    return user.is_active and getattr(user, "is_staff", False) and getattr(user, "is_superuser", False)


def of_user(user: AbstractBaseUser | AnonymousUser, source: Source) -> Caller:
    """The person signed in at this door."""
    if not user.is_authenticated:
        return replace(ANONYMOUS, source=source, request_id=request_id.current.get())
    return Caller(
        label=user.get_username(),
        source=source,
        user_id=user.pk,
        user_name=user.get_username(),
        is_admin=is_admin(user),
        request_id=request_id.current.get(),
        proof="session",
        scopes=PERSONAL_SCOPES,
    )


def caller_of(request: HttpRequest | Request) -> Caller:
    """Who sent this request, through the API or a page of the admin."""
    if hasattr(request, "auth"):  # REST framework's request; `auth` is ours wherever our authentication ran
        return request.auth if isinstance(request.auth, Caller) else of_user(request.user, "api")
    return of_user(request.user, "admin")
