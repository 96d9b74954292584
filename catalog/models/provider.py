from __future__ import annotations

import os
from typing import Any

from django.core.validators import RegexValidator
from django.db import models
from django.db.models import Count, Exists, OuterRef, Q
from django.utils import timezone

from access.caller import Caller
from catalog.providers import SPECS, ProviderSpec

from .grant import Grant


class Auth(models.TextChoices):
    """How a key is presented to a provider."""

    BEARER = "bearer", "Authorization: Bearer"
    X_API_KEY = "x-api-key", "x-api-key"
    X_GOOG_API_KEY = "x-goog-api-key", "x-goog-api-key"
    API_KEY = "api-key", "api-key"
    KEY = "key", "Authorization: Key"
    XI_API_KEY = "xi-api-key", "xi-api-key"
    OCP = "ocp-apim-subscription-key", "Ocp-Apim-Subscription-Key"
    NONE = "none", "no key"


class Health(models.TextChoices):
    UNKNOWN = "unknown", "Unknown"
    HEALTHY = "healthy", "Healthy"
    DEGRADED = "degraded", "Degraded"
    DOWN = "down", "Down"


def denied(caller: Caller) -> Q:
    return Q(pk__in=Grant.objects.about(caller.user_id).denied().provider_ids())


def by_request(caller: Caller) -> Q:
    given = Grant.objects.about(caller.user_id).allowed()
    return Q(pk__in=Grant.objects.for_everyone().provider_ids()) & ~Q(pk__in=given.provider_ids())


class ProviderQuerySet(models.QuerySet["Provider"]):
    def active(self) -> ProviderQuerySet:
        return self.filter(is_active=True)

    def open_to(self, caller: Caller) -> ProviderQuerySet:
        """The providers at which a caller may use models and keep models and keys of their own."""
        return self if caller.is_admin else self.exclude(denied(caller) | by_request(caller))

    def requestable_by(self, caller: Caller) -> ProviderQuerySet:
        """The providers that a caller may ask for as a whole."""
        if caller.is_admin or caller.user_id is None:
            return self.none()
        return self.active().filter(by_request(caller) & ~denied(caller))

    def with_statistics(self) -> ProviderQuerySet:
        """Each provider with how many global models it has in each status, and in all (archived ones apart)."""
        mine = Q(models__owner=None)
        counts = {
            f"{status}_count": Count("models", filter=mine & Q(models__status=status))
            for status in ("pending", "enabled", "disabled", "deprecated", "archived")
        }
        return self.annotate(**counts, total_count=Count("models", filter=mine & ~Q(models__status="archived")))

    def with_stored_key(self) -> ProviderQuerySet:
        """Each provider with `has_stored_key`: whether the organisation stored a key for its present address."""
        from .credential import Credential

        stored = Credential.objects.usable().of(None).filter(provider=OuterRef("pk"), base_url=OuterRef("base_url"))
        return self.annotate(has_stored_key=Exists(stored))


class Provider(models.Model):
    """Who serves models: where, how it is spoken to, and what the operator decided about it."""

    slug = models.CharField(
        max_length=50,
        unique=True,
        validators=[RegexValidator(r"^[a-z0-9][a-z0-9-]*\Z", "Use lower-case letters, digits and hyphens.")],
    )
    name = models.CharField(max_length=100)
    endpoint_type = models.CharField(max_length=50, help_text="The key clients group models by.")
    wire = models.CharField(max_length=30, default="openai", help_text="The protocol calls are made in.")
    listing = models.CharField(
        max_length=30, default="generic", blank=True, help_text="How its list of models is read; empty: it has none."
    )
    base_url = models.CharField(
        "base URL", max_length=500, blank=True, help_text="With the version, such as https://openrouter.ai/api/v1"
    )
    api_key_env = models.CharField(
        "key variable", max_length=100, blank=True, help_text="The environment variable that may hold the key."
    )
    env_key_base_url = models.CharField(
        max_length=500, blank=True, help_text="The address the environment's key was confirmed for."
    )
    auth = models.CharField(max_length=30, choices=Auth.choices, default=Auth.BEARER)
    categories = models.JSONField(default=list, blank=True)
    site_url = models.URLField(blank=True)
    docs_url = models.URLField(blank=True)
    status_url = models.URLField(blank=True)
    logo = models.CharField(max_length=100, blank=True)
    is_active = models.BooleanField("active", default=True)
    policy = models.JSONField(default=dict, blank=True, help_text="What a sync does with new and missing models.")
    health = models.CharField(max_length=10, choices=Health.choices, default=Health.UNKNOWN)
    health_since = models.DateTimeField(null=True, blank=True)
    health_reason = models.CharField(max_length=500, blank=True)
    last_synced_at = models.DateTimeField(null=True, blank=True)
    etag = models.CharField(max_length=200, blank=True)
    enriched = models.CharField(
        max_length=32, blank=True, editable=False, help_text="Digest of what its models were last enriched from."
    )
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    objects = ProviderQuerySet.as_manager()

    class Meta:
        ordering = ["slug"]
        constraints = [
            models.CheckConstraint(condition=~Q(slug="") & ~Q(name=""), name="provider_has_slug_and_name"),
            models.CheckConstraint(condition=Q(auth__in=Auth.values), name="provider_auth_is_known"),
            models.CheckConstraint(condition=Q(health__in=Health.values), name="provider_health_is_known"),
        ]

    def __str__(self) -> str:
        return self.slug

    @property
    def spec(self) -> ProviderSpec | None:
        """What the code knows of it; None for a provider an admin added."""
        return SPECS.get(self.slug)

    @property
    def at_spec_address(self) -> bool:
        return self.spec is not None and self.base_url == self.spec.base_url

    @property
    def environment_key(self) -> str:
        """The key in the environment, if it was confirmed for the present address; else empty."""
        if not self.api_key_env or not self.base_url or self.env_key_base_url != self.base_url:
            return ""
        return os.environ.get(self.api_key_env, "").strip()

    @property
    def needs_key(self) -> bool:
        return self.auth != Auth.NONE

    @property
    def key_configured(self) -> bool:
        """Whether calls can be made: a stored or environment key, or none is needed at a known address."""
        if not self.needs_key:
            return bool(self.base_url)
        if self.environment_key:
            return True
        stored: Any = getattr(self, "has_stored_key", None)
        return self.credentials.usable().for_address(self).exists() if stored is None else bool(stored)

    @property
    def last_sync_age(self) -> float | None:
        """Seconds since the last good sync; None if there was none."""
        return (timezone.now() - self.last_synced_at).total_seconds() if self.last_synced_at else None
