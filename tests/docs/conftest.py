"""The registry as `make demo` serves it, in this process, and a reader in front of it."""

from __future__ import annotations

import io
import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.contrib.auth.models import User
from django.core.management.base import OutputWrapper

from access import keys
from access.caller import command
from access.scopes import PERSONAL_SCOPES
from access.snapshot import KEYS
from catalog.models import Provider
from tests.discovery.doors import done_at_once
from tests.docs.session import Session
from tests.fakes.demo import PREFIXES, serve_demo
from tests.fakes.registry import Demo
from tests.gateway.conftest import Served, served

__all__ = ["done_at_once", "served"]


@pytest.fixture
def demo(served: Served) -> Iterator[Served]:
    """With a key of the admin's own. Providers that do not play along are switched off: nobody is to ask them."""
    with serve_demo() as provider:
        prepared = Demo(provider)
        prepared.stdout = OutputWrapper(io.StringIO())
        prepared.prepare()
        Provider.objects.exclude(slug__in=PREFIXES).update(is_active=False)
        owner = User.objects.get(username="admin")
        terms = keys.Terms(scopes=PERSONAL_SCOPES)
        served.key = keys.make("own", by=command("test"), owner_id=owner.pk, terms=terms).plaintext
        KEYS.refresh()
        yield served


@pytest.fixture
def session(
    demo: Served, done_at_once: None, admin_key: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Session:
    """In an empty folder, with that key and the admin key."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setitem(os.environ, "KEY", demo.key)
    return Session(served=demo, variables={"ADMIN_API_KEY": admin_key, "KEY": demo.key})
