from __future__ import annotations

from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from access.caller import caller_of
from catalog import templates

from .. import naming, rendering
from ..schema import SENDING, documented
from ..serializers import FromTemplateSerializer, ModelSerializer, TemplateSerializer
from ..serializers import page_of as page_serializer
from .models import add

TEMPLATES_OWN = ("provider", "endpointType")


class Templates(APIView):
    @documented(
        "models_templates",
        "What a model can be made from",
        {200: page_serializer("templates", TemplateSerializer)},
        refusals=(401, 403),
    )
    def get(self, request: Request) -> Response:
        items = [rendering.offer_json(offer) for offer in templates.offers(caller_of(request))]
        return Response({"templates": items, "count": len(items), "next": None, "previous": None})


class FromTemplate(APIView):
    @documented(
        "models_add_from_template",
        "Add a model from a template: a personal one; for admins, one of the organisation's",
        {201: ModelSerializer},
        request=FromTemplateSerializer,
        refusals=(*SENDING, 404, 409),
    )
    def post(self, request: Request, template: str) -> Response:
        caller = caller_of(request)
        offer = templates.offered(template, caller)
        sent = naming.body(request.data)
        for name in TEMPLATES_OWN:
            if name in sent.fields:
                sent.refuse(name, "is the template's")
        for name in offer.needs:
            if not sent.fields.get(name):
                sent.refuse(name, "is needed")
        sent.raise_if_wrong()
        sent.fields["provider"] = offer.provider.slug
        if not offer.template.named_by_user:
            sent.fields.setdefault("modelId", offer.template.examples[0])
        sent.fields.setdefault("name", sent.fields.get("modelId"))
        return add(sent, caller)
