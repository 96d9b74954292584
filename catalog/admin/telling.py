"""What every page of the catalog does around an operation: who acts, what is said afterwards, where to go next."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import replace

from django.contrib import messages
from django.http import HttpRequest, HttpResponseRedirect
from django.shortcuts import resolve_url
from django.urls import reverse
from django.utils.html import format_html
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.safestring import SafeString

from access.caller import Caller, caller_of
from catalog import history
from catalog.errors import CatalogError

POST_FORM = "registry-post"  # the one form of every page, in templates/admin/base_site.html


def acting(request: HttpRequest) -> Caller:
    """The member of staff at work. Only for after Django's permissions were asked: they decide here, not the rank."""
    return replace(caller_of(request), is_admin=True)


@contextmanager
def told(request: HttpRequest) -> Iterator[None]:
    """Turn a refusal of the catalog into a message."""
    try:
        yield
    except CatalogError as error:
        messages.error(request, error.message)


def say(request: HttpRequest, text: str, changes: history.Changes, more: Iterable[object] = ()) -> None:
    """Say what was done, and offer to undo it."""
    undo: SafeString | str = ""
    if changes.pending:
        url = reverse("admin:catalog_changeset_undo", args=[changes.pending[0].change_set_id])
        undo = button("Undo", url)
    messages.success(request, format_html("{} {}", " ".join([text, *map(str, more)]), undo))


def button(text: str, url: str, *, label: str = "", look: str = "") -> SafeString:
    """A button that posts to a URL, wherever on the page it stands; the page's form brings the CSRF token."""
    return format_html(
        '<button type="submit" form="{}" formaction="{}" class="small-button {}"{}>{}</button>',
        POST_FORM,
        url,
        look,
        format_html(' aria-label="{}"', label) if label else "",
        text,
    )


def back(request: HttpRequest, otherwise: str) -> HttpResponseRedirect:
    """To the page the button was on; else to a page or name of ours."""
    return HttpResponseRedirect(ours(request, request.POST.get("next", "")) or resolve_url(otherwise))


def ours(request: HttpRequest, url: str) -> str:
    """An address that came with a request, if it leads to a page of ours; else empty."""
    safe = url_has_allowed_host_and_scheme(url, allowed_hosts={request.get_host()}, require_https=request.is_secure())
    return url if safe else ""
