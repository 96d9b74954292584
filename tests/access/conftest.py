"""The people and keys most tests of access need."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.contrib.auth.models import User
from rest_framework.test import APIClient

from access import keys
from access.caller import Caller, command, of_user

OPERATOR = command("tests")


@pytest.fixture
def alice(db: None) -> User:
    return User.objects.create_user("alice", password="a-long-password")


@pytest.fixture
def bob(db: None) -> User:
    return User.objects.create_user("bob", password="a-long-password")


@pytest.fixture
def boss(db: None) -> User:
    return User.objects.create_superuser("boss", password="a-long-password")


def person(user: User) -> Caller:
    return of_user(user, "admin")


def a_key(*scopes: str, owner: User | None = None, name: str = "ci") -> keys.Made:
    terms = keys.Terms(scopes=scopes) if scopes else None
    return keys.make(name, by=OPERATOR, owner_id=owner and owner.pk, terms=terms)


@pytest.fixture
def program() -> Callable[[str], APIClient]:
    """A client that sends a key."""

    def client(plaintext: str) -> APIClient:
        sender = APIClient()
        sender.credentials(HTTP_AUTHORIZATION=f"Bearer {plaintext}")
        return sender

    return client
