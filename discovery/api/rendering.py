"""What this API shows of runs and of what they found."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from django.db.models import QuerySet

from catalog import facts
from catalog.api.naming import camel
from catalog.api.rendering import instant
from catalog.models import Action, AIModel, Change, ObjectType
from discovery.models import UNFINISHED, SyncResult, SyncRun, SyncState
from discovery.report import details_of, totals_of
from discovery.runs import state_of

SHOWN = ("model_id", "name", "category", "context_window", "description", "supports_streaming")


def run_json(run: SyncRun) -> dict[str, Any]:
    """A run with what it did, or does just now, at each provider."""
    results = results_of(run)
    return {
        "id": run.pk,
        "state": state_of(results),
        "done": sum(result.state not in UNFINISHED for result in results),
        "total": len(results),
        "requestedBy": run.requested_by,
        "category": run.category or None,
        "dryRun": run.dry_run,
        "force": run.force,
        "createdAt": instant(run.created_at),
        "finishedAt": instant(run.finished_at),
        "providers": [camelled(details_of(result)) for result in results],
        "totals": camelled(totals_of(results)),
    }


def results_of(run: SyncRun) -> list[SyncResult]:
    return list(run.results.defer("plan").select_related("provider", "run").order_by("provider__slug"))


def camelled(fields: Mapping[str, Any]) -> dict[str, Any]:
    return {camel(name): value for name, value in fields.items()}


def discovery_json(run: SyncRun) -> dict[str, Any]:
    """What a run discovered, provider by provider."""
    results = [discovered_json(result) for result in results_of(run)]
    return {
        "results": results,
        "totalNew": sum(len(result["newModels"]) for result in results),
        "totalErrors": sum(len(result["errors"]) for result in results),
    }


def discovered_json(result: SyncResult) -> dict[str, Any]:
    went_wrong = result.state in (SyncState.FAILED, SyncState.HELD)
    discovered = models_json(listed_by(result)) if result.state == SyncState.SUCCEEDED else []
    added = set(created_by(result))
    return {
        "provider": result.provider.slug,
        "category": result.run.category or None,
        "state": result.state,
        "message": result.message,
        "discovered": [shown for _, shown in discovered],
        "newModels": [shown for pk, shown in discovered if pk in added],
        "errors": [result.message] if went_wrong else [],
        "warnings": result.warnings,
    }


def listed_by(result: SyncResult) -> QuerySet[AIModel]:
    """What the provider offers by its own list, or, where that could not be asked for, by ours."""
    models = AIModel.objects.global_().filter(provider=result.provider_id).unarchived()
    if result.run.category:
        models = models.in_category(result.run.category)
    if result.fetched:
        return models.filter(listed_at__isnull=False, missing_since=None)
    return models.filter(claims__has_key=facts.CURATED)


def created_by(result: SyncResult) -> Iterable[int]:
    created = Change.objects.filter(
        change_set__run=result.run_id,
        change_set__scope=result.provider.slug,
        object_type=ObjectType.MODEL,
        action=Action.CREATE,
    )
    return created.values_list("object_id", flat=True)


def models_json(models: QuerySet[AIModel]) -> list[tuple[int, dict[str, Any]]]:
    rows = models.order_by("model_id").values_list("pk", *SHOWN)
    return [
        (
            pk,
            {
                "modelId": model_id,
                "displayName": name,
                "category": category,
                "contextWindow": context_window,
                "description": description or None,
                "supportsStreaming": streaming,
            },
        )
        for pk, model_id, name, category, context_window, description, streaming in rows
    ]
