"""What every test has: no network but loopback, the recordings, and clients that hold the admin key."""

from __future__ import annotations

import ipaddress
import os
import socket
from collections.abc import Callable, Iterator
from functools import wraps
from pathlib import Path
from typing import Any

import hypothesis
import pytest
from django.conf import settings
from django.contrib.auth.models import Permission, User
from django.test import Client
from rest_framework.test import APIClient

from access.events import NOTES
from access.slices import SLICES
from access.snapshot import KEYS
from access.throttles import COUNTS
from gateway.process import PROCESS

pytest_plugins = ["tests.fakes.fixtures"]

ROOT = Path(__file__).resolve().parent.parent

# How long one example takes says more of the machine than of the code.
hypothesis.settings.register_profile("unhurried", deadline=None)
hypothesis.settings.load_profile("unhurried")


def bare_environment(**variables: str) -> dict[str, str]:
    """For a process that starts as on a fresh machine: no `.env`, nothing of ours, but still measured for coverage."""
    kept = {name: value for name, value in os.environ.items() if name == "PATH" or name.startswith("COVERAGE_")}
    return {**kept, "ENV_FILE": os.devnull, **variables}


class OutsideNetworkRefused(RuntimeError):
    """No OSError: the product must not take it for a provider that is down."""


def is_loopback(host: object) -> bool:
    if host in (None, "", b"", "localhost", b"localhost"):
        return True
    text = host.decode() if isinstance(host, bytes) else str(host)
    try:
        return ipaddress.ip_address(text).is_loopback
    except ValueError:
        return False


def guarded(call: Callable[..., Any], host_in: Callable[..., object]) -> Callable[..., Any]:
    """The same function of sockets, for hosts on this machine."""

    @wraps(call)
    def checked(*arguments: Any, **named: Any) -> Any:
        host = host_in(*arguments, **named)
        if not is_loopback(host):
            raise OutsideNetworkRefused(f"A test reached for {host!r}.")
        return call(*arguments, **named)

    return checked


def host_of(_: socket.socket, *arguments: Any) -> object:
    """Of an address, which is the last argument; those of Unix sockets are no tuples."""
    return arguments[-1][0] if isinstance(arguments[-1], tuple) else None


# No audit hook, though it would see more: with one, threads that coverage traces may fail to start (CPython 3.11).
for name in ("connect", "connect_ex", "sendto"):
    setattr(socket.socket, name, guarded(getattr(socket.socket, name), host_of))
socket.getaddrinfo = guarded(socket.getaddrinfo, lambda host, *_, **__: host)


def recordings_folder() -> Path:
    """Where CI insists on the recordings, their absence is a failure."""
    folder = (ROOT / os.environ.get("RECORDINGS_DIR", "../shared/fixtures")).resolve()
    if not folder.is_dir():
        if os.environ.get("RECORDINGS_REQUIRED") == "1":
            pytest.fail(f"RECORDINGS_REQUIRED=1, but there is no folder {folder}.")
        pytest.skip("no recordings: set RECORDINGS_DIR")
    return folder


@pytest.fixture(autouse=True)
def no_sync_processes(monkeypatch: pytest.MonkeyPatch) -> None:
    """A process of its own would sync the developer's database. Tests of that start the whole product."""
    monkeypatch.setattr("discovery.launch.start_process", lambda run: pytest.fail("A test started a sync process."))


@pytest.fixture(scope="session")
def recordings() -> Path:
    """The folder of recorded provider bodies."""
    return recordings_folder()


@pytest.fixture(autouse=True)
def nothing_remembered() -> None:
    """What a process remembers of the database goes with the database of each test."""
    KEYS.clear()
    NOTES.clear()
    SLICES.clear()
    COUNTS.clear()


@pytest.fixture(autouse=True)
def no_gateway_stays() -> Iterator[None]:
    """One that a test has started in the background ends with it."""
    yield
    PROCESS.close()


@pytest.fixture
def admin_key() -> str:
    return settings.ADMIN_API_KEY


@pytest.fixture
def api() -> APIClient:
    """A program without a key."""
    return APIClient()


@pytest.fixture
def admin_api(admin_key: str) -> APIClient:
    """A program with the admin key."""
    client = APIClient()
    client.credentials(HTTP_AUTHORIZATION=f"Bearer {admin_key}")
    return client


@pytest.fixture
def staff(db: None) -> Callable[..., Client]:
    """A member of staff with these permissions only, signed in."""

    def sign_in(*codenames: str) -> Client:
        user = User.objects.create_user("carol", password="carol", is_staff=True)
        user.user_permissions.set(Permission.objects.filter(codename__in=codenames))
        client = Client()
        client.force_login(user)
        return client

    return sign_in
