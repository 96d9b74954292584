"""Providers in the admin: what they have, whether they can be asked, and how they are reached."""

from __future__ import annotations

import os
from typing import Any

from django.contrib import admin
from django.contrib.admin.views.main import ChangeList
from django.core.exceptions import PermissionDenied
from django.db.models import Prefetch
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import NoReverseMatch, path, reverse
from django.utils.html import format_html, format_html_join
from django.utils.http import urlencode
from django.utils.safestring import SafeString
from django.views.decorators.http import require_POST

from access.caller import Caller
from catalog import connections, credentials, history
from catalog.admin import display
from catalog.admin.form_page import FormPageAdmin
from catalog.admin.provider_form import ProviderForm, groups
from catalog.admin.telling import acting, back, button, told
from catalog.models import Credential, ObjectType, Provider
from catalog.models.provider import ProviderQuerySet

COUNTED = ("enabled", "pending", "disabled", "deprecated", "archived")


def with_all(providers: ProviderQuerySet) -> ProviderQuerySet:
    """Providers with the numbers of their models, and the organisation's keys without their secret."""
    return with_keys(providers.with_statistics())


def with_keys(providers: ProviderQuerySet) -> ProviderQuerySet:
    """Providers with the organisation's keys, without their secret."""
    keys = Credential.objects.usable().of(None).only("provider_id", "base_url", "last_four")
    return providers.with_stored_key().prefetch_related(Prefetch("credentials", keys, to_attr="organisation_keys"))


class ProviderList(ChangeList):
    """Only the providers of the page count their models."""

    def get_results(self, request: HttpRequest) -> None:
        super().get_results(request)
        shown = Provider.objects.filter(pk__in=[row.pk for row in self.result_list])
        self.result_list = list(with_all(shown).order_by(*self.get_ordering(request, shown)))


@admin.register(Provider)
class ProviderAdmin(FormPageAdmin):
    form_template = "admin/catalog/provider/change_form.html"
    object_type = ObjectType.PROVIDER
    list_display = ("provider", "models", "key", "condition", "synced", "address", "is_active", "refresh")
    list_filter = ("is_active", "health")
    list_per_page = 100
    search_fields = ("slug", "name")
    sortable_by = ("provider", "synced")
    ordering = ("name", "slug")

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ChangeList]:
        return ProviderList

    def get_object(self, request: HttpRequest, object_id: str, from_field: str | None = None) -> Provider | None:
        known = object_id.isascii() and object_id.isdigit()
        return with_all(Provider.objects.filter(pk=int(object_id))).first() if known else None

    def get_actions(self, request: HttpRequest) -> dict[str, Any]:
        return {}

    def get_list_display(self, request: HttpRequest) -> list[Any]:
        return [name for name in self.list_display if name != "refresh" or self.has_change_permission(request)]

    def has_delete_permission(self, request: HttpRequest, obj: Provider | None = None) -> bool:
        return super().has_delete_permission(request, obj) and (obj is None or obj.spec is None)

    # columns

    @admin.display(description="provider", ordering="name")
    def provider(self, row: Provider) -> SafeString:
        return format_html("{}<br>{}", row.name, display.code(row.slug))

    @admin.display(description="models")
    def models(self, row: Any) -> SafeString:
        counts = [models_link(row, status, getattr(row, f"{status}_count")) for status in ("enabled", "pending")]
        return format_html("{}<br>{}", *counts)

    @admin.display(description="key")
    def key(self, row: Provider) -> SafeString:
        return display.state(*key_state(row))

    @admin.display(description="health")
    def condition(self, row: Provider) -> SafeString:
        word = display.state(row.health, row.get_health_display())
        if row.health_since is None:
            return word
        since = display.ago(row.health_since)
        return format_html('<span title="{}">{}</span><br>{}', row.health_reason, word, since)

    @admin.display(description="last sync", ordering="last_synced_at")
    def synced(self, row: Provider) -> SafeString | str:
        return display.ago(row.last_synced_at)

    @admin.display(description="address")
    def address(self, row: Provider) -> SafeString | str:
        return display.code(row.base_url) if row.base_url else "none yet"

    @admin.display(description="ask it")
    def refresh(self, row: Provider) -> SafeString | str:
        urls = {word: discovery_url(word, row) for word in ("refresh", "preview")}
        buttons = (
            (button(word.capitalize(), url, label=f"{word.capitalize()} {row.name}"),)
            for word, url in urls.items()
            if url
        )
        return format_html_join(" ", "{}", buttons)

    # the page of one provider

    def new_form(self, data: Any, obj: Provider | None) -> ProviderForm:
        return ProviderForm(data, obj)

    def beside(self, request: HttpRequest, obj: Provider | None, form: ProviderForm, editable: bool) -> dict[str, Any]:
        rows = [{"title": title, "rows": [{"field": field} for field in fields]} for title, fields in groups(form)]
        return {"groups": rows, **(state_of(obj) if obj else {})}

    def operate(self, form: ProviderForm, by: Caller, reason: str) -> None:
        key = form.cleaned_data["key"]
        if form.obj is None:
            fields = {**form.changed, "slug": form.cleaned_data["slug"]}
            form.saved = connections.add_provider(fields, by, key=key, reason=reason)
            return
        confirmed = bool(form.cleaned_data.get("confirm_env_key"))
        form.notes = connections.change_provider(
            form.obj, form.changed, by, key=key, confirm_env_key=confirmed, reason=reason
        )

    def delete_model(self, request: HttpRequest, obj: Provider) -> None:
        by = acting(request)
        with history.change_set(by):
            connections.delete_provider(obj, by)
        self.message_user(request, f"Deleted {obj}.")

    def get_urls(self) -> list[Any]:
        forget = self.admin_site.admin_view(require_POST(self.forget_key_view))
        return [path("<int:pk>/forget-key/", forget, name="catalog_provider_forget_key"), *super().get_urls()]

    def forget_key_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        provider = self.get_object(request, str(pk))
        if provider is None:
            raise Http404
        if not self.has_change_permission(request, provider):
            raise PermissionDenied
        with told(request):
            gone = credentials.forget_key(provider, acting(request))
            self.message_user(request, f"Deleted the key of {provider}." if gone else f"{provider} had no stored key.")
        return back(request, self.url("changelist"))


