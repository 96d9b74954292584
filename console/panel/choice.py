"""What the panel shows of all models: its tab, provider, words and pages, as they stand in its address."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import urlencode

from django.http import QueryDict
from django.urls import reverse

from catalog.models import AIModel, Category, Status
from catalog.models.aimodel import AIModelQuerySet

DIGITS = 6  # of a page's number, at most
SECTIONS = (Status.PENDING, Status.ENABLED, Status.DISABLED, Status.DEPRECATED)


@dataclass(frozen=True, kw_only=True, slots=True)
class Choice:
    """One tab of the panel, all of it or what is searched for. Of all providers, or of one."""

    category: str = Category.TEXT.value
    provider: str = ""
    words: str = ""
    pages: Mapping[str, int] = field(default_factory=dict)  # by status, from 1 on

    def models(self) -> AIModelQuerySet:
        found = AIModel.objects.global_().in_category(self.category)
        if self.provider:
            found = found.for_provider(self.provider)
        return found.search(self.words) if self.words else found

    def page(self, status: str) -> int:
        return max(1, self.pages.get(status, 1))

    @property
    def said(self) -> dict[str, str]:
        return {"category": self.category, "provider": self.provider, "q": self.words}

    def url(self, page: str = "console-panel", **changes: str) -> str:
        """The address of this choice with some of it changed; what is shown then begins at its first pages."""
        return address(page, self.said | changes, {} if changes else self.pages)

    def page_url(self, status: str, page: int) -> str:
        """The address of another page of a section."""
        return address("console-panel", self.said, {**self.pages, status: page})


def address(name: str, shown: Mapping[str, str], pages: Mapping[str, int]) -> str:
    """Without what is as usual."""
    said = {key: value for key, value in shown.items() if value and (key, value) != ("category", Category.TEXT.value)}
    query = urlencode(said | {status: page for status, page in pages.items() if page > 1})
    return f"{reverse(name)}?{query}" if query else reverse(name)


def choice_of(query: QueryDict) -> Choice:
    """What an address asks for; what it asks for in vain is as usual."""
    category = query.get("category", "")
    pages = {status.value: query.get(status.value, "") for status in SECTIONS}
    return Choice(
        category=category if category in Category.values else Category.TEXT.value,
        provider=text(query, "provider", 50),
        words=text(query, "q", 200),
        pages={name: int(page) for name, page in pages.items() if page.isdecimal() and len(page) <= DIGITS},
    )


def text(query: QueryDict, name: str, longest: int) -> str:
    """Without what no database can look for."""
    return query.get(name, "").replace("\0", "").strip()[:longest]
