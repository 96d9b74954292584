"""The shapes of a calculation, for the schema. What is sent is read, and what is shown is made, by `calculating`."""

from __future__ import annotations

from drf_spectacular.utils import inline_serializer
from rest_framework import serializers

from catalog import conversation, energy, tokens
from catalog.facts import TOKEN_KINDS

from .naming import camel
from .serializers import optional, weights


def counts(ranges: dict[str, tuple[int, int]], required: bool) -> dict[str, serializers.Field]:
    return {
        camel(name): serializers.IntegerField(min_value=least, max_value=most, required=required)
        for name, (least, most) in ranges.items()
    }


def a_key(name: str) -> serializers.ChoiceField:
    choices = [(key, entry.name) for key, entry in energy.TABLES[name].items()]
    return serializers.ChoiceField(choices, required=False, allow_null=True)


class CalculateSerializer(serializers.Serializer):
    """Give either tokens or a conversation. Without models, all enabled text models with a price are compared."""

    tokens = inline_serializer(
        "TokensOfOneCall",
        counts(tokens.RANGES, required=False),
        required=False,
        allow_null=True,
        help_text="Of one call, by kind; a kind that is not named does not occur.",
    )
    conversation = inline_serializer(
        "ConversationToPrice",
        {
            **counts(conversation.RANGES, required=True),
            "cache": serializers.BooleanField(
                required=False, help_text="Whether prompts are cached; false unless given."
            ),
        },
        required=False,
        allow_null=True,
        help_text="In each turn the user speaks once and every agent answers once, reading all that was said before.",
    )
    models = serializers.ListField(
        child=serializers.CharField(),
        required=False,
        allow_null=True,
        help_text="Row ids, as integers or digits, or names such as openai/gpt-5.",
    )
    customCosts = inline_serializer(
        "CustomCosts",
        {kind: serializers.FloatField(min_value=0, required=False, allow_null=True) for kind in TOKEN_KINDS},
        required=False,
        allow_null=True,
        help_text="USD per million tokens of each kind, compared as one more offer.",
    )
    hardware = a_key("hardware")
    site = a_key("site")
    grid = a_key("grid")


def entry(name: str, **numbers: serializers.Field) -> serializers.Serializer:
    """An entry of the table behind the estimate, with its source."""
    words = {field: serializers.CharField() for field in ("key", "name", "source")}
    return inline_serializer(name, {**words, "year": serializers.IntegerField(), **numbers})


RESULT = inline_serializer(
    "CalculationResult",
    {
        "rank": optional(
            serializers.IntegerField, "1 is the cheapest, equal costs share it; null: the cost is unknown."
        ),
        "id": optional(serializers.IntegerField, "Null: the custom costs."),
        "model": optional(serializers.CharField, "provider/model_id"),
        "name": serializers.CharField(),
        "cost": optional(serializers.FloatField, "USD."),
        "tokens": inline_serializer(
            "CalculatedTokens", {kind: serializers.IntegerField() for kind in TOKEN_KINDS}, allow_null=True
        ),
        "calls": optional(serializers.IntegerField),
        "fits": serializers.BooleanField(help_text="Whether the model's window holds the first turn."),
        "cut": serializers.BooleanField(help_text="Whether its window makes old messages be dropped."),
        "tokenWeights": inline_serializer("WeightsUsed", weights()),
        "ownWeights": serializers.BooleanField(help_text="Whether the model states weights of its own."),
        "weightedTokens": optional(serializers.FloatField),
        "complexityFactor": optional(serializers.FloatField, "Parameters / 175 billion."),
        "joules": optional(serializers.FloatField, "An estimate; null while the parameters are unknown."),
        "kilowattHours": optional(serializers.FloatField),
        "co2Grams": optional(serializers.FloatField),
    },
    many=True,
)


class CalculatedSerializer(serializers.Serializer):
    results = RESULT
    count = serializers.IntegerField()
    complete = serializers.BooleanField(help_text="False: there are more models with a price; name those you mean.")
    estimate = inline_serializer(
        "EnergyEstimate",
        {
            "formula": serializers.CharField(),
            "hardware": entry(
                "EstimateHardware",
                watts=serializers.IntegerField(),
                tokensPerSecond=serializers.FloatField(help_text="Tokens of weight 1, at complexity factor 1."),
            ),
            "site": entry("EstimateSite", pue=serializers.FloatField()),
            "grid": entry("EstimateGrid", gramsPerKwh=serializers.FloatField(help_text="CO2 equivalent.")),
        },
        help_text="What the estimate of energy and CO2 rests on.",
    )
