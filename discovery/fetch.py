"""Asks providers for their lists of models, the main one and the further ones. Sees no database."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Iterable
from contextlib import aclosing
from dataclasses import dataclass, field, replace
from typing import Any

from catalog.upstream import BadAnswer, TimedOut, UpstreamError, new_client, reason_of

from .listings.base import UNREADABLE, Dialect, Enrichment, Listing, Parsed, Request, WrongShape, parse
from .listings.money import believed
from .listings.voices import VoiceDialect
from .pages import Asker, Pace, Source, pages, refuse_flood
from .voice_list import VoiceList, read_voices

ENRICHING_AT_ONCE = 4
WARNINGS = 3  # of one enrichment; the others are only counted

logger = logging.getLogger(__name__)

__all__ = ["Fetched", "Pace", "Progress", "Source", "fetch", "fetch_all"]


@dataclass(frozen=True, kw_only=True)
class Fetched:
    """What the lists of one provider state."""

    listings: list[Listing]
    skipped: list[str]
    entries_seen: int  # of the main list, repeated ones too
    repeated: int  # entries with the id of an earlier one; each is in `skipped`
    pages: int
    warnings: list[str]  # of enrichments: facts they stated the last time may be missing now
    not_modified: bool  # nothing was read: the list is the one the ETag was given for
    etag: str
    duration: float
    voices: VoiceList | UpstreamError | None = None  # None: no list of voices was asked for


@dataclass(frozen=True, kw_only=True)
class Progress:
    """How far a provider's main list is; the last one of a provider has its outcome."""

    slug: str
    pages: int = 0
    entries: int = 0
    outcome: Fetched | UpstreamError | None = None


@dataclass(kw_only=True)
class Gathering:
    """The main list while its pages arrive."""

    listings: dict[str, Listing] = field(default_factory=dict)
    skipped: list[str] = field(default_factory=list)
    entries: int = 0
    repeated: int = 0
    pages: int = 0
    etag: str = ""
    not_modified: bool = False

    def add(self, page: Parsed) -> bool:
        """Take what a page brings; False if it brings models, but none that is new."""
        before = len(self.listings)
        self.pages += 1
        self.entries += len(page.listings) + len(page.skipped)
        self.skipped += page.skipped
        for listing in page.listings:
            first = self.listings.setdefault(listing.model_id, listing)
            if first is not listing:
                self.repeated += 1
                same = "" if first.entry == listing.entry else "; the entries differ, the first is taken"
                self.skipped.append(f"{listing.model_id}: listed more than once{same}")
        return not page.listings or len(self.listings) > before


def no_progress(progress: Progress) -> None:
    """For callers that only want the outcome."""


async def fetch_all(
    sources: Iterable[Source],
    *,
    concurrency: int = 8,
    on_progress: Callable[[Progress], None] = no_progress,
    pace: Pace = Pace(),  # noqa: B008  frozen
) -> dict[str, Fetched | UpstreamError]:
    """Fetch from all providers at once. What goes wrong with one is its own outcome and no concern of the others."""
    places = asyncio.Semaphore(concurrency)

    async def outcome_of(source: Source) -> Fetched | UpstreamError:
        async with places:
            try:
                return await fetch(source, on_progress=on_progress, pace=pace)
            except UpstreamError as error:
                return error
            except Exception:
                # A fault of ours, met in one provider's list: told in full here, and the others are still read.
                logger.exception("Reading the list of %s failed", source.slug)
                return BadAnswer(source.slug, "a list that made this product fail; the log says how")

    async def told(source: Source) -> tuple[str, Fetched | UpstreamError]:
        outcome = await outcome_of(source)
        on_progress(Progress(slug=source.slug, outcome=outcome))
        return source.slug, outcome

    return dict(await asyncio.gather(*map(told, sources)))


async def fetch(
    source: Source,
    *,
    on_progress: Callable[[Progress], None] = no_progress,
    pace: Pace = Pace(),  # noqa: B008  frozen
) -> Fetched:
    """Read all of a provider's lists. Raises UpstreamError if the main one cannot be read to its end.

    The main list is that of models; of a provider that has none, that of voices.
    """
    started = time.monotonic()
    client = new_client(private_allowed=source.private_allowed, connect=pace.connect, read=pace.read)
    async with client:
        asker = Asker(source=source, client=client, pace=pace)
        gathered, warnings = (
            await read_models(asker, source.dialect, on_progress) if source.dialect else (Gathering(), [])
        )
        voices = await try_voices(asker, source.voices) if source.voices else None
    if not source.dialect and isinstance(voices, UpstreamError):
        raise voices
    return Fetched(
        listings=list(gathered.listings.values()),
        skipped=gathered.skipped,
        entries_seen=gathered.entries,
        repeated=gathered.repeated,
        pages=gathered.pages,
        warnings=warnings,
        not_modified=gathered.not_modified,
        etag=gathered.etag,
        duration=time.monotonic() - started,
        voices=voices,
    )


