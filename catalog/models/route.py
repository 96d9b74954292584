from __future__ import annotations

import secrets
from collections.abc import Iterable

from django.core.validators import RegexValidator
from django.db import models
from django.db.models import Prefetch, Q

from .aimodel import AIModel


def new_salt() -> str:
    return secrets.token_hex(8)


class RouteQuerySet(models.QuerySet["Route"]):
    def active(self) -> RouteQuerySet:
        return self.filter(is_active=True)

    def listed(self) -> RouteQuerySet:
        return self.active().filter(is_listed=True)

    def leading_to(self, model: AIModel) -> RouteQuerySet:
        """Those with this model as a target of their own, in order of their names."""
        return self.filter(targets__model=model).order_by("name").distinct()

    def names_by_model(self, ids: Iterable[int]) -> dict[int, list[str]]:
        """The names of those that lead to each of these models; models to which none leads are left out."""
        names: dict[int, list[str]] = {}
        found = self.filter(targets__model__in=list(ids)).order_by("name")
        for pk, name in found.values_list("targets__model_id", "name").distinct():
            names.setdefault(pk, []).append(name)
        return names

    def with_targets(self) -> RouteQuerySet:
        """With their targets in order and what these lead to."""
        rows = RouteTarget.objects.select_related("model__provider", "to_route").order_by("position")
        return self.prefetch_related(Prefetch("targets", rows.defer("model__claims", "model__provider_metadata")))


class Route(models.Model):
    """A public name for models: alias, weighted split and chain of fallbacks. Written by catalog.routes alone."""

    name = models.CharField(
        max_length=200,
        unique=True,
        validators=[
            RegexValidator(
                r"^[A-Za-z0-9][A-Za-z0-9._:/@~-]*\Z", "Use letters, digits and . _ : / @ ~ - without spaces."
            )
        ],
        help_text="What callers send as model. It wins over a model of the same name.",
    )
    description = models.CharField(max_length=500, blank=True)
    is_active = models.BooleanField("active", default=True)
    is_listed = models.BooleanField("listed", default=True, help_text="Whether GET /v1/models names it.")
    is_experiment = models.BooleanField(
        "experiment", default=False, help_text="Whether its variants are compared on the page of experiments."
    )
    salt = models.CharField(
        max_length=16, default=new_salt, editable=False, help_text="Decides which conversation gets which variant."
    )
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)
    updated_by = models.CharField(max_length=150, blank=True, editable=False)

    objects = RouteQuerySet.as_manager()

    class Meta:
        ordering = ["name"]
        constraints = [models.CheckConstraint(condition=~Q(name="") & ~Q(salt=""), name="route_has_name_and_salt")]

    def __str__(self) -> str:
        return self.name


class RouteTarget(models.Model):
    """Where a route leads: with a weight, a variant of the split; without, a fallback, tried in order of position."""

    route = models.ForeignKey(Route, on_delete=models.CASCADE, related_name="targets")
    position = models.PositiveIntegerField()
    model = models.ForeignKey(AIModel, on_delete=models.PROTECT, null=True, blank=True, related_name="route_targets")
    to_route = models.ForeignKey(Route, on_delete=models.PROTECT, null=True, blank=True, related_name="used_by")
    weight = models.PositiveIntegerField(default=0, help_text="Its share of the calls; 0: only a fallback.")
    variant = models.CharField(max_length=100, blank=True, help_text="Its name in experiments; empty: the model's.")

    class Meta:
        ordering = ["route", "position"]
        constraints = [
            models.UniqueConstraint(fields=["route", "position"], name="one_target_per_position"),
            models.CheckConstraint(
                condition=Q(model__isnull=False, to_route=None) | Q(model=None, to_route__isnull=False),
                name="target_is_a_model_or_a_route",
            ),
            models.CheckConstraint(
                condition=Q(to_route=None) | ~Q(to_route=models.F("route")), name="route_does_not_lead_to_itself"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.route_id} {self.position}"

    @property
    def leads_to(self) -> str:
        """`provider/model_id`, or the name of a route."""
        return str(self.model or self.to_route)

    @property
    def label(self) -> str:
        """What usage and experiments call it."""
        return self.variant or self.leads_to
