"""The voices of providers: what is stated of one, and writing many at once. Bookkeeping of lists, no decisions."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

import orjson
from django.db.models import F, Value
from django.db.models.functions import Coalesce
from django.utils import timezone

from catalog.curated import CURATED_VOICES
from catalog.models import Provider, Voice

STATED = ("name", "languages", "gender", "labels", "preview_url", "model_ids")
BATCH = 500  # rows an insert
CHUNK = 5_000  # ids a statement


def digest_of(stated: Mapping[str, Any]) -> str:
    """Tells whether what is stated of a voice has changed."""
    return hashlib.blake2b(orjson.dumps(stated, option=orjson.OPT_SORT_KEYS), digest_size=16).hexdigest()


def row_of(provider: Provider, voice_id: str, stated: Mapping[str, Any], listed_at: datetime | None) -> Voice:
    return Voice(provider=provider, voice_id=voice_id, digest=digest_of(stated), listed_at=listed_at, **stated)


def save(rows: Iterable[Voice]) -> None:
    """Add voices, and give those that are there what is stated of them now. They count as found again."""
    Voice.objects.bulk_create(
        rows,
        batch_size=BATCH,
        update_conflicts=True,
        unique_fields=["provider", "voice_id"],
        update_fields=[*STATED, "digest", "listed_at", "is_active", "missing_since", "misses", "updated_at"],
    )


def note_returned(ids: Iterable[int]) -> None:
    for some in chunks(ids):
        Voice.objects.filter(pk__in=some).update(
            missing_since=None, misses=0, is_active=True, updated_at=timezone.now()
        )


def note_missing(ids: Iterable[int], now: datetime) -> None:
    for some in chunks(ids):
        since = Coalesce("missing_since", Value(now))
        Voice.objects.filter(pk__in=some).update(missing_since=since, misses=F("misses") + 1)


def retire(ids: Iterable[int]) -> None:
    """Offer voices no more. They are kept, and come back when they are listed again."""
    for some in chunks(ids):
        Voice.objects.filter(pk__in=some).update(is_active=False, updated_at=timezone.now())


def chunks(ids: Iterable[int]) -> Iterable[list[int]]:
    listed = list(ids)
    return (listed[start : start + CHUNK] for start in range(0, len(listed), CHUNK))


def add_curated(slugs: Iterable[str]) -> int:
    """Make sure of the voices we name ourselves at some providers; how many were new or had changed."""
    named = set(slugs)
    wanted = [curated for curated in CURATED_VOICES if curated.provider in named]
    if not wanted:
        return 0
    providers = Provider.objects.in_bulk({curated.provider for curated in wanted}, field_name="slug")
    rows = [row_of(providers[curated.provider], curated.voice_id, curated.stated, None) for curated in wanted]
    there = Voice.objects.filter(provider__in=providers.values()).only("provider", "voice_id", "digest", "listed_at")
    known = {(row.provider_id, row.voice_id): row for row in there}
    fresh = [row for row in rows if is_news(row, known.get((row.provider_id, row.voice_id)))]
    save(fresh)
    return len(fresh)


def is_news(curated: Voice, known: Voice | None) -> bool:
    """What a provider itself lists is not for us to correct."""
    return known is None or (known.listed_at is None and known.digest != curated.digest)
