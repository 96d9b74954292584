from __future__ import annotations

from django.apps import AppConfig


class DiscoveryConfig(AppConfig):
    """Asks providers what they offer; proposes, never decides."""

    name = "discovery"
    verbose_name = "Discovery"
    default_auto_field = "django.db.models.BigAutoField"
