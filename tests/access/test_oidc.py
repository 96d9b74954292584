"""Access tokens of an identity provider that really runs: only what it signed, for us, in time, opens anything."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import time
from collections.abc import Callable, Iterator
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from django.contrib.auth.models import User
from rest_framework.test import APIClient

from access import oidc
from access.models import Identity
from tests.fakes.identity import IdentityProvider

pytestmark = pytest.mark.django_db

FOREIGN = rsa.generate_private_key(public_exponent=65537, key_size=2048)


@pytest.fixture
def provider(settings: Any) -> Iterator[IdentityProvider]:
    oidc.KEYS.clear()
    with IdentityProvider() as provider:
        settings.OIDC_ISSUER = provider.issuer
        settings.OIDC_AUDIENCE = "api://registry"
        settings.OIDC_ADMIN_CLAIM = "realm_access.roles"
        settings.OIDC_ADMIN_VALUE = "registry-admin"
        yield provider
    oidc.KEYS.clear()


@pytest.fixture
def status(program: Callable[[str], APIClient]) -> Callable[..., int]:
    def ask(token: str, path: str = "/api/config/models") -> int:
        return program(token).get(path).status_code

    return ask


def admin(*roles: str) -> dict[str, Any]:
    return {"realm_access": {"roles": list(roles)}}


def test_a_good_token_is_its_person(provider: IdentityProvider, status: Callable[..., int]) -> None:
    assert status(provider.token()) == status(provider.token()) == 200

    user = User.objects.get()
    assert (user.username, user.is_staff, user.has_usable_password()) == ("carol", False, False)
    assert Identity.objects.get().subject == "p-1"
    assert provider.asked == ["/.well-known/openid-configuration", "/jwks"]


def test_the_claim_makes_an_admin_and_its_loss_takes_it_back(
    provider: IdentityProvider, status: Callable[..., int]
) -> None:
    path = "/api/admin/models"

    assert status(provider.token(**admin("registry-admin")), path) == 200
    assert status(provider.token(**admin("other")), path) == 403
    assert status(provider.token(realm_access="registry-admin"), path) == 403
    assert status(provider.token(), path) == 403
    assert not User.objects.get().is_superuser


def test_clocks_may_differ_by_half_a_minute(provider: IdentityProvider, status: Callable[..., int]) -> None:
    now = int(time.time())

    assert status(provider.token(exp=now - 25)) == 200
    assert status(provider.token(exp=now - 35)) == 401
    assert status(provider.token(nbf=now + 25)) == 200
    assert status(provider.token(nbf=now + 40)) == 401


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        ({"exp": 1}, "expired"),
        ({"aud": "api://elsewhere"}, "not meant for this service"),
        ({"aud": "registry"}, "not meant for this service"),
        ({"iss": "http://127.0.0.1:1"}, "another issuer"),
        ({"sub": None}, "not valid"),
        ({"exp": None}, "not valid"),
        ({"aud": None}, "not valid"),
        ({"sign_with": FOREIGN}, "not valid"),
        ({"sign_with": FOREIGN, "key": "unknown"}, "does not have"),
        ({"sign_with": "x" * 32, "algorithm": "HS256"}, "not signed in a way"),
        ({"sign_with": "secret", "algorithm": "HS256", "key": "shared"}, "not signed in a way"),
        ({"sign_with": "", "algorithm": "none"}, "not signed in a way"),
    ],
)
@pytest.mark.filterwarnings("ignore::jwt.InsecureKeyLengthWarning")
def test_a_bad_token_opens_nothing_and_says_why(
    provider: IdentityProvider, program: Callable[[str], APIClient], wrong: dict[str, Any], says: str
) -> None:
    answer = program(provider.token(**wrong)).get("/api/config/models")

    assert answer.status_code == 401
    assert says in answer.json()["error"]["message"]
    assert not User.objects.exists()


def test_a_token_signed_with_the_public_key_as_a_secret_is_refused(
    provider: IdentityProvider, status: Callable[..., int]
) -> None:
    """The old confusion of RS256 and HS256."""
    public = provider.keys["first"].public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    body = provider.token().split(".")[1]
    head = base64.urlsafe_b64encode(json.dumps({"alg": "HS256", "kid": "first"}).encode()).rstrip(b"=").decode()
    signature = hmac.new(public, f"{head}.{body}".encode(), hashlib.sha256).digest()

    assert status(f"{head}.{body}.{base64.urlsafe_b64encode(signature).rstrip(b'=').decode()}") == 401


@pytest.mark.parametrize("text", ["..", "a.b.c", "é.é.é", "eyJ.eyJ.x", "." * 3, f"{'a' * 20_000}.b.c"])
def test_what_is_no_token_is_refused(provider: IdentityProvider, status: Callable[..., int], text: str) -> None:
    assert status(text) == 401


def test_a_key_that_rotated_is_fetched_and_the_old_one_forgotten(
    provider: IdentityProvider, status: Callable[..., int], monkeypatch: pytest.MonkeyPatch
) -> None:
    old = provider.token()
    assert status(old) == 200
    provider.rotate("first", "second")
    monkeypatch.setattr(oidc, "PAUSE", 0.0)

    assert status(provider.token(key="second")) == 200
    assert status(old) == 401


def test_strangers_with_unknown_keys_do_not_make_us_ask_again_and_again(
    provider: IdentityProvider, status: Callable[..., int]
) -> None:
    for number in range(20):
        assert status(provider.token(sign_with=FOREIGN, key=f"k-{number}")) == 401

    assert len(provider.asked) == 2


def test_other_signatures_and_unusable_keys_are_no_obstacle(
    provider: IdentityProvider, status: Callable[..., int]
) -> None:
    provider.add_key("curve", curve=True)

    assert status(provider.token(key="curve")) == 200


def test_while_the_provider_is_away_known_keys_go_on_and_unknown_say_so(
    provider: IdentityProvider, status: Callable[..., int], settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    token = provider.token()
    assert status(token) == 200
    settings.OIDC_JWKS_URL = "http://127.0.0.1:1/jwks"
    monkeypatch.setattr(oidc, "PAUSE", 0.0)
    monkeypatch.setattr(oidc, "FRESH", 0.0)
    assert status(token) == 200

    oidc.KEYS.clear()

    assert status(token) == 503


def test_a_name_that_is_taken_here_is_not_taken_over(
    provider: IdentityProvider, status: Callable[..., int], boss: User
) -> None:
    assert status(provider.token(preferred_username="boss"), "/api/admin/models") == 403

    assert Identity.objects.get().user.username == "boss-2"


def test_who_was_switched_off_here_stays_out(provider: IdentityProvider, status: Callable[..., int]) -> None:
    assert status(provider.token()) == 200
    User.objects.update(is_active=False)

    assert status(provider.token()) == 401


def test_tokens_mean_nothing_until_a_provider_is_configured(status: Callable[..., int]) -> None:
    token = jwt.encode({"sub": "x"}, "x" * 32, "HS256")

    assert status(token) == 401
