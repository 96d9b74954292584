"""Staff with different rights, and a page read as a browser would read it."""

from __future__ import annotations

from collections.abc import Callable
from html.parser import HTMLParser
from typing import Any

import pytest
from django.http import HttpResponse
from django.test import Client

MODELS = "/admin/catalog/aimodel/"
PROVIDERS = "/admin/catalog/provider/"
CHANGES = "/admin/catalog/change/"


class Page(HTMLParser):
    """The buttons of a page with their addresses, and what a form would send unchanged."""

    def __init__(self, response: HttpResponse) -> None:
        super().__init__()
        self.buttons: dict[str, str] = {}  # words -> address, the last of each
        self.fields: dict[str, Any] = {}
        self.text = response.content.decode()
        self.open_button = self.open_textarea = self.open_select = ""
        self.feed(self.text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        have = {name: value or "" for name, value in attrs}
        name = have.get("name", "")
        if tag == "button":
            self.open_button = have.get("formaction", "")
        elif tag == "textarea":
            self.open_textarea = name
            self.fields[name] = ""
        elif tag == "select":
            self.open_select = name
        elif tag == "option" and self.open_select and "selected" in have:
            self.fields[self.open_select] = have["value"]
        elif tag == "input" and name and have.get("type") != "submit":
            if have.get("type") == "hidden" and name in self.fields:  # one for each value of several
                self.fields[name] = [*self.values(name), have.get("value", "")]
            elif have.get("type") != "checkbox":
                self.fields[name] = have.get("value", "")
            elif "checked" in have:
                self.fields.setdefault(name, []).append(have.get("value", "on"))

    def values(self, name: str) -> list[str]:
        known = self.fields[name]
        return known if isinstance(known, list) else [known]

    def handle_endtag(self, tag: str) -> None:
        if tag == "button":
            self.open_button = ""
        elif tag == "textarea":
            self.open_textarea = ""
        elif tag == "select":
            self.open_select = ""

    def handle_data(self, data: str) -> None:
        if self.open_button and data.strip():
            self.buttons[data.strip()] = self.open_button
        elif self.open_textarea:
            self.fields[self.open_textarea] += data.removeprefix("\n")


Read = Callable[[str], Page]


@pytest.fixture
def read(admin_client: Client) -> Read:
    """A page as an admin sees it."""

    def open_page(url: str) -> Page:
        response = admin_client.get(url, follow=True)
        assert response.status_code == 200, url
        return Page(response)

    return open_page


@pytest.fixture
def edit(admin_client: Client, read: Read) -> Callable[..., Page]:
    """Send a page's form with some fields changed, and read what comes back."""

    def send(url: str, **changes: Any) -> Page:
        return Page(admin_client.post(url, {**read(url).fields, **changes}, follow=True))

    return send
