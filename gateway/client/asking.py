"""Who asks for which model."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

from access.caller import PROGRAM, Caller, of_user
from access.limits import Limit
from catalog.models import AIModel
from catalog.preferences import chosen_model_of
from catalog.resolution import Reason
from gateway import local
from gateway.call import Call, Wanted
from gateway.limits import limits_of_caller
from gateway.process import PROCESS
from gateway.runtime import Gateway

if TYPE_CHECKING:
    from django.contrib.auth.models import AbstractBaseUser, AnonymousUser

    Who = AbstractBaseUser | AnonymousUser | Caller | None
else:
    Who = Any  # people exist only once the apps are ready

Model = str | int | AIModel | None
T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Asking:
    caller: Caller
    limits: tuple[Limit, ...]
    wanted: tuple[Wanted, ...]
    conversation: str = ""

    @classmethod
    def of(cls, model: Model, user: Who, conversation: str = "") -> Asking:
        """Asks the database about a person."""
        caller = caller_for(user)
        wanted = wanted_by(model, caller)
        return cls(caller=caller, limits=limits_of_caller(caller), wanted=wanted, conversation=conversation)

    async def call(self, gateway: Gateway) -> Call:
        return await local.call_by(
            gateway, self.caller, self.limits, wanted=self.wanted, conversation=self.conversation
        )

    def answered(self, work: Callable[[Gateway, Call], Coroutine[Any, Any, T]]) -> T:
        """What comes of a call. Raises GatewayError."""

        async def on_the_loop(gateway: Gateway) -> T:
            return await work(gateway, await self.call(gateway))

        return PROCESS.run(on_the_loop)


def caller_for(user: Who) -> Caller:
    """A person, whoever came through another door, or the organisation itself."""
    if user is None:
        return PROGRAM
    return user if isinstance(user, Caller) else of_user(user, "api")


def wanted_by(model: Model, caller: Caller) -> tuple[Wanted, ...]:
    """What was named, else what the person chose some time ago."""
    if isinstance(model, AIModel):
        return (Wanted(str(model), model.pk),)
    if isinstance(model, int):
        return (Wanted(str(model), model),)
    if model:
        return (Wanted(model),)
    own = chosen_model_of(caller)
    return () if own is None else (Wanted(str(own), own.pk, Reason.PREFERENCE),)
