from __future__ import annotations

import secrets
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from access import admin_key


@pytest.mark.parametrize(
    ("secret", "problem"),
    [
        ("", "is not set."),
        ("a" * 64, "repeats itself."),
        ("0f1e2d3c4b5a6978" * 2, "repeats itself."),
        ("123456789012345678901234567890123", "is a known example."),
        ("tiny-but-random-8f3a", "is shorter than 32 characters."),
        ("your-secret-admin-key-here", "is shorter than 32 characters."),
        ("your-secret-admin-key-here-0123456", "is a known example."),
        ("YOUR_TOKEN_YOUR_TOKEN_YOUR_TOKEN_1", "is a known example."),
        ("changeme-changeme-changeme-changeme", "is a known example."),
        ("django-insecure-m3v5q8x2z7b4n6k9w1r0t", "is a known example."),
    ],
)
def test_what_anyone_could_guess_is_named(secret: str, problem: str) -> None:
    assert admin_key.weakness(secret) == problem


@pytest.mark.parametrize("make", [secrets.token_hex, secrets.token_urlsafe])
def test_random_keys_are_strong(make: Callable[[int], str]) -> None:
    assert [admin_key.weakness(make(32)) for _ in range(200)] == [""] * 200


@given(st.text())
def test_only_the_key_itself_matches(presented: str) -> None:
    from django.conf import settings

    assert admin_key.matches(presented) is (presented == settings.ADMIN_API_KEY)


@pytest.mark.parametrize("weak", ["", "changeme", "your-secret-admin-key-here"])
def test_a_weak_key_opens_nothing_even_if_it_is_configured(settings: Any, weak: str) -> None:
    settings.ADMIN_API_KEY = weak

    assert not admin_key.matches(weak)
