from __future__ import annotations

from django.db import models
from django.db.models import Q


class Kind(models.TextChoices):
    SIGN_IN = "sign_in", "Signed in"
    SIGN_IN_FAILED = "failed", "Sign-in failed"
    LOCKED = "locked", "Locked out"
    SIGN_OUT = "sign_out", "Signed out"
    REFUSED = "refused", "Refused"
    ADMIN_KEY_USED = "admin_key", "Admin key used"
    KEY_MADE = "key_made", "Key made"
    KEY_ROTATED = "key_rotated", "Key rotated"
    KEY_REVOKED = "key_revoked", "Key revoked"
    KEY_CHANGED = "key_changed", "Key changed"
    OWNER_CHANGED = "owner", "Key owner changed"


# What other workers must hear of, to look at a key again.
KEY_NEWS = (Kind.KEY_MADE, Kind.KEY_ROTATED, Kind.KEY_REVOKED, Kind.KEY_CHANGED, Kind.OWNER_CHANGED)


class AuthEvent(models.Model):
    """Who came, from where, and how it ended. No foreign keys, so that it stays as it was; never edited."""

    at = models.DateTimeField(auto_now_add=True)
    kind = models.CharField(max_length=12, choices=Kind.choices)
    who = models.CharField(max_length=150, blank=True)
    user_id = models.BigIntegerField(null=True, blank=True)
    api_key_id = models.BigIntegerField(null=True, blank=True)
    address = models.GenericIPAddressField(null=True, blank=True)
    request_id = models.CharField(max_length=64, blank=True)
    detail = models.CharField(max_length=300, blank=True)

    class Meta:
        verbose_name = "access event"
        ordering = ["-id"]
        constraints = [models.CheckConstraint(condition=Q(kind__in=Kind.values), name="event_kind_is_known")]
        indexes = [
            models.Index(fields=["id", "api_key_id"], condition=Q(kind__in=KEY_NEWS), name="event_key_news"),
            models.Index(fields=["kind", "-id"], name="event_by_kind"),
            models.Index(fields=["at"], name="event_by_time"),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()}: {self.who or 'nobody'}, {self.at:%Y-%m-%d %H:%M}"
