from __future__ import annotations

from django.db import models
from django.db.models import Q


class Rating(models.Model):
    """What a person thinks of one answer. No foreign keys: the call may be rolled up before."""

    call_id = models.CharField(max_length=32)
    route = models.CharField(max_length=200, blank=True)
    variant = models.CharField(max_length=100, blank=True)
    model = models.CharField(max_length=320, blank=True)
    user_id = models.BigIntegerField(default=0)
    score = models.SmallIntegerField(help_text="1: better or good, 0: worse or bad.")
    comment = models.CharField(max_length=500, blank=True)
    at = models.DateTimeField(auto_now=True)

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(fields=["call_id", "user_id"], name="one_rating_per_call_and_person"),
            models.CheckConstraint(condition=Q(score__in=[0, 1]), name="rating_is_good_or_bad"),
        ]
        indexes = [models.Index(fields=["route", "variant"], name="rating_by_route")]

    def __str__(self) -> str:
        return f"{self.call_id}: {self.score}"
