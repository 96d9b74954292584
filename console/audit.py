"""GET /api/audit: what was changed in the catalog, and what happened at the doors. Admins see all, others their own."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, TypeVar

from django.db.models import Model, QuerySet
from django.http import HttpResponse
from django.utils.dateparse import parse_datetime
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from access import event_export
from access.caller import Caller, caller_of
from access.models import AuthEvent, Kind
from catalog.api import naming, pagination
from catalog.api.naming import Sent
from catalog.api.parameters import one_of, refuse_others, text
from catalog.api.schema import documented
from catalog.models import Change, ObjectType

Row = TypeVar("Row", bound=Model)

ABOUT = ("changes", "events")
FILTERS = ("about", "as", "actor", "kind", "objectType", "objectId", "since", "until")
MOST = 100_000  # rows of one file


class AuditSerializer(serializers.Serializer):
    """Either `changes` or `events`, newest first."""

    changes = serializers.ListField(child=serializers.DictField(), required=False)
    events = serializers.ListField(child=serializers.DictField(), required=False)
    count = serializers.IntegerField()
    next = serializers.URLField(allow_null=True)
    previous = serializers.URLField(allow_null=True)


def parameter(name: str, description: str, values: tuple[str, ...] | None = None) -> OpenApiParameter:
    return OpenApiParameter(name, OpenApiTypes.STR, description=description, enum=values)


PARAMETERS = [
    parameter("about", "What of: changes of the catalog (unless said otherwise), or events at the doors.", ABOUT),
    parameter("as", "csv: one file instead of pages.", ("csv",)),
    parameter("actor", "Who did it, exactly as shown."),
    parameter("kind", "Of events.", tuple(Kind.values)),
    parameter("objectType", "Of changes.", tuple(ObjectType.values)),
    parameter("objectId", "Of changes; with objectType."),
    parameter("since", "ISO 8601 with a zone."),
    parameter("until", "ISO 8601 with a zone."),
]


class Audit(APIView):
    @documented(
        "audit",
        "What was changed, and what happened at the doors",
        {(200, "application/json"): AuditSerializer, (200, "text/csv"): OpenApiTypes.STR},
        refusals=(400, 401, 404),
        parameters=PARAMETERS,
    )
    def get(self, request: Request) -> Response | HttpResponse:
        query = naming.query(request.query_params)
        about = one_of(query, "about", ABOUT) or "changes"
        as_csv = one_of(query, "as", ("csv",)) == "csv"
        refuse_others(query, (*FILTERS, *pagination.PAGING))
        if about == "events":
            found = events(query, caller_of(request))
            query.raise_if_wrong()
            return event_export.csv_answer(found) if as_csv else listed(request, query, found, about, event_json)
        rows = changes(query, caller_of(request))
        query.raise_if_wrong()
        return changes_csv(rows) if as_csv else listed(request, query, rows, about, change_json)


def listed(
    request: Request, query: Sent, rows: QuerySet[Row], name: str, shown: Callable[[Row], dict[str, Any]]
) -> Response:
    page = pagination.page_of(rows, rows, query)
    return Response(page.json(request, name, [shown(row) for row in page.rows]))


def changes(query: Sent, caller: Caller) -> QuerySet[Change]:
    rows = Change.objects.select_related("change_set").order_by("-id")
    if not caller.is_admin:
        rows = rows.filter(change_set__actor_id=caller.user_id) if caller.user_id is not None else rows.none()
    if actor := text(query, "actor"):
        rows = rows.filter(change_set__actor_label=actor)
    if object_type := one_of(query, "objectType", tuple(ObjectType.values)):
        rows = rows.filter(object_type=object_type)
    if "objectId" in query.fields:
        rows = rows.filter(object_id=pagination.a_number(query, "objectId", 0, 2**62))
    return between(rows, query, "change_set__at")


def events(query: Sent, caller: Caller) -> QuerySet[AuthEvent]:
    rows = AuthEvent.objects.order_by("-id")
    if not caller.is_admin:
        rows = rows.filter(user_id=caller.user_id) if caller.user_id is not None else rows.none()
    if actor := text(query, "actor"):
        rows = rows.filter(who=actor)
    if kind := one_of(query, "kind", tuple(Kind.values)):
        rows = rows.filter(kind=kind)
    return between(rows, query, "at")


def between(rows: QuerySet[Row], query: Sent, column: str) -> QuerySet[Row]:
    for name, lookup in (("since", "gte"), ("until", "lt")):
        if value := text(query, name):
            moment = moment_of(value)
            if moment is None:
                query.refuse(name, "must be a time with a zone, such as 2026-01-31T00:00:00Z")
            else:
                rows = rows.filter(**{f"{column}__{lookup}": moment})
    return rows


def moment_of(value: str) -> datetime | None:
    try:
        moment = parse_datetime(value.replace(" ", "+"))  # a plus in an address is read as a space
    except ValueError:
        return None
    return moment if moment is not None and moment.tzinfo is not None else None


def iso(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def change_json(row: Change) -> dict[str, Any]:
    made = row.change_set
    return {
        "id": row.pk,
        "at": iso(made.at),
        "actor": made.actor_label,
        "source": made.source,
        "reason": made.reason,
        "requestId": made.request_id,
        "action": row.action,
        "objectType": row.object_type,
        "objectId": row.object_id,
        "label": row.label,
        "before": row.before,
        "after": row.after,
    }


def event_json(row: AuthEvent) -> dict[str, Any]:
    return {
        "id": row.pk,
        "at": iso(row.at),
        "kind": row.kind,
        "actor": row.who,
        "keyId": row.api_key_id,
        "address": row.address,
        "requestId": row.request_id,
        "detail": row.detail,
    }


def changes_csv(rows: QuerySet[Change]) -> HttpResponse:
    written = io.StringIO()
    writer: Any = None
    for row in rows[:MOST].iterator():
        shown = change_json(row)
        if writer is None:
            writer = csv.DictWriter(written, list(shown))
            writer.writeheader()
        writer.writerow({name: event_export.harmless(value) for name, value in shown.items()})
    answer = HttpResponse(written.getvalue(), content_type="text/csv; charset=utf-8")
    answer["Content-Disposition"] = 'attachment; filename="changes.csv"'
    return answer
