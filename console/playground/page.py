"""The playground: one question put to one to four models side by side. The browser itself calls `/v1`, by a token."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render

from access import tokens
from access.caller import caller_of
from catalog.errors import CatalogError, Invalid
from catalog.resolution import Reason
from console.account.page import person
from console.playground import offer
from gateway import conversations, ratings

MOST = 4
LONGEST = 320
PLACEHOLDER = "provider/model"
REASONS = {
    Reason.ROUTE: "chosen by the route",
    Reason.DEFAULT: "the default of the provider that was named",
    Reason.PREFERENCE: "chosen some time ago",
    Reason.FIRST_ENABLED: "the first that is enabled",
    Reason.SUCCESSOR: "the successor of a retired model",
    Reason.PROVIDER_DEFAULT: "the provider's default, in place of a retired or unknown model",
    Reason.CURATED_DEFAULT: "the usual default, in place of a retired or unknown model",
    Reason.FALLBACK: "another model failed",
}


@person("GET")
def shown(request: HttpRequest) -> HttpResponse:
    """The models come from the address, which people share: of what is not there for the reader, the page says so."""
    caller = caller_of(request)
    asked = list(dict.fromkeys(clean(name, LONGEST) for name in request.GET.getlist("model")))[:MOST]
    found = offer.named(asked, caller)
    chosen = [option for option in found.values() if option is not None]
    first = offer.first_choice(caller) if not chosen else []
    data: dict[str, Any] = {
        "chosen": [asdict(option) for option in chosen or first],
        "reasons": {str(reason): words for reason, words in REASONS.items()},
    }
    return render(
        request,
        "console/playground.html",
        {
            "here": "playground",
            "data": data,
            "unknown": [name for name, option in found.items() if option is None],
            "is_empty": not chosen and not first,
            "most": MOST,
            "example": (chosen or first)[0].name if chosen or first else PLACEHOLDER,
            "origin": request.build_absolute_uri("/")[:-1],
        },
    )


@person("GET")
def models(request: HttpRequest) -> JsonResponse:
    """What can be chosen, for the list under the field."""
    found = offer.find(
        caller_of(request),
        clean(request.GET.get("q", ""), 200),
        everyones=request.GET.get("global") != "0",
        own=request.GET.get("personal") != "0",
    )
    return JsonResponse({"models": [asdict(option) for option in found.options], "isCut": found.is_cut})


@person("POST")
def token(request: HttpRequest) -> JsonResponse:
    assert request.user.pk is not None
    return JsonResponse({"token": tokens.make(request.user.pk), "life": tokens.LIFE})


@person("POST")
def better(request: HttpRequest) -> HttpResponse:
    """Keep which of several answers is the best, by the ids of their calls."""
    others = [clean(call_id, LONGEST) for call_id in request.POST.getlist("other")]
    try:
        ratings.prefer(clean(request.POST.get("chosen", ""), LONGEST), others, caller_of(request))
    except CatalogError as error:
        return refused(error)
    return HttpResponse(status=204)


@person("POST")
def keep(request: HttpRequest) -> HttpResponse:
    """Keep a question and one answer to it as a conversation; both come back from the browser, with the call's id."""
    try:
        sent = json.loads(request.body)
        call_id, said, answer = sent["callId"], sent["messages"], sent["answer"]
        if not (isinstance(call_id, str) and isinstance(said, list) and isinstance(answer, dict)):
            raise TypeError
    except (ValueError, KeyError, TypeError):
        return refused(Invalid({"messages": "must be sent as JSON with callId, messages and answer"}))
    try:
        kept = conversations.begin_with(clean(call_id, LONGEST), said, answer, caller_of(request))
    except CatalogError as error:
        return refused(error)
    return JsonResponse({"conversationId": kept}, status=201)


def refused(error: CatalogError) -> JsonResponse:
    return JsonResponse({"error": {"code": error.code, "message": error.message}}, status=error.status_code)


def clean(text: str, longest: int) -> str:
    return text.replace("\x00", "")[:longest].strip()
