from __future__ import annotations

from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import CharField, F, FloatField, Q, Value
from django.db.models.functions import Cast, Concat

from access import patterns
from access.caller import Caller

from .credential import Credential
from .grant import Grant
from .price import Price
from .provider import Provider

GPT3_PARAMETERS = 175.0  # billions; the baseline of the complexity factor (seed 003)


class Status(models.TextChoices):
    PENDING = "pending", "Pending"
    ENABLED = "enabled", "Enabled"
    DISABLED = "disabled", "Disabled"
    DEPRECATED = "deprecated", "Deprecated"
    ARCHIVED = "archived", "Archived"


class Category(models.TextChoices):
    TEXT = "text", "Text"
    TTS = "tts", "Text to speech"
    IMAGE = "image", "Image"
    EMBEDDING = "embedding", "Embedding"
    TRANSCRIPTION = "transcription", "Transcription"
    RERANK = "rerank", "Rerank"
    MODERATION = "moderation", "Moderation"
    VIDEO = "video", "Video"
    OTHER = "other", "Other"


CAPABILITIES = ("streaming", "tools", "vision", "reasoning", "structured_output")
LISTED_BY = ("status", "category", "owner", "provider", "is_default", *(f"supports_{name}" for name in CAPABILITIES))


IN_USE = Q(owner=None, status__in=[Status.ENABLED, Status.DEPRECATED])


def denied(caller: Caller) -> Q:
    """The models that are denied to a caller, one by one or with their provider."""
    rules = Grant.objects.about(caller.user_id).denied()
    return Q(pk__in=rules.model_ids()) | Q(provider__in=rules.provider_ids())


def by_request(caller: Caller) -> Q:
    """The models that are open by request only and were not given to a caller; a model given opens it alone."""
    closed, given = Grant.objects.for_everyone(), Grant.objects.about(caller.user_id).allowed()
    provider = Q(provider__in=closed.provider_ids()) & ~Q(provider__in=given.provider_ids())
    return (Q(pk__in=closed.model_ids()) | provider) & ~Q(pk__in=given.model_ids())


def shut_to(caller: Caller) -> Q:
    return denied(caller) | by_request(caller)


class AIModelQuerySet(models.QuerySet["AIModel"]):
    def enabled(self) -> AIModelQuerySet:
        return self.filter(status=Status.ENABLED)

    def with_status(self, *statuses: str) -> AIModelQuerySet:
        return self.filter(status__in=statuses)

    def unarchived(self) -> AIModelQuerySet:
        return self.exclude(status=Status.ARCHIVED)

    def global_(self) -> AIModelQuerySet:
        """The organisation's models, nobody's personal ones."""
        return self.filter(owner=None)

    def visible_to(self, caller: Caller) -> AIModelQuerySet:
        """What a caller may know of: their own models, the global ones in use that are open to them; for admins all
        global ones. The one place where this is decided."""
        everyones = Q(owner=None) if caller.is_admin else IN_USE & ~shut_to(caller)
        seen = self.filter(everyones if caller.user_id is None else everyones | Q(owner_id=caller.user_id))
        return seen.named_by(caller)

    def named_by(self, caller: Caller) -> AIModelQuerySet:
        """Of these models those that the name patterns of the caller's key allow; see Caller.may_use_model."""
        if not (caller.allowed_providers or caller.allowed_models):
            return self
        wanted = Q()
        if caller.allowed_providers:
            wanted &= Q(provider__slug__regex=patterns.regex(caller.allowed_providers))
        if caller.allowed_models:
            names = patterns.regex(caller.allowed_models)
            wanted &= Q(model_id__regex=names) | Q(whole_name__regex=names)
        whole_name = Concat("provider__slug", Value("/"), "model_id", output_field=CharField())
        return self.alias(whole_name=whole_name).filter(wanted)

    def closed_to(self, caller: Caller) -> AIModelQuerySet:
        """The models that are denied to a caller, or open by request and not given, whatever their status."""
        return self.none() if caller.is_admin else self.filter(shut_to(caller))

    def requestable_by(self, caller: Caller) -> AIModelQuerySet:
        """The enabled global models that a caller is not shown but may ask for."""
        if caller.is_admin or caller.user_id is None:
            return self.none()
        return self.filter(IN_USE & by_request(caller) & ~denied(caller), status=Status.ENABLED)

    def for_provider(self, slug: str) -> AIModelQuerySet:
        return self.filter(provider__slug=slug)

    def in_category(self, category: str) -> AIModelQuerySet:
        return self.filter(category=category)

    def with_capability(self, *capabilities: str) -> AIModelQuerySet:
        """Models a source says can do all of these: streaming, tools, vision, reasoning, structured_output."""
        unknown = set(capabilities) - set(CAPABILITIES)
        if unknown:
            raise ValueError(f"unknown capability {', '.join(sorted(unknown))}; known: {', '.join(CAPABILITIES)}")
        return self.filter(**{f"supports_{name}": True for name in capabilities})

    def search(self, words: str) -> AIModelQuerySet:
        """Models whose name or id holds every one of the words."""
        found = self
        for word in words.split():
            found = found.filter(Q(name__icontains=word) | Q(model_id__icontains=word))
        return found

    def default_for(self, provider: str, category: str = Category.TEXT) -> AIModel | None:
        """The default an admin chose at a provider, or None."""
        return self.global_().for_provider(provider).in_category(category).filter(is_default=True).first()

    def offers_of(self, model: AIModel) -> AIModelQuerySet:
        """The same model under other names and at other providers, with their prices: the cheapest input first."""
        if not model.canonical_id:
            return self.none()
        same = self.global_().unarchived().filter(canonical_id=model.canonical_id).exclude(pk=model.pk)
        cheapest = F("price__input_mtok").asc(nulls_last=True)
        return same.light().select_related("provider", "price").order_by(cheapest, "provider__slug", "model_id", "pk")

    def light(self) -> AIModelQuerySet:
        """Without the two large columns that lists do not show."""
        return self.defer("claims", "provider_metadata")


