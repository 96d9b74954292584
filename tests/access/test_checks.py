from __future__ import annotations

import base64
from pathlib import Path
from typing import Any

import pytest
from django.core.checks import Error

from access import checks


def base64_of(length: int) -> str:
    """The same in every process: parallel runs name tests by their values."""
    return base64.urlsafe_b64encode(bytes(range(length))).decode()


def problems() -> dict[str, Error]:
    return {error.id: error for error in checks.environment()}


def test_a_good_environment_has_no_problem() -> None:
    assert problems() == {}


@pytest.mark.parametrize(
    ("name", "value", "id"),
    [
        ("SECRET_KEY", "", "registry.E001"),
        ("SECRET_KEY", "hunter2-hunter2", "registry.E001"),
        ("ENCRYPTION_KEY", "", "registry.E002"),
        ("ENCRYPTION_KEY", "not base64!", "registry.E002"),
        ("ENCRYPTION_KEY", "ключ", "registry.E002"),
        ("ENCRYPTION_KEY", base64_of(31), "registry.E002"),
        ("ENCRYPTION_KEY", base64_of(33), "registry.E002"),
        ("ENCRYPTION_KEY", base64_of(32) + ",", "registry.E002"),
        ("ENCRYPTION_KEY", base64_of(32) + "," + base64_of(16), "registry.E002"),
        ("ENCRYPTION_KEY", base64.urlsafe_b64encode(bytes(32)).decode(), "registry.E002"),
        ("ADMIN_API_KEY", "", "registry.E003"),
        ("ADMIN_API_KEY", "your-secret-admin-key-here", "registry.E003"),
        ("ALLOWED_HOSTS", ["https://registry.example.org"], "registry.E009"),
        ("ALLOWED_HOSTS", ["registry.example.org:8000"], "registry.E009"),
        ("USAGE_SPOOL_DIR", Path("/dev/null/usage"), "registry.E018"),
        ("MISREAD", {"PORT": "must be a whole number from 1 to 65535."}, "registry.E005"),
    ],
)
def test_each_problem_has_an_id_and_a_hint_and_keeps_the_value_to_itself(
    settings: Any, name: str, value: Any, id: str
) -> None:
    setattr(settings, name, value)

    error = problems().pop(id)

    assert error.hint
    assert not isinstance(value, str) or not value or value not in error.msg + error.hint


@pytest.mark.parametrize("value", [base64_of(32), base64_of(32) + "," + base64_of(32)])
def test_one_encryption_key_or_a_new_and_an_old_one_are_fine(settings: Any, value: str) -> None:
    settings.ENCRYPTION_KEY = value

    assert problems() == {}


def test_every_problem_the_settings_can_note_has_an_id_and_a_hint(settings: Any) -> None:
    settings.MISREAD = dict.fromkeys(checks.KNOWN, "is wrong.")

    assert len(problems()) == len(checks.KNOWN)
