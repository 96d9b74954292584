"""GET /api/usage/calls: single calls, the newest first. Nothing is counted: a page knows only where the next begins."""

from __future__ import annotations

import base64
import binascii
from datetime import datetime
from typing import Any

from django.db.models import Q, QuerySet
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.utils.urls import replace_query_param
from rest_framework.views import APIView

from access.caller import caller_of
from catalog.api import naming, pagination, parameters
from catalog.api.naming import Sent, camel
from catalog.api.rendering import instant, number
from catalog.api.schema import documented
from gateway.api import period
from gateway.api.usage import NAMES, NARROWING, question_of
from gateway.metering.days import TOKENS
from gateway.metering.questions import FILTERS
from gateway.models import Kind, Outcome, Usage

AS_THEY_ARE = (
    "call_id", "kind", "dialect", "requested", "reason", "provider", "model", "model_row", "key_id", "key_name",
    "user_id", "user_name", "route", "variant", "personal", "conversation", "client_request_id", "outcome", "status",
    "error_code", "streamed", "attempts", "tried", "duration_ms", "first_ms", *TOKENS, "price_id", "stop_reason",
)  # fmt: skip


class CallSerializer(serializers.Serializer):
    """One call. What is unknown is null."""

    at = serializers.DateTimeField(help_text="When it arrived.")
    callId = serializers.CharField(help_text="The x-request-id of its answer.")
    kind = serializers.ChoiceField(Kind.choices)
    dialect = serializers.CharField(allow_blank=True)
    requested = serializers.CharField(allow_blank=True, help_text="The name the caller sent.")
    reason = serializers.CharField(allow_blank=True, help_text="Why this model served it.")
    provider = serializers.CharField(allow_blank=True)
    model = serializers.CharField(allow_blank=True, help_text="provider/model_id of the model that served it.")
    modelRow = serializers.IntegerField(allow_null=True, help_text="Its id in the catalog.")
    keyId = serializers.IntegerField()
    key = serializers.CharField(allow_blank=True)
    userId = serializers.IntegerField()
    user = serializers.CharField(allow_blank=True)
    route = serializers.CharField(allow_blank=True)
    variant = serializers.CharField(allow_blank=True)
    personal = serializers.BooleanField(help_text="Whether by a personal model.")
    conversation = serializers.CharField(allow_blank=True)
    clientRequestId = serializers.CharField(allow_blank=True)
    outcome = serializers.ChoiceField(Outcome.choices)
    status = serializers.IntegerField(help_text="The HTTP status the caller saw.")
    errorCode = serializers.CharField(allow_blank=True)
    streamed = serializers.BooleanField()
    attempts = serializers.IntegerField()
    tried = serializers.ListField(help_text="The models that failed before, each with why.")
    durationMs = serializers.IntegerField()
    firstMs = serializers.IntegerField(allow_null=True)
    inputTokens = serializers.IntegerField(allow_null=True)
    outputTokens = serializers.IntegerField(allow_null=True)
    cacheReadTokens = serializers.IntegerField(allow_null=True)
    cacheWriteTokens = serializers.IntegerField(allow_null=True)
    reasoningTokens = serializers.IntegerField(allow_null=True)
    audioInputTokens = serializers.IntegerField(allow_null=True)
    audioOutputTokens = serializers.IntegerField(allow_null=True)
    characters = serializers.IntegerField(allow_null=True)
    images = serializers.IntegerField(allow_null=True)
    priceId = serializers.IntegerField(allow_null=True, help_text="The row of the price it was computed with.")
    cost = serializers.FloatField(allow_null=True, help_text="By our prices, USD.")
    providerCost = serializers.FloatField(allow_null=True, help_text="As the provider states it, USD.")
    stopReason = serializers.CharField(allow_blank=True)


class CallsSerializer(serializers.Serializer):
    calls = CallSerializer(many=True)
    next = serializers.URLField(allow_null=True, help_text="Older ones.")


PAGING = [
    OpenApiParameter("outcome", OpenApiTypes.STR, many=True, enum=Outcome.values),
    OpenApiParameter("callId", OpenApiTypes.STR, description="The x-request-id of an answer."),
    OpenApiParameter("cursor", OpenApiTypes.STR, description="As `next` has it."),
    OpenApiParameter(
        "pageSize",
        OpenApiTypes.INT,
        description=f"{pagination.PAGE_SIZE} unless given, {pagination.LARGEST_PAGE_SIZE} at most.",
    ),
]


class Calls(APIView):
    @documented(
        "calls",
        "Single calls",
        {200: CallsSerializer},
        refusals=(400, 401, 403),
        parameters=[*period.PARAMETERS, *NARROWING, *PAGING],
    )
    def get(self, request: Request) -> Response:
        query = naming.query(request.query_params)
        parameters.refuse_others(query, (*period.NAMES, *FILTERS, "outcome", "callId", "cursor", "pageSize"))
        size = pagination.a_number(query, "pageSize", pagination.PAGE_SIZE, pagination.LARGEST_PAGE_SIZE)
        outcomes = parameters.some_of(query, "outcome", Outcome.values)
        call_id = parameters.text(query, "callId")
        place = place_of(query)
        rows = question_of(query).calls(caller_of(request))
        rows = rows.filter(outcome__in=outcomes) if outcomes else rows
        rows = rows.filter(call_id=call_id) if call_id else rows
        found = list(behind(rows, place)[: size + 1])
        page = found[:size]
        following = replace_query_param(request.build_absolute_uri(), "cursor", cursor_of(page[-1])) if page else None
        return Response({"calls": [call_json(row) for row in page], "next": following if len(found) > size else None})


def call_json(row: Usage) -> dict[str, Any]:
    return {
        "at": instant(row.at),
        **{NAMES.get(name, camel(name)): getattr(row, name) for name in AS_THEY_ARE},
        "cost": number(row.cost),
        "providerCost": number(row.provider_cost),
    }


Place = tuple[datetime, int]  # the time and id of the last row of a page


def behind(rows: QuerySet[Usage], place: Place | None) -> QuerySet[Usage]:
    """Two conditions, for the first alone tells the database where in the index to begin."""
    if place is None:
        return rows
    at, pk = place
    return rows.filter(at__lte=at).filter(Q(at__lt=at) | Q(pk__lt=pk))


def cursor_of(row: Usage) -> str:
    return base64.urlsafe_b64encode(f"{row.at.isoformat()} {row.pk}".encode()).decode()


def place_of(query: Sent) -> Place | None:
    text = parameters.text(query, "cursor")
    if not text:
        return None
    try:
        at, pk = base64.urlsafe_b64decode(text).decode().split(" ")
        moment = datetime.fromisoformat(at)
        if moment.tzinfo is None or not 0 < int(pk) < 2**63:
            raise ValueError
    except (ValueError, binascii.Error):
        query.refuse("cursor", "is none of ours; begin without one")
        return None
    return moment, int(pk)
