"""The gateway hears of changes whatever happens while it reads them."""

from __future__ import annotations

import pytest
from django.db import OperationalError

from catalog import lifecycle
from catalog.models import AIModel
from gateway import snapshot
from tests.builders import ADMIN
from tests.gateway.conftest import Place, Served, a_served_model, eventually


@pytest.mark.parametrize(
    "trouble", [OperationalError("The server went away."), RuntimeError("Nobody thought of this.")]
)
def test_news_that_could_not_be_read_is_read_next_time(
    served: Served, place: Place, monkeypatch: pytest.MonkeyPatch, trouble: Exception
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
