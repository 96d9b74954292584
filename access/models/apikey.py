from __future__ import annotations

from django.conf import settings
from django.core.validators import MinValueValidator
from django.db import models
from django.db.models import Q
from django.utils import timezone

AT_LEAST_ONE = [MinValueValidator(1)]
NOT_NEGATIVE = [MinValueValidator(0)]


class Limits(models.Model):
    """How much may be used a minute and a month; empty is unlimited."""

    requests_per_minute = models.PositiveIntegerField(null=True, blank=True, validators=AT_LEAST_ONE)
    tokens_per_minute = models.PositiveIntegerField(null=True, blank=True, validators=AT_LEAST_ONE)
    monthly_budget = models.DecimalField(
        max_digits=12, decimal_places=2, null=True, blank=True, validators=NOT_NEGATIVE, help_text="USD a month (UTC)."
    )
    allow_unpriced = models.BooleanField(
        default=False, help_text="Whether models of unknown price may be called in spite of a budget."
    )

    class Meta:
        abstract = True


class ApiKeyQuerySet(models.QuerySet["ApiKey"]):
    def of(self, user_id: int | None) -> ApiKeyQuerySet:
        """One person's keys; of None, those of services."""
        return self.filter(owner_id=user_id)

    def usable(self) -> ApiKeyQuerySet:
        return self.filter(Q(expires_at=None) | Q(expires_at__gt=timezone.now()), revoked_at=None)


class ApiKey(Limits):
    """A key we issued. What it opens is kept; of the key itself only its SHA-256. Written by access.keys alone."""

    name = models.CharField(max_length=100)
    prefix = models.CharField(max_length=8, unique=True, editable=False, help_text="Names the key; no secret.")
    digest = models.CharField(max_length=64, unique=True, editable=False)
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, null=True, blank=True, related_name="api_keys",
        help_text="Empty: a service.",
    )  # fmt: skip
    scopes = models.JSONField(default=list)
    allowed_providers = models.JSONField(default=list, blank=True)
    allowed_models = models.JSONField(default=list, blank=True)
    allowed_routes = models.JSONField(default=list, blank=True)
    expires_at = models.DateTimeField(null=True, blank=True)
    last_used_at = models.DateTimeField(null=True, blank=True, editable=False)
    revoked_at = models.DateTimeField(null=True, blank=True, editable=False)
    created_at = models.DateTimeField(auto_now_add=True)
    created_by = models.CharField(max_length=150, editable=False)
    form_id = models.UUIDField(
        null=True, unique=True, editable=False, help_text="The form that made it: one makes one."
    )

    objects = ApiKeyQuerySet.as_manager()

    class Meta:
        verbose_name = "API key"
        ordering = ["name", "id"]
        constraints = [
            models.CheckConstraint(condition=~Q(name=""), name="key_has_a_name"),
            models.CheckConstraint(
                condition=Q(monthly_budget=None) | Q(monthly_budget__gte=0), name="key_budget_is_not_negative"
            ),
            models.CheckConstraint(
                condition=(Q(requests_per_minute=None) | Q(requests_per_minute__gt=0))
                & (Q(tokens_per_minute=None) | Q(tokens_per_minute__gt=0)),
                name="key_rates_are_positive",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.name} (mr_{self.prefix}…)"

    @property
    def state(self) -> str:
        if self.revoked_at is not None:
            return "revoked"
        return "expired" if self.expires_at is not None and self.expires_at <= timezone.now() else "active"


class UserLimits(Limits):
    """What one person may use with all their keys together."""

    user = models.OneToOneField(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="limits")

    class Meta:
        verbose_name = "limits of a user"
        verbose_name_plural = "limits of users"
        constraints = [
            models.CheckConstraint(
                condition=Q(monthly_budget=None) | Q(monthly_budget__gte=0), name="user_budget_is_not_negative"
            ),
            models.CheckConstraint(
                condition=(Q(requests_per_minute=None) | Q(requests_per_minute__gt=0))
                & (Q(tokens_per_minute=None) | Q(tokens_per_minute__gt=0)),
                name="user_rates_are_positive",
            ),
        ]

    def __str__(self) -> str:
        return f"Limits of {self.user}"
