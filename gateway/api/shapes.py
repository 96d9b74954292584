"""The shapes of the gateway's own API, for its schema."""

from __future__ import annotations

from rest_framework import serializers

from catalog.api.serializers import optional
from gateway.ratings import LONGEST_COMMENT


class ContrastSerializer(serializers.Serializer):
    """A measure less that of the first variant, with its 95 % interval: Newcombe's for rates, Welch's for means."""

    value = serializers.FloatField()
    low = optional(serializers.FloatField)
    high = optional(serializers.FloatField)
    isReal = optional(serializers.BooleanField, "Whether the interval excludes zero; null: too little is known.")


class MeasuredSerializer(serializers.Serializer):
    """A measure with its 95 % interval: Wilson's for rates, Student's for means. Unknown is null."""

    value = optional(serializers.FloatField)
    low = optional(serializers.FloatField)
    high = optional(serializers.FloatField)
    of = serializers.IntegerField(help_text="How many calls, or ratings, it is made of.")
    difference = ContrastSerializer(allow_null=True, help_text="Null for the first variant, and while unknown.")


class VariantSerializer(serializers.Serializer):
    name = serializers.CharField(allow_blank=True, help_text="Empty: calls that ended before one was chosen.")
    share = optional(serializers.FloatField, "Of the calls, as the route is now; null: it was a variant once.")
    calls = serializers.IntegerField()
    errors = serializers.IntegerField()  # type: ignore[assignment]  # declared fields are no attributes
    refused = serializers.IntegerField(help_text="By us, such as over a limit.")
    cancelled = serializers.IntegerField(help_text="By the caller.")
    fallbacks = serializers.IntegerField(help_text="Answered by another model than the one first tried.")
    unpriced = serializers.IntegerField(help_text="Answered, at a cost nobody knows; not in the mean cost.")
    errorRate = MeasuredSerializer(help_text="Of the calls that were answered or failed.")
    fallbackRate = MeasuredSerializer(help_text="Of the answered calls.")
    latencyMs = MeasuredSerializer(help_text="Mean milliseconds from arrival to the last byte of answered calls.")
    tokens = MeasuredSerializer(help_text="Mean input and output tokens of calls whose tokens are known.")
    cost = MeasuredSerializer(help_text="Mean USD of calls whose cost is known.")
    rating = MeasuredSerializer(help_text="The share of good ratings.")


class ExperimentSerializer(serializers.Serializer):
    """A route and its variants. Admins see everyone's calls, others their own."""

    id = serializers.IntegerField(help_text="Of the route.")
    name = serializers.CharField()
    description = serializers.CharField(allow_blank=True)
    isActive = serializers.BooleanField()
    isExperiment = serializers.BooleanField()
    to = serializers.DateField()
    confidence = serializers.FloatField(help_text="Of all intervals.")
    variants = VariantSerializer(many=True)

    def get_fields(self) -> dict[str, serializers.Field]:
        return {**super().get_fields(), "from": serializers.DateField(help_text="Days in UTC, both included.")}


class NewRatingSerializer(serializers.Serializer):
    callId = serializers.CharField(help_text="The x-request-id of the answer.")
    score = serializers.ChoiceField([0, 1], help_text="1: good, 0: bad.")
    comment = serializers.CharField(max_length=LONGEST_COMMENT, required=False, allow_blank=True, allow_null=True)


class RatingSerializer(serializers.Serializer):
    callId = serializers.CharField()
    route = serializers.CharField()
    variant = serializers.CharField(allow_blank=True)
    model = serializers.CharField(allow_blank=True)
    score = serializers.IntegerField()
    comment = serializers.CharField(allow_blank=True)
    at = serializers.DateTimeField()
