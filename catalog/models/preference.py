from __future__ import annotations

from django.conf import settings
from django.db import models

from .aimodel import AIModel


class UserPreference(models.Model):
    """What one person chose for themselves. Written by catalog.preferences alone."""

    user = models.OneToOneField(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="preference")
    default_model = models.ForeignKey(AIModel, on_delete=models.SET_NULL, null=True, blank=True, related_name="+")
    updated_at = models.DateTimeField(auto_now=True)

    def __str__(self) -> str:
        return f"Preferences of {self.user}"
