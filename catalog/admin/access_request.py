"""What people asked for: answered here, and kept."""

from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import path, reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.views.decorators.http import require_POST

from catalog import grants
from catalog.admin import display
from catalog.admin.page import ReadOnlyAdmin
from catalog.admin.telling import acting, back, button, told
from catalog.models import AccessRequest, RequestState

LOOKS = {"waiting": "pending", "given": "enabled", "refused": "down", "withdrawn": "unknown"}
LIST = "admin:catalog_accessrequest_changelist"


@admin.register(AccessRequest)
class AccessRequestAdmin(ReadOnlyAdmin):
    change_form_template = "admin/catalog/accessrequest/change_form.html"
    list_display = ("who", "what", "words", "word", "asked", "answer", "answered_by")
    list_display_links = ("who",)
    list_filter = ("state",)
    list_select_related = ("user", "provider", "model__provider")
    search_fields = ("user__username", "provider__slug", "model__model_id")
    search_help_text = "Person, provider or model id."
    sortable_by = ()
    fields = ("who", "what", "words", "word", "asked", "answer", "answered_by", "answered_at")
    readonly_fields = fields

    def get_list_display(self, request: HttpRequest) -> tuple[Any, ...]:
        return (*self.list_display, "buttons") if self.may_answer(request) else self.list_display

    def may_answer(self, request: HttpRequest) -> bool:
        return bool(request.user.has_perm("catalog.change_accessrequest"))

    def get_urls(self) -> list[Any]:
        answer = self.admin_site.admin_view(require_POST(self.answer_view))
        return [
            path("<int:pk>/answer/<slug:name>/", answer, name="catalog_accessrequest_answer"),
            *super().get_urls(),
        ]

    def answer_view(self, request: HttpRequest, pk: int, name: str) -> HttpResponse:
        if not self.may_answer(request):
            raise PermissionDenied
        row = AccessRequest.objects.select_related("user").filter(pk=pk).first()
        if row is None or name not in ("give", "refuse"):
            raise Http404
        words = request.POST.get("words", "").replace("\x00", "").strip()
        with told(request):
            done = grants.answer(row, acting(request), give_it=name == "give", words=words)
            messages.success(request, f"{done.get_state_display()}: {done.target} to {done.user}.")
        return back(request, LIST)

    def change_view(self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None) -> Any:
        row = self.get_object(request, object_id)
        waits = row is not None and row.state == RequestState.WAITING and self.may_answer(request)
        urls = {f"{name}_url": answer_url(row, name) for name in ("give", "refuse")} if row and waits else {}
        return super().change_view(request, object_id, form_url, {**(extra_context or {}), **urls})

    @admin.display(description="person")
    def who(self, row: AccessRequest) -> str:
        return str(row.user)

    @admin.display(description="asks for")
    def what(self, row: AccessRequest) -> SafeString:
        return display.code(str(row.target))

    @admin.display(description="state")
    def word(self, row: AccessRequest) -> SafeString:
        return display.state(LOOKS[row.state], row.get_state_display())

    @admin.display(description="asked")
    def asked(self, row: AccessRequest) -> SafeString | str:
        return display.ago(row.asked_at)

    @admin.display(description="")
    def buttons(self, row: AccessRequest) -> SafeString | str:
        if row.state != RequestState.WAITING:
            return ""
        give = button("Give", answer_url(row, "give"), look="good", label=f"Give {row.target} to {row.user}")
        refuse = button("Refuse", answer_url(row, "refuse"), look="bad", label=f"Refuse {row.target} to {row.user}")
        return format_html("{} {}", give, refuse)


def answer_url(row: AccessRequest, name: str) -> str:
    return reverse("admin:catalog_accessrequest_answer", args=[row.pk, name])
