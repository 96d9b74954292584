"""Asking a provider for a list page by page: where its pages are, and which of them may see the key."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urljoin

import httpx2
import orjson

from catalog.upstream import Answer, BadAnswer, Patience, ask, headers_for, parse_url

from .listings.base import UNREADABLE, Dialect, Request, address
from .listings.voices import VoiceDialect

MAX_PAGES = 1_000
MAX_ENTRIES = 200_000  # of one page; the longest real list has 22,000

NEXT = ("next", "next_page", "next_cursor", "next_page_token", "nextPageToken")  # what leads on, by many names

NextPage = Callable[[Any, Mapping[str, str]], Request | None]


@dataclass(frozen=True, kw_only=True)
class Source:
    """A provider as fetching must know it. The key is sent to the origins of base_url and list_url, nowhere else."""

    slug: str
    base_url: str
    dialect: Dialect | None  # of its list of models; None: it has none
    voices: VoiceDialect | None = None  # of its list of voices, if that is asked for
    list_url: str = ""  # where the main list is, if not under base_url
    auth: str = "bearer"
    key: str = field(default="", repr=False)
    private_allowed: bool = True  # what an admin entered may be private
    etag: str = ""


@dataclass(frozen=True, kw_only=True)
class Pace:
    """How patiently a provider is asked. Seconds."""

    connect: float = 10
    read: float = 30
    main_list: float = 300  # all its pages with all their tries
    enrichments: float = 120  # all further lists together
    question: Patience = field(default_factory=Patience)


@dataclass(frozen=True, kw_only=True)
class Asker:
    """One provider and the client its lists are asked with."""

    source: Source
    client: httpx2.AsyncClient
    pace: Pace

    def url_of(self, request: Request) -> str:
        source = self.source
        return address(request, dialect=source.dialect, base_url=source.base_url, list_url=source.list_url)

    async def ask(self, url: str, params: Mapping[str, str], json: Any, etag: str = "") -> Answer:
        source = self.source
        key = source.key if origin(url) in {origin(source.base_url), origin(source.list_url)} else ""
        named = source.dialect.headers if source.dialect else {}
        headers = {**named, **headers_for(source.auth, key)}
        if etag:
            headers["If-None-Match"] = etag
        return await ask(
            self.client,
            url,
            who=source.slug,
            headers=headers,
            params=params,
            json=json,
            key=key,
            patience=self.pace.question,
        )


async def pages(asker: Asker, first: Request, next_page: NextPage, etag: str = "") -> AsyncGenerator[Answer]:
    """A list page by page, at one origin, never the same page twice, to a bounded end."""
    slug = asker.source.slug
    url, params, json = asker.url_of(first), first.params, first.json
    asked: set[tuple[str, bytes]] = set()
    while True:
        question = (str(parse_url(url).copy_merge_params(params)), orjson.dumps(json))
        if question in asked:
            raise BadAnswer(slug, "a next page that it had given before")
        if len(asked) >= MAX_PAGES:
            raise BadAnswer(slug, f"a list of more than {MAX_PAGES:,} pages")
        asked.add(question)
        answer = await asker.ask(url, params, json, etag if len(asked) == 1 else "")
        yield answer
        following = None if answer.not_modified else following_page(slug, next_page, answer)
        if following is None:
            return
        if following.path == first.path:
            params, json = {**first.params, **following.params}, following.json
        else:
            url, params, json = linked(slug, question[0], following.path), following.params, following.json


def refuse_flood(slug: str, payload: Any) -> None:
    """A few megabytes can hold millions of tiny entries, each worth a sentence about why it is skipped."""
    values = payload.values() if isinstance(payload, dict) else (payload,)
    if any(isinstance(value, list) and len(value) > MAX_ENTRIES for value in values):
        raise BadAnswer(slug, f"a list of more than {MAX_ENTRIES:,} entries, which is too much")


def following_page(slug: str, next_page: NextPage, answer: Answer) -> Request | None:
    """Where the list goes on; None at its end. Raises BadAnswer if it goes on, but nobody knows where."""
    try:
        following = next_page(answer.payload, answer.headers)
    except UNREADABLE as error:
        raise BadAnswer(slug, "a list whose next page cannot be found") from error
    if following is None and goes_on(answer.payload):
        raise BadAnswer(slug, "a list that is not whole: it says that more follows, in a way that is not known here")
    return following


def goes_on(payload: Any) -> bool:
    """Whether an answer says of itself that it is not all."""
    if not isinstance(payload, dict) or payload.get("has_more") is False:
        return False
    return payload.get("has_more") is True or any(isinstance(payload.get(name), str) and payload[name] for name in NEXT)


def linked(slug: str, page_url: str, link: str) -> str:
    """A link of a page, which may be relative to it. The key would follow it, so it must stay where it is."""
    url = urljoin(page_url, link)
    if origin(url) != origin(page_url):
        raise BadAnswer(slug, "a next page at another address, which is not followed")
    return url


def origin(url: str) -> tuple[str, str, int | None] | None:
    """Scheme, host and port; None for no address at all."""
    if not url:
        return None
    parsed = parse_url(url)
    return parsed.scheme, parsed.host, parsed.port
