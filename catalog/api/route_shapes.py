"""The shapes of routes, for the schema of this API."""

from __future__ import annotations

from drf_spectacular.utils import inline_serializer
from rest_framework import serializers

from catalog.routes.definition import LARGEST_WEIGHT, LONGEST_VARIANT, MOST_TARGETS
from catalog.traffic import DAYS

from .serializers import Change, optional


class TargetSerializer(serializers.Serializer):
    """Where calls of a route go: a model or another route, never both."""

    model = optional(serializers.CharField, "provider/model_id; may be written as a row id too.")
    route = optional(serializers.CharField, "Another route by its name; may be written as a row id too.")
    weight = serializers.IntegerField(min_value=0, max_value=LARGEST_WEIGHT, help_text="Its share; 0: a fallback only.")
    variant = optional(
        serializers.CharField, "What experiments call it; null: what it leads to.", max_length=LONGEST_VARIANT
    )
    status = serializers.CharField(help_text="Of the model; of a route, enabled or disabled.")


class TargetChangeSerializer(serializers.Serializer):
    model = optional(serializers.CharField, "provider/model_id, or the id of its row.", required=False)
    route = optional(serializers.CharField, "A route's name, or the id of its row.", required=False)
    weight = serializers.IntegerField(min_value=0, max_value=LARGEST_WEIGHT, required=False, help_text="0 unless said.")
    variant = optional(serializers.CharField, required=False, max_length=LONGEST_VARIANT)


class RouteSettingsSerializer(serializers.Serializer):
    """What an operator decides about a route."""

    name = serializers.CharField(max_length=200, help_text="What callers send as model; it wins over a model's name.")
    description = serializers.CharField(max_length=500, allow_blank=True)
    isActive = serializers.BooleanField()
    isListed = serializers.BooleanField(help_text="Whether GET /v1/models names it.")
    isExperiment = serializers.BooleanField(help_text="Whether GET /api/experiments compares its variants.")


class RouteSerializer(RouteSettingsSerializer):
    id = serializers.IntegerField()
    targets = TargetSerializer(many=True, help_text="In order: fallbacks are tried so.")
    stats = inline_serializer(
        "RouteStats",
        {
            "days": serializers.IntegerField(help_text=f"{DAYS}, today (UTC) among them."),
            "calls": serializers.IntegerField(),
            "errors": serializers.IntegerField(),
        },
    )
    createdAt = serializers.DateTimeField()
    updatedAt = serializers.DateTimeField()
    updatedBy = optional(serializers.CharField)
    notes = serializers.ListField(
        child=serializers.CharField(), required=False, help_text="What else a change means, such as hiding a model."
    )


class RouteChangeSerializer(Change, RouteSettingsSerializer):
    """What to change of a route; what is not named stays. Targets are written as a whole."""

    targets = TargetChangeSerializer(many=True, help_text=f"1 to {MOST_TARGETS}, at least one with a weight.")
    reason = serializers.CharField(max_length=500, help_text="Kept in the history.")


class NewRouteSerializer(RouteChangeSerializer):
    needed = ("name", "targets")
