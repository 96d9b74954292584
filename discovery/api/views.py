"""Discovery for programs: ask providers now, watch a run, and the sync routes that the admin key opens."""

from __future__ import annotations

from typing import Any

from django.http import Http404
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.reverse import reverse
from rest_framework.views import APIView

from access.caller import caller_of
from catalog.api import naming
from catalog.api.schema import SENDING, documented
from catalog.models import Provider
from discovery import leases, report, runs
from discovery.errors import AlreadyRunning
from discovery.models import SyncRun, SyncState

from . import orders, rendering, serializers, status

PATIENCE = 120.0  # seconds a caller is kept waiting
DRY_RUN = OpenApiParameter("dry_run", OpenApiTypes.BOOL, description="Say what would change, and change nothing.")
PROVIDERS = OpenApiParameter("providers", OpenApiTypes.STR, many=True, description="Slugs; else all active providers.")


class Discover(APIView):
    @documented(
        "admin_models_discover",
        "Ask providers which models they offer",
        {200: serializers.DiscoveredSerializer, 202: serializers.StillRunningSerializer},
        request=serializers.DiscoverSerializer,
        refusals=(*SENDING, 404, 429),
    )
    def post(self, request: Request) -> Response:
        order = orders.discovery_of(naming.body(request.data))
        run = runs.refresh(caller_of(request), order.slugs, category=order.category, force=order.force)
        if not runs.wait(run, PATIENCE):
            return still_running(request, run)
        return Response(rendering.discovery_json(run))


class Run(APIView):
    @documented(
        "admin_runs_read",
        "How a sync run goes on, or what it did",
        {200: serializers.RunSerializer},
        refusals=(401, 403, 404),
    )
    def get(self, request: Request, pk: int) -> Response:
        leases.settle()
        run = SyncRun.objects.filter(pk=pk).first()
        if run is None:
            raise Http404(f"There is no sync run {pk}.")
        return Response(rendering.run_json(run))


class SyncOne(APIView):
    @documented(
        "model_sync_provider",
        "Sync one provider now",
        {200: serializers.SyncedSerializer, 202: serializers.StillRunningSerializer},
        parameters=[DRY_RUN],
        refusals=(400, 401, 403, 404, 409),
    )
    def post(self, request: Request, slug: str) -> Response:
        order = orders.sync_of(request.query_params)
        run = runs.sync_now(caller_of(request), [slug], dry_run=order.dry_run)
        if not runs.wait(run, PATIENCE):
            return still_running(request, run)
        (result,) = rendering.results_of(run)
        if result.state == SyncState.SKIPPED:
            raise AlreadyRunning(result.message)
        return synced(result.state == SyncState.SUCCEEDED, result.message, report.details_of(result))


class SyncAll(APIView):
    @documented(
        "model_sync_all",
        "Sync all providers now, or some",
        {200: serializers.AllSyncedSerializer, 202: serializers.StillRunningSerializer},
        parameters=[DRY_RUN, PROVIDERS],
        refusals=(400, 401, 403, 404, 409),
    )
    def post(self, request: Request) -> Response:
        order = orders.sync_of(request.query_params)
        run = runs.sync_now(caller_of(request), order.slugs, dry_run=order.dry_run)
        if not runs.wait(run, PATIENCE):
            return still_running(request, run)
        results = rendering.results_of(run)
        details = {
            "providers": [report.details_of(result) for result in results],
            "totals": report.totals_of(results),
        }
        return synced(all(r.state != SyncState.FAILED for r in results), report.words_of(results), details)


class Syncable(APIView):
    @documented(
        "model_sync_providers",
        "Which providers can be synced",
        {200: serializers.SyncableSerializer},
        refusals=(401, 403),
    )
    def get(self, request: Request) -> Response:
        slugs = list(Provider.objects.active().values_list("slug", flat=True))
        return Response({"providers": slugs, "count": len(slugs)})


class Status(APIView):
    @documented(
        "model_sync_status",
        "How each provider is doing, and how fresh its models are",
        {200: serializers.SyncStatusSerializer},
        refusals=(401, 403),
    )
    def get(self, request: Request) -> Response:
        leases.settle()
        return Response(status.status_json())


def synced(success: bool, message: str, details: Any) -> Response:
    return Response({"success": success, "message": message, "details": details})


def still_running(request: Request, run: SyncRun) -> Response:
    url = reverse("admin-run", args=[run.pk], request=request)
    return Response({"run": url}, status=202, headers={"Location": url})
