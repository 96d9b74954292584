"""Who asks too often waits, and nobody else does."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from rest_framework.test import APIClient

from tests.access.conftest import a_key

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def small(settings: Any) -> None:
    settings.API_REQUESTS_A_MINUTE = {"nobody": 2, "caller": 4}


@pytest.fixture(autouse=True)
def same_minute(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("access.throttles.time.time", lambda: 1_000_000_045.5)


def asked(client: APIClient, times: int, **extra: Any) -> list[int]:
    return [client.get("/api/config/models", **extra).status_code for _ in range(times)]


def test_each_key_has_its_own_count(program: Callable[[str], APIClient]) -> None:
    first, second = program(a_key(name="1").plaintext), program(a_key(name="2").plaintext)

    assert asked(first, 6) == [200] * 4 + [429] * 2
    assert asked(second, 4) == [200] * 4


def test_strangers_are_counted_by_address(api: APIClient) -> None:
    def schema(address: str) -> int:
        return api.get("/api/docs", REMOTE_ADDR=address).status_code

    assert [schema("192.0.2.1") for _ in range(3)] == [200, 200, 429]
    assert schema("192.0.2.2") == 200


def test_the_refusal_says_when_to_come_again(program: Callable[[str], APIClient]) -> None:
    client = program(a_key().plaintext)
    asked(client, 4)

    answer = client.get("/api/config/models")

    assert (answer.status_code, answer["Retry-After"]) == (429, "35")
    assert answer.json()["error"]["code"] == "throttled"
