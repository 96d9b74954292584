from __future__ import annotations

from typing import Any

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema, extend_schema_view
from rest_framework import status
from rest_framework.permissions import BasePermission
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from access.caller import Caller, caller_of
from access.permissions import Public
from catalog import connections, lifecycle, registration, version
from catalog.errors import Invalid, NotFound
from catalog.models import AIModel

from .. import intake, naming, rendering
from ..filters import AIModelFilter, narrow
from ..naming import Sent
from ..pagination import PAGING, page_of
from ..schema import REASON, SENDING, documented, parameters_of
from ..serializers import ModelChangeSerializer, ModelSerializer, NewModelSerializer
from ..serializers import page_of as page_serializer

LIST = parameters_of(AIModelFilter)
KEY_LOST = "The stored key was for the old address and was deleted. Send the key for the new one."
MODELS = page_serializer("models", ModelSerializer)
MODEL_IDS = {"type": "object", "additionalProperties": {"type": "array", "items": {"type": "string"}}}


def page(request: Request, *, beside: tuple[str, ...] = ()) -> Response:
    """The models a caller may see, narrowed by the filters in the address."""
    caller = caller_of(request)
    query = naming.query(request.query_params)
    listed = registration.list_models(caller)
    rows = listed.defer(None).defer(*("provider_metadata", "successor__claims", "successor__provider_metadata"))
    found = narrow(AIModel.objects.visible_to(caller), AIModelFilter, query, beside=(*PAGING, *beside))
    shown = page_of(found, rows, query)
    items = [rendering.model_json(row, for_admin=caller.is_admin) for row in shown.rows]
    return Response(shown.json(request, "models", items))


def visible(caller: Caller, pk: int) -> AIModel:
    """A model with all that is shown of it. Raises NotFound."""
    row = registration.list_models(caller).defer(None).filter(pk=pk).first()
    if row is None:
        raise NotFound(f"There is no model {pk}.")
    return row


def shown(caller: Caller, pk: int) -> dict[str, Any]:
    return rendering.model_json(visible(caller, pk), for_admin=caller.is_admin, whole=True)


def added(request: Request) -> Response:
    return add(naming.body(request.data), caller_of(request))


def add(sent: Sent, caller: Caller) -> Response:
    """Add a model: the organisation's for an admin, a personal one for everyone else."""
    owner_id = None if caller.is_admin else caller.user_id
    new = intake.new_model_of(sent, is_personal=owner_id is not None)
    with sent.naming_fields():
        row = registration.add_model(
            provider=connections.provider_named(new.provider, new.endpoint_type),
            model_id=new.model_id,
            by=caller,
            stated=new.edit.stated,
            decisions=decisions(new.edit, caller),
            status=new.edit.status,
            owner_id=owner_id,
            secret=new.edit.secret,
            reason=new.edit.reason,
        )
    return Response(shown(caller, row.pk), status=status.HTTP_201_CREATED)


def changed(request: Request, pk: int) -> Response:
    caller = caller_of(request)
    row = visible(caller, pk)
    registration.refuse_stranger(row.owner_id, caller)
    had_key = row.credential_id is not None
    sent = naming.body(request.data)
    edit = intake.edit_of(sent, rendering.model_json(row, for_admin=caller.is_admin, whole=True))
    with sent.naming_fields():
        moved = registration.change_model(
            row,
            caller,
            stated=edit.stated,
            decisions=decisions(edit, caller, row.category),
            reset=edit.reset,
            status=edit.status,
            secret=edit.secret,
            reason=edit.reason,
        )
    lost = had_key and not row.credential_id and edit.secret.key == ""
    return Response(shown(caller, pk) | defaults(moved) | ({"notes": [KEY_LOST]} if lost else {}))


def decisions(edit: intake.Edit, caller: Caller, category: str = "") -> dict[str, Any]:
    """What a person decided, the successor's name looked up."""
    decided = dict(edit.decisions)
    if "successor" in decided:
        wanted = edit.stated.get("category") or category
        decided["successor_id"] = registration.successor_named(decided.pop("successor"), wanted, caller)
    return decided


def defaults(moved: lifecycle.Moved) -> dict[str, Any]:
    """The defaults that a change of status moved, if it did."""
    return {"defaults": [rendering.default_json(default) for default in moved.defaults]} if moved.defaults else {}


