from __future__ import annotations

from datetime import datetime
from decimal import Decimal

from django.db import models
from django.db.models import F, Q
from django.utils import timezone

TOKEN_AMOUNTS = (
    "input_mtok",
    "output_mtok",
    "cache_read_mtok",
    "cache_write_mtok",
    "reasoning_mtok",
    "audio_input_mtok",
    "audio_output_mtok",
)
UNIT_AMOUNTS = ("request", "image", "minute", "mchar")
AMOUNTS = (*TOKEN_AMOUNTS, *UNIT_AMOUNTS)


class PriceState(models.TextChoices):
    IN_FORCE = "in_force", "In force"
    SCHEDULED = "scheduled", "Scheduled"
    HELD = "held", "Held"
    REFUSED = "refused", "Refused"
    PAST = "past", "Past"


def amount(unit: str) -> models.DecimalField:
    """An amount in USD per unit: null is unknown, 0 is free because a source said so."""
    return models.DecimalField(max_digits=20, decimal_places=10, null=True, blank=True, help_text=f"USD per {unit}")


class PriceQuerySet(models.QuerySet["Price"]):
    def in_force_at(self, moment: datetime) -> PriceQuerySet:
        """The price that holds at a moment, newest first; scheduled prices count from their date on."""
        return self.filter(
            state__in=[PriceState.IN_FORCE, PriceState.SCHEDULED, PriceState.PAST], effective_from__lte=moment
        ).order_by("-effective_from", "-id")

    def due(self, moment: datetime) -> PriceQuerySet:
        return self.filter(state=PriceState.SCHEDULED, effective_from__lte=moment)


class Price(models.Model):
    """What a model costs from a moment on. One row per change; written by catalog.pricing alone."""

    model = models.ForeignKey("catalog.AIModel", on_delete=models.CASCADE, related_name="prices")
    source = models.CharField(max_length=60)
    state = models.CharField(max_length=10, choices=PriceState.choices)
    effective_from = models.DateTimeField(default=timezone.now)
    created_at = models.DateTimeField(auto_now_add=True)
    input_mtok = amount("million input tokens")
    output_mtok = amount("million output tokens")
    cache_read_mtok = amount("million tokens read from the cache")
    cache_write_mtok = amount("million tokens written to the cache")
    reasoning_mtok = amount("million reasoning tokens")
    audio_input_mtok = amount("million audio input tokens")
    audio_output_mtok = amount("million audio output tokens")
    request = amount("request")
    image = amount("image")
    minute = amount("minute of audio")
    mchar = amount("million characters")
    tiers = models.JSONField(
        default=list, blank=True, help_text='Dearer amounts from a number of input tokens on: [{"from": 200000, …}]'
    )

    objects = PriceQuerySet.as_manager()

    class Meta:
        ordering = ["-effective_from", "-id"]
        constraints = [
            models.UniqueConstraint(fields=["model"], condition=Q(state="in_force"), name="one_price_in_force"),
            models.UniqueConstraint(fields=["model"], condition=Q(state="held"), name="one_price_held"),
            models.CheckConstraint(condition=Q(state__in=PriceState.values), name="price_state_is_known"),
            *(
                models.CheckConstraint(
                    condition=Q(**{name: None}) | Q(**{f"{name}__gte": 0}), name=f"price_{name}_not_negative"
                )
                for name in AMOUNTS
            ),
        ]
        indexes = [
            models.Index(fields=["effective_from"], condition=Q(state="scheduled"), name="price_scheduled"),
            models.Index(F("model"), F("effective_from").desc(), name="price_history"),
        ]

    def __str__(self) -> str:
        return f"{self.model_id} {self.get_state_display()} from {self.effective_from:%Y-%m-%d}"

    @property
    def amounts(self) -> dict[str, Decimal | None]:
        return {name: getattr(self, name) for name in AMOUNTS}
