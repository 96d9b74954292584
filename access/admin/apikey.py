"""Keys in the admin: made, shown once, rotated and revoked. The secret is in one answer and nowhere else."""

from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.views.decorators.http import require_http_methods, require_POST

from access import keys, times
from access.caller import caller_of
from access.errors import AccessError
from access.models import ApiKey

from .key_form import KeyForm, NewKeyForm
from .page import AccessAdmin

STATES = {"active": "enabled", "expired": "unknown", "revoked": "failed"}  # colours of the style sheet


@admin.register(ApiKey)
class ApiKeyAdmin(AccessAdmin):
    form = KeyForm
    list_display = ("name", "shown_prefix", "state_word", "owner_name", "scope_names", "last_used", "expires")
    list_filter = (("revoked_at", admin.EmptyFieldListFilter), ("owner", admin.EmptyFieldListFilter))
    list_select_related = ("owner",)
    search_fields = ("name", "prefix", "owner__username")
    search_help_text = "Name, prefix or owner."
    readonly_fields = ("shown_prefix", "state_word", "last_used", "created", "created_by", "revoked")
    raw_id_fields = ("owner",)
    change_form_template = "admin/access/apikey/change_form.html"

    def get_fieldsets(self, request: HttpRequest, obj: ApiKey | None = None) -> Any:
        known = [("Key", {"fields": self.readonly_fields})] if obj else []
        return [
            (None, {"fields": ("name", "owner", "scopes", "expires_at")}),
            ("May call", {"fields": ("allowed_providers", "allowed_models", "allowed_routes")}),
            (
                "Limits",
                {"fields": ("requests_per_minute", "tokens_per_minute", "monthly_budget", "allow_unpriced")},
            ),
            *known,
        ]

    def get_readonly_fields(self, request: HttpRequest, obj: ApiKey | None = None) -> tuple[str, ...]:
        return (*self.readonly_fields, "owner") if obj else self.readonly_fields

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        kind = KeyForm if obj else NewKeyForm
        form: Any = super().get_form(request, obj, change, **{"form": kind, **kwargs})
        form.caller = caller_of(request)
        return form

    def save_model(self, request: HttpRequest, obj: ApiKey, form: KeyForm, change: bool) -> None:
        by = caller_of(request)
        if change:
            keys.change(obj.pk, obj.name, form.terms(), by=by)
            return
        form_id = form.cleaned_data["form_id"]
        made = keys.make(obj.name, by=by, owner_id=obj.owner_id, terms=form.terms(), form_id=form_id)
        obj.pk = made.key.pk
        request.made = made  # type: ignore[attr-defined]  # for the answer, a moment later

    def add_view(self, request: HttpRequest, form_url: str = "", extra_context: Any = None) -> HttpResponse:
        try:
            return super().add_view(request, form_url, extra_context)
        except AccessError as error:
            messages.error(request, error.message)
            return HttpResponseRedirect(reverse("admin:access_apikey_changelist"))

    def response_add(self, request: HttpRequest, obj: ApiKey, post_url_continue: str | None = None) -> HttpResponse:
        return self.show_once(request, request.made)  # type: ignore[attr-defined]

    def show_once(self, request: HttpRequest, made: keys.Made) -> HttpResponse:
        """The answer that carries the secret. It is kept for no page to come; reloading is refused, see access.keys."""
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": "Copy this key now",
            "key": made.key,
            "plaintext": made.plaintext,
        }
        page = TemplateResponse(request, "admin/access/apikey/shown_once.html", context)
        page["Cache-Control"] = "no-store"
        page["Referrer-Policy"] = "no-referrer"
        return page

    def get_urls(self) -> list[Any]:
        rotate = self.admin_site.admin_view(require_POST(self.rotate_view))
        revoke = self.admin_site.admin_view(require_http_methods(["GET", "HEAD", "POST"])(self.revoke_view))
        return [
            path("<int:pk>/rotate/", rotate, name="access_apikey_rotate"),
            path("<int:pk>/revoke/", revoke, name="access_apikey_revoke"),
            *super().get_urls(),
        ]

    def rotate_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        try:
            made = keys.rotate(pk, by=caller_of(request), seen=request.POST.get("seen", ""))
            return self.show_once(request, made)
        except AccessError as error:
            return self.back(request, pk, error)

    def revoke_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Ask first: a revoked key cannot be brought back."""
        if request.method != "POST":
            return self.ask_to_revoke(request, pk)
        try:
            keys.revoke(pk, by=caller_of(request))
        except AccessError as error:
            return self.back(request, pk, error)
        messages.success(request, "The key is revoked.")
        return self.back(request, pk)

    def ask_to_revoke(self, request: HttpRequest, pk: int) -> HttpResponse:
        try:
            key = keys.found(pk, caller_of(request))
        except AccessError as error:
            return self.back(request, pk, error)
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": f"Revoke {key.name}?",
            "key": key,
            "used": times.ago(key.last_used_at),
        }
        return TemplateResponse(request, "admin/access/apikey/revoke.html", context)

    def back(self, request: HttpRequest, pk: int, error: AccessError | None = None) -> HttpResponse:
        if error is not None:
            messages.error(request, error.message)
        return HttpResponseRedirect(reverse("admin:access_apikey_change", args=[pk]))

    @admin.display(description="prefix")
    def shown_prefix(self, key: ApiKey) -> SafeString:
        return format_html("<code>mr_{}…</code>", key.prefix)

    @admin.display(description="state")
    def state_word(self, key: ApiKey) -> SafeString:
        return format_html('<span class="state state-{}">{}</span>', STATES[key.state], key.state.capitalize())

    @admin.display(description="owner", ordering="owner__username")
    def owner_name(self, key: ApiKey) -> str:
        return key.owner.get_username() if key.owner else "service"

    @admin.display(description="last used", ordering="last_used_at")
    def last_used(self, key: ApiKey) -> SafeString | str:
        return times.ago(key.last_used_at)

    @admin.display(description="expires", ordering="expires_at")
    def expires(self, key: ApiKey) -> SafeString | str:
        return times.ago(key.expires_at)

    @admin.display(description="created")
    def created(self, key: ApiKey) -> SafeString | str:
        return times.ago(key.created_at)

    @admin.display(description="revoked")
    def revoked(self, key: ApiKey) -> SafeString | str:
        return times.ago(key.revoked_at)

    @admin.display(description="scopes")
    def scope_names(self, key: ApiKey) -> str:
        return ", ".join(key.scopes)
