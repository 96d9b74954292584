from __future__ import annotations

import uuid

from django.conf import settings
from django.db import models
from django.db.models import Q


class Conversation(models.Model):
    """What one person and one or more models said. It keeps the name it asks for; each message its own model."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="conversations")
    title = models.CharField(max_length=200, blank=True)
    model_name = models.CharField(max_length=320, help_text="What it calls: a route, or provider/model_id.")
    model = models.ForeignKey(
        "catalog.AIModel", on_delete=models.SET_NULL, null=True, blank=True, related_name="conversations"
    )
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        ordering = ["-updated_at"]
        indexes = [models.Index(fields=["user", "-updated_at"], name="conversation_by_user")]

    def __str__(self) -> str:
        return self.title or f"Conversation {self.pk}"


class Message(models.Model):
    """One message as it was sent or answered, in the OpenAI dialect."""

    conversation = models.ForeignKey(Conversation, on_delete=models.CASCADE, related_name="messages")
    position = models.PositiveIntegerField()
    role = models.CharField(max_length=20)
    body = models.JSONField(help_text="The message, with content and tool calls.")
    model = models.ForeignKey("catalog.AIModel", on_delete=models.SET_NULL, null=True, blank=True, related_name="+")
    model_name = models.CharField(max_length=320, blank=True, help_text="The model that wrote it: provider/model_id.")
    reason = models.CharField(max_length=60, blank=True)
    call_id = models.CharField(max_length=32, blank=True, help_text="The call that made it, see Usage.")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["conversation", "position"]
        constraints = [
            models.UniqueConstraint(fields=["conversation", "position"], name="one_message_per_position"),
            models.CheckConstraint(condition=~Q(role=""), name="message_has_a_role"),
        ]

    def __str__(self) -> str:
        return f"{self.position} {self.role}"
