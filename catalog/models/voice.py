from __future__ import annotations

import json

from django.db import models
from django.db.models import Q, TextField, Value
from django.db.models.functions import Cast, StrIndex

from .aimodel import AIModel, Category
from .provider import Provider


class VoiceQuerySet(models.QuerySet["Voice"]):
    def active(self) -> VoiceQuerySet:
        return self.filter(is_active=True)

    def for_provider(self, slug: str) -> VoiceQuerySet:
        return self.filter(provider__slug=slug)

    def of_model(self, model: AIModel) -> VoiceQuerySet:
        """The voices a model speaks with. One that names no models speaks with all that make speech."""
        voices = self.filter(provider=model.provider_id).alias(named=place_of(model.model_id, "model_ids"))
        if model.category == Category.TTS:
            return voices.filter(Q(model_ids=[]) | Q(named__gt=0))
        return voices.filter(named__gt=0)

    def speaking(self, language: str) -> VoiceQuerySet:
        """Voices of a language: `en` finds `en` and `en-GB`, `en-GB` finds itself."""
        whole, regional = place_of(language, "languages"), StrIndex(text_of("languages"), Value(f'"{language}-'))
        return self.alias(whole=whole, regional=regional).filter(Q(whole__gt=0) | Q(regional__gt=0))

    def search(self, words: str) -> VoiceQuerySet:
        """Voices whose name, id or labels hold every one of the words."""
        found = self.alias(described=text_of("labels"))
        for word in words.split():
            found = found.filter(Q(name__icontains=word) | Q(voice_id__icontains=word) | Q(described__icontains=word))
        return found


def text_of(column: str) -> Cast:
    """A JSON column as text. SQLite cannot ask what a list holds, but both databases can search a text."""
    return Cast(column, TextField())


def place_of(word: str, column: str) -> StrIndex:
    """Where a list of words names one, exactly; 0 if it does not."""
    return StrIndex(text_of(column), Value(json.dumps(word)))


class Voice(models.Model):
    """A voice a provider speaks with, as its list states it. Found by syncs; nobody edits it.

    Written by catalog.voices alone.
    """

    provider = models.ForeignKey(Provider, on_delete=models.CASCADE, related_name="voices")
    voice_id = models.CharField("voice id", max_length=255, help_text="The name to send to the provider, verbatim.")
    name = models.CharField(max_length=255)
    languages = models.JSONField(default=list, blank=True, help_text='As the provider writes them: "en", "en-GB".')
    gender = models.CharField(max_length=50, blank=True)
    labels = models.JSONField(default=dict, blank=True)
    preview_url = models.CharField(max_length=2000, blank=True)
    model_ids = models.JSONField(
        default=list, blank=True, help_text="The models it speaks with; empty: all that make speech."
    )
    digest = models.CharField(max_length=32, blank=True, editable=False)
    is_active = models.BooleanField(
        "offered", default=True, help_text="Until its provider's list has left it out too often."
    )
    listed_at = models.DateTimeField(null=True, blank=True, help_text="First time its provider's own list named it.")
    missing_since = models.DateTimeField(null=True, blank=True)
    misses = models.PositiveIntegerField(default=0)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    objects = VoiceQuerySet.as_manager()

    class Meta:
        ordering = ["name", "id"]
        constraints = [
            models.UniqueConstraint(fields=["provider", "voice_id"], name="one_voice_per_provider_and_id"),
            models.CheckConstraint(condition=~Q(voice_id="") & ~Q(name=""), name="voice_has_id_and_name"),
        ]
        indexes = [
            models.Index(fields=["name", "id"], name="voice_by_name"),
            models.Index(fields=["updated_at"], name="voice_by_change"),
        ]

    def __str__(self) -> str:
        return f"{self.provider.slug}/{self.voice_id}"
