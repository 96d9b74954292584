"""GET /api/experiments: variants of routes side by side. POST …/ratings: what a person thinks of an answer."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import OpenApiResponse
from rest_framework import status
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from access.caller import caller_of
from catalog.api import naming
from catalog.api.naming import Sent
from catalog.api.pagination import PAGING, page_of
from catalog.api.parameters import refuse_others
from catalog.api.schema import PAGES, SENDING, documented
from catalog.api.serializers import page_of as page_serializer
from catalog.errors import NotFound
from catalog.models import Route
from gateway import experiments, ratings
from gateway.api import period, rendering
from gateway.api.shapes import ExperimentSerializer, NewRatingSerializer, RatingSerializer


class Experiments(APIView):
    @documented(
        "experiments_list",
        "Routes that are experiments or have several weighted targets, their variants side by side",
        {200: page_serializer("experiments", ExperimentSerializer)},
        refusals=(400, 401, 403, 404),
        parameters=[*period.PARAMETERS, *PAGES],
    )
    def get(self, request: Request) -> Response:
        caller = caller_of(request)
        query = naming.query(request.query_params)
        refuse_others(query, (*period.NAMES, *PAGING))
        days = period.period_of(query)
        page = page_of(experiments.open_to(caller).order_by("name", "id"), Route.objects.all(), query)
        items = [rendering.experiment_json(one) for one in experiments.compare(page.rows, days, caller)]
        return Response(page.json(request, "experiments", items))


class OneExperiment(APIView):
    @documented(
        "experiments_read",
        "The variants of one route side by side",
        {200: ExperimentSerializer},
        refusals=(400, 401, 403, 404),
        parameters=period.PARAMETERS,
    )
    def get(self, request: Request, pk: int) -> Response:
        caller = caller_of(request)
        query = naming.query(request.query_params)
        refuse_others(query, period.NAMES)
        days = period.period_of(query)
        query.raise_if_wrong()
        route = experiments.open_to(caller).filter(pk=pk).first()
        if route is None:
            raise NotFound(f"There is no experiment {pk}.")
        [found] = experiments.compare([route], days, caller)
        return Response(rendering.experiment_json(found))


class Ratings(APIView):
    @documented(
        "experiments_rate",
        "Rate the answer to one of one's calls; rating it again replaces",
        {
            201: OpenApiResponse(RatingSerializer, description="The first rating of this call by this person."),
            200: OpenApiResponse(RatingSerializer, description="It replaced an older one."),
        },
        request=NewRatingSerializer,
        refusals=(*SENDING, 404),
    )
    def post(self, request: Request, pk: int) -> Response:
        sent = naming.body(request.data)
        refuse_others(sent, ("callId", "score", "comment"))
        call_id, comment = a_text(sent, "callId"), a_text(sent, "comment")
        score = sent.fields.get("score")
        if isinstance(score, bool) or score not in (0, 1):
            sent.refuse("score", "must be 1 for a good answer or 0 for a bad one")
        if not call_id:
            sent.refuse("callId", "is needed: the x-request-id of the answer")
        sent.raise_if_wrong()
        route = Route.objects.filter(pk=pk).first()
        if route is None:
            raise NotFound(f"There is no route {pk}.")
        with sent.naming_fields():
            rating, is_new = ratings.rate(route, call_id, int(score), caller_of(request), comment=comment)  # type: ignore[arg-type]  # 0 or 1
        code = status.HTTP_201_CREATED if is_new else status.HTTP_200_OK
        return Response(rendering.rating_json(rating), status=code)


def a_text(sent: Sent, name: str) -> str:
    value: Any = sent.fields.get(name)
    if value is None:
        return ""
    if not isinstance(value, str) or "\x00" in value:
        sent.refuse(name, "must be text")
        return ""
    return value
