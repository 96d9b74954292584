"""POST /api/models/test-connection: a stored model, or settings that are not stored."""

from __future__ import annotations

from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from access.caller import Caller, caller_of
from catalog import connections, templates
from catalog.addresses import clean_base_url
from catalog.api import intake, naming
from catalog.api.naming import Sent
from catalog.api.orders import refuse_others
from catalog.api.schema import SENDING, documented
from catalog.errors import Forbidden, NotFound
from catalog.models import AIModel, Category, Provider
from catalog.registration import clean_model_id
from gateway import connection
from gateway.api.connection_shapes import TestConnectionSerializer, TestedSerializer
from gateway.connection import Settings
from gateway.errors import GatewayError

ENTERED = ("template", "provider", "modelId", "baseUrl", "category", *intake.KEYS)


class TestConnection(APIView):
    @documented(
        "models_test_connection",
        "Test whether a model can be called: for nothing, unless a call is asked for",
        {200: TestedSerializer},
        request=TestConnectionSerializer,
        refusals=(*SENDING, 404),
    )
    def post(self, request: Request) -> Response:
        caller = caller_of(request)
        sent = naming.body(request.data)
        refuse_others(sent, ("id", "bill", *ENTERED))
        bill = sent.fields.get("bill") or False
        if not isinstance(bill, bool):
            sent.refuse("bill", "must be true or false")
        with sent.naming_fields():
            settings = settings_of(sent, caller)
            try:
                tested = connection.test(settings, caller, bill=bill)
            except GatewayError as error:
                raise Forbidden(error.message) from error
        return Response(tested.json)


def settings_of(sent: Sent, caller: Caller) -> Settings:
    """Raises Invalid, NotFound, Forbidden."""
    if sent.fields.get("id") is None:
        return entered(sent, caller)
    for name in ENTERED:
        if name in sent.fields:
            sent.refuse(name, "is stored with the model: give either an id or settings")
    pk = sent.fields["id"]
    if isinstance(pk, bool) or not isinstance(pk, int):
        sent.refuse("id", "must be the id of a model")
    sent.raise_if_wrong()
    row = AIModel.objects.visible_to(caller).select_related("provider").filter(pk=pk).first()
    if row is None:
        raise NotFound(f"There is no model {pk}.")
    return connection.of_model(row, caller)


def entered(sent: Sent, caller: Caller) -> Settings:
    provider = provider_in(sent, caller)
    secret = intake.secret_of(sent)
    base_url, category = sent.fields.get("baseUrl") or "", sent.fields.get("category") or Category.TEXT.value
    model_id = sent.fields.get("modelId") or ""
    if category not in Category.values:
        sent.refuse("category", f"must be one of {', '.join(Category.values)}")
    try:
        base_url = clean_base_url(base_url)
    except AttributeError:
        sent.refuse("baseUrl", "must be text")
    except ValueError as error:
        sent.refuse("baseUrl", str(error))
    try:
        model_id = clean_model_id(model_id) if model_id else ""
    except ValueError as error:
        sent.refuse("modelId", str(error))
    sent.raise_if_wrong()
    if not caller.is_admin and caller.user_id is None:
        raise Forbidden("Only people and admins may test settings: this key belongs to nobody.")
    owner = None if caller.is_admin else caller.user_id
    model = AIModel(provider=provider, model_id=model_id, category=category, base_url=base_url, owner_id=owner)
    return connection.of_model(model, caller, secret, is_entered=True)


def provider_in(sent: Sent, caller: Caller) -> Provider:
    """Of the template that is named, else by its slug."""
    template, slug = sent.fields.get("template"), sent.fields.get("provider")
    if (template is None) == (slug is None):
        sent.refuse("template", "give either a template, a provider, or the id of a model")
    for name, value in (("template", template), ("provider", slug)):
        if value is not None and (not isinstance(value, str) or not value or "\x00" in value):
            sent.refuse(name, "must be text")
    sent.raise_if_wrong()
    if template is not None:
        return templates.offered(template, caller).provider
    return connections.provider_named(str(slug), "")
