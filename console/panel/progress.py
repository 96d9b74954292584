"""How far the sync of what the panel shows is, or when it was last done."""

from __future__ import annotations

from dataclasses import dataclass

from django.urls import reverse
from django.utils import timezone

from catalog.models import Provider
from console.panel.choice import Choice
from discovery import leases
from discovery.models import FRESH, UNFINISHED, SyncResult, SyncState


@dataclass(frozen=True, kw_only=True, slots=True)
class Progress:
    """Of a run that goes on, or else how the last one at the provider ended, as long as that is news."""

    running: bool
    words: str = ""
    failed: bool = False
    run_url: str = ""


def progress_of(choice: Choice, provider: Provider | None) -> Progress:
    """Of one provider, or of all together."""
    leases.settle()
    results = SyncResult.objects.filter(run__dry_run=False).select_related("run", "provider").defer("plan")
    if provider is not None:
        results = results.filter(provider=provider)
    going = list(results.filter(state__in=UNFINISHED).order_by("-id")[:1])
    if going:
        return under_way(going[0], alone=provider is not None)
    last = results.exclude(state=SyncState.SKIPPED).order_by("-id").first() if provider is not None else None
    if last is None:
        return Progress(running=False)
    failed = last.state == SyncState.FAILED
    is_news = failed or (last.finished_at is not None and timezone.now() - last.finished_at < FRESH)
    return Progress(running=False, words=last.message if is_news else "", failed=failed, run_url=url_of(last))


def under_way(result: SyncResult, *, alone: bool) -> Progress:
    if alone:
        words = "It waits for its turn." if result.state == SyncState.QUEUED else result.message or "asking"
        return Progress(running=True, words=words, run_url=url_of(result))
    states = list(result.run.results.values_list("state", flat=True))
    done = sum(state not in UNFINISHED for state in states)
    return Progress(running=True, words=f"{done} of {len(states)} providers done.", run_url=url_of(result))


def url_of(result: SyncResult) -> str:
    return reverse("discovery-run", args=[result.run_id])
