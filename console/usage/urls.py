"""One's own calls, for everyone who has signed in."""

from __future__ import annotations

from django.urls import path

from console.usage import call, calls, page

urlpatterns = [
    path("usage", page.own_usage, name="usage"),
    path("usage/calls", calls.own_calls, name="usage-calls"),
    path("usage/calls/<slug:call_id>", call.own_call, name="usage-call"),
]
