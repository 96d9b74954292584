"""Access tokens of the identity provider: signed by one of its keys, for us, in time. Off until it is configured."""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Mapping
from typing import Any

import jwt
from django.conf import settings
from django.utils.module_loading import import_string

from access import request_id
from access.caller import Caller
from access.errors import AccessError
from access.identities import is_admin_there, user_of
from access.scopes import PERSONAL_SCOPES

ALGORITHMS = ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA"]
KEY_TYPES = ("RSA", "EC", "OKP")  # never a shared secret
REQUIRED = ["exp", "iat", "iss", "aud", "sub"]
LEEWAY = 30  # seconds that clocks may differ
LONGEST = 16_384
FRESH = 600.0  # seconds a set of keys is used without asking again
PAUSE = 30.0  # seconds between two questions for a key we do not know, so that strangers cannot make us ask


class NotTrusted(Exception):
    """A token that proves nothing, with the reason for its sender."""


class ProviderAway(AccessError):
    status_code = 503
    code = "unavailable"

    def __init__(self) -> None:
        super().__init__("The identity provider does not answer, so this token cannot be checked. Try again.")


class Keys:
    """The provider's public keys. They rotate: an unknown one is asked for, but not by every stranger's token."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.clear()

    def clear(self) -> None:
        self.found: dict[str, jwt.PyJWK] = {}
        self.asked_at = -math.inf
        self.loaded_at = -math.inf

    def get(self, key_id: str) -> jwt.PyJWK | None:
        now = time.monotonic()
        if key_id in self.found and now - self.loaded_at < FRESH:
            return self.found[key_id]
        with self.lock:
            if now - self.asked_at >= PAUSE:
                self.asked_at = now
                self.load()
        return self.found.get(key_id)

    def load(self) -> None:
        """Ask the provider. If it is away, the keys we have go on working."""
        fetch = import_string(settings.OIDC_FETCH)
        try:
            address = settings.OIDC_JWKS_URL or fetch(discovery_url(), "identity provider")["jwks_uri"]
            entries = fetch(address, "identity provider")["keys"]
        except (ConnectionError, KeyError, TypeError) as error:
            if not self.found:
                self.asked_at = -math.inf
                raise ProviderAway from error
            return
        self.found = usable(entries)
        self.loaded_at = time.monotonic()


def discovery_url() -> str:
    return f"{settings.OIDC_ISSUER.rstrip('/')}/.well-known/openid-configuration"


def usable(entries: list[Mapping[str, Any]]) -> dict[str, jwt.PyJWK]:
    found = {}
    for entry in entries:
        if entry.get("kty") not in KEY_TYPES or entry.get("use", "sig") != "sig":
            continue
        try:
            found[str(entry.get("kid", ""))] = jwt.PyJWK(dict(entry))
        except jwt.PyJWTError:  # a curve or form we do not know
            continue
    return found


KEYS = Keys()


def is_on() -> bool:
    return bool(settings.OIDC_ISSUER and settings.OIDC_AUDIENCE)


def looks_like_token(presented: str) -> bool:
    return presented.count(".") == 2 and len(presented) <= LONGEST


def claims_of(token: str, audience: str) -> Mapping[str, Any]:
    """What a token for this audience says, once it is proven. Raises NotTrusted, or ProviderAway."""
    try:
        header = jwt.get_unverified_header(token)
    except jwt.PyJWTError as error:
        raise NotTrusted("This is no token.") from error
    if header.get("alg") not in ALGORITHMS:
        raise NotTrusted("This token is not signed in a way that is trusted here.")
    key = KEYS.get(str(header.get("kid", "")))
    if key is None:
        raise NotTrusted("This token is signed with a key that the identity provider does not have.")
    try:
        claims: Mapping[str, Any] = jwt.decode(
            token,
            key,
            algorithms=ALGORITHMS,
            audience=audience,
            issuer=settings.OIDC_ISSUER,
            leeway=LEEWAY,
            options={"require": REQUIRED},
        )
    except jwt.ExpiredSignatureError as error:
        raise NotTrusted("This token has expired.") from error
    except jwt.InvalidAudienceError as error:
        raise NotTrusted("This token is not meant for this service.") from error
    except jwt.InvalidIssuerError as error:
        raise NotTrusted("This token is of another issuer.") from error
    except (jwt.PyJWTError, ValueError, TypeError) as error:
        raise NotTrusted("This token is not valid.") from error
    return claims


def caller_of_token(token: str) -> Caller:
    """Who a proven token stands for. What they may is the provider's word of now, not what it once was."""
    claims = claims_of(token, settings.OIDC_AUDIENCE)
    user = user_of(claims)
    if not user.is_active:
        raise NotTrusted("This user is no longer active here.")
    return Caller(
        label=user.get_username(),
        source="api",
        user_id=user.pk,
        is_admin=is_admin_there(claims),
        request_id=request_id.current.get(),
        proof="token",
        scopes=PERSONAL_SCOPES,
    )
