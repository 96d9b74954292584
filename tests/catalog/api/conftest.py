from __future__ import annotations

from collections.abc import Callable

import pytest
from django.contrib.auth.models import AbstractBaseUser
from rest_framework.test import APIClient

SignIn = Callable[..., APIClient]


@pytest.fixture
def sign_in(django_user_model: type[AbstractBaseUser]) -> SignIn:
    """A program with the session of a person."""

    def client_of(name: str = "bob", **fields: bool) -> APIClient:
        user, _ = django_user_model.objects.get_or_create(username=name, defaults=fields)
        client = APIClient()
        client.force_login(user)
        return client

    return client_of