def models_link(row: Provider, status: str, count: int) -> SafeString:
    if not count:
        return format_html('<span class="quiet">0 {}</span>', status)
    query = urlencode({"provider": row.slug, "status": status})
    url = f"{reverse('admin:catalog_aimodel_changelist')}?{query}"
    return format_html('<a href="{}">{} {}</a>', url, display.number(count), status)


def key_state(row: Any) -> tuple[str, str]:
    """Whether calls carry a key and where it is from, never the key."""
    if not row.needs_key:
        return "unknown", "none needed"
    stored = [key for key in row.organisation_keys if key.base_url == row.base_url]
    if stored:
        return "enabled", f"stored, ends in …{stored[0].last_four}" if stored[0].last_four else "stored"
    if row.environment_key:
        return "enabled", f"environment variable {row.api_key_env}"
    if row.api_key_env and os.environ.get(row.api_key_env):
        return "pending", f"{row.api_key_env} is set, but not confirmed for this address"
    return "disabled", "not configured"


def discovery_url(page: str, row: Provider) -> str:
    """Where a refresh or its preview is asked for; discovery serves them, and we know them by name alone."""
    try:
        return reverse(f"discovery-{page}", kwargs={"slug": row.slug})
    except NoReverseMatch:
        return ""


def state_of(provider: Any) -> dict[str, Any]:
    """What the page shows above the form."""
    counts = [models_link(provider, status, getattr(provider, f"{status}_count")) for status in COUNTED]
    return {
        "counts": counts,
        "key": display.state(*key_state(provider)),
        "has_stored_key": bool(provider.organisation_keys),
        "condition": display.state(provider.health, provider.get_health_display()),
        "refresh_url": discovery_url("refresh", provider),
        "preview_url": discovery_url("preview", provider),
        "note": provider.spec.note if provider.spec else "",
        "links": [link for link in (provider.site_url, provider.docs_url, provider.status_url) if link],
        "why_kept": "It comes with the product and cannot be deleted. Switch it off instead." if provider.spec else "",
    }
