from __future__ import annotations

from django.db import models
from django.db.models import F, Q


class Kind(models.TextChoices):
    """What was asked for."""

    CHAT = "chat", "Chat"
    EMBEDDING = "embedding", "Embedding"
    SPEECH = "speech", "Speech"
    IMAGE = "image", "Image"


class Outcome(models.TextChoices):
    OK = "ok", "Answered"
    ERROR = "error", "Failed"
    CANCELLED = "cancelled", "Cancelled by the client"
    REFUSED = "refused", "Refused by us"


def name(length: int = 100) -> models.CharField:
    """A name as it was at the time of the call; empty where there is none."""
    return models.CharField(max_length=length, blank=True, default="")


def count(help_text: str = "") -> models.BigIntegerField:
    """A count of one call: null is unknown, which is not 0."""
    return models.BigIntegerField(null=True, blank=True, help_text=help_text)


def usd(help_text: str) -> models.DecimalField:
    return models.DecimalField(max_digits=20, decimal_places=10, null=True, blank=True, help_text=help_text)


class Caller(models.Model):
    """What was called by whom, by names that outlive what they name. No foreign keys: a row stays as it was."""

    kind = models.CharField(max_length=10, choices=Kind.choices, default=Kind.CHAT)
    provider = name(50)
    model = name(320)  # provider/model_id of the model that served, or was last tried
    key_id = models.BigIntegerField(default=0, help_text="0: no key of ours, such as a page of the registry.")
    key_name = name(100)
    user_id = models.BigIntegerField(default=0, help_text="0: a service.")
    user_name = name(150)
    route = name(200)
    variant = name(100)

    class Meta:
        abstract = True


class Usage(Caller):
    """One call through the gateway, also a failed, cancelled or unpriced one. Written by gateway.metering alone."""

    call_id = models.CharField(max_length=32, unique=True, help_text="The x-request-id of the answer.")
    at = models.DateTimeField(help_text="When the call arrived.")
    dialect = name(20)
    requested = models.CharField(max_length=320, blank=True, help_text="The name the caller sent.")
    reason = models.CharField(max_length=60, blank=True, help_text="Why this model served it.")
    model_row = models.BigIntegerField(null=True, blank=True, help_text="The id of the model in the catalog.")
    personal = models.BooleanField(default=False)
    conversation = models.CharField(max_length=64, blank=True, default="")
    client_request_id = models.CharField(max_length=64, blank=True, default="")
    outcome = models.CharField(max_length=10, choices=Outcome.choices)
    status = models.PositiveSmallIntegerField(help_text="The HTTP status the caller saw.")
    error_code = name(60)
    streamed = models.BooleanField(default=False)
    attempts = models.PositiveSmallIntegerField(default=1, help_text="How many upstream calls were made.")
    tried = models.JSONField(default=list, blank=True, help_text="The models that failed before, each with why.")
    duration_ms = models.PositiveIntegerField(help_text="From arrival to the last byte, in milliseconds.")
    first_ms = models.PositiveIntegerField(
        null=True, blank=True, help_text="From arrival to the first content, in milliseconds."
    )
    input_tokens = count("All input tokens, cached ones among them.")
    output_tokens = count("All output tokens, reasoning among them.")
    cache_read_tokens = count()
    cache_write_tokens = count()
    reasoning_tokens = count()
    audio_input_tokens = count()
    audio_output_tokens = count()
    characters = count("Of speech.")
    images = count()
    price_id = models.BigIntegerField(null=True, blank=True, help_text="The price row the cost was computed with.")
    cost = usd("What it cost by our prices, USD; null: unknown.")
    provider_cost = usd("What the provider says it cost, USD; null: it did not say.")
    stop_reason = name(30)

    class Meta:
        verbose_name = "call"
        ordering = ["-at", "-id"]
        constraints = [
            models.CheckConstraint(condition=Q(kind__in=Kind.values), name="usage_kind_is_known"),
            models.CheckConstraint(condition=Q(outcome__in=Outcome.values), name="usage_outcome_is_known"),
            models.CheckConstraint(condition=Q(cost=None) | Q(cost__gte=0), name="usage_cost_not_negative"),
        ]
        indexes = [
            models.Index(fields=["at", "id"], name="usage_by_time"),  # upwards: new rows are appended
            models.Index(fields=["model", "-at"], name="usage_by_model"),
            models.Index(fields=["user_id", "-at"], name="usage_by_user"),
            models.Index(fields=["key_id", "-at"], name="usage_by_key"),
            models.Index(fields=["provider", "-at"], name="usage_by_provider"),
            models.Index(fields=["outcome", "-at"], condition=~Q(outcome="ok"), name="usage_not_answered"),
            models.Index(fields=["kind", "-at"], condition=~Q(kind="chat"), name="usage_not_chat"),
            models.Index(fields=["route", "variant", "-at"], condition=~Q(route=""), name="usage_by_route"),
            # Most callers send the name of the model that serves them: by those, model alone tells.
            models.Index(fields=["requested", "-at"], condition=~Q(requested=F("model")), name="usage_by_requested"),
            models.Index(fields=["-at", "-id"], condition=Q(cost=None), name="usage_without_cost"),
        ]

    def __str__(self) -> str:
        return f"{self.call_id}: {self.model or self.requested}, {self.outcome}"


