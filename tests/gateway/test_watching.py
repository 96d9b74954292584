"""The gateway hears of changes whatever happens while it reads them."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import User
from django.db import OperationalError

from access import keys
from access.caller import of_user
from access.snapshot import KEYS
from catalog import grants, lifecycle
from catalog.models import AIModel, Effect
from gateway import snapshot
from tests.builders import ADMIN
from tests.gateway.conftest import MakePlace, Served, a_served_model, eventually


@pytest.mark.parametrize(
    "trouble", [OperationalError("The server went away."), RuntimeError("Nobody thought of this.")]
)
def test_news_that_could_not_be_read_is_read_next_time(
    served: Served, place: MakePlace, monkeypatch: pytest.MonkeyPatch, trouble: Exception
) -> None:
    model = a_served_model(place())
    served.refresh()
    assert served.chat("acme/m").status_code == 200
    failed = []

    def fail(*arguments: object, **named: object) -> None:
        failed.append(monkeypatch.undo())
        raise trouble

    monkeypatch.setattr(snapshot, "renewed", fail)
    monkeypatch.setattr(snapshot, "build", fail)
    lifecycle.move(AIModel.objects.filter(pk=model.pk), "disable", ADMIN)

    eventually(lambda: served.chat("acme/m").status_code == 403)
    assert failed


def test_people_who_called_are_known_when_the_database_goes_right_after_a_change(
    served: Served, place: MakePlace, bob: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What has been closed to them meanwhile is closed."""
    acme = place()
    a_served_model(acme)
    closing = a_served_model(acme, "closing")
    mine = keys.make("mine", by=of_user(bob, "admin"), owner_id=bob.pk).plaintext
    KEYS.refresh()
    served.refresh()
    assert served.chat("acme/closing", key=mine).status_code == 200
    before = served.gateway.current

    grants.give(closing, ADMIN, user=bob, effect=Effect.DENY)
    eventually(lambda: served.gateway.current is not before)

    def away(*arguments: object) -> None:
        raise OperationalError("The server went away.")

    monkeypatch.setattr(snapshot, "people_of", away)
    assert served.chat("acme/m", key=mine).status_code == 200
    assert served.chat("acme/closing", key=mine).status_code == 404
