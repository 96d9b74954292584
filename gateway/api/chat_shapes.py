"""The shapes of chats and conversations, for the schema. What is sent is read by `asking`."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema_field, inline_serializer
from rest_framework import serializers

from catalog.api.serializers import optional
from catalog.resolution import Reason
from gateway.wires.base import Stop

REASONS = [(reason.value, reason.value) for reason in Reason]


@extend_schema_field({"oneOf": [{"type": "string"}, {"type": "integer"}]})
class NameOrRow(serializers.JSONField):
    pass


def maybe(field: type[serializers.Field], help_text: str = "", **options: Any) -> serializers.Field:
    return field(required=False, allow_null=True, help_text=help_text, **options)


class ChatSerializer(serializers.Serializer):
    """With the id of a conversation, what was said before is added. Whoever sends the model's answers too sends the
    whole conversation: then it passes as it is. Messages, tools and formats are in OpenAI's form."""

    messages = serializers.ListField(
        child=serializers.DictField(), min_length=1, help_text="System and context messages pass unchanged."
    )
    modelId = NameOrRow(
        required=False,
        allow_null=True,
        help_text=(
            "A route, provider/model_id, a model id, or the id of a row as a number. Else the conversation's model, "
            "else the person's default, else the first enabled global one that has a key (defaults first, then by "
            "name), else LLM_PROVIDER and LLM_MODEL."
        ),
    )
    conversationId = maybe(serializers.UUIDField)
    tools = maybe(serializers.ListField, "Their calls are answered by the caller.", child=serializers.DictField())
    toolChoice = maybe(serializers.JSONField, "auto, none, required, or a function.")
    parallelToolCalls = maybe(serializers.BooleanField)
    stream = maybe(serializers.BooleanField, "Whether to answer in events.")
    maxTokens = maybe(serializers.IntegerField)
    temperature = maybe(serializers.FloatField)
    topP = maybe(serializers.FloatField)
    frequencyPenalty = maybe(serializers.FloatField)
    presencePenalty = maybe(serializers.FloatField)
    seed = maybe(serializers.IntegerField)
    stop = maybe(serializers.JSONField, "A text, or a list of texts.")
    responseFormat = maybe(serializers.DictField)
    reasoningEffort = maybe(serializers.CharField)


class UsageOfReplySerializer(serializers.Serializer):
    inputTokens = optional(serializers.IntegerField, "All, cached ones among them.")
    outputTokens = optional(serializers.IntegerField, "All, reasoning among them.")
    cacheReadTokens = optional(serializers.IntegerField)
    cacheWriteTokens = optional(serializers.IntegerField)
    reasoningTokens = optional(serializers.IntegerField)


class ReplySerializer(serializers.Serializer):
    """The answer, and the model that wrote it. Unknown counts and costs are null."""

    message = serializers.DictField(help_text="In OpenAI's form: content, tool_calls and so on.")
    conversationId = optional(
        serializers.UUIDField,
        "Null: nothing was kept, as of programs without a person, or if it was deleted meanwhile.",
    )
    modelId = serializers.CharField(help_text="Of the model that answered.")
    provider = serializers.CharField()
    modelName = optional(serializers.CharField)
    requested = serializers.CharField(help_text="The name it was called by.")
    reason = serializers.ChoiceField(REASONS, help_text="Why this model.")
    stopReason = serializers.ChoiceField([(stop.value, stop.value) for stop in Stop])
    usage = UsageOfReplySerializer()
    cost = optional(serializers.FloatField, "USD.")
    callId = serializers.CharField(help_text="Of its row of usage.")


class ConversationSerializer(serializers.Serializer):
    id = serializers.UUIDField()
    title = serializers.CharField(allow_blank=True, help_text="The beginning of what was said first.")
    model = serializers.CharField(
        help_text="What it calls unless a turn says otherwise: a route, or provider/model_id."
    )
    messageCount = serializers.IntegerField()
    createdAt = serializers.DateTimeField()
    updatedAt = serializers.DateTimeField()


class WholeConversationSerializer(ConversationSerializer):
    messages = inline_serializer(
        "MessageOfConversation",
        {
            "position": serializers.IntegerField(help_text="From 0 on."),
            "role": serializers.CharField(),
            "message": serializers.DictField(help_text="In OpenAI's form."),
            "model": optional(serializers.CharField, "The model that wrote it: provider/model_id."),
            "reason": optional(serializers.CharField),
            "callId": optional(serializers.CharField),
            "createdAt": serializers.DateTimeField(),
        },
        many=True,
    )
