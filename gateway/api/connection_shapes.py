"""The shapes of a test of a connection, for the schema."""

from __future__ import annotations

from rest_framework import serializers

from catalog.api.serializers import optional
from catalog.models import Category


class TestConnectionSerializer(serializers.Serializer):
    """The id of a model, or settings as for a new one: a template or a provider, with what is to be entered. What is
    entered is not stored. Without a model id, only the provider is tested."""

    id = serializers.IntegerField(required=False, allow_null=True, help_text="One's own; for admins any they see.")
    template = serializers.CharField(required=False, allow_null=True)
    provider = serializers.CharField(required=False, allow_null=True, help_text="Its slug.")
    modelId = serializers.CharField(required=False, allow_null=True, allow_blank=True)
    baseUrl = serializers.CharField(
        required=False, allow_null=True, allow_blank=True, help_text="Empty: the provider's. Inner ones are for admins."
    )
    apiKey = serializers.CharField(
        required=False, allow_null=True, allow_blank=True, help_text="Empty: the one that is stored for the address."
    )
    authType = serializers.CharField(required=False, allow_null=True, allow_blank=True)
    authHeaders = serializers.DictField(child=serializers.CharField(), required=False, allow_null=True)
    category = serializers.ChoiceField(Category.choices, required=False, allow_null=True)
    bill = serializers.BooleanField(
        required=False,
        allow_null=True,
        help_text="Whether to make a real call of a few tokens, or for one small image; false unless given.",
    )


class TestedSerializer(serializers.Serializer):
    """Null is unknown: some of it only a real call tells."""

    reachable = optional(serializers.BooleanField)
    authorised = optional(serializers.BooleanField, "Whether the key is accepted; null where its list is public.")
    modelExists = optional(serializers.BooleanField)
    answers = optional(serializers.BooleanField, "Null unless a call was made.")
    latencyMs = optional(serializers.IntegerField, "Of the call, else of the list.")
    message = serializers.CharField(help_text="In words, without keys.")
    billed = serializers.BooleanField(help_text="Whether a real call was made.")
