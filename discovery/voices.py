"""Lists of voices: what one means for the catalog (pure), and doing that in bulk in the caller's transaction."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple

from catalog import voices
from catalog.models import Category, Provider
from catalog.models import Voice as VoiceRow
from catalog.policy import Policy
from catalog.storable import storable
from catalog.upstream import UpstreamError

from .listings.voices import Voice
from .models import SyncRun
from .voice_list import VoiceList

LONGEST_GENDER = 50
SHOWN = "voices"  # in the plan of a result


class KnownVoice(NamedTuple):
    """What planning needs of a row."""

    pk: int
    voice_id: str
    digest: str
    listed_at: datetime | None
    missing_since: datetime | None
    misses: int
    is_active: bool


@dataclass(frozen=True, kw_only=True)
class FoundVoice:
    """A voice of the list, as the catalog keeps it; `row` is what it is known as, None if it is new."""

    voice_id: str
    stated: dict[str, Any]
    digest: str
    row: KnownVoice | None = None


@dataclass(kw_only=True)
class VoicePlan:
    """What to do with the voices of one provider. `held` says why nothing of it may be done without an admin."""

    new: list[FoundVoice] = field(default_factory=list)
    changed: list[FoundVoice] = field(default_factory=list)
    unchanged: int = 0
    returned: list[KnownVoice] = field(default_factory=list)
    missing: list[KnownVoice] = field(default_factory=list)
    held: str = ""

    @property
    def digest(self) -> str:
        """Tells whether this is the plan a person has seen."""
        found = sorted(f"{item.voice_id} {item.digest}" for item in (*self.new, *self.changed))
        missing = sorted(row.voice_id for row in self.missing)
        return hashlib.blake2b("\n".join([*found, "", *missing]).encode(), digest_size=16).hexdigest()


@dataclass(frozen=True, kw_only=True)
class Heard:
    """What a sync did with a provider's voices, in words."""

    notes: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    reasons: list[str] = field(default_factory=list)  # of entries left out
    held: str = ""
    shown: dict[str, Any] = field(default_factory=dict)  # what a plan of a run says of voices


def plan(known: Iterable[KnownVoice], listed: Iterable[Voice]) -> VoicePlan:
    """Compare the voices a provider lists with those that are known of it."""
    left = {row.voice_id: row for row in known}
    there_before = sum(row.listed_at is not None and row.missing_since is None for row in left.values())
    made = VoicePlan()
    for voice in listed:
        take(made, left.pop(voice.voice_id, None), voice)
    made.missing = [row for row in left.values() if row.listed_at]
    count = len(made.new) + len(made.changed) + made.unchanged
    if count * 2 < there_before:
        made.held = f"The list names {count} voices; before it named {there_before}. Less than half: held"
    return made


def take(made: VoicePlan, row: KnownVoice | None, voice: Voice) -> None:
    stated = stated_by(voice)
    found = FoundVoice(voice_id=voice.voice_id, stated=stated, digest=voices.digest_of(stated), row=row)
    if row is None:
        made.new.append(found)
        return
    if row.digest != found.digest or row.listed_at is None:
        made.changed.append(found)
    else:
        made.unchanged += 1
    if row.missing_since is not None:
        made.returned.append(row)


def stated_by(voice: Voice) -> dict[str, Any]:
    stated: dict[str, Any] = storable(
        {
            "name": voice.name,
            "languages": list(voice.languages),
            "gender": voice.gender[:LONGEST_GENDER],
            "labels": dict(voice.labels),
            "preview_url": voice.preview_url,
            "model_ids": list(voice.model_ids),
        }
    )
    return stated


def gives_up(row: KnownVoice, policy: Policy) -> bool:
    """Whether this miss is the one too many."""
    return row.is_active and policy.missing == "deprecate" and row.misses + 1 >= policy.misses


def known_voices(provider: Provider) -> list[KnownVoice]:
    rows = VoiceRow.objects.filter(provider=provider).order_by("pk")
    return [KnownVoice(*values) for values in rows.values_list(*KnownVoice._fields)]


def apply(made: VoicePlan, provider: Provider, policy: Policy, now: datetime) -> None:
    voices.save(
        voices.row_of(provider, item.voice_id, item.stated, (item.row and item.row.listed_at) or now)
        for item in (*made.new, *made.changed)
    )
    voices.note_returned(row.pk for row in made.returned)
    voices.note_missing((row.pk for row in made.missing), now)
    voices.retire(row.pk for row in made.missing if gives_up(row, policy))


def concern(run: SyncRun) -> bool:
    """Whether a run is about voices at all."""
    return run.category in ("", Category.TTS) and run.only is None


def sync(
    provider: Provider,
    outcome: VoiceList | UpstreamError | None,
    policy: Policy,
    run: SyncRun,
    now: datetime,
    shown: Mapping[str, Any],
) -> Heard:
    """Bring a provider's voices up to date with what was read of their list, or say why not.

    A dry run only plans. A run that was reviewed does what was `shown` and nothing else.
    """
    if outcome is None:
        if concern(run) and not run.dry_run:
            voices.add_curated([provider.slug])
        return Heard()
    if isinstance(outcome, UpstreamError):
        return Heard(warnings=[f"The voices were left as they are. {outcome}"])
    made = plan(known_voices(provider), outcome.voices)
    reasons = [f"voice {reason}" for reason in outcome.skipped]
    if made.held and (run.dry_run or not run.accept_short):
        return Heard(
            held=made.held, notes=[made.held], warnings=[f"{made.held}."], reasons=reasons, shown=as_shown(made)
        )
    if run.dry_run:
        return Heard(notes=[said(made)], reasons=reasons, shown=as_shown(made))
    if run.reviewed_id and shown.get(SHOWN, {}).get("digest") != made.digest:
        return Heard(notes=["The voices differ from what was reviewed and were left alone"], reasons=reasons)
    apply(made, provider, policy, now)
    return Heard(notes=[said(made)], reasons=reasons)


def as_shown(made: VoicePlan) -> dict[str, Any]:
    return {SHOWN: {**counts(made), "digest": made.digest, "held": made.held}}


def counts(made: VoicePlan) -> dict[str, int]:
    return {
        "new": len(made.new),
        "changed": len(made.changed),
        "unchanged": made.unchanged,
        "missing": len(made.missing),
    }


def said(made: VoicePlan) -> str:
    """The plan in words, such as: Voices: 2,006 new."""
    return "Voices: " + ", ".join(f"{number:,} {what}" for what, number in counts(made).items() if number)
