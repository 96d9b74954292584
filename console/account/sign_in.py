"""Signing in and out and the password, for people who have no business in the admin too."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth import views
from django.contrib.auth.decorators import login_required
from django.contrib.auth.forms import AuthenticationForm, PasswordChangeForm
from django.http import HttpResponse
from django.urls import reverse, reverse_lazy
from django.views.decorators.cache import never_cache

from .page import LOGIN


class SignIn(views.LoginView):
    template_name = "console/account/login.html"
    redirect_authenticated_user = True
    authentication_form = AuthenticationForm

    def get_default_redirect_url(self) -> str:
        return reverse("admin:index" if self.request.user.is_staff else "account:models")


class SignOut(views.LogoutView):
    next_page = "account:login"


class Password(views.PasswordChangeView):
    template_name = "console/account/password.html"
    success_url = reverse_lazy("account:preferences")

    def form_valid(self, form: PasswordChangeForm) -> HttpResponse:
        messages.success(self.request, "Your password was changed.")
        return super().form_valid(form)


password = never_cache(login_required(Password.as_view(), login_url=LOGIN))
