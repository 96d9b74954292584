"""The shapes of this API, for its schema. What is shown is made by `rendering`, what is sent is read by `intake`."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import inline_serializer
from rest_framework import serializers

from catalog.models import Auth, Category, Health, Status

from .naming import AMOUNT_OF
from .orders import BULK_STATUSES


def optional(field: type[serializers.Field], help_text: str = "", **options: Any) -> Any:
    """A field that is null while nobody knows."""
    return field(allow_null=True, help_text=help_text, **options)


def amounts(required: bool = True) -> dict[str, serializers.Field]:
    return {name: serializers.FloatField(min_value=0, allow_null=True, required=required) for name in AMOUNT_OF}


def words(help_text: str = "") -> serializers.ListField:
    return serializers.ListField(child=serializers.CharField(), help_text=help_text)


class Change(serializers.Serializer):
    """A body in which only the fields that are `needed` must be sent."""

    needed: tuple[str, ...] = ()

    def get_fields(self) -> dict[str, serializers.Field]:
        fields = super().get_fields()
        for name, field in fields.items():
            field.required = name in self.needed
        return fields


class TierSerializer(serializers.Serializer):
    """Amounts that hold from a number of input tokens on."""

    def get_fields(self) -> dict[str, serializers.Field]:
        return {"from": serializers.IntegerField(min_value=1, help_text="Input tokens."), **amounts(required=False)}


def weights() -> dict[str, serializers.Field]:
    kinds = ("inputWithCache", "inputWithoutCache", "cacheRead", "outputTokens")
    return {kind: serializers.FloatField(min_value=0, required=False) for kind in kinds}


class ModelFactsSerializer(serializers.Serializer):
    """What a person may say of a model, and its sources do."""

    name = serializers.CharField(max_length=255)
    category = serializers.ChoiceField(Category.choices)
    description = optional(serializers.CharField)
    thinking = optional(serializers.BooleanField, "Whether it reasons.")
    supportsStreaming = optional(serializers.BooleanField)
    supportsTools = optional(serializers.BooleanField)
    supportsVision = optional(serializers.BooleanField)
    supportsStructuredOutput = optional(serializers.BooleanField)
    inputModalities = words()
    outputModalities = words()
    contextWindow = optional(serializers.IntegerField, "Tokens the endpoint accepts.", min_value=1)
    contextLength = optional(serializers.IntegerField, "The same under its other name.", min_value=1)
    activeWindow = optional(serializers.IntegerField, "Tokens a typical call keeps in play.", min_value=1)
    maxOutput = optional(serializers.IntegerField, min_value=1)
    knowledgeCutoff = optional(serializers.DateTimeField)
    parameters = optional(serializers.FloatField, "Billions.", min_value=0.0001)
    tokenWeights = inline_serializer("TokenWeights", weights(), allow_null=True)
    inputPricePerMtok = optional(serializers.FloatField, "USD per million tokens; null is unknown.", min_value=0)
    outputPricePerMtok = optional(serializers.FloatField, min_value=0)
    cachedInputPricePerMtok = optional(serializers.FloatField, min_value=0)
    pricing = inline_serializer("Pricing", {**amounts(), "tiers": TierSerializer(many=True)}, allow_null=True)
    status = serializers.ChoiceField(Status.choices)
    isActive = serializers.BooleanField(help_text="Whether enabled. Writing it enables, restores or disables.")
    baseUrl = optional(serializers.CharField, "Where it is called; null: at its provider.")
    defaultTemperature = optional(
        serializers.FloatField, "Sent unless a call says otherwise.", min_value=0, max_value=2
    )
    defaultTopP = optional(serializers.FloatField, min_value=0, max_value=1)
    requestsPerMinute = optional(serializers.IntegerField, min_value=1)
    tokensPerMinute = optional(serializers.IntegerField, min_value=1)
    canonicalId = optional(serializers.CharField, "The same model under other names.")
    tags = words()
    successor = optional(serializers.CharField, "provider/model_id; may be written as a row id too.")
    retiresAt = optional(serializers.DateTimeField)
    adminNotes = serializers.CharField(allow_blank=True, required=False, help_text="Admins alone see and write it.")


class ConflictSerializer(serializers.Serializer):
    field = serializers.CharField()
    values = serializers.DictField(help_text="What each source says.")


class DefaultMovedSerializer(serializers.Serializer):
    provider = serializers.CharField()
    category = serializers.ChoiceField(Category.choices)
    previous = optional(serializers.CharField)
    current = optional(serializers.CharField)
    message = serializers.CharField()


class StoredKeySerializer(serializers.Serializer):
    lastFour = optional(serializers.CharField)
    authType = serializers.CharField()
    authHeaders = words("Names, never values.")


class ModelSerializer(ModelFactsSerializer):
    """A model: where it is served, what it can do, what it costs, whether it may be used, and who says so."""

    id = serializers.IntegerField()
    modelId = serializers.CharField(help_text="The name to send upstream.")
    provider = serializers.CharField(help_text="Its slug.")
    endpointType = serializers.CharField()
    complexityFactor = optional(serializers.FloatField, "Parameters / 175 billion.")
    isDefault = serializers.BooleanField()
    isSystem = serializers.BooleanField()
    isPersonal = serializers.BooleanField()
    sources = serializers.DictField(child=serializers.CharField(), help_text="Whose word each field is.")
    conflicts = ConflictSerializer(many=True)
    discoveredAt = optional(serializers.DateTimeField)
    enabledAt = optional(serializers.DateTimeField)
    deprecatedAt = optional(serializers.DateTimeField)
    lastUsedAt = optional(serializers.DateTimeField)
    createdAt = serializers.DateTimeField()
    updatedAt = serializers.DateTimeField()
    providerMetadata = serializers.JSONField(
        required=False, help_text="The entry as the provider sent it; on single objects."
    )
    storedKey = StoredKeySerializer(
        allow_null=True, required=False, help_text="Its own key; on single objects, to those who may replace it."
    )
    defaults = DefaultMovedSerializer(many=True, required=False, help_text="Defaults that a change of status moved.")
    notes = serializers.ListField(
        child=serializers.CharField(), required=False, help_text="What else a change did, such as dropping the key."
    )


class ModelChangeSerializer(Change, ModelFactsSerializer):
    """What to change of a model; what is not named stays. A value given here holds until it is reset."""

    supportsReasoning = optional(serializers.BooleanField, "The same as thinking.")
    pricing = inline_serializer(
        "PricingChange",
        {**amounts(required=False), "tiers": TierSerializer(many=True, required=False)},
        allow_null=True,
        help_text="The amounts to change; the others stay.",
    )
    apiKey = optional(
        serializers.CharField,
        "Stored encrypted, never shown, sent to the model's present address alone; null deletes it.",
        write_only=True,
    )
    authType = serializers.CharField(
        write_only=True, help_text=f"How the key is presented: {', '.join(Auth.values)}; else as at the provider."
    )
    authHeaders = serializers.DictField(
        child=serializers.CharField(), allow_null=True, write_only=True, help_text="Sent along; kept like the key."
    )
    reset = words("Fields to give back to their sources.")
    reason = serializers.CharField(max_length=500, help_text="Kept in the history.")


class NewModelSerializer(ModelChangeSerializer):
    """A model to add: its name, with a modelId or parameters."""

    modelId = serializers.CharField(max_length=255, help_text="Made of the name if missing.")
    provider = serializers.CharField(help_text="A slug; else the primary provider of endpointType, else custom.")
    endpointType = serializers.CharField()
    needed: tuple[str, ...] = ("name",)


class FromTemplateSerializer(NewModelSerializer):
    """What the template asks for, and what is to be other than it says; `modelId` and `name` have defaults."""

    provider = None  # type: ignore[assignment]  # the template's
    endpointType = None  # type: ignore[assignment]
    needed = ()


class TemplateSerializer(serializers.Serializer):
    id = serializers.CharField()
    name = serializers.CharField()
    description = serializers.CharField()
    provider = serializers.CharField(help_text="A slug.")
    endpointType = serializers.CharField()
    baseUrl = optional(serializers.CharField, "Where calls go; null: to be filled in.")
    baseUrlExample = optional(serializers.CharField)
    authType = serializers.CharField(help_text="How the key is presented.")
    keyStored = serializers.BooleanField(help_text="Whether the caller needs no further key.")
    needs = words("What must be sent.")
    exampleModelIds = words()
    docsUrl = optional(serializers.CharField)


class BulkUpdateSerializer(serializers.Serializer):
    """Give model_ids or a filter, not both."""

    model_ids = serializers.ListField(
        child=serializers.RegexField(r"^\d+$"), required=False, help_text="Row ids, integers or digits."
    )
    filter = serializers.DictField(required=False, help_text="The filters of GET /api/admin/models.")
    status = serializers.ChoiceField([(name, name) for name in BULK_STATUSES])
    reason = serializers.CharField(max_length=500, required=False)


class BulkUpdatedSerializer(serializers.Serializer):
    updated = serializers.IntegerField()
    unchanged = serializers.IntegerField()
    defaults = DefaultMovedSerializer(many=True)


class SetDefaultSerializer(serializers.Serializer):
    provider = serializers.CharField(help_text="A slug.")
    category = serializers.ChoiceField(Category.choices)
    model_id = serializers.CharField(help_text="The upstream id.")
    reason = serializers.CharField(max_length=500, required=False)


class PopulatedSerializer(serializers.Serializer):
    message = serializers.CharField()
    summary = inline_serializer(
        "PopulationSummary", {name: serializers.IntegerField() for name in ("created", "skipped", "total")}
    )
    results = inline_serializer(
        "PopulationResult",
        {
            "provider": serializers.CharField(),
            "category": serializers.ChoiceField(Category.choices),
            "modelId": serializers.CharField(),
            "status": serializers.CharField(help_text="created or skipped"),
            "id": serializers.IntegerField(required=False),
            "reason": serializers.CharField(required=False),
        },
        many=True,
    )


class ProviderSettingsSerializer(serializers.Serializer):
    """What an operator decides about a provider."""

    name = serializers.CharField(max_length=100)
    endpointType = serializers.CharField(max_length=50, help_text="The key clients group models by.")
    baseUrl = optional(serializers.CharField, "With the version. A new address drops the stored key.")
    wire = serializers.CharField(help_text="The protocol calls are made in.")
    listing = optional(serializers.CharField, "How its list of models is read; null: it has none.")
    auth = serializers.ChoiceField(Auth.choices, help_text="How a key is presented.")
    apiKeyEnv = optional(serializers.CharField, "The environment variable that may hold the key.")
    categories = words()
    policy = inline_serializer(
        "Policy",
        {
            "new": serializers.CharField(required=False),
            "enablePatterns": serializers.ListField(child=serializers.CharField(), required=False),
            "missing": serializers.CharField(required=False),
            "misses": serializers.IntegerField(required=False),
            "restore": serializers.BooleanField(required=False),
            "categories": serializers.ListField(child=serializers.CharField(), required=False),
            "intervalMinutes": serializers.IntegerField(required=False, help_text="Between scheduled syncs."),
        },
        help_text="What a sync does with new and missing models; written as a whole.",
    )
    isActive = serializers.BooleanField()
    siteUrl = optional(serializers.URLField)
    docsUrl = optional(serializers.URLField)
    statusUrl = optional(serializers.URLField)


class ProviderSerializer(ProviderSettingsSerializer):
    slug = serializers.CharField()
    keyConfigured = serializers.BooleanField(help_text="Whether calls can be made.")
    counts = inline_serializer(
        "Counts", {name: serializers.IntegerField() for name in (*Status.values, "total")}, help_text="Its models."
    )
    defaultModels = serializers.DictField(child=serializers.CharField(), help_text="Category -> model id.")
    health = serializers.ChoiceField(Health.choices)
    healthSince = optional(serializers.DateTimeField)
    healthReason = optional(serializers.CharField)
    lastSyncedAt = optional(serializers.DateTimeField)
    note = optional(serializers.CharField)
    createdAt = serializers.DateTimeField()
    updatedAt = serializers.DateTimeField()
    notes = serializers.ListField(
        child=serializers.CharField(), required=False, help_text="What else a change did, such as dropping the key."
    )


class ProviderChangeSerializer(Change, ProviderSettingsSerializer):
    """What to change of a provider; what is not named stays."""

    apiKey = serializers.CharField(allow_null=True, help_text="Stored encrypted, never shown; null deletes it.")
    confirmEnvKey = serializers.BooleanField(help_text="Send the environment's key to the present address.")
    reason = serializers.CharField(max_length=500)


class NewProviderSerializer(ProviderChangeSerializer):
    slug = serializers.SlugField(max_length=50)
    needed = ("slug",)


def page_of(name: str, item: type[serializers.Serializer]) -> serializers.Serializer:
    """The shape of a list: its items, how many there are, and the neighbouring pages."""
    return inline_serializer(
        f"{item.__name__.removesuffix('Serializer')}Page",
        {
            name: item(many=True),
            "count": serializers.IntegerField(),
            "next": serializers.URLField(allow_null=True),
            "previous": serializers.URLField(allow_null=True),
        },
    )


class ErrorSerializer(serializers.Serializer):
    """Every refusal."""

    error = inline_serializer(
        "Refusal",
        {
            "code": serializers.CharField(),
            "message": serializers.CharField(help_text="A sentence for people."),
            "details": serializers.JSONField(help_text="What is wrong, by the field names that were sent."),
        },
    )
