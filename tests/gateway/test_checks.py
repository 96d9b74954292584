"""What of the environment the gateway cannot work with is told at the start."""

from __future__ import annotations

from typing import Any

import pytest

from gateway.checks import configured_model


@pytest.mark.parametrize(
    ("provider", "model", "wrong"),
    [
        ("", "", []),
        ("openai", "", []),
        ("groq", "x", []),
        ("groq", "", ["registry.E021"]),
        ("", "x", ["registry.E020"]),
        ("nobody", "x", ["registry.E020"]),
    ],
)
def test_a_configured_model_that_cannot_be_called_is_told_at_the_start(
    settings: Any, provider: str, model: str, wrong: list[str]
) -> None:
    settings.LLM_PROVIDER, settings.LLM_MODEL = provider, model

    assert [error.id for error in configured_model()] == wrong
