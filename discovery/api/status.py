"""How every provider is doing, in three questions to the database."""

from __future__ import annotations

from typing import Any

from django.db.models import OuterRef, Subquery
from django.utils import timezone

from catalog.api.rendering import instant
from catalog.models import Health, Provider, Status
from discovery import due
from discovery.models import SyncResult, SyncState

COUNTED = (*Status.values, "total")


def status_json() -> dict[str, Any]:
    providers = list(with_last_result())
    last = SyncResult.objects.in_bulk([provider.last_result for provider in providers if provider.last_result])
    shown = [provider_json(provider, last.get(provider.last_result)) for provider in providers]
    return {
        "providers": shown,
        "totals": {
            "providers": len(shown),
            "healthy": sum(item["health"] == Health.HEALTHY for item in shown),
            "stale": sum(item["stale"] for item in shown),
            "models": sum(item["models"]["total"] for item in shown),
        },
    }


def with_last_result() -> Any:
    results = SyncResult.objects.filter(provider=OuterRef("pk"), run__dry_run=False).order_by("-id")
    providers = Provider.objects.active().with_statistics().order_by("slug")
    return providers.annotate(last_result=Subquery(results.values("pk")[:1]))


def provider_json(provider: Any, last: SyncResult | None) -> dict[str, Any]:
    return {
        "provider": provider.slug,
        "name": provider.name,
        "models": {name: getattr(provider, f"{name}_count") for name in COUNTED},
        "health": provider.health,
        "health_since": instant(provider.health_since),
        "health_reason": provider.health_reason,
        "last_synced_at": instant(provider.last_synced_at),
        "stale": due.is_stale(provider, timezone.now()),
        "running": last is not None and last.state == SyncState.RUNNING,
        "last_run": last and last_json(last),
    }


def last_json(result: SyncResult) -> dict[str, Any]:
    return {
        "run": result.run_id,
        "state": result.state,
        "message": result.message,
        "started_at": instant(result.started_at),
        "finished_at": instant(result.finished_at),
    }
