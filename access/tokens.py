"""Short-lived tokens with which a page of ours calls `/v1` for the person who is signed in."""

from __future__ import annotations

import threading
import time
from dataclasses import replace

from django.contrib.auth import get_user_model
from django.core import signing

from access.caller import Caller, of_user
from access.limits import Limit, limits_of_person
from access.scopes import Scope

START = "mrt_"
LIFE = 600  # seconds
CHECKED = 30.0  # seconds after which the person is looked up again
MOST = 10_000  # people remembered at once
SALT = "access.tokens"
NEVER: tuple[float, None, tuple[Limit, ...]] = (0.0, None, ())


def make(user_id: int) -> str:
    """A token that lets this person call models for ten minutes."""
    return START + signing.TimestampSigner(salt=SALT).sign(str(user_id))


class People:
    """Who stands behind a token. Asks the database at most every half minute for one person."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.known: dict[int, tuple[float, Caller | None, tuple[Limit, ...]]] = {}

    def user_id_of(self, token: str) -> int | None:
        """The person a token was made for; None if it is not ours or too old. Asks no database."""
        try:
            return int(signing.TimestampSigner(salt=SALT).unsign(token.removeprefix(START), max_age=LIFE))
        except (signing.BadSignature, ValueError):
            return None

    def remembered(self, user_id: int) -> Caller | None | bool:
        """The person as last looked up, None if there is no such active one, False if that must be asked again."""
        at, caller, _ = self.known.get(user_id, NEVER)
        return caller if time.monotonic() - at < CHECKED else False

    def limits_of(self, user_id: int) -> tuple[Limit, ...]:
        """The limits of a person as last looked up."""
        return self.known.get(user_id, NEVER)[2]

    def look_up(self, user_id: int) -> Caller | None:
        """The caller for a person who is active. Asks the database."""
        user = get_user_model().objects.filter(pk=user_id, is_active=True).first()
        caller = None if user is None else restricted(of_user(user, "api"))
        limits = () if user is None else limits_of_person(user_id)
        with self.lock:
            if len(self.known) >= MOST:
                self.known.clear()
            self.known[user_id] = time.monotonic(), caller, limits
        return caller


def restricted(caller: Caller) -> Caller:
    """The same person with no more rights than calling models."""
    return replace(caller, proof="token", scopes=frozenset({Scope.GATEWAY.value}))


PEOPLE = People()
