"""Models in the admin: the list with its moves, and the page of one model."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from django.contrib import admin
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import path
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.views.decorators.http import require_POST

from access.caller import Caller
from catalog import facts, history, lifecycle, populate, registration
from catalog.admin import display, filters, model_page, moves, scheduled
from catalog.admin.form_page import FormPageAdmin
from catalog.admin.model_form import ModelForm
from catalog.admin.model_list import IdPaginator, ModelList
from catalog.admin.telling import acting, back, say, told
from catalog.models import AIModel, ObjectType
from catalog.models.aimodel import AIModelQuerySet

ROW_MOVES = {"approve", "reject", "enable", "disable", "restore"}  # the others are on the page and in bulk


@admin.register(AIModel)
class AIModelAdmin(FormPageAdmin):
    form_template = "admin/catalog/aimodel/change_form.html"
    object_type = ObjectType.MODEL
    list_display = ("named", "served_by", "state", "context", "cost", "source")
    list_filter = (
        filters.CategoryTabs,
        filters.StatusFilter,
        filters.ProviderFilter,
        filters.DefaultFilter,
        filters.CapabilityFilter,
        filters.PriceFilter,
    )
    list_select_related = ("provider", "price")
    list_per_page = 50
    paginator = IdPaginator
    search_fields = ("name", "model_id")
    search_help_text = "Words of the name or the id; all must occur."
    sortable_by = ("named",)
    ordering = ("name", "id")

    def get_queryset(self, request: HttpRequest) -> AIModelQuerySet:
        """The organisation's models; personal ones are their owners' affair."""
        return AIModel.objects.global_().light()

    def get_object(self, request: HttpRequest, object_id: str, from_field: str | None = None) -> AIModel | None:
        whole = AIModel.objects.global_().select_related("provider", "price", "successor__provider")
        return whole.filter(pk=int(object_id)).first() if object_id.isascii() and object_id.isdigit() else None

    def get_search_results(self, request: HttpRequest, queryset: Any, search_term: str) -> tuple[QuerySet, bool]:
        return queryset.search(search_term), False

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ModelList]:
        return ModelList

    def get_list_display(self, request: HttpRequest) -> tuple[Any, ...]:
        return (*self.list_display, "buttons") if self.has_change_permission(request) else self.list_display

    def has_delete_permission(self, request: HttpRequest, obj: AIModel | None = None) -> bool:
        allowed = super().has_delete_permission(request, obj)
        return allowed and (obj is None or not model_page.why_kept(obj))

    # the page of one model

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: Mapping[str, Any] | None = None,
    ) -> HttpResponse:
        """The page of one model; also what the small form for a price to come is sent to."""
        model = self.get_object(request, object_id) if object_id and scheduled.BUTTON in request.POST else None
        if model is not None and self.may_save(request, model):
            return self.schedule_price(request, model)
        return super().changeform_view(request, object_id, form_url, extra_context)

    def schedule_price(self, request: HttpRequest, model: AIModel) -> HttpResponse:
        """Back to where one was; a price that cannot be scheduled stays in its form."""
        refused = scheduled.schedule_price(request, model)
        if refused is None:
            return back(request, self.url("change", model.pk))
        return self.show(
            request, model, self.new_form(None, model), True, schedule=refused, next=request.POST.get("next", "")
        )

    def new_form(self, data: Any, obj: AIModel | None) -> ModelForm:
        return ModelForm(data, obj)

    def beside(self, request: HttpRequest, obj: AIModel | None, form: ModelForm, editable: bool) -> dict[str, Any]:
        if obj is None:
            return {"groups": model_page.blank(form)}
        return model_page.context(request, obj, form, editable=editable)

    def operate(self, form: ModelForm, by: Caller, reason: str) -> None:
        decisions = form.decisions
        if "successor" in decisions:
            name = decisions.pop("successor")
            decisions["successor_id"] = registration.successor_named(name, form.cleaned_data["category"], by)
        if form.obj is not None:
            registration.change_model(form.obj, by, stated=form.facts, decisions=decisions, reason=reason)
            return
        form.saved = registration.add_model(
            provider=form.cleaned_data["provider"],
            model_id=form.cleaned_data["model_id"],
            by=by,
            stated=form.facts,
            decisions=decisions,
            status=form.cleaned_data["status"],
            reason=reason,
        )

    def delete_model(self, request: HttpRequest, obj: AIModel) -> None:
        by = acting(request)
        with history.change_set(by) as changes:
            registration.delete_model(obj, by)
        say(request, f"Deleted {obj}.", changes)

    # columns

    @admin.display(description="model", ordering="name")
    def named(self, row: AIModel) -> SafeString:
        mark = format_html(' <span class="mark">{}</span>', "default") if row.is_default else ""
        return format_html("{}{}<br>{}", row.name, mark, display.code(row.model_id))

    @admin.display(description="provider")
    def served_by(self, row: AIModel) -> str:
        return row.provider.name

    @admin.display(description="status")
    def state(self, row: AIModel) -> SafeString:
        return display.state(row.status, row.get_status_display())

    @admin.display(description="context window")
    def context(self, row: AIModel) -> str:
        return display.number(row.context_window)

    @admin.display(description="price per million tokens")
    def cost(self, row: AIModel) -> SafeString:
        amounts = row.price.amounts if row.price else None
        return format_html('<span title="{}">{}</span>', display.price(amounts), display.headline(amounts))

    @admin.display(description="source")
    def source(self, row: Any) -> str:
        names = [display.source(name) for name in row.source_names]
        if row.price and row.price.source not in row.source_names[:1]:
            names = [name for name in names if name != display.source(row.price.source)]
            names.append(f"price: {display.source(row.price.source)}")
        return ", ".join(names) or display.UNKNOWN

    @admin.display(description="moves")
    def buttons(self, row: AIModel) -> SafeString:
        names = [name for name in lifecycle.moves_from(row.status) if name in ROW_MOVES]
        return format_html_join(" ", "{}", ((one,) for one in model_page.buttons(row, names)))

    # bulk moves

    def get_actions(self, request: HttpRequest) -> dict[str, Any]:
        if not self.has_change_permission(request):
            return {}
        return {name: (partial(move_in_bulk, name), name, f"{name.capitalize()} …") for name in lifecycle.MOVES}

    # pages and buttons

    def get_urls(self) -> list[Any]:
        def posted(route: str, view: Callable[..., HttpResponse], name: str) -> Any:
            return path(route, self.admin_site.admin_view(require_POST(view)), name=f"catalog_aimodel_{name}")

        return [
            posted("populate/", self.populate_view, "populate"),
            posted("<int:pk>/move/<slug:name>/", self.move_view, "move"),
            posted("<int:pk>/default/", self.default_view, "default"),
            posted("<int:pk>/no-default/", self.no_default_view, "no_default"),
            posted("<int:pk>/reset/<slug:name>/", self.reset_view, "reset"),
            posted("<int:pk>/cancel-price/<int:price_id>/", self.cancel_price_view, "cancel_price"),
            *super().get_urls(),
        ]

    def changeable(self, request: HttpRequest, pk: int) -> AIModel:
        """The model a button means. Raises Http404 or PermissionDenied."""
        model = self.get_object(request, str(pk))
        if model is None:
            raise Http404
        if not self.has_change_permission(request, model):
            raise PermissionDenied
        return model

    def move_view(self, request: HttpRequest, pk: int, name: str) -> HttpResponse:
        model = self.changeable(request, pk)
        if name not in lifecycle.MOVES:
            raise Http404
        by, reason = acting(request), request.POST.get("reason", "")
        with told(request):
            with history.change_set(by, reason) as changes:
                moved = lifecycle.move(AIModel.objects.filter(pk=pk), name, by, reason)
            say(request, f"{lifecycle.DONE[name].capitalize()} {model}.", changes, moved.defaults)
        return back(request, self.url("changelist"))

    def default_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        return self.decide_default(request, pk, lifecycle.set_default)

    def no_default_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        return self.decide_default(request, pk, lifecycle.clear_default)

    def decide_default(
        self, request: HttpRequest, pk: int, operation: Callable[..., lifecycle.DefaultMoved]
    ) -> HttpResponse:
        model, by, reason = self.changeable(request, pk), acting(request), request.POST.get("reason", "")
        with told(request):
            with history.change_set(by, reason) as changes:
                moved = operation(model, by, reason)
            say(request, str(moved), changes)
        return back(request, self.url("changelist"))

    def reset_view(self, request: HttpRequest, pk: int, name: str) -> HttpResponse:
        model, by = self.changeable(request, pk), acting(request)
        with told(request):
            with history.change_set(by) as changes:
                facts.reset(model, [name], by)
            say(request, f"{name.replace('_', ' ').capitalize()} is again what its sources say.", changes)
        return back(request, self.url("change", pk))

    def cancel_price_view(self, request: HttpRequest, pk: int, price_id: int) -> HttpResponse:
        scheduled.cancel_price(request, self.changeable(request, pk), price_id)
        return back(request, self.url("change", pk))

    def populate_view(self, request: HttpRequest) -> HttpResponse:
        if not self.has_add_permission(request):
            raise PermissionDenied
        with told(request):
            results = populate.populate(acting(request))
            created = sum(result.pk is not None for result in results)
            self.message_user(request, f"{created} default models added, {len(results) - created} were there already.")
        return back(request, self.url("changelist"))


def move_in_bulk(name: str, page: AIModelAdmin, request: HttpRequest, models: QuerySet) -> HttpResponse | None:
    """Show what a move would do with the selection; once confirmed, do that and nothing else."""
    if "seen" in request.POST:
        with told(request):
            reason, seen = request.POST.get("reason", ""), request.POST["seen"]
            moved, changes = moves.apply(models, name, acting(request), reason, seen)
            say(
                request,
                f"{lifecycle.DONE[name].capitalize()} {display.count(moved.changed, 'model')}.",
                changes,
                moved.defaults,
            )
            return None
    return page.respond(
        request,
        "admin/catalog/aimodel/confirm_move.html",
        title=f"{name.capitalize()} models",
        preview=moves.preview(models, name),
        selected=request.POST.getlist(ACTION_CHECKBOX_NAME),
        select_across=request.POST.get("select_across", "0"),
        checkbox_name=ACTION_CHECKBOX_NAME,
    )
