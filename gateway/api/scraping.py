"""GET /metrics: this process in Prometheus' text format. With several workers, a scrape sees the one that answers."""

from __future__ import annotations

from django.http import HttpResponse
from drf_spectacular.utils import extend_schema
from prometheus_client import CONTENT_TYPE_PLAIN_0_0_4
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.views import APIView

from gateway.metering.metrics import METRICS


class PlainText(JSONRenderer):
    """For scrapers that take nothing else; only refusals are rendered, as everywhere."""

    media_type = "text/plain"


class Metrics(APIView):
    """Read with a key of the scope `metrics`, or as an admin. Being on this machine opens nothing: a proxy is too."""

    renderer_classes = (JSONRenderer, PlainText)

    @extend_schema(exclude=True)
    def get(self, request: Request) -> HttpResponse:
        return HttpResponse(METRICS.text(), content_type=CONTENT_TYPE_PLAIN_0_0_4)