class Models(APIView):
    """What can be called now, for everyone; adding models, for callers."""

    def is_public(self) -> bool:
        request = self.request
        return request.method in ("GET", "HEAD", "OPTIONS") and request.GET.get("view") != "list"

    def get_authenticators(self) -> list[Any]:
        """Who asks does not matter here, nor does a key of another service."""
        return [] if self.request and self.is_public() else super().get_authenticators()

    def get_permissions(self) -> list[BasePermission]:
        return [Public()] if self.is_public() else list(super().get_permissions())  # type: ignore[arg-type]

    @documented(
        "models_available",
        "The enabled text models that can be called, by endpoint type",
        {
            200: {"oneOf": [MODEL_IDS, {"$ref": "#/components/schemas/ModelPage"}]},
            304: OpenApiResponse(description="Nothing changed since the ETag that was sent."),
        },
        refusals=(400, 401, 403, 404),
        parameters=[OpenApiParameter("view", OpenApiTypes.STR, enum=["list"], description="As /api/config/models.")],
    )
    def get(self, request: Request) -> Response:
        view = request.query_params.get("view", "")
        if view == "list":
            return page(request, beside=("view",))
        if view:
            raise Invalid({"view": f"unknown: {view[:100]}; known: list"})
        etag = version.etag()
        headers = {"ETag": etag, "Cache-Control": "no-cache"}
        if etag in request.headers.get("if-none-match", ""):
            return Response(status=status.HTTP_304_NOT_MODIFIED, headers=headers)
        return Response(registration.models_by_endpoint(), headers=headers)

    @documented(
        "models_add",
        "Add a personal model; for admins, one of the organisation's",
        {201: ModelSerializer},
        request=NewModelSerializer,
        refusals=(*SENDING, 409),
    )
    def post(self, request: Request) -> Response:
        return added(request)


class ConfiguredModels(APIView):
    @documented(
        "config_models_list",
        "The models the caller may see",
        {200: MODELS},
        refusals=(400, 401, 403, 404),
        parameters=LIST,
    )
    def get(self, request: Request) -> Response:
        return page(request)


class Model(APIView):
    """One model: read by those who see it, changed by its owner or an admin."""

    @documented("models_read", "One model", {200: ModelSerializer}, refusals=(401, 403, 404))
    def get(self, request: Request, pk: int) -> Response:
        return Response(shown(caller_of(request), pk))

    @documented(
        "models_replace",
        "Change what is named of a model; the rest stays",
        {200: ModelSerializer},
        request=ModelChangeSerializer,
        refusals=(*SENDING, 404, 409),
    )
    def put(self, request: Request, pk: int) -> Response:
        return changed(request, pk)

    @documented(
        "models_change",
        "Change what is named of a model; the rest stays",
        {200: ModelSerializer},
        request=ModelChangeSerializer,
        refusals=(*SENDING, 404, 409),
    )
    def patch(self, request: Request, pk: int) -> Response:
        return changed(request, pk)

    @documented(
        "models_delete",
        "Delete a model made by hand",
        {204: None},
        refusals=(400, 401, 403, 404, 409),
        parameters=[REASON],
    )
    def delete(self, request: Request, pk: int) -> Response:
        caller = caller_of(request)
        registration.delete_model(visible(caller, pk), caller, intake.reason_in(request.query_params))
        return Response(status=status.HTTP_204_NO_CONTENT)


class AdminModels(APIView):
    @documented("admin_models_list", "All models", {200: MODELS}, refusals=(400, 401, 403, 404), parameters=LIST)
    def get(self, request: Request) -> Response:
        return page(request)

    @documented(
        "admin_models_add",
        "Add a model of the organisation",
        {201: ModelSerializer},
        request=NewModelSerializer,
        refusals=(*SENDING, 409),
    )
    def post(self, request: Request) -> Response:
        return added(request)


@extend_schema_view(
    **{
        method: extend_schema(operation_id=f"admin_models_{verb}")
        for method, verb in {"get": "read", "put": "replace", "patch": "change", "delete": "delete"}.items()
    }
)
class AdminModel(Model):
    """The same for admins."""
