"""Where one lands: staff in the admin, everyone else at their own pages."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponseRedirect
from django.shortcuts import redirect
from django.views.decorators.cache import never_cache


@never_cache
def home(request: HttpRequest) -> HttpResponseRedirect:
    return redirect("admin:index" if request.user.is_staff else "account:models")
