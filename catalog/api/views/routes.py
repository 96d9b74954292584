from __future__ import annotations

from typing import Any

from rest_framework import status
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from access.caller import caller_of
from catalog import routes, traffic
from catalog.errors import NotFound
from catalog.models import Route

from .. import intake, naming, orders, rendering
from ..filters import RouteFilter, narrow
from ..pagination import PAGING, page_of
from ..route_shapes import NewRouteSerializer, RouteChangeSerializer, RouteSerializer
from ..schema import REASON, SENDING, documented, parameters_of
from ..serializers import page_of as page_serializer


def there(pk: int) -> Route:
    row = Route.objects.with_targets().filter(pk=pk).first()
    if row is None:
        raise NotFound(f"There is no route {pk}.")
    return row


def shown(pk: int) -> dict[str, Any]:
    row = there(pk)
    return rendering.route_json(row, traffic.of_routes([row.name]).get(row.name, traffic.NONE))


def changed(request: Request, pk: int) -> Response:
    row = there(pk)
    sent = naming.body(request.data)
    fields, reason = orders.route_edit_of(sent, pk)
    with sent.naming_fields():
        notes = routes.change_route(row, fields, caller_of(request), reason=reason)
    return Response(shown(pk) | {"notes": notes})


class Routes(APIView):
    @documented(
        "admin_routes_list",
        "Routes with where they lead and how much they are called",
        {200: page_serializer("routes", RouteSerializer)},
        refusals=(400, 401, 403, 404),
        parameters=parameters_of(RouteFilter),
    )
    def get(self, request: Request) -> Response:
        query = naming.query(request.query_params)
        found = narrow(Route.objects.all(), RouteFilter, query, beside=PAGING)
        page = page_of(found, Route.objects.with_targets(), query)
        calls = traffic.of_routes([row.name for row in page.rows])
        items = [rendering.route_json(row, calls.get(row.name, traffic.NONE)) for row in page.rows]
        return Response(page.json(request, "routes", items))

    @documented(
        "admin_routes_add",
        "Add a route",
        {201: RouteSerializer},
        request=NewRouteSerializer,
        refusals=(*SENDING, 409),
    )
    def post(self, request: Request) -> Response:
        sent = naming.body(request.data)
        fields, reason = orders.route_edit_of(sent)
        with sent.naming_fields():
            row, notes = routes.add_route(fields, caller_of(request), reason=reason)
        return Response(shown(row.pk) | {"notes": notes}, status=status.HTTP_201_CREATED)


class OneRoute(APIView):
    @documented("admin_routes_read", "One route", {200: RouteSerializer}, refusals=(401, 403, 404))
    def get(self, request: Request, pk: int) -> Response:
        return Response(shown(pk))

    @documented(
        "admin_routes_replace",
        "Change what is named of a route; the rest stays",
        {200: RouteSerializer},
        request=RouteChangeSerializer,
        refusals=(*SENDING, 404, 409),
    )
    def put(self, request: Request, pk: int) -> Response:
        return changed(request, pk)

    @documented(
        "admin_routes_change",
        "Change what is named of a route; the rest stays",
        {200: RouteSerializer},
        request=RouteChangeSerializer,
        refusals=(*SENDING, 404, 409),
    )
    def patch(self, request: Request, pk: int) -> Response:
        return changed(request, pk)

    @documented(
        "admin_routes_delete",
        "Delete a route that no other leads to",
        {204: None},
        refusals=(400, 401, 403, 404, 409),
        parameters=[REASON],
    )
    def delete(self, request: Request, pk: int) -> Response:
        routes.delete_route(there(pk), caller_of(request), intake.reason_in(request.query_params))
        return Response(status=status.HTTP_204_NO_CONTENT)
