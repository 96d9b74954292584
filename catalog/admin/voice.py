"""Voices in the admin: browsed, never edited. Syncs keep them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import Exists, OuterRef
from django.http import Http404, HttpRequest, HttpResponse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from catalog.admin import display
from catalog.admin.page import ReadOnlyAdmin
from catalog.models import AIModel, Provider, Voice

Choices = list[tuple[str, str]]
LANGUAGES_SHOWN = 6  # in a row of the list


class ProviderFilter(admin.SimpleListFilter):
    """Providers that have voices."""

    title = "provider"
    parameter_name = "provider"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Choices:
        voices = Voice.objects.filter(provider=OuterRef("pk"))
        return list(Provider.objects.filter(Exists(voices)).order_by("name").values_list("slug", "name"))

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        return queryset.for_provider(self.value()) if self.value() else queryset


class LanguageFilter(admin.SimpleListFilter):
    """Languages without their regions: English finds every kind of it."""

    title = "language"
    parameter_name = "language"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Choices:
        stated = Voice.objects.order_by().values_list("languages", flat=True).distinct()
        return [(code, code) for code in sorted({language.split("-")[0] for group in stated for language in group})]

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        return queryset.speaking(self.value()) if self.value() else queryset


class GenderFilter(admin.SimpleListFilter):
    title = "gender"
    parameter_name = "gender"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Choices:
        known = Voice.objects.exclude(gender="").order_by("gender").values_list("gender", flat=True).distinct()
        return [(gender, gender.capitalize()) for gender in known]

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        return queryset.filter(gender=self.value()) if self.value() else queryset


class ModelFilter(admin.SimpleListFilter):
    """The voices of one model; offered only where a link has asked for it."""

    title = "model"
    parameter_name = "model"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Choices:
        model = self.asked_for()
        return [(str(model.pk), model.name)] if model else []

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        model = self.asked_for()
        return queryset.of_model(model) if model else queryset

    def asked_for(self) -> AIModel | None:
        wanted = self.value() or ""
        known = wanted.isascii() and wanted.isdigit() and len(wanted) < 19
        return AIModel.objects.global_().light().filter(pk=int(wanted)).first() if known else None


class StateFilter(admin.SimpleListFilter):
    title = "state"
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Choices:
        return [("offered", "Offered"), ("missing", "Missing"), ("gone", "No longer offered")]

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        chosen: dict[str | None, dict[str, Any]] = {
            "offered": {"missing_since": None},
            "missing": {"missing_since__isnull": False},
            "gone": {"is_active": False},
        }
        return queryset.filter(**chosen.get(self.value(), {}))


@admin.register(Voice)
class VoiceAdmin(ReadOnlyAdmin):
    list_display = ("named", "served_by", "spoken", "gender", "about", "state", "preview")
    list_display_links = ("named",)
    list_filter = (ProviderFilter, LanguageFilter, GenderFilter, StateFilter, ModelFilter)
    list_select_related = ("provider",)
    list_per_page = 50
    search_fields = ("name", "voice_id")
    search_help_text = "Words of the name, the id or the labels; all must occur."
    sortable_by = ("named",)
    ordering = ("name", "id")

    def get_search_results(self, request: HttpRequest, queryset: Any, search_term: str) -> tuple[Any, bool]:
        return queryset.search(search_term), False

    @admin.display(description="voice", ordering="name")
    def named(self, row: Voice) -> SafeString:
        return format_html("{}<br>{}", row.name, display.code(row.voice_id))

    @admin.display(description="provider")
    def served_by(self, row: Voice) -> str:
        return row.provider.name

    @admin.display(description="languages")
    def spoken(self, row: Voice) -> SafeString | str:
        more = len(row.languages) - LANGUAGES_SHOWN
        first = ", ".join(row.languages[:LANGUAGES_SHOWN])
        everything = ", ".join(row.languages)
        return format_html('<span title="{}">{}, {} more</span>', everything, first, more) if more > 0 else first

    @admin.display(description="about")
    def about(self, row: Voice) -> str:
        return ", ".join(str(row.labels[name]) for name in ("category", "tier", "type", "accent") if name in row.labels)

    @admin.display(description="state")
    def state(self, row: Voice) -> SafeString:
        return state_of(row)

    @admin.display(description="preview")
    def preview(self, row: Voice) -> SafeString | str:
        return link_to(row.preview_url, "Listen") if row.preview_url else ""

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: Mapping[str, Any] | None = None,
    ) -> HttpResponse:
        if not self.has_view_permission(request) or object_id is None:
            raise PermissionDenied
        voice = self.get_object(request, object_id)
        if voice is None:
            return self._get_obj_does_not_exist_redirect(request, self.opts, object_id)  # type: ignore[attr-defined, no-any-return]
        return self.respond(
            request,
            "admin/catalog/voice/change_form.html",
            title=voice.name,
            original=voice,
            state=state_of(voice),
            preview=link_to(voice.preview_url, voice.preview_url) if voice.preview_url else "",
            models=AIModel.objects.global_().filter(provider=voice.provider, model_id__in=voice.model_ids).light(),
        )

    def history_view(
        self, request: HttpRequest, object_id: str, extra_context: Mapping[str, Any] | None = None
    ) -> HttpResponse:
        raise Http404  # a voice has none: syncs alone write it


def state_of(row: Voice) -> SafeString:
    if not row.is_active:
        return display.state("deprecated", "no longer offered")
    if row.missing_since:
        return display.state("pending", "missing")
    return display.state("enabled", "offered") if row.listed_at else display.state("unknown", "default catalog")


def link_to(url: str, words: str) -> SafeString:
    """A provider's address: the page it leads to learns nothing of ours."""
    return format_html('<a href="{}" rel="noopener noreferrer" target="_blank">{}</a>', url, words)
