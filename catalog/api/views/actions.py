from __future__ import annotations

from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from access.caller import caller_of
from catalog import lifecycle, registration
from catalog.errors import NotFound
from catalog.models import AIModel
from catalog.populate import populate

from .. import naming, orders, rendering
from ..filters import AIModelFilter, narrow
from ..schema import SENDING, documented
from ..serializers import (
    BulkUpdatedSerializer,
    BulkUpdateSerializer,
    DefaultMovedSerializer,
    PopulatedSerializer,
    SetDefaultSerializer,
)


class Populate(APIView):
    @documented(
        "admin_models_populate",
        "Add the default models that are not there yet",
        {200: PopulatedSerializer},
        refusals=(401, 403),
    )
    def post(self, request: Request) -> Response:
        return Response(rendering.population_json(populate(caller_of(request))))


class BulkUpdate(APIView):
    @documented(
        "admin_models_bulk_update",
        "Bring many models to one status, all or none",
        {200: BulkUpdatedSerializer},
        request=BulkUpdateSerializer,
        refusals=(*SENDING, 409),
    )
    def post(self, request: Request) -> Response:
        caller = caller_of(request)
        order = orders.bulk_of(naming.body(request.data))
        if order.ids is not None:
            moved = registration.set_statuses(order.ids, order.status, caller, order.reason)
        else:
            models = narrow(AIModel.objects.visible_to(caller), AIModelFilter, order.conditions)
            moved = lifecycle.set_status(models, order.status, caller, order.reason)
        defaults = [rendering.default_json(default) for default in moved.defaults]
        return Response({"updated": moved.changed, "unchanged": moved.unchanged, "defaults": defaults})


class SetDefault(APIView):
    @documented(
        "admin_models_set_default",
        "Make an enabled model the default of its provider and category",
        {200: DefaultMovedSerializer},
        request=SetDefaultSerializer,
        refusals=(*SENDING, 404, 409),
    )
    def post(self, request: Request) -> Response:
        order = orders.default_of(naming.body(request.data))
        kind = AIModel.objects.global_().for_provider(order.provider).in_category(order.category)
        row = kind.filter(model_id=order.model_id).first()
        if row is None:
            raise NotFound(f"There is no {order.category} model {order.model_id} at {order.provider}.")
        moved = lifecycle.set_default(row, caller_of(request), order.reason)
        return Response(rendering.default_json(moved))
