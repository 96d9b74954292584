"""Every act of the panel, taken back by its Undo button, leaves everything as it was before."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.test import Client
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from catalog import lifecycle, registration
from catalog.models import AIModel, Status
from tests.builders import ADMIN, a_model, a_provider

pytestmark = pytest.mark.django_db

PANEL = "/admin/panel"
ACTS = {
    "pending": ["approve", "reject", "approve all", "reject all"],
    "enabled": ["disable", "default"],
    "disabled": ["enable", "archive"],
    "deprecated": ["restore", "archive"],
}
STATUSES = [status for status in Status.values if status in ACTS]
UNDO = re.compile(r'value="(undo:\d+)"')

worlds = st.lists(st.sampled_from(STATUSES), min_size=1, max_size=6)


def state() -> list[dict[str, Any]]:
    """All that people decided of all models, and since when what they are."""
    columns = ("pk", "status", "is_default", "successor", "name", "price", "deprecated_at", "archived_at")
    return list(AIModel.objects.order_by("pk").values(*columns))


def send(client: Client, act: str, chosen: list[int]) -> str:
    response = client.post(PANEL, {"act": act, "chosen": chosen}, headers={"x-requested-with": "swap"})
    if response.status_code == 302:  # somebody would be hit: it is confirmed on the page that says who
        response = client.post(response["Location"], {"reason": "seen", "next": PANEL}, follow=True)
        set_undo = re.search(r'formaction="(/admin/catalog/change/set/\d+/undo/)"', response.content.decode())
        assert set_undo is not None
        return set_undo[1]
    undo = UNDO.search(response.content.decode())
    assert undo is not None
    return undo[1]


@given(
    world=worlds,
    default=st.integers(0, 5),
    heir=st.integers(0, 5),
    pick=st.integers(0, 5),
    way=st.integers(0, 3),
)
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_every_act_followed_by_undo_gives_back_the_state_before(
    admin_client: Client, world: list[str], default: int, heir: int, pick: int, way: int
) -> None:
    AIModel.objects.all().delete()
    provider = a_provider()
    models = [a_model(f"m-{number}", provider=provider, status=status) for number, status in enumerate(world)]
    enabled = [model for model in models if model.status == "enabled"]
    if default < len(enabled):
        lifecycle.set_default(enabled[default], ADMIN)
    target = models[pick % len(models)]
    if heir < len(enabled) and enabled[heir] != target:
        registration.change_model(target, ADMIN, decisions={"successor_id": enabled[heir].pk})
    ways = [way for way in ACTS[target.status] if way != "default" or not is_default(target)]
    act = ways[way % len(ways)]
    before = state()

    pending = [model.pk for model in models if model.status == "pending"]
    undo = send(admin_client, act.removesuffix(" all") if act.endswith(" all") else f"{act}:{target.pk}", pending)
    assert state() != before
    if undo.startswith("/"):
        admin_client.post(undo, follow=True)
    else:
        admin_client.post(PANEL, {"act": undo}, headers={"x-requested-with": "swap"})

    assert state() == before


def is_default(model: AIModel) -> bool:
    return AIModel.objects.filter(pk=model.pk, is_default=True).exists()
