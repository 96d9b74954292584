"""Usage in the admin: calls, days, breakers, and records that could not be read."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from gateway.metering import ledger
from gateway.metering.spool import encoded
from gateway.models import Breaker, Quarantine, Usage, UsageDay
from tests.catalog.admin.conftest import Read, read
from tests.gateway.records import a_record

__all__ = ["read"]

pytestmark = pytest.mark.django_db

CALLS = "/admin/gateway/usage/"
QUARANTINE, BREAKERS = "/admin/gateway/quarantine/", "/admin/gateway/breaker/"


def note(call_id: str = "c-1", **fields: Any) -> Usage:
    ledger.write([encoded(a_record(call_id=call_id, **fields))])
    return Usage.objects.get(call_id=call_id)


def test_calls_lead_to_their_pages_in_the_console(admin_client: Client) -> None:
    call = note()

    assert admin_client.get(CALLS).headers["Location"] == "/admin/usage/calls"
    assert admin_client.get(f"{CALLS}{call.pk}/change/").status_code == 403
    assert admin_client.post(f"{CALLS}{call.pk}/delete/", {"post": "yes"}).status_code == 403


class TestQuarantine:
    @pytest.fixture
    def kept(self) -> list[Quarantine]:
        ledger.write([b'{"call_id": "torn', encoded(a_record(call_id="early", kind="dance"))])
        return list(Quarantine.objects.order_by("pk"))

    def test_records_are_tried_again(self, kept: list[Quarantine], admin_client: Client, read: Read) -> None:
        """As when a newer version knows a kind of call that an older one did not."""
        mended = next(row for row in kept if "dance" in row.record)
        Quarantine.objects.filter(pk=mended.pk).update(record=mended.record.replace("dance", "chat"))

        page = admin_client.post(
            QUARANTINE, {"action": "try_again", "_selected_action": [row.pk for row in kept]}, follow=True
        ).content.decode()

        assert "Brought in 1 record." in page and "Still unreadable: 1 record." in page
        assert Usage.objects.get().call_id == "early" and UsageDay.objects.get().calls == 1
        assert Quarantine.objects.get().why == "is not whole JSON"

    def test_a_record_that_came_in_before_is_not_counted_again(self, kept: list[Quarantine]) -> None:
        note("early")
        row = next(row for row in kept if "dance" in row.record)
        Quarantine.objects.filter(pk=row.pk).update(record=row.record.replace("dance", "chat"))

        assert ledger.try_again(Quarantine.objects.filter(pk=row.pk)) == (1, 0)
        assert UsageDay.objects.get().calls == 1

    def test_what_is_of_no_use_is_discarded(self, kept: list[Quarantine], admin_client: Client) -> None:
        admin_client.post(QUARANTINE, {"action": "discard", "_selected_action": [row.pk for row in kept]})

        assert not Quarantine.objects.exists() and not Usage.objects.exists()

    def test_who_may_only_look_does_neither(self, kept: list[Quarantine], staff: Callable[..., Client]) -> None:
        carol = staff("view_quarantine")

        assert "is not whole JSON" in carol.get(QUARANTINE).content.decode()
        for action in ("try_again", "discard", "delete_selected"):
            carol.post(QUARANTINE, {"action": action, "_selected_action": [kept[0].pk]})
        assert Quarantine.objects.count() == 2


def test_breakers_say_what_is_not_called_and_until_when(read: Read) -> None:
    now = timezone.now()
    Breaker.objects.create(
        provider="acme", credential="organisation", worker="host-1", state="open", failures=5, reason="503",
        since=now - timedelta(minutes=2), until=now + timedelta(minutes=3, seconds=5),
    )  # fmt: skip

    text = read(BREAKERS).text

    assert '<span class="state state-down">Open: not called</span>' in text and "in 3 minutes" in text


def test_only_staff_who_may_see_usage_see_it(staff: Callable[..., Client]) -> None:
    carol = staff("view_aimodel")

    assert [carol.get(page).status_code for page in (CALLS, QUARANTINE, BREAKERS)] == [403] * 3
