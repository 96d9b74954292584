"""How routes describe themselves in the OpenAPI document: one decorator, so that every route names its refusals."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, TypeVar

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema

from .filters import Filters, TruthFilter
from .pagination import LARGEST_PAGE_SIZE, PAGE_SIZE
from .serializers import ErrorSerializer

View = TypeVar("View", bound=Callable[..., Any])

REFUSALS = {
    400: "What was sent cannot be; `details` names each field.",
    401: "Nobody is signed in and no key was sent.",
    402: "A budget is spent, or minds that the price of the model is unknown.",
    403: "The caller may not do this.",
    404: "There is no such thing, or not for this caller.",
    406: "The caller takes no JSON, which is all there is.",
    409: "It clashes with what is there, or the state does not allow it.",
    410: "The model is retired, and nothing stands in for it.",
    413: "The body is too large.",
    415: "The body is not JSON.",
    429: "Too soon or too often; Retry-After says when.",
    502: "The provider failed.",
    503: "Not available now, or the database is busy.",
    504: "The provider did not answer in time.",
}
ALWAYS = (406, 429, 503)
SENDING = (400, 401, 403, 413, 415)

REASON = OpenApiParameter("reason", OpenApiTypes.STR, description="Kept in the history.")
PAGES = [
    OpenApiParameter("page", OpenApiTypes.INT, description="From 1 on."),
    OpenApiParameter(
        "pageSize", OpenApiTypes.INT, description=f"{PAGE_SIZE} unless given, {LARGEST_PAGE_SIZE} at most."
    ),
]


def documented(
    operation: str,
    summary: str,
    answers: Mapping[int | tuple[int, str], Any],
    *,
    refusals: Iterable[int],
    request: Any = None,
    parameters: Iterable[OpenApiParameter] = (),
) -> Callable[[View], View]:
    described = {code: OpenApiResponse(ErrorSerializer, description=REFUSALS[code]) for code in (*refusals, *ALWAYS)}
    decorator: Callable[[View], View] = extend_schema(
        operation_id=operation,
        summary=summary,
        request=request,
        parameters=list(parameters),
        responses={**answers, **described},
    )
    return decorator


def parameters_of(filters: Filters) -> list[OpenApiParameter]:
    """The filters of a list and its paging, as parameters of the address."""
    named = [
        OpenApiParameter(
            name,
            OpenApiTypes.BOOL if isinstance(filter_, TruthFilter) else OpenApiTypes.STR,
            description=filter_.extra.get("help_text", ""),
        )
        for name, filter_ in filters.base_filters.items()
    ]
    return named + PAGES
