"""Signing in through the identity provider, in a browser. django-allauth carries the code there and back (state, PKCE);
what comes back is proven here: signature, issuer, audience, time and nonce. Imported only where it is configured.
"""

from __future__ import annotations

import hmac
from typing import Any

import requests
from allauth.core.exceptions import ImmediateHttpResponse
from allauth.socialaccount.adapter import DefaultSocialAccountAdapter
from allauth.socialaccount.providers.oauth2.client import OAuth2Client
from allauth.socialaccount.providers.oauth2.views import OAuth2CallbackView, OAuth2LoginView
from allauth.socialaccount.providers.openid_connect.views import OpenIDConnectOAuth2Adapter
from django.conf import settings
from django.contrib import auth
from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.crypto import salted_hmac

from access import events, oidc
from access.errors import AccessError
from access.identities import is_admin_there, user_of
from access.models import Kind

PROVIDER = "sso"
TIMEOUT = 10  # seconds
BACKEND = "django.contrib.auth.backends.ModelBackend"


class NoRedirects(requests.Session):
    """Asks the provider and nobody else: the client's secret follows no redirect and no proxy of the environment."""

    def __init__(self) -> None:
        super().__init__()
        self.trust_env = False

    def request(self, method: str, url: str | bytes, *args: Any, **options: Any) -> requests.Response:
        return super().request(method, url, *args, **{**options, "timeout": TIMEOUT, "allow_redirects": False})


class Accounts(DefaultSocialAccountAdapter):  # type: ignore[misc]  # untyped package
    def get_provider(self, request: HttpRequest, provider: str, client_id: str | None = None) -> Any:
        found = super().get_provider(request, provider, client_id)
        found.oauth2_adapter_class = Connection
        return found

    def get_requests_session(self) -> requests.Session:
        return NoRedirects()

    def on_authentication_error(
        self, request: HttpRequest, provider: Any, error: Any = None, exception: Any = None, extra_context: Any = None
    ) -> None:
        """The end of every way that did not lead in; the reasons that are told are our own."""
        why = str(exception) if isinstance(exception, PermissionDenied) else "The sign-in was not completed."
        events.record(Kind.SIGN_IN_FAILED, detail=f"single sign-on: {why}")
        raise ImmediateHttpResponse(render(request, "admin/sign_in_failed.html", {"why": why}, status=403))


class Client(OAuth2Client):  # type: ignore[misc]  # untyped package
    def get_redirect_url(self, authorization_url: str, scope: Any, extra_params: dict[str, str]) -> str:
        said = {**extra_params, "nonce": nonce_of(str(self.state))}
        return str(super().get_redirect_url(authorization_url, scope, said))


class Connection(OpenIDConnectOAuth2Adapter):  # type: ignore[misc]  # untyped package
    client_class = Client

    def __init__(self, request: HttpRequest, provider_id: str = PROVIDER) -> None:
        super().__init__(request, provider_id)

    def get_callback_url(self, request: HttpRequest, app: Any) -> str:
        return request.build_absolute_uri(reverse("sso-callback"))

    def complete_login(self, request: HttpRequest, app: Any, token: Any, **kwargs: Any) -> Any:
        """Sign in whoever the id token proves. allauth's own accounts are not used: ours know their keys and models."""
        user = proven(str(kwargs["response"].get("id_token", "")), app.client_id, request.GET.get("state", ""))
        auth.login(request, user, backend=BACKEND)
        raise ImmediateHttpResponse(redirect("admin:index") if user.is_staff else redirect("/account/"))


def nonce_of(state: str) -> str:
    """Bound to the state, which only this browser's session knows."""
    return salted_hmac("access.sso", state, algorithm="sha256").hexdigest()


def proven(id_token: str, client_id: str, state: str) -> User:
    try:
        claims = oidc.claims_of(id_token, audience=client_id)
    except oidc.NotTrusted as error:
        raise PermissionDenied(str(error)) from error
    except AccessError as error:
        raise PermissionDenied(error.message) from error
    if not hmac.compare_digest(str(claims.get("nonce", "")).encode(), nonce_of(state).encode()):
        raise PermissionDenied("This answer belongs to another sign-in.")
    user = user_of(claims)
    if not user.is_active:
        raise PermissionDenied("This user is no longer active here.")
    if settings.OIDC_ADMIN_VALUE:
        set_rank(user, is_admin_there(claims))
    return user


def set_rank(user: User, is_admin: bool) -> None:
    """Admins are whom the provider says are; whoever lost the role there loses it here."""
    if (user.is_staff, user.is_superuser) != (is_admin, is_admin):
        user.is_staff = user.is_superuser = is_admin
        user.save(update_fields=["is_staff", "is_superuser"])


def login(request: HttpRequest) -> HttpResponse:
    """To the provider. What a link adds to our own question is dropped."""
    if request.GET:
        return redirect("sso-login")
    return OAuth2LoginView.adapter_view(Connection)(request)  # type: ignore[no-any-return]


def callback(request: HttpRequest) -> HttpResponse:
    return OAuth2CallbackView.adapter_view(Connection)(request)  # type: ignore[no-any-return]
