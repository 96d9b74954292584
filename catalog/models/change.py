from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q


class ObjectType(models.TextChoices):
    """What the history speaks of: our own short list, so that a log outlives a rename of code."""

    MODEL = "model", "Model"
    PROVIDER = "provider", "Provider"
    CREDENTIAL = "credential", "Key"
    GRANT = "grant", "Grant"
    ROUTE = "route", "Route"


class Action(models.TextChoices):
    CREATE = "create", "Created"
    UPDATE = "update", "Changed"
    DELETE = "delete", "Deleted"


class ChangeSet(models.Model):
    """Who changed something, when, through which door and why. One per transaction."""

    class Source(models.TextChoices):
        ADMIN = "admin", "Admin"
        API = "api", "API"
        SYNC = "sync", "Sync"
        COMMAND = "command", "Command"

    at = models.DateTimeField(auto_now_add=True)
    actor = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True)
    actor_label = models.CharField(max_length=150)
    source = models.CharField(max_length=10, choices=Source.choices)
    reason = models.CharField(max_length=500, blank=True)
    request_id = models.CharField(max_length=64, blank=True)
    run = models.BigIntegerField(null=True, blank=True, help_text="The sync run that made it.")
    scope = models.CharField(max_length=60, blank=True, help_text="What it was about, such as a provider's slug.")

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.CheckConstraint(condition=Q(source__in=["admin", "api", "sync", "command"]), name="set_has_a_door")
        ]
        indexes = [models.Index(fields=["run"], condition=Q(run__isnull=False), name="change_set_of_run")]

    def __str__(self) -> str:
        return f"{self.actor_label}, {self.at:%Y-%m-%d %H:%M}"


class ChangeQuerySet(models.QuerySet["Change"]):
    def of(self, object_type: str, object_id: int) -> ChangeQuerySet:
        return self.filter(object_type=object_type, object_id=object_id).select_related("change_set").order_by("-id")

    def after(self, change: Change) -> ChangeQuerySet:
        """Later changes of the same object."""
        return self.filter(object_type=change.object_type, object_id=change.object_id, id__gt=change.pk)


class Change(models.Model):
    """What changed on one object: its touched fields before and after. Never edited, never deleted."""

    change_set = models.ForeignKey(ChangeSet, on_delete=models.CASCADE, related_name="changes")
    action = models.CharField(max_length=10, choices=Action.choices, default=Action.UPDATE)
    object_type = models.CharField(max_length=20, choices=ObjectType.choices)
    object_id = models.BigIntegerField()
    label = models.CharField(max_length=320)
    before = models.JSONField(default=dict)
    after = models.JSONField(default=dict)

    objects = ChangeQuerySet.as_manager()

    class Meta:
        ordering = ["-id"]
        indexes = [models.Index(fields=["object_type", "object_id", "-id"], name="change_history")]

    def __str__(self) -> str:
        return f"{self.get_action_display()} {self.label}"
