"""Signing in through a real identity provider, at a real registry, both on loopback, with a browser's cookies."""

from __future__ import annotations

import sqlite3
import subprocess
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx2
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa

from tests.console.test_serve import start
from tests.fakes.identity import CLIENT_ID, CLIENT_SECRET, IdentityProvider
from tests.ports import free_port

ADMIN = {"roles": ["registry-admin"]}


@pytest.fixture(scope="module")
def provider() -> Iterator[IdentityProvider]:
    with IdentityProvider() as provider:
        yield provider


@pytest.fixture(scope="module")
def database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("sso") / "registry.sqlite3"


@pytest.fixture(scope="module")
def registry(provider: IdentityProvider, database: Path) -> Iterator[str]:
    """A registry with single sign-on, as `make run` serves it."""
    port = free_port()
    process = start(
        database,
        port,
        OIDC_ISSUER=provider.issuer,
        OIDC_CLIENT_ID=CLIENT_ID,
        OIDC_CLIENT_SECRET=CLIENT_SECRET,
        OIDC_ADMIN_VALUE="registry-admin",
    )
    assert process.stdout
    said = []
    for line in process.stdout:
        said.append(line)
        if "http://" in line:
            break
    assert process.poll() is None, said
    yield f"http://127.0.0.1:{port}"
    process.terminate()
    try:
        process.communicate(timeout=20)
    except subprocess.TimeoutExpired:
        process.kill()


@pytest.fixture
def person(provider: IdentityProvider) -> Iterator[dict[str, Any]]:
    """Who sits at the browser; as they were before once the test is done."""
    usual = dict(provider.person)
    provider.lies = {}
    provider.person.update(ADMIN)
    yield provider.person
    provider.person = usual
    provider.lies = {}


def browser() -> httpx2.Client:
    return httpx2.Client(follow_redirects=True, timeout=20, trust_env=False)


def query_of(address: Any) -> dict[str, str]:
    return {name: values[0] for name, values in parse_qs(urlsplit(str(address)).query).items()}


def ranks(database: Path) -> dict[str, tuple[int, int]]:
    with closing(sqlite3.connect(database)) as connection:
        rows = connection.execute("SELECT username, is_staff, is_superuser FROM auth_user").fetchall()
    return {name: (staff, admin) for name, staff, admin in rows}


def test_an_admin_there_is_an_admin_here(registry: str, person: dict[str, Any]) -> None:
    with browser() as client:
        assert "Sign in with your organisation" in client.get(f"{registry}/admin/login/").text

        page = client.get(f"{registry}/sso/login")

        assert (page.status_code, page.url.path) == (200, "/admin/")
        assert client.get(f"{registry}/admin/auth/user/").status_code == 200


def test_whoever_lost_the_role_there_loses_it_here(registry: str, database: Path, person: dict[str, Any]) -> None:
    with browser() as client:
        client.get(f"{registry}/sso/login")
    assert ranks(database)["carol"] == (1, 1)
    person["roles"] = ["reader"]

    with browser() as client:
        page = client.get(f"{registry}/sso/login")
        assert "/admin/login/" in str(client.get(f"{registry}/admin/").url)

    assert not page.url.path.startswith("/admin")
    assert ranks(database)["carol"] == (0, 0)


def test_a_name_that_is_taken_here_stays_with_its_owner(registry: str, database: Path, person: dict[str, Any]) -> None:
    person.update(sub="p-9", preferred_username="admin", roles=[])

    with browser() as client:
        client.get(f"{registry}/sso/login")

    assert ranks(database)["admin"] == (1, 1) and ranks(database)["admin-2"] == (0, 0)


@pytest.mark.parametrize(
    ("lies", "says"),
    [
        ({"nonce": "another"}, "another sign-in"),
        ({"nonce": None}, "another sign-in"),
        ({"aud": "somebody-else"}, "not meant for this service"),
        ({"iss": "http://127.0.0.1:1"}, "another issuer"),
        ({"exp": 1}, "expired"),
        ({"sign_with": rsa.generate_private_key(public_exponent=65537, key_size=2048)}, "not valid"),
    ],
)
def test_an_answer_that_is_not_as_it_should_be_signs_nobody_in(
    registry: str, provider: IdentityProvider, person: dict[str, Any], lies: dict[str, Any], says: str
) -> None:
    provider.lies = lies
    with browser() as client:
        page = client.get(f"{registry}/sso/login")

        assert page.status_code == 403 and says in page.text
        assert "/admin/login/" in str(client.get(f"{registry}/admin/").url)


def test_a_callback_with_another_state_signs_nobody_in(
    registry: str, provider: IdentityProvider, person: dict[str, Any]
) -> None:
    with browser() as victim, browser() as attacker:
        there = attacker.get(f"{registry}/sso/login", follow_redirects=False).headers["location"]
        back = provider.authorize(query_of(there))
        assert query_of(there)["code_challenge_method"] == "S256" and query_of(there)["nonce"]

        assert victim.get(back).status_code == 403
        assert victim.get(f"{registry}/sso/callback?code=x&state=made-up").status_code == 403
        assert victim.get(f"{registry}/sso/callback?error=access_denied").status_code == 403
        assert "/admin/login/" in str(victim.get(f"{registry}/admin/").url)


def test_a_link_cannot_add_to_what_the_provider_is_asked(registry: str) -> None:
    with browser() as client:
        answer = client.get(
            f"{registry}/sso/login?auth_params=redirect_uri%3Dhttp://evil.example", follow_redirects=False
        )

    assert answer.headers["location"] == "/sso/login"


def test_a_code_cannot_be_used_in_another_sign_in(
    registry: str, provider: IdentityProvider, person: dict[str, Any]
) -> None:
    with browser() as victim, browser() as attacker:
        theirs = query_of(attacker.get(f"{registry}/sso/login", follow_redirects=False).headers["location"])
        mine = query_of(victim.get(f"{registry}/sso/login", follow_redirects=False).headers["location"])
        code = query_of(provider.authorize(theirs))["code"]

        page = victim.get(f"{registry}/sso/callback", params={"code": code, "state": mine["state"]})

        assert page.status_code == 403
        assert CLIENT_SECRET not in page.text
