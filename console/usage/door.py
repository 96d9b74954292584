"""The two doors to what was called: one's own calls at /usage, everyone's at /admin/usage. Behind both is the same."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from typing import Any

from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import reverse

from access.caller import Caller
from catalog.admin.telling import acting
from console.account.page import me, person
from console.page import staff

SEE = "gateway.view_usage"
View = Callable[..., HttpResponse]


@dataclass(frozen=True, kw_only=True, slots=True)
class Door:
    """Who comes in, as whom they look, and how the pages behind it are dressed and called."""

    base: str  # the template that its pages extend
    prefix: str  # of the names of its addresses
    guard: Callable[[View], View]
    caller: Callable[[HttpRequest], Caller]
    is_own: bool

    def opens(self, view: View) -> View:
        """The view as this door shows it, which it gets as an argument."""

        @wraps(view)
        def opened(request: HttpRequest, **parts: Any) -> HttpResponse:
            return view(request, self, **parts)

        return self.guard(opened)

    def url(self, name: str, *parts: object) -> str:
        return reverse(f"{self.prefix}{name}", args=parts)

    def show(self, request: HttpRequest, template: str, *, status: int = 200, **context: Any) -> TemplateResponse:
        frame = {"here": "usage"} if self.is_own else admin.site.each_context(request)
        context = {**frame, "base": self.base, "is_own": self.is_own, **self.addresses(), **context}
        return TemplateResponse(request, f"console/usage/{template}.html", context, status=status)

    def addresses(self) -> dict[str, str]:
        return {"usage_url": self.url("usage"), "calls_url": self.url("usage-calls")}


OWN = Door(base="console/account/base.html", prefix="", guard=person("GET"), caller=me, is_own=True)
ALL = Door(base="console/base.html", prefix="console-", guard=staff(SEE), caller=acting, is_own=False)
