from __future__ import annotations

from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from access.caller import caller_of
from catalog import comparison
from catalog.calculation import candidate_of, compare

from .. import calculating, naming
from ..calculation_shapes import CalculatedSerializer, CalculateSerializer
from ..schema import SENDING, documented


class Calculate(APIView):
    @documented(
        "models_calculate",
        "What tokens weigh, cost and burn at several models, the cheapest first",
        {200: CalculatedSerializer},
        request=CalculateSerializer,
        refusals=SENDING,
    )
    def post(self, request: Request) -> Response:
        caller = caller_of(request)
        sent = naming.body(request.data)
        order = calculating.order_of(sent)
        with sent.naming_fields():
            if order.names is None:
                models = list(comparison.priced(caller)[: comparison.MOST + 1])
            else:
                models = comparison.named(order.names, caller)
        candidates = [candidate_of(model) for model in models[: comparison.MOST]]
        results = compare(order.workload, [*candidates, *([order.custom] if order.custom else [])], order.place)
        is_all = len(models) <= comparison.MOST
        return Response(calculating.results_json(results, order.place, is_all=is_all))
