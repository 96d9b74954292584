from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.contrib.auth import get_user_model
from django.contrib.auth.models import Group
from django.db import models
from django.db.models import Q, QuerySet
from django.db.models.functions import Coalesce

if TYPE_CHECKING:
    from .aimodel import AIModel
    from .provider import Provider

ONE_TARGET = Q(provider=None, model__isnull=False) | Q(provider__isnull=False, model=None)


class Effect(models.TextChoices):
    ALLOW = "allow", "Given"
    DENY = "deny", "Denied"


class GrantQuerySet(models.QuerySet["Grant"]):
    def for_everyone(self) -> GrantQuerySet:
        """The targets that are open by request only."""
        return self.filter(group=None, user=None)

    def about(self, user_id: int | None) -> GrantQuerySet:
        """What was decided for a person or a group of theirs; nothing for callers who are no person."""
        if user_id is None:
            return self.none()
        groups = get_user_model().groups.through.objects.filter(user=user_id)
        return self.filter(Q(user=user_id) | Q(group__in=groups.values("group")))

    def allowed(self) -> GrantQuerySet:
        return self.filter(effect=Effect.ALLOW)

    def denied(self) -> GrantQuerySet:
        return self.filter(effect=Effect.DENY)

    def model_ids(self) -> QuerySet[Any, Any]:
        return self.filter(model__isnull=False).values("model")

    def provider_ids(self) -> QuerySet[Any, Any]:
        return self.filter(provider__isnull=False).values("provider")


class Grant(models.Model):
    """A model or a whole provider given or denied to a group or a person. Written by catalog.grants alone.

    Everything in use is open to everyone, unless a row for nobody in particular says "by request". What is denied to
    a person or one of their groups stays closed to them, whatever else was given.
    """

    group = models.ForeignKey(Group, on_delete=models.CASCADE, null=True, blank=True, related_name="grants")
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, null=True, blank=True, related_name="grants"
    )
    provider = models.ForeignKey("Provider", on_delete=models.CASCADE, null=True, blank=True, related_name="grants")
    model = models.ForeignKey("AIModel", on_delete=models.CASCADE, null=True, blank=True, related_name="grants")
    effect = models.CharField(max_length=5, choices=Effect.choices, default=Effect.ALLOW)
    reason = models.CharField(max_length=500, blank=True)
    given_by = models.CharField(max_length=150, editable=False)
    created_at = models.DateTimeField(auto_now_add=True)

    objects = GrantQuerySet.as_manager()

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(
                Coalesce("group", 0), Coalesce("user", 0), Coalesce("provider", 0), Coalesce("model", 0),
                name="one_grant_per_subject_and_target",
            ),
            models.CheckConstraint(condition=ONE_TARGET, name="grant_has_one_target"),
            models.CheckConstraint(condition=Q(group=None) | Q(user=None), name="grant_has_one_subject"),
            models.CheckConstraint(
                condition=Q(group__isnull=False) | Q(user__isnull=False) | Q(effect="deny"),
                name="what_is_for_everyone_is_by_request",
            ),
            models.CheckConstraint(condition=Q(effect__in=Effect.values), name="grant_effect_is_known"),
        ]  # fmt: skip

    def __str__(self) -> str:
        return f"{self.target} {self.words}"

    @property
    def target(self) -> Provider | AIModel:
        return self.provider or self.model  # type: ignore[return-value]  # a constraint: one of them

    @property
    def words(self) -> str:
        if self.group is None and self.user is None:
            return "by request only"
        subject = f"the group {self.group}" if self.group else str(self.user)
        return f"{self.get_effect_display().lower()} to {subject}"


class RequestState(models.TextChoices):
    WAITING = "waiting", "Waiting"
    GIVEN = "given", "Given"
    REFUSED = "refused", "Refused"
    WITHDRAWN = "withdrawn", "Withdrawn"


class AccessRequest(models.Model):
    """Somebody asked for what is open by request only, and what became of it. Kept as the history of requests."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="access_requests")
    provider = models.ForeignKey("Provider", on_delete=models.CASCADE, null=True, blank=True, related_name="+")
    model = models.ForeignKey("AIModel", on_delete=models.CASCADE, null=True, blank=True, related_name="+")
    words = models.CharField("why", max_length=500, blank=True)
    state = models.CharField(max_length=10, choices=RequestState.choices, default=RequestState.WAITING)
    asked_at = models.DateTimeField("asked", auto_now_add=True)
    answered_at = models.DateTimeField("answered", null=True, blank=True)
    answered_by = models.CharField(max_length=150, blank=True)
    answer = models.CharField(max_length=500, blank=True)

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(
                "user", Coalesce("provider", 0), Coalesce("model", 0),
                condition=Q(state="waiting"), name="one_waiting_request_per_target",
            ),
            models.CheckConstraint(condition=ONE_TARGET, name="request_has_one_target"),
            models.CheckConstraint(condition=Q(state__in=RequestState.values), name="request_state_is_known"),
        ]  # fmt: skip
        indexes = [models.Index(fields=["state", "-id"], name="request_by_state")]

    def __str__(self) -> str:
        return f"{self.user} asks for {self.target}"

    @property
    def target(self) -> Provider | AIModel:
        return self.provider or self.model  # type: ignore[return-value]  # a constraint: one of them
