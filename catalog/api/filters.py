"""Filters of the lists. A value nobody knows is refused with those that are known, never taken for "everything"."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, TypeVar

import django_filters  # type: ignore[import-untyped]
from django import forms
from django.db.models import F, QuerySet
from django.utils.datastructures import MultiValueDict

from catalog.models import AIModel, Category, Health, Provider, Route, Status
from catalog.models.aimodel import CAPABILITIES, AIModelQuerySet

from .naming import Sent, camel, snake

LONGEST_SEARCH = 200
TRUTHS = {"true": True, "1": True, "false": False, "0": False}

ORDERINGS = {
    "name": "name",
    "modelId": "model_id",
    "provider": "provider__slug",
    "category": "category",
    "status": "status",
    "contextWindow": "context_window",
    "maxOutput": "max_output_tokens",
    "parameters": "parameters",
    "inputPricePerMtok": "price__input_mtok",
    "outputPricePerMtok": "price__output_mtok",
    "discoveredAt": "discovered_at",
    "enabledAt": "enabled_at",
    "createdAt": "created_at",
    "updatedAt": "updated_at",
}
NULLABLE = {"contextWindow", "maxOutput", "parameters", "inputPricePerMtok", "outputPricePerMtok", "discoveredAt"} | {
    "enabledAt"
}


class Values(forms.Widget):
    """All values of a parameter, given several times or with commas between them."""

    def value_from_datadict(self, data: Mapping[str, Any], files: Any, name: str) -> list[str]:
        values = data.getlist(name) if isinstance(data, MultiValueDict) else []
        return [word.strip() for value in values for word in value.split(",") if word.strip()]


class WordsField(forms.Field):
    widget = Values

    def __init__(self, *, known: Callable[[], Iterable[str]], **options: Any) -> None:
        super().__init__(**options)
        self.known = known

    def clean(self, value: list[str]) -> list[str]:
        if not value:
            return []
        known = list(self.known())
        unknown = [word for word in value if word not in known]
        if unknown:
            raise forms.ValidationError(f"unknown: {unknown[0][:100]}; known: {', '.join(known)}")
        return value


class WordsFilter(django_filters.Filter):  # type: ignore[misc]  # untyped package
    """One or more words of a known set: `?status=pending,enabled`."""

    field_class = WordsField

    def __init__(self, *args: Any, known: Callable[[], Iterable[str]], **options: Any) -> None:
        super().__init__(*args, known=known, **options)

    def filter(self, found: QuerySet, value: list[str]) -> QuerySet:
        return found.filter(**{f"{self.field_name}__in": value}) if value else found


class TruthField(forms.Field):
    widget = Values

    def clean(self, value: list[str]) -> bool | None:
        if not value:
            return None
        if len(value) > 1 or value[0].lower() not in TRUTHS:
            raise forms.ValidationError("must be true or false")
        return TRUTHS[value[0].lower()]


class TruthFilter(django_filters.Filter):  # type: ignore[misc]  # untyped package
    field_class = TruthField


def slugs() -> Iterable[str]:
    return Provider.objects.values_list("slug", flat=True).order_by("slug")


def endpoint_types() -> Iterable[str]:
    return Provider.objects.values_list("endpoint_type", flat=True).order_by("endpoint_type").distinct()


def capabilities() -> Iterable[str]:
    return [camel(name) for name in CAPABILITIES]


def orderings() -> Iterable[str]:
    return [word for name in ORDERINGS for word in (name, f"-{name}")]


class SearchFilter(django_filters.CharFilter):  # type: ignore[misc]  # untyped package
    """Words that all must be found; a NUL is refused by the form."""

    def __init__(self, **options: Any) -> None:
        super().__init__(max_length=LONGEST_SEARCH, help_text="Words that name or id must hold.", **options)


class AIModelFilter(django_filters.FilterSet):  # type: ignore[misc]  # untyped package
    provider = WordsFilter(field_name="provider__slug", known=slugs, help_text="Slugs of providers.")
    category = WordsFilter(field_name="category", known=lambda: Category.values, help_text="Kinds of models.")
    status = WordsFilter(
        field_name="status", known=lambda: Status.values, help_text="Without it, all but archived ones."
    )
    endpointType = WordsFilter(
        field_name="provider__endpoint_type", known=endpoint_types, help_text="The groups of GET /api/models."
    )
    modelId = django_filters.CharFilter(field_name="model_id", max_length=255, strip=False, help_text="Exactly this.")
    capability = WordsFilter(known=capabilities, method="can", help_text="What models must be able to, all of it.")
    isActive = TruthFilter(method="active", help_text="Whether enabled.")
    isDefault = TruthFilter(field_name="is_default", help_text="Whether its provider's default.")
    isSystem = TruthFilter(field_name="is_system", help_text="Whether it comes with the product.")
    isPersonal = TruthFilter(method="personal", help_text="Whether one's own, not the organisation's.")
    hasPricing = TruthFilter(method="priced", help_text="Whether a price is known.")
    search = SearchFilter(method="hold")
    ordering = WordsFilter(known=orderings, method="order", help_text="Fields, with a minus for descending.")

    class Meta:
        model = AIModel
        fields: list[str] = []

    def can(self, found: AIModelQuerySet, name: str, value: list[str]) -> AIModelQuerySet:
        return found.with_capability(*(snake(word) for word in value)) if value else found

    def active(self, found: AIModelQuerySet, name: str, value: bool) -> AIModelQuerySet:
        return found.enabled() if value else found.exclude(status=Status.ENABLED)

    def personal(self, found: AIModelQuerySet, name: str, value: bool) -> AIModelQuerySet:
        return found.filter(owner__isnull=not value)

    def priced(self, found: AIModelQuerySet, name: str, value: bool) -> AIModelQuerySet:
        return found.filter(price__isnull=not value)

    def hold(self, found: AIModelQuerySet, name: str, value: str) -> AIModelQuerySet:
        return found.search(value)

    def order(self, found: AIModelQuerySet, name: str, value: list[str]) -> AIModelQuerySet:
        return found.order_by(*(ordering(word) for word in value), "id") if value else found

    def filter_queryset(self, found: AIModelQuerySet) -> AIModelQuerySet:
        """Archived models are shown to those who ask for them."""
        narrowed: AIModelQuerySet = super().filter_queryset(found)
        return narrowed if self.form.cleaned_data["status"] else narrowed.unarchived()


def ordering(word: str) -> Any:
    """Unknown values come last in either direction; columns that know no null keep their index."""
    name = word.removeprefix("-")
    column = F(ORDERINGS[name])
    last = {"nulls_last": True} if name in NULLABLE else {}
    return column.desc(**last) if word.startswith("-") else column.asc(**last)


class ProviderFilter(django_filters.FilterSet):  # type: ignore[misc]  # untyped package
    isActive = TruthFilter(field_name="is_active", help_text="Whether switched on.")
    endpointType = WordsFilter(field_name="endpoint_type", known=endpoint_types, help_text="The groups of models.")
    health = WordsFilter(field_name="health", known=lambda: Health.values, help_text="As seen by the last syncs.")
    search = SearchFilter(method="hold")

    class Meta:
        model = Provider
        fields: list[str] = []

    def hold(self, found: QuerySet, name: str, value: str) -> QuerySet:
        for word in value.split():
            found = found.filter(name__icontains=word) | found.filter(slug__icontains=word)
        return found


class RouteFilter(django_filters.FilterSet):  # type: ignore[misc]  # untyped package
    isActive = TruthFilter(field_name="is_active", help_text="Whether switched on.")
    isListed = TruthFilter(field_name="is_listed", help_text="Whether GET /v1/models names it.")
    isExperiment = TruthFilter(field_name="is_experiment", help_text="Whether its variants are compared.")
    search = SearchFilter(method="hold")

    class Meta:
        model = Route
        fields: list[str] = []

    def hold(self, found: QuerySet, name: str, value: str) -> QuerySet:
        for word in value.split():
            found = found.filter(name__icontains=word)
        return found


Found = TypeVar("Found", bound=QuerySet)
Filters = type[AIModelFilter] | type[ProviderFilter] | type[RouteFilter]


def narrow(found: Found, filters: Filters, sent: Sent, *, beside: Iterable[str] = ()) -> Found:
    """What the filters leave. Raises Invalid for a filter nobody knows, but for the names in `beside`."""
    for name, value in sent.fields.items():
        if name not in filters.base_filters and name not in beside:
            sent.refuse(name, f"is no filter; known: {', '.join((*filters.base_filters, *beside))}")
        elif not all(isinstance(item, str | int) for item in listed(value)):
            sent.refuse(name, "must be text, true or false, or a list of these")
    sent.raise_if_wrong()
    chosen = filters(MultiValueDict({name: texts_of(value) for name, value in sent.fields.items()}), queryset=found)
    for name, texts in chosen.errors.items():
        sent.refuse(name, " ".join(texts))
    sent.raise_if_wrong()
    narrowed: Found = chosen.qs
    return narrowed


def texts_of(value: Any) -> list[str]:
    """The values of a filter as an address would give them; in a body they may also be booleans or numbers."""
    return [str(item).lower() if isinstance(item, bool) else str(item) for item in listed(value)]


def listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]