async def read_models(
    asker: Asker, dialect: Dialect, on_progress: Callable[[Progress], None]
) -> tuple[Gathering, list[str]]:
    """The main list with what further ones add, and warnings about those."""
    try:
        async with asyncio.timeout(asker.pace.main_list):
            gathered = await gather(asker, dialect, on_progress)
    except TimeoutError as error:
        raise TimedOut(asker.source.slug, asker.pace.main_list) from error
    warnings = [] if gathered.not_modified else await enrich(asker, dialect, gathered.listings)
    for model_id, listing in gathered.listings.items():
        facts = believed(model_id, listing.facts)
        if facts is not listing.facts:
            gathered.listings[model_id] = replace(listing, facts=facts)
    return gathered, warnings


async def try_voices(asker: Asker, dialect: VoiceDialect) -> VoiceList | UpstreamError:
    """The list of voices, or why it cannot be read: what was read of models stands all the same."""
    try:
        return await read_voices(asker, dialect)
    except UpstreamError as error:
        return error


async def gather(asker: Asker, dialect: Dialect, on_progress: Callable[[Progress], None]) -> Gathering:
    """All pages of the main list, each parsed as it arrives."""
    source, gathered = asker.source, Gathering()
    # An ETag speaks for one page of one list; with further lists "not modified" would leave those unread.
    etag = "" if dialect.enrichments else source.etag
    async with aclosing(pages(asker, dialect.request, dialect.next_page, etag)) as answers:
        async for answer in answers:
            if answer.not_modified:
                return Gathering(not_modified=True, etag=source.etag)
            if not gathered.add(parse_page(source, dialect, answer.payload)):
                raise BadAnswer(source.slug, "the same models again instead of its next page")
            gathered.etag = answer.headers.get("etag", "") if gathered.pages == 1 else ""
            on_progress(Progress(slug=source.slug, pages=gathered.pages, entries=gathered.entries))
    if not gathered.entries:
        raise BadAnswer(source.slug, "an empty list")
    if not gathered.listings:
        raise BadAnswer(source.slug, f"a list without one usable entry ({gathered.skipped[0]})")
    return gathered


def parse_page(source: Source, dialect: Dialect, payload: Any) -> Parsed:
    """Read one page. Raises BadAnswer if it is not a page of this dialect."""
    refuse_flood(source.slug, payload)
    try:
        return parse(dialect, payload)
    except WrongShape as error:
        what = f"something unusable: {error}"
        raise BadAnswer(source.slug, what, reason_of(payload, source.key)) from error
    except UNREADABLE as error:
        raise BadAnswer(
            source.slug, "something that is not a list of models", reason_of(payload, source.key)
        ) from error


async def enrich(asker: Asker, dialect: Dialect, listings: dict[str, Listing]) -> list[str]:
    """Add what the further lists state. Whatever fails becomes a warning."""
    warnings: list[str] = []
    try:
        async with asyncio.timeout(asker.pace.enrichments):
            for enrichment in dialect.enrichments:
                if asker.source.key or not enrichment.needs_key:
                    warnings += await enrich_by(asker, listings, enrichment)
    except TimeoutError:
        warnings.append(f"{asker.source.slug}: its further lists took more than {asker.pace.enrichments:g} seconds.")
    return warnings


async def enrich_by(asker: Asker, listings: dict[str, Listing], enrichment: Enrichment) -> list[str]:
    places = asyncio.Semaphore(ENRICHING_AT_ONCE)

    async def failure_of(request: Request) -> str:
        async with places:
            try:
                await add_facts(asker, listings, enrichment, request)
            except UpstreamError as error:
                return str(error)
            return ""

    failures = await asyncio.gather(*map(failure_of, enrichment.requests(list(listings))))
    warnings = [failure for failure in failures if failure]
    more = len(warnings) - WARNINGS
    return warnings[:WARNINGS] + (
        [f"{asker.source.slug}: {more} more of its further lists failed."] if more > 0 else []
    )


async def add_facts(asker: Asker, listings: dict[str, Listing], enrichment: Enrichment, request: Request) -> None:
    """One further list, all its pages: what it states of a known model replaces what the main list states."""
    async with aclosing(pages(asker, request, enrichment.next_page)) as answers:
        async for answer in answers:
            try:
                found = enrichment.facts(answer.payload, request)
            except UNREADABLE as error:
                what = "a further list that cannot be read"
                raise BadAnswer(asker.source.slug, what, reason_of(answer.payload, asker.source.key)) from error
            for model_id, facts in found.items():
                if listing := listings.get(model_id):
                    listings[model_id] = replace(listing, facts={**listing.facts, **facts})
