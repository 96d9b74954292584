from __future__ import annotations

from django.db import models
from django.db.models import Q


class Unit(models.TextChoices):
    REQUESTS = "requests", "Requests a minute"
    TOKENS = "tokens", "Tokens a minute"
    NANO_USD = "nano_usd", "Billionths of a USD a month"


class Allowance(models.Model):
    """What of one limit, in one minute or month, the processes have taken for themselves. Written by access.slices."""

    subject = models.CharField(max_length=60, help_text="key:1, user:2 or model:3.")
    unit = models.CharField(max_length=10, choices=Unit.choices)
    window = models.DateTimeField(help_text="When the minute or month began.")
    taken = models.BigIntegerField(default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["subject", "unit", "window"], name="one_allowance_per_window"),
            models.CheckConstraint(condition=Q(unit__in=Unit.values), name="allowance_unit_is_known"),
            models.CheckConstraint(condition=Q(taken__gte=0), name="allowance_is_not_negative"),
        ]
        indexes = [models.Index(fields=["window"], name="allowance_by_window")]

    def __str__(self) -> str:
        return f"{self.subject} {self.unit} {self.window:%Y-%m-%d %H:%M}"
