"""Reading a provider's list of voices to its end. Sees the network and no database."""

from __future__ import annotations

import asyncio
from contextlib import aclosing
from dataclasses import dataclass, field
from typing import Any

from catalog.upstream import BadAnswer, TimedOut, reason_of

from .listings.base import UNREADABLE
from .listings.voices import ParsedVoices, Voice, VoiceDialect, parse
from .pages import Asker, pages, refuse_flood


@dataclass(frozen=True, kw_only=True)
class VoiceList:
    """What the list of voices of one provider states. For each entry left out a sentence says why."""

    voices: list[Voice]
    skipped: list[str]


@dataclass(kw_only=True)
class GatheredVoices:
    """The list while its pages arrive."""

    voices: dict[str, Voice] = field(default_factory=dict)
    skipped: list[str] = field(default_factory=list)

    def add(self, page: ParsedVoices) -> bool:
        """Take what a page brings; False if it brings voices, but none that is new."""
        before = len(self.voices)
        self.skipped += page.skipped
        for voice in page.voices:
            if self.voices.setdefault(voice.voice_id, voice) is not voice:
                self.skipped.append(f"{voice.voice_id}: listed more than once")
        return not page.voices or len(self.voices) > before


async def read_voices(asker: Asker, dialect: VoiceDialect) -> VoiceList:
    """All pages of the list. Raises UpstreamError if it cannot be read to its end, or names no voice."""
    slug, heard = asker.source.slug, GatheredVoices()
    try:
        async with (
            asyncio.timeout(asker.pace.enrichments),
            aclosing(pages(asker, dialect.request, dialect.next_page)) as answers,
        ):
            async for answer in answers:
                if not heard.add(parse_page(asker, dialect, answer.payload)):
                    raise BadAnswer(slug, "the same voices again instead of the next page of them")
    except TimeoutError as error:
        raise TimedOut(slug, asker.pace.enrichments) from error
    if not heard.voices:
        why = f" ({heard.skipped[0]})" if heard.skipped else ""
        raise BadAnswer(slug, f"a list without one usable voice{why}")
    return VoiceList(voices=list(heard.voices.values()), skipped=heard.skipped)


def parse_page(asker: Asker, dialect: VoiceDialect, payload: Any) -> ParsedVoices:
    """Read one page. Raises BadAnswer if it is no list of voices."""
    slug, key = asker.source.slug, asker.source.key
    refuse_flood(slug, payload)
    try:
        return parse(dialect, payload)
    except UNREADABLE as error:
        raise BadAnswer(slug, "something that is not a list of voices", reason_of(payload, key)) from error
