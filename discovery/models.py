from __future__ import annotations

from datetime import timedelta

from django.db import models
from django.db.models import F, Q

from catalog.models import Provider

LEASE = timedelta(minutes=2)  # a worker renews it every half minute; a lapsed one means that the worker died
FRESH = timedelta(minutes=5)  # the least time between two refreshes of a provider


class SyncRun(models.Model):
    """One request to ask providers what they offer: who asked, how, and one result per provider."""

    created_at = models.DateTimeField(auto_now_add=True)
    finished_at = models.DateTimeField(null=True, blank=True)
    requested_by = models.CharField(max_length=150)
    source = models.CharField(max_length=10)
    category = models.CharField(max_length=20, blank=True, help_text="Empty: all.")
    dry_run = models.BooleanField(default=False)
    force = models.BooleanField(default=False)
    reason = models.CharField(max_length=500, blank=True)
    reviewed = models.ForeignKey(
        "self",
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        help_text="Nothing is done that this run did not show.",
    )
    only = models.JSONField(null=True, blank=True, help_text="The ids of the models it may touch; empty: all.")
    accept_short = models.BooleanField(default=False, help_text="A person looked at a list that was held.")

    class Meta:
        ordering = ["-id"]

    def __str__(self) -> str:
        return f"sync {self.pk}"


class SyncState(models.TextChoices):
    QUEUED = "queued", "Queued"
    RUNNING = "running", "Running"
    SUCCEEDED = "succeeded", "Succeeded"
    HELD = "held", "Held"
    SKIPPED = "skipped", "Skipped"
    FAILED = "failed", "Failed"


UNFINISHED = (SyncState.QUEUED, SyncState.RUNNING)


class Decision(models.TextChoices):
    ACCEPTED = "accepted", "Accepted"
    REFUSED = "refused", "Refused"


class SyncResult(models.Model):
    """What a run did at one provider. While `lease_until` is set, its worker alone may sync that provider."""

    run = models.ForeignKey(SyncRun, on_delete=models.CASCADE, related_name="results")
    provider = models.ForeignKey(Provider, on_delete=models.CASCADE, related_name="sync_results")
    state = models.CharField(max_length=10, choices=SyncState.choices, default=SyncState.QUEUED)
    lease_until = models.DateTimeField(null=True, blank=True)
    attempts = models.PositiveSmallIntegerField(default=0, help_text="How many workers began with it.")
    seen_at = models.DateTimeField(null=True, blank=True, help_text="The last sign of life of its worker.")
    started_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)
    fetched = models.PositiveIntegerField(default=0, help_text="Distinct entries of the main list.")
    transformed = models.PositiveIntegerField(default=0)
    skipped = models.PositiveIntegerField(default=0)
    new = models.PositiveIntegerField(default=0)
    changed = models.PositiveIntegerField(default=0)
    unchanged = models.PositiveIntegerField(default=0)
    missing = models.PositiveIntegerField(default=0)
    returned = models.PositiveIntegerField(default=0)
    deprecated = models.PositiveIntegerField(default=0)
    held = models.PositiveIntegerField(default=0)
    message = models.TextField(blank=True, help_text="What happens or happened, in words.")
    reasons = models.JSONField(default=list, blank=True, help_text="Entries left out, and why.")
    warnings = models.JSONField(default=list, blank=True)
    plan = models.JSONField(null=True, blank=True, help_text="What a dry run would do, or what was held.")
    decision = models.CharField(
        max_length=10, choices=Decision.choices, blank=True, help_text="On a list that was held."
    )
    decided_by = models.CharField(max_length=150, blank=True)
    decided_at = models.DateTimeField(null=True, blank=True)
    decision_reason = models.CharField(max_length=500, blank=True)

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(fields=["run", "provider"], name="one_result_per_run_and_provider"),
            models.UniqueConstraint(
                fields=["provider"], condition=Q(lease_until__isnull=False), name="one_sync_per_provider_at_a_time"
            ),
            models.CheckConstraint(condition=Q(state__in=SyncState.values), name="sync_state_is_known"),
            models.CheckConstraint(condition=Q(decision__in=["", *Decision.values]), name="sync_decision_is_known"),
        ]
        indexes = [models.Index(F("provider"), F("id").desc(), name="last_syncs_of_provider")]

    def __str__(self) -> str:
        return f"{self.run} of {self.provider.slug}"

    @property
    def duration(self) -> float | None:
        """Seconds from start to end; None while it runs."""
        if self.started_at is None or self.finished_at is None:
            return None
        return (self.finished_at - self.started_at).total_seconds()
