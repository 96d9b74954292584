"""Calls as metering writes them, and the two doors to them."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.utils import timezone

from gateway.metering import ledger
from gateway.metering.spool import encoded
from gateway.models import Usage
from tests.gateway.records import a_record


def note(call_id: str = "", *, days_ago: int = 0, **fields: Any) -> Usage:
    """A call at noon of a day, so that no test runs into midnight; what is not said is an answered chat."""
    noon = datetime.combine(timezone.now().date() - timedelta(days=days_ago), time(12), UTC)
    record = a_record(**{"at": noon, **({"call_id": call_id} if call_id else {}), **fields})
    ledger.write([encoded(record)])
    return Usage.objects.get(call_id=record["call_id"])


@pytest.fixture
def bob(db: None) -> User:
    return User.objects.create_user("bob", password="password")


@pytest.fixture
def bobs(bob: User) -> Client:
    """Bob's browser, signed in."""
    client = Client()
    client.force_login(bob)
    return client
