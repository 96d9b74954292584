"""A provider on loopback to sync, and runs that are done at once where the product would start a process."""

from __future__ import annotations

from typing import Any

import pytest

from catalog.models import Provider
from catalog.upstream import Patience
from discovery import launch, sync
from discovery.fetch import Pace
from discovery.models import SyncRun
from tests.builders import a_provider
from tests.fakes.provider import FakeProvider

ONCE = Pace(question=Patience(tries=1))


def entry(model_id: str, **more: Any) -> dict[str, Any]:
    return {
        "id": model_id,
        "context_length": 8_192,
        "pricing": {"prompt": "0.000002", "completion": "0.000008"},
        **more,
    }


def entries(count: int, **more: Any) -> list[dict[str, Any]]:
    return [entry(f"acme/m-{number}", **more) for number in range(count)]


def serve(fake: FakeProvider, models: list[dict[str, Any]], path: str = "/v1/models") -> None:
    fake.serve(path, {"object": "list", "data": models})


@pytest.fixture
def acme(fake_provider: FakeProvider) -> Provider:
    """The one active provider, so that asking all asks it alone."""
    Provider.objects.update(is_active=False)
    return a_provider("acme", base_url=f"{fake_provider.url}/v1", auth="none")


@pytest.fixture
def done_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    def execute(run: SyncRun) -> None:
        sync.execute(run, pace=ONCE)

    monkeypatch.setattr(launch, "start_process", execute)
