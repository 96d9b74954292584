from __future__ import annotations

from io import StringIO

import pytest

from access.models import ApiKey
from catalog import lifecycle
from catalog.models import AIModel, Status
from tests.fakes.registry import BY, Demo

from .provider import FakeProvider


def prepared(provider: FakeProvider) -> str:
    demo = Demo(provider)
    demo.stdout._out = StringIO()
    demo.prepare()
    return str(demo.stdout._out.getvalue())


@pytest.mark.django_db
def test_the_demo_offers_defaults_to_call_and_a_key_once(fake_provider: FakeProvider) -> None:
    first = prepared(fake_provider)
    chosen = AIModel.objects.filter(is_default=True).values_list("model_id", flat=True)

    assert set(chosen) == {"gpt-4.1", "tts-1", "claude-sonnet-4-20250514"}
    assert "Authorization: Bearer mr_" in first and "/v1/chat/completions" in first

    lifecycle.set_status(AIModel.objects.filter(model_id="tts-1"), Status.DISABLED, BY)
    assert "Bearer" not in prepared(fake_provider)
    assert AIModel.objects.get(model_id="tts-1").status == Status.DISABLED
    assert ApiKey.objects.count() == 1