class AIModel(models.Model):
    """One model at one provider: what it can do, what it costs, and whether it may be used.

    Facts are written by catalog.facts alone, the status and default by catalog.lifecycle alone.
    """

    provider = models.ForeignKey(Provider, on_delete=models.PROTECT, related_name="models")
    model_id = models.CharField("model id", max_length=255, help_text="The name to send to the provider, verbatim.")
    owner = models.ForeignKey(  # no index of its own: nearly all are null, and planners would choose it
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, null=True, blank=True, db_index=False,
        related_name="personal_models",
    )  # fmt: skip

    # facts: merge(claims)
    name = models.CharField(max_length=255)
    description = models.TextField(blank=True)
    category = models.CharField(max_length=20, choices=Category.choices, default=Category.TEXT)
    context_window = models.PositiveIntegerField(null=True, blank=True, help_text="Tokens the endpoint accepts.")
    active_window = models.PositiveIntegerField(
        null=True, blank=True, help_text="Tokens a typical call keeps in play; only the calculator uses it."
    )
    max_output_tokens = models.PositiveIntegerField(null=True, blank=True)
    input_modalities = models.JSONField(default=list, blank=True)
    output_modalities = models.JSONField(default=list, blank=True)
    supports_streaming = models.BooleanField("streaming", null=True, blank=True)
    supports_tools = models.BooleanField("tools", null=True, blank=True)
    supports_vision = models.BooleanField("vision", null=True, blank=True)
    supports_reasoning = models.BooleanField("reasoning", null=True, blank=True)
    supports_structured_output = models.BooleanField("structured output", null=True, blank=True)
    knowledge_cutoff = models.DateTimeField(null=True, blank=True)
    parameters = models.DecimalField(max_digits=12, decimal_places=4, null=True, blank=True, help_text="Billions.")
    token_weights = models.JSONField(
        null=True, blank=True, help_text="Weights of tokens by kind, for the calculator; empty: the usual ones."
    )
    canonical_id = models.CharField(max_length=255, blank=True, help_text="The same model under other names.")
    tags = models.JSONField(default=list, blank=True)
    default_temperature = models.DecimalField(max_digits=4, decimal_places=2, null=True, blank=True)
    default_top_p = models.DecimalField(max_digits=4, decimal_places=3, null=True, blank=True)
    retires_at = models.DateTimeField(null=True, blank=True)
    complexity_factor = models.GeneratedField(
        expression=Cast(F("parameters"), FloatField()) / GPT3_PARAMETERS, output_field=FloatField(), db_persist=True
    )
    price = models.ForeignKey(Price, on_delete=models.SET_NULL, null=True, blank=True, related_name="+")
    claims = models.JSONField(default=dict, blank=True, editable=False)
    conflicts = models.JSONField(default=list, blank=True, editable=False)
    digest = models.CharField(max_length=32, blank=True, editable=False)
    provider_metadata = models.JSONField(null=True, blank=True, editable=False)

    # decisions
    status = models.CharField(max_length=10, choices=Status.choices, default=Status.PENDING)
    status_source = models.CharField(max_length=10, blank=True, editable=False, help_text="The door it was set by.")
    is_default = models.BooleanField("default", default=False)
    is_system = models.BooleanField("system", default=False, help_text="Comes with the product; cannot be deleted.")
    base_url = models.CharField("base URL", max_length=500, blank=True, help_text="Empty: the provider's.")
    credential = models.ForeignKey(Credential, on_delete=models.SET_NULL, null=True, blank=True, related_name="models")
    requests_per_minute = models.PositiveIntegerField(null=True, blank=True)
    tokens_per_minute = models.PositiveIntegerField(null=True, blank=True)
    successor = models.ForeignKey("self", on_delete=models.SET_NULL, null=True, blank=True, related_name="predecessors")
    admin_notes = models.TextField(blank=True)

    # bookkeeping
    discovered_at = models.DateTimeField(null=True, blank=True)
    enabled_at = models.DateTimeField(null=True, blank=True)
    deprecated_at = models.DateTimeField(null=True, blank=True)
    archived_at = models.DateTimeField(null=True, blank=True)
    listed_at = models.DateTimeField(null=True, blank=True, help_text="First time its provider's own list named it.")
    missing_since = models.DateTimeField(null=True, blank=True)
    misses = models.PositiveIntegerField(default=0)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)
    updated_by = models.CharField(max_length=150, blank=True, editable=False)
    last_used_at = models.DateTimeField(null=True, blank=True)

    objects = AIModelQuerySet.as_manager()

    class Meta:
        verbose_name = "model"
        ordering = ["name", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["provider", "category", "model_id"],
                condition=Q(owner=None),
                name="one_global_model_per_provider_category_id",
            ),
            models.UniqueConstraint(
                fields=["owner", "name"], condition=Q(owner__isnull=False), name="one_personal_model_per_name"
            ),
            models.UniqueConstraint(
                fields=["provider", "category"], condition=Q(is_default=True), name="one_default_per_provider_category"
            ),
            models.CheckConstraint(
                condition=Q(is_default=False) | Q(status="enabled", owner=None), name="default_is_enabled_and_global"
            ),
            models.CheckConstraint(condition=Q(status__in=Status.values), name="model_status_is_known"),
            models.CheckConstraint(condition=Q(category__in=Category.values), name="model_category_is_known"),
            models.CheckConstraint(condition=~Q(model_id="") & ~Q(name=""), name="model_has_id_and_name"),
            models.CheckConstraint(
                condition=Q(parameters=None) | Q(parameters__gt=0), name="model_parameters_are_positive"
            ),
            models.CheckConstraint(
                condition=Q(context_window=None) | Q(context_window__gt=0), name="model_context_is_positive"
            ),
            models.CheckConstraint(
                condition=Q(successor=None) | ~Q(successor=F("id")), name="model_is_not_its_own_successor"
            ),
        ]
        indexes = [
            # What lists filter and count by stands in the index, so that they read no rows but those they show.
            models.Index(fields=["name", "id", *LISTED_BY, "model_id"], name="model_by_name"),
            models.Index(fields=["provider", "category", "status", "owner"], name="model_by_provider"),
            models.Index(fields=["status", "name", "id", "category", "owner"], name="model_by_status"),
            models.Index(fields=["provider", "model_id"], name="model_by_id"),
            models.Index(fields=["id"], condition=~Q(conflicts=[]), name="model_in_conflict"),
            models.Index(
                fields=["status", "name", "id"],
                condition=Q(owner=None, status="enabled", price=None),
                name="model_without_price",
            ),
            models.Index(fields=["canonical_id"], condition=~Q(canonical_id=""), name="model_by_canonical_id"),
        ]

    def __str__(self) -> str:
        return f"{self.provider.slug}/{self.model_id}"

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Save, and let the database's complexity factor be read afresh."""
        super().save(*args, **kwargs)
        self.__dict__.pop("complexity_factor", None)

    @property
    def is_active(self) -> bool:
        return self.status == Status.ENABLED

    @property
    def is_personal(self) -> bool:
        return self.owner_id is not None
