"""Fixtures for every test that needs a provider. Registered by tests/conftest.py."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from .certificates import self_signed
from .provider import FakeProvider


@pytest.fixture
def fake_provider() -> Iterator[FakeProvider]:
    """A provider on loopback that knows no path until it is told."""
    with FakeProvider() as fake:
        yield fake


@pytest.fixture
def other_fake_provider() -> Iterator[FakeProvider]:
    with FakeProvider() as fake:
        yield fake


@pytest.fixture
def untrusted_fake_provider(tmp_path: Path) -> Iterator[FakeProvider]:
    """A provider whose certificate nobody vouches for."""
    server, _ = self_signed(tmp_path)
    with FakeProvider(tls=server) as fake:
        yield fake
