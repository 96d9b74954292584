"""GET /api/usage: what calls added up to, grouped as asked. Admins see all, others their own."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from typing import Any

from django.http import HttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from access import event_export
from access.caller import caller_of
from catalog.api import naming, parameters
from catalog.api.naming import Sent, camel
from catalog.api.rendering import number
from catalog.api.schema import documented
from gateway.api import period
from gateway.metering.days import TOKENS
from gateway.metering.questions import FILTERS, Question
from gateway.metering.totals import GROUPS, TooMany, Total, added, totals
from gateway.models import Kind

MOST = {"json": 10_000, "csv": 100_000}  # rows of one answer
COUNTS = ("calls", "errors", "refused", "cancelled", "unpriced", "fallbacks")
# Columns of a group under the names of their filters.
NAMES = {"key_name": "key", "user_name": "user"}


class TotalsSerializer(serializers.Serializer):
    """What calls added up to. Tokens and costs are of those calls of which they are known."""

    calls = serializers.IntegerField()
    errors = serializers.IntegerField()  # type: ignore[assignment]  # the name of a property of serializers
    refused = serializers.IntegerField(help_text="By us, before any provider was called.")
    cancelled = serializers.IntegerField()
    unpriced = serializers.IntegerField(help_text="Answered calls, if only in part, that `cost` leaves out.")
    fallbacks = serializers.IntegerField(help_text="Served by another model than the one first tried.")
    inputTokens = serializers.IntegerField(help_text="All, cached ones among them.")
    outputTokens = serializers.IntegerField(help_text="All, reasoning among them.")
    cacheReadTokens = serializers.IntegerField()
    cacheWriteTokens = serializers.IntegerField()
    reasoningTokens = serializers.IntegerField()
    audioInputTokens = serializers.IntegerField()
    audioOutputTokens = serializers.IntegerField()
    characters = serializers.IntegerField(help_text="Of speech.")
    images = serializers.IntegerField()
    cost = serializers.FloatField(allow_null=True, help_text="By our prices, USD; null: of no call it is known.")
    providerCost = serializers.FloatField(allow_null=True, help_text="As providers state it, USD; null: none does.")
    meanDurationMs = serializers.FloatField(allow_null=True, help_text="Of answered calls.")
    meanFirstMs = serializers.FloatField(allow_null=True, help_text="To the first content, of answered calls.")


class RowSerializer(TotalsSerializer):
    """The totals of one group, with what it was grouped by."""

    day = serializers.DateField(required=False)
    model = serializers.CharField(required=False, allow_blank=True, help_text="provider/model_id.")
    provider = serializers.CharField(required=False, allow_blank=True)
    keyId = serializers.IntegerField(required=False, help_text="0: a call without a key.")
    key = serializers.CharField(required=False, allow_blank=True)
    userId = serializers.IntegerField(required=False, help_text="0: a service.")
    user = serializers.CharField(required=False, allow_blank=True)
    route = serializers.CharField(required=False, allow_blank=True)
    variant = serializers.CharField(required=False, allow_blank=True)
    kind = serializers.ChoiceField(Kind.choices, required=False)


class UsageSerializer(serializers.Serializer):
    rows = RowSerializer(many=True)
    totals = TotalsSerializer()
    to = serializers.DateField()
    groupBy = serializers.ListField(child=serializers.ChoiceField(tuple(GROUPS)))

    def get_fields(self) -> dict[str, Any]:
        return {**super().get_fields(), "from": serializers.DateField()}  # a word of Python


NARROWING = [
    OpenApiParameter("model", OpenApiTypes.STR, many=True, description="provider/model_id."),
    OpenApiParameter("provider", OpenApiTypes.STR, many=True, description="Slug."),
    OpenApiParameter("key", OpenApiTypes.STR, many=True, description="The id or name of an API key."),
    OpenApiParameter("user", OpenApiTypes.STR, many=True, description="The id or name of a user."),
    OpenApiParameter("route", OpenApiTypes.STR, many=True),
    OpenApiParameter("variant", OpenApiTypes.STR, many=True, description="Of a route."),
    OpenApiParameter("kind", OpenApiTypes.STR, many=True, enum=Kind.values),
]
GROUPING = [
    OpenApiParameter(
        "groupBy", OpenApiTypes.STR, many=True, enum=list(GROUPS), description="One or more, day unless said otherwise."
    ),
    OpenApiParameter("as", OpenApiTypes.STR, enum=["csv"], description="One file instead."),
]


class Usage(APIView):
    @documented(
        "usage",
        "What calls added up to",
        {(200, "application/json"): UsageSerializer, (200, "text/csv"): OpenApiTypes.STR},
        refusals=(400, 401, 403),
        parameters=[*period.PARAMETERS, *GROUPING, *NARROWING],
    )
    def get(self, request: Request) -> Response | HttpResponse:
        query = naming.query(request.query_params)
        parameters.refuse_others(query, (*period.NAMES, *FILTERS, "as", "groupBy"))
        as_csv = parameters.one_of(query, "as", ("csv",)) == "csv"
        group_by = parameters.some_of(query, "groupBy", GROUPS) or ["day"]
        question = question_of(query)
        most = MOST["csv" if as_csv else "json"]
        try:
            rows = totals(question, group_by, caller_of(request), most=most)
        except TooMany:
            query.refuse("groupBy", f"would give more than {most:,} rows; ask for fewer days, or group by less")
            query.raise_if_wrong()
            raise
        if as_csv:
            return csv_answer(rows)
        return Response(
            {
                "rows": [row_json(row) for row in rows],
                "totals": row_json(added(rows)),
                "from": question.period.since,
                "to": question.period.until,
                "groupBy": group_by,
            }
        )


def question_of(query: Sent) -> Question:
    """When and what of. Raises Invalid for all that was refused until now."""
    filters = {name: parameters.texts(query, name) for name in FILTERS if name != "kind"}
    filters["kind"] = parameters.some_of(query, "kind", Kind.values)
    days = period.period_of(query)
    query.raise_if_wrong()
    return Question(period=days, filters=filters)


def row_json(row: Total) -> dict[str, Any]:
    return {
        **{NAMES.get(name, camel(name)): value for name, value in row.group.items()},
        **{name: row.sums[name] for name in COUNTS},
        **{camel(name): row.sums[name] for name in TOKENS},
        "cost": number(row.cost),
        "providerCost": number(row.provider_cost),
        "meanDurationMs": row.mean_duration_ms,
        "meanFirstMs": row.mean_first_ms,
    }


def csv_answer(rows: Sequence[Total]) -> HttpResponse:
    written = io.StringIO()
    writer = csv.DictWriter(written, list(row_json(rows[0] if rows else added(rows))))
    writer.writeheader()
    for row in rows:
        writer.writerow({name: event_export.harmless(value) for name, value in row_json(row).items()})
    answer = HttpResponse(written.getvalue(), content_type="text/csv; charset=utf-8")
    answer["Content-Disposition"] = 'attachment; filename="usage.csv"'
    return answer
