"""The questions operators ask of the list of models. None of them counts anything."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.contrib import admin
from django.contrib.admin.views.main import ChangeList
from django.db.models import Exists, OuterRef
from django.http import HttpRequest

from catalog.models import AIModel, Category, Provider, Status
from catalog.models.aimodel import CAPABILITIES

Choices = list[tuple[str, str]]


class CategoryTabs(admin.SimpleListFilter):
    as_tabs = True  # see templates/admin/change_list.html
    title = "category"
    parameter_name = "category"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Choices:
        return [(value, "TTS" if value == Category.TTS else str(label)) for value, label in Category.choices]

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        category = self.value()
        return queryset.in_category(category) if category else queryset


class StatusFilter(admin.SimpleListFilter):
    """Archived models are hidden unless asked for."""

    title = "status"
    parameter_name = "status"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Choices:
        return [*Status.choices, ("all", "All, archived too")]

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        if self.value() == "all":
            return queryset
        return queryset.with_status(self.value()) if self.value() else queryset.unarchived()

    def choices(self, changelist: ChangeList) -> Iterator[Any]:
        first, *others = super().choices(changelist)
        yield {**first, "display": "All but archived"}
        yield from others


class ProviderFilter(admin.SimpleListFilter):
    """Providers that have models."""

    title = "provider"
    parameter_name = "provider"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Choices:
        models = AIModel.objects.global_().filter(provider=OuterRef("pk"))
        return list(Provider.objects.filter(Exists(models)).order_by("name").values_list("slug", "name"))

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        # By id: with a join the planner would read all models in the order of their names.
        return queryset.filter(provider=Provider.objects.filter(slug=self.value())[:1]) if self.value() else queryset


class DefaultFilter(admin.SimpleListFilter):
    title = "default"
    parameter_name = "default"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Choices:
        return [("yes", "Defaults"), ("no", "Not a default")]

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        return queryset.filter(is_default=self.value() == "yes") if self.value() in ("yes", "no") else queryset


class PriceFilter(admin.SimpleListFilter):
    title = "price"
    parameter_name = "price"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Choices:
        return [("known", "Known"), ("unknown", "Unknown")]

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        return (
            queryset.filter(price__isnull=self.value() == "unknown")
            if self.value() in ("known", "unknown")
            else queryset
        )


class CapabilityFilter(admin.SimpleListFilter):
    """Models that can do all that is chosen; a second click takes a capability back."""

    title = "capability"
    parameter_name = "can"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Choices:
        return [(name, name.replace("_", " ").capitalize()) for name in CAPABILITIES]

    def chosen(self) -> list[str]:
        wanted = (self.value() or "").split(",")
        return [name for name in CAPABILITIES if name in wanted]

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        return queryset.with_capability(*self.chosen())

    def choices(self, changelist: ChangeList) -> Iterator[Any]:
        chosen = self.chosen()
        yield {
            "selected": not chosen,
            "query_string": changelist.get_query_string(remove=[self.parameter_name]),
            "display": "All",
        }
        for name, label in self.lookup_choices:
            others = [other for other in CAPABILITIES if (other in chosen) != (other == name)]
            change = {self.parameter_name: ",".join(others) or None}
            yield {
                "selected": name in chosen,
                "query_string": changelist.get_query_string(change),
                "display": label,
            }
