"""The management panel: one page for all that is decided about models. It works without scripts; with them, what it
does comes back as the part of the page that changed."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.http import urlencode

from catalog.admin.telling import POST_FORM
from console.counts import model_counts
from console.page import CHANGE, SEE, respond, staff
from console.panel import acts, providers
from console.panel.acts import Said
from console.panel.choice import Choice, choice_of
from console.panel.progress import progress_of
from console.panel.sections import sections_of
from discovery.admin.page import SYNC

FIRST = 8  # provider cards shown at once


@staff(SEE)
def panel(request: HttpRequest) -> HttpResponse:
    choice = choice_of(request.GET)
    if request.method != "POST":
        return respond(request, "panel/page", **shown(request, choice))
    try:
        said = acts.do(request)
    except acts.LookFirst as first:
        look = reverse("console-impact", args=[first.model.pk, first.move])
        return HttpResponseRedirect(f"{look}?{urlencode({'next': choice.url()})}")
    if is_swap(request):
        return respond(request, "panel/parts", said=said, **shown(request, choice))
    tell(request, said)
    return HttpResponseRedirect(choice.url())


@staff(SEE)
def panel_progress(request: HttpRequest) -> HttpResponse:
    """The strip of a running sync; once it has ended, all that it may have changed."""
    choice = choice_of(request.GET)
    found = providers.all_providers()
    progress = progress_of(choice, one_of(found, choice))
    if progress.running:
        return respond(request, "panel/sync", **strip(request, choice, found, progress))
    return respond(request, "panel/panel", **shown(request, choice))


def shown(request: HttpRequest, choice: Choice) -> dict[str, Any]:
    counted = model_counts()
    found = providers.all_providers()
    cards = providers.cards(choice, found, counted)
    return {
        "title": "Model management",
        "choice": choice,
        "tabs": providers.tabs(choice, counted, one_of(found, choice)),
        "providers": found,
        "first_cards": cards[:FIRST],
        "more_cards": cards[FIRST:],
        "sections": sections_of(choice),
        "may_change": request.user.has_perm(CHANGE),
        **strip(request, choice, found, progress_of(choice, one_of(found, choice))),
    }


def strip(request: HttpRequest, choice: Choice, found: list[Any], progress: Any) -> dict[str, Any]:
    return {
        "one": one_of(found, choice),
        "progress": progress,
        "here": choice.url(),
        "progress_url": choice.url("console-panel-progress"),
        "may_sync": request.user.has_perm(SYNC),
    }


def one_of(found: list[Any], choice: Choice) -> Any:
    """The provider that was chosen, if there is one."""
    return next((provider for provider in found if provider.slug == choice.provider), None)


def is_swap(request: HttpRequest) -> bool:
    """Whether static/swap.js asks, for a part of the page."""
    return request.headers.get("x-requested-with") == "swap"


def tell(request: HttpRequest, said: Said) -> None:
    """The same as a message of the next page; its buttons send what the panel's own would."""
    offers = format_html_join(
        " ",
        '<button type="submit" form="{}" formaction="{}" name="act" value="{}" class="small-button">{}</button>',
        ((POST_FORM, request.get_full_path(), act, words) for words, act in said.offers),
    )
    (messages.error if said.failed else messages.success)(request, format_html("{} {}", said.text, offers))
