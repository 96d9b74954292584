from __future__ import annotations

from django.db import models
from django.db.models import Q


class BreakerState(models.TextChoices):
    OPEN = "open", "Open: not called"
    TRYING = "trying", "One call is let through"
    CLOSED = "closed", "Closed: called as usual"


class Breaker(models.Model):
    """What the serving processes last said of one provider and key. Written by gateway.breakers alone."""

    provider = models.CharField(max_length=50)
    credential = models.CharField(max_length=60, help_text="organisation, environment, credential:1 or none.")
    worker = models.CharField(max_length=80)
    state = models.CharField(max_length=10, choices=BreakerState.choices)
    failures = models.PositiveIntegerField(default=0, help_text="In a row.")
    reason = models.CharField(max_length=300, blank=True)
    since = models.DateTimeField()
    until = models.DateTimeField(null=True, blank=True, help_text="When the next call is let through.")
    seen_at = models.DateTimeField(auto_now=True)

    class Meta:
        ordering = ["provider", "credential", "worker"]
        constraints = [
            models.UniqueConstraint(fields=["provider", "credential", "worker"], name="one_breaker_per_worker"),
            models.CheckConstraint(condition=Q(state__in=BreakerState.values), name="breaker_state_is_known"),
        ]

    def __str__(self) -> str:
        return f"{self.provider} ({self.credential}): {self.get_state_display()}"
