from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone

from .provider import Auth, Provider


class CredentialQuerySet(models.QuerySet["Credential"]):
    def usable(self) -> CredentialQuerySet:
        return self.filter(Q(expires_at=None) | Q(expires_at__gt=timezone.now()))

    def of(self, owner_id: int | None) -> CredentialQuerySet:
        """What one person, or with None the organisation, stored for all calls to a provider."""
        return self.filter(owner_id=owner_id, for_one_model=False)

    def for_address(self, provider: Provider) -> CredentialQuerySet:
        """The organisation's credentials stored for the address the provider has now."""
        return self.of(None).filter(provider=provider, base_url=provider.base_url)


class Credential(models.Model):
    """A provider's key, encrypted, and the one address it may be sent to. Written by catalog.credentials alone."""

    provider = models.ForeignKey(Provider, on_delete=models.CASCADE, related_name="credentials")
    base_url = models.CharField(max_length=500)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, null=True, blank=True)
    for_one_model = models.BooleanField(default=False, help_text="Whether it serves the model that names it alone.")
    name = models.CharField(max_length=100, blank=True)
    auth = models.CharField(max_length=30, choices=Auth.choices, blank=True, help_text="Empty: as at its provider.")
    ciphertext = models.TextField(blank=True, editable=False)
    headers_ciphertext = models.TextField(blank=True, editable=False)
    header_names = models.JSONField(default=list, editable=False)
    last_four = models.CharField(max_length=4, blank=True, editable=False)
    expires_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    last_used_at = models.DateTimeField(null=True, blank=True)

    objects = CredentialQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["provider", "base_url"],
                condition=Q(owner=None, for_one_model=False),
                name="one_organisation_key_per_address",
            ),
            models.UniqueConstraint(
                fields=["owner", "provider", "base_url"],
                condition=Q(owner__isnull=False, for_one_model=False),
                name="one_personal_key_per_address",
            ),
            models.CheckConstraint(condition=~Q(base_url=""), name="credential_has_address"),
        ]

    def __str__(self) -> str:
        return f"{self.provider.slug} …{self.last_four}"

    @property
    def ending(self) -> str:
        """All that is ever shown of a key."""
        return f"stored, ends in {self.last_four}" if self.last_four else "stored" if self.ciphertext else "none"
