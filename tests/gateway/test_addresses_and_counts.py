"""Where calls may go, whose key goes with them, and limits that several processes share."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
import redis
from django.contrib.auth.models import User

from access import keys
from access.caller import of_user
from access.limits import Limit, Reservation, Spend
from access.models import Allowance
from access.slices import SLICES
from catalog.models import AIModel
from gateway.limits import RedisCounter, SliceCounter
from tests.access.test_limits import REDIS, needs_redis
from tests.gateway.conftest import Place, Served, a_served_model

MakePlace = Callable[..., Place]


def a_model_of(bob: User, acme: Place, base_url: str) -> None:
    """As a row that got past every form, or whose name leads elsewhere by now."""
    AIModel.objects.create(
        provider=acme.row, model_id="own", name="own", owner=bob, status="enabled", base_url=base_url
    )


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "[::1]"])
def test_a_persons_own_address_never_leads_inside(served: Served, place: MakePlace, bob: User, host: str) -> None:
    """`localhost` stands for any name that leads inside when the call is made, whatever it led to before."""
    acme = place()
    port = acme.fake.url.rpartition(":")[2]
    a_model_of(bob, acme, f"http://{host}:{port}/own/v1")
    key = keys.make("mine", by=of_user(bob, "admin"), owner_id=bob.pk).plaintext
    served.refresh()

    answer = served.chat("own", key=key)

    assert answer.status_code == 502, answer.text
    assert "may not be called" in answer.json()["error"]["message"]
    assert acme.fake.seen == []


def test_the_organisations_key_goes_to_its_provider_alone(served: Served, place: MakePlace) -> None:
    acme, elsewhere = place(), place("elsewhere")
    model = a_served_model(acme)
    AIModel.objects.filter(pk=model.pk).update(base_url=elsewhere.row.base_url)
    served.refresh()

    served.chat("acme/m")

    assert ["authorization" in seen.headers for seen in elsewhere.asked] == [False]
    assert acme.asked == []


def limits_of_one(most: int) -> tuple[Limit, ...]:
    return (Limit("key:1", "requests", most),)


async def at_once(counter: Any, limits: tuple[Limit, ...], calls: int) -> int:
    found = await asyncio.gather(*(counter.reserve(limits, Spend()) for _ in range(calls)), return_exceptions=True)
    return sum(isinstance(one, Reservation) for one in found)


@pytest.mark.django_db(transaction=True)
def test_the_first_calls_of_a_minute_leave_something_to_other_processes() -> None:
    """Each that finds nothing held must not take a slice of its own."""
    limits = limits_of_one(100)

    assert asyncio.run(at_once(SliceCounter(), limits, 16)) == 16

    assert Allowance.objects.get().taken <= 30
    SLICES.clear()


@needs_redis
@pytest.mark.django_db(transaction=True)
def test_with_redis_two_processes_count_as_one() -> None:
    client = redis.Redis.from_url(REDIS)
    for name in client.scan_iter("model-registry:key:1:*"):
        client.delete(name)
    limits = limits_of_one(10)

    async def both() -> int:
        one, other = RedisCounter(REDIS), RedisCounter(REDIS)
        let_through = await at_once(one, limits, 8) + await at_once(other, limits, 8)
        await one.client.aclose()
        await other.client.aclose()
        return let_through

    assert asyncio.run(both()) == 10


def test_a_call_that_takes_less_than_was_reserved_gives_it_back(served: Served, place: MakePlace) -> None:
    a_served_model(place())
    served.refresh()
    key = served.new_key("few", tokens_per_minute=1_100, monthly_budget=Decimal(1))

    assert [served.chat("acme/m", key=key).status_code for _ in range(3)] == [200] * 3
