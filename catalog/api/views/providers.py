from __future__ import annotations

from typing import Any

from rest_framework import status
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from access.caller import caller_of
from catalog import connections
from catalog.errors import NotFound
from catalog.models import Provider

from .. import intake, naming, orders, rendering
from ..filters import ProviderFilter, narrow
from ..pagination import PAGING, page_of
from ..schema import REASON, SENDING, documented, parameters_of
from ..serializers import NewProviderSerializer, ProviderChangeSerializer, ProviderSerializer
from ..serializers import page_of as page_serializer


def named(slug: str) -> Provider:
    row = Provider.objects.with_statistics().with_stored_key().filter(slug=slug).first()
    if row is None:
        raise NotFound(f"There is no provider {slug}.")
    return row


def shown(slug: str) -> dict[str, Any]:
    row = named(slug)
    return rendering.provider_json(row, connections.default_models([row]).get(row.pk, {}))


class Providers(APIView):
    @documented(
        "admin_providers_list",
        "Providers with their counts, keys and health",
        {200: page_serializer("providers", ProviderSerializer)},
        refusals=(400, 401, 403, 404),
        parameters=parameters_of(ProviderFilter),
    )
    def get(self, request: Request) -> Response:
        query = naming.query(request.query_params)
        found = narrow(Provider.objects.all(), ProviderFilter, query, beside=PAGING)
        page = page_of(found, Provider.objects.with_statistics().with_stored_key(), query)
        defaults = connections.default_models(page.rows)
        items = [rendering.provider_json(row, defaults.get(row.pk, {})) for row in page.rows]
        return Response(page.json(request, "providers", items))

    @documented(
        "admin_providers_add",
        "Add a provider: read as generic and called as openai unless said otherwise",
        {201: ProviderSerializer},
        request=NewProviderSerializer,
        refusals=(*SENDING, 409),
    )
    def post(self, request: Request) -> Response:
        sent = naming.body(request.data)
        edit = orders.provider_edit_of(sent)
        with sent.naming_fields():
            row = connections.add_provider(edit.fields, caller_of(request), key=edit.key or "", reason=edit.reason)
        return Response(shown(row.slug), status=status.HTTP_201_CREATED)


class OneProvider(APIView):
    @documented("admin_providers_read", "One provider", {200: ProviderSerializer}, refusals=(401, 403, 404))
    def get(self, request: Request, slug: str) -> Response:
        return Response(shown(slug))

    @documented(
        "admin_providers_change",
        "Change what is named of a provider; the rest stays",
        {200: ProviderSerializer},
        request=ProviderChangeSerializer,
        refusals=(*SENDING, 404),
    )
    def patch(self, request: Request, slug: str) -> Response:
        row = named(slug)
        sent = naming.body(request.data)
        edit = orders.provider_edit_of(sent)
        with sent.naming_fields():
            notes = connections.change_provider(
                row,
                edit.fields,
                caller_of(request),
                key=edit.key,
                confirm_env_key=edit.confirm_env_key,
                reason=edit.reason,
            )
        return Response(shown(slug) | ({"notes": notes} if notes else {}))

    @documented(
        "admin_providers_delete",
        "Delete a provider that was added by hand and has no models",
        {204: None},
        refusals=(400, 401, 403, 404, 409),
        parameters=[REASON],
    )
    def delete(self, request: Request, slug: str) -> Response:
        connections.delete_provider(named(slug), caller_of(request), intake.reason_in(request.query_params))
        return Response(status=status.HTTP_204_NO_CONTENT)
