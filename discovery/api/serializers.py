"""The shapes of these routes, for the schema. What is shown is made by `rendering` and `discovery.report`."""

from __future__ import annotations

from drf_spectacular.utils import inline_serializer
from rest_framework import serializers

from catalog.api.serializers import optional, words
from catalog.models import Category, Health, Status
from discovery.models import SyncState
from discovery.report import COLUMNS, COUNTED

COUNTS = [name for name in COLUMNS if name not in ("fetched", "skipped")]


def integers(names: list[str]) -> dict[str, serializers.Field]:
    return {name: serializers.IntegerField() for name in names}


class DiscoverSerializer(serializers.Serializer):
    """What to ask for; nothing: all active providers, models of every kind."""

    provider = serializers.CharField(required=False, help_text="A slug.")
    category = serializers.ChoiceField(Category.choices, required=False)
    force = serializers.BooleanField(required=False, help_text="Also if refreshed less than five minutes ago.")


class FoundModelSerializer(serializers.Serializer):
    modelId = serializers.CharField()
    displayName = serializers.CharField()
    category = serializers.ChoiceField(Category.choices)
    contextWindow = optional(serializers.IntegerField)
    description = optional(serializers.CharField)
    supportsStreaming = optional(serializers.BooleanField)


class DiscoveredSerializer(serializers.Serializer):
    results = inline_serializer(
        "DiscoveryResult",
        {
            "provider": serializers.CharField(),
            "category": serializers.ChoiceField(Category.choices, allow_null=True),
            "state": serializers.ChoiceField(
                SyncState.choices, help_text="skipped: refreshed a moment ago, or at work."
            ),
            "message": serializers.CharField(),
            "discovered": FoundModelSerializer(many=True),
            "newModels": FoundModelSerializer(many=True),
            "errors": words(),
            "warnings": words(),
        },
        many=True,
    )
    totalNew = serializers.IntegerField()
    totalErrors = serializers.IntegerField()


class StillRunningSerializer(serializers.Serializer):
    run = serializers.URLField(help_text="Where to ask how it goes on.")


class RunSerializer(serializers.Serializer):
    """A sync run: what it did, or does just now, at each provider."""

    id = serializers.IntegerField()
    state = serializers.ChoiceField(SyncState.choices)
    done = serializers.IntegerField(help_text="Providers that are through.")
    total = serializers.IntegerField(help_text="Providers in all.")
    requestedBy = serializers.CharField()
    category = serializers.ChoiceField(Category.choices, allow_null=True)
    dryRun = serializers.BooleanField()
    force = serializers.BooleanField()
    createdAt = serializers.DateTimeField()
    finishedAt = optional(serializers.DateTimeField)
    providers = inline_serializer(
        "RunAtProvider",
        {
            "provider": serializers.CharField(),
            "providerId": serializers.IntegerField(),
            "state": serializers.ChoiceField(SyncState.choices),
            "message": serializers.CharField(help_text="How far it is, or what happened."),
            **integers(["modelsFetched", "modelsTransformed", "modelsSkipped", "modelsSynced", *COUNTS]),
            "skipped": words("Entries left out, and why."),
            "warnings": words(),
            "duration": serializers.FloatField(allow_null=True, help_text="Seconds."),
        },
        many=True,
    )
    totals = inline_serializer(
        "RunTotals", integers(["modelsFetched", "modelsTransformed", "modelsSkipped", "modelsSynced", *COUNTS])
    )


class SyncDetailsSerializer(serializers.Serializer):
    provider = serializers.CharField()
    provider_id = serializers.IntegerField()
    state = serializers.ChoiceField(SyncState.choices)
    message = serializers.CharField()
    skipped = words("Entries left out, and why.")
    warnings = words()
    duration = serializers.FloatField(allow_null=True, help_text="Seconds.")

    def get_fields(self) -> dict[str, serializers.Field]:
        return {**super().get_fields(), **integers([*COUNTED, *COUNTS])}


class SyncedSerializer(serializers.Serializer):
    success = serializers.BooleanField()
    message = serializers.CharField()
    details = SyncDetailsSerializer()


class AllSyncedSerializer(serializers.Serializer):
    success = serializers.BooleanField(help_text="Whether no provider failed.")
    message = serializers.CharField()
    details = inline_serializer(
        "AllSyncDetails",
        {
            "providers": SyncDetailsSerializer(many=True),
            "totals": inline_serializer("SyncTotals", integers([*COUNTED, *COUNTS])),
        },
    )


class SyncableSerializer(serializers.Serializer):
    providers = words("Slugs.")
    count = serializers.IntegerField()


class SyncStatusSerializer(serializers.Serializer):
    providers = inline_serializer(
        "ProviderSyncStatus",
        {
            "provider": serializers.CharField(),
            "name": serializers.CharField(),
            "models": inline_serializer("ModelsByStatus", integers([*Status.values, "total"])),
            "health": serializers.ChoiceField(Health.choices),
            "health_since": optional(serializers.DateTimeField),
            "health_reason": serializers.CharField(allow_blank=True),
            "last_synced_at": optional(serializers.DateTimeField, "The last good sync."),
            "stale": serializers.BooleanField(help_text="No good sync within a day, or two of its intervals."),
            "running": serializers.BooleanField(),
            "last_run": inline_serializer(
                "LastRun",
                {
                    "run": serializers.IntegerField(),
                    "state": serializers.ChoiceField(SyncState.choices),
                    "message": serializers.CharField(),
                    "started_at": optional(serializers.DateTimeField),
                    "finished_at": optional(serializers.DateTimeField),
                },
                allow_null=True,
            ),
        },
        many=True,
    )
    totals = inline_serializer("StatusTotals", integers(["providers", "healthy", "stale", "models"]))
