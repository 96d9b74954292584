"""Where one lands: staff at the admin's first page, everyone else at their own pages."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.contrib import admin
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.safestring import SafeString
from django.views.decorators.cache import never_cache

from catalog.models import AIModel, Provider, Status
from console import activity, attention
from console.charts import Bar, bar_chart
from console.counts import Counts, in_status, model_counts
from gateway.models import UsageDay

CALLED = "/v1/chat/completions"


@never_cache
def home(request: HttpRequest) -> HttpResponseRedirect:
    return redirect("admin:index" if request.user.is_staff else "account:models")


def overview(request: HttpRequest) -> HttpResponse:
    """The first page of the admin: what needs the reader, what was called, what there is, what changed."""
    by = request.GET.get("by", "")
    counts = model_counts()
    sees_models = request.user.has_perm(attention.MODELS)
    used = UsageDay.objects.exists()
    first_steps = [] if used else steps()
    waiting = attention.needs(request.user, counts) if used or any(step.done for step in first_steps) else []
    context: dict[str, Any] = {
        "title": "Home",
        "steps": first_steps,
        "curl": example(request) if first_steps else "",
        "needs": [need for need in waiting if need.count],
        "fine": [need for need in waiting if not need.count],
        "activity": activity.activity(by if by in activity.BY else "provider") if sees_models else None,
        "ways": activity.BY,
        "used": used,
        "catalog": catalog_chart(counts) if sees_models else "",
    }
    return admin.site.index(request, context)


@dataclass(frozen=True, kw_only=True, slots=True)
class Step:
    """One of the first things to do."""

    title: str
    text: str
    done: bool
    links: list[tuple[str, str]]  # words and address


def steps() -> list[Step]:
    """From nothing to the first answer."""
    return [
        Step(
            title="Give a provider its key",
            text="Open a provider and enter the key it gave you. It is stored sealed and never shown again.",
            done=has_key(),
            links=[("Providers", reverse("admin:catalog_provider_changelist"))],
        ),
        Step(
            title="Refresh it and approve models",
            text="Refresh asks the provider what it offers. What it finds is pending until you approve it.",
            done=AIModel.objects.global_().enabled().filter(listed_at__isnull=False).exists(),
            links=[("Model panel", reverse("console-panel"))],
        ),
        Step(
            title="Make the first call",
            text="Create a key for yourself, put it in place of YOUR_KEY, and run this:",
            done=False,
            links=[("New API key", reverse("admin:access_apikey_add"))],
        ),
    ]


def has_key() -> bool:
    """Whether any provider that needs a key has one."""
    providers = Provider.objects.active().with_stored_key()
    return any(provider.needs_key and provider.key_configured for provider in providers)


def example(request: HttpRequest) -> str:
    """A first call in curl, of a model that can be called if there is one."""
    defaults = AIModel.objects.global_().in_category("text").filter(is_default=True).select_related("provider")
    ready = [model for model in defaults if model.provider.is_active and model.provider.key_configured]
    name = str(ready[0]) if ready else "provider/model"
    return (
        f"curl {request.build_absolute_uri(CALLED)} \\\n"
        '  -H "Authorization: Bearer YOUR_KEY" \\\n'
        '  -H "Content-Type: application/json" \\\n'
        f'  -d \'{{"model": "{name}", "messages": [{{"role": "user", "content": "Hello"}}]}}\''
    )


def catalog_chart(counts: Counts) -> SafeString:
    """How many models there are in each status, each a link to them."""
    url = reverse("admin:catalog_aimodel_changelist")
    bars = [
        Bar(label=str(status.label), value=in_status(counts, status), url=f"{url}?status={status.value}")
        for status in Status
    ]
    return bar_chart(bars, title="Models by status", unit="models")