class UsageDay(Caller):
    """All calls of one day (UTC) with the same names, added up in the transaction that writes their Usage rows.

    Sums of squares are kept so that means of a variant can be compared after single calls are gone.
    """

    day = models.DateField()
    calls = models.BigIntegerField(default=0)
    errors = models.BigIntegerField(default=0, help_text="Failed ones.")
    refused = models.BigIntegerField(default=0)
    cancelled = models.BigIntegerField(default=0)
    unpriced = models.BigIntegerField(default=0, help_text="Answered ones, if only in part, whose cost is unknown.")
    fallbacks = models.BigIntegerField(default=0, help_text="Served by another model than the one first tried.")
    input_tokens = models.BigIntegerField(default=0)
    output_tokens = models.BigIntegerField(default=0)
    cache_read_tokens = models.BigIntegerField(default=0)
    cache_write_tokens = models.BigIntegerField(default=0)
    reasoning_tokens = models.BigIntegerField(default=0)
    audio_input_tokens = models.BigIntegerField(default=0)
    audio_output_tokens = models.BigIntegerField(default=0)
    characters = models.BigIntegerField(default=0)
    images = models.BigIntegerField(default=0)
    cost = models.DecimalField(max_digits=24, decimal_places=10, default=0, help_text="Of the priced calls, USD.")
    priced = models.BigIntegerField(default=0, help_text="Calls of known cost; `cost` is of them.")
    cost_squares = models.FloatField(default=0)
    provider_cost = models.DecimalField(max_digits=24, decimal_places=10, default=0)
    provider_priced = models.BigIntegerField(default=0, help_text="Calls the provider stated a cost of.")
    answered = models.BigIntegerField(default=0, help_text="Answered calls; the durations are of them.")
    duration_ms = models.BigIntegerField(default=0)
    duration_squares = models.FloatField(default=0)
    first_ms = models.BigIntegerField(default=0)
    first_count = models.BigIntegerField(
        default=0, help_text="Answered calls whose time to the first content is known."
    )
    counted = models.BigIntegerField(default=0, help_text="Calls of known tokens, input or output.")
    token_squares = models.FloatField(default=0, help_text="Of their input and output tokens together.")

    class Meta:
        verbose_name = "day of usage"
        verbose_name_plural = "days of usage"
        ordering = ["-day"]
        constraints = [
            models.UniqueConstraint(
                fields=["day", "kind", "model", "key_id", "user_id", "route", "variant"], name="one_sum_per_day"
            ),
        ]
        indexes = [
            models.Index(fields=["model", "-day"], name="usage_day_by_model"),
            models.Index(fields=["route", "-day"], condition=~Q(route=""), name="usage_day_by_route"),
            models.Index(fields=["user_id", "-day"], name="usage_day_by_user"),
            models.Index(fields=["key_id", "-day"], name="usage_day_by_key"),
        ]

    def __str__(self) -> str:
        return f"{self.day}: {self.calls} of {self.model}"


class Quarantine(models.Model):
    """A record that could not be made a row: kept as it was, once, so that nothing is lost."""

    at = models.DateTimeField(auto_now_add=True)
    record = models.TextField()
    digest = models.CharField(max_length=64, unique=True, editable=False, default="")
    why = models.CharField(max_length=300)

    class Meta:
        verbose_name = "record that cannot be read"
        verbose_name_plural = "records that cannot be read"
        ordering = ["-id"]

    def __str__(self) -> str:
        return f"{self.at:%Y-%m-%d %H:%M}: {self.why}"
