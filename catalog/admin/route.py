"""Routes in the admin: where each leads, how much it is called, and a table to change that."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.contrib.admin.views.main import ChangeList
from django.core.exceptions import PermissionDenied
from django.db.models import CharField, Value
from django.db.models.functions import Concat
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.urls import path
from django.utils.html import format_html
from django.utils.safestring import SafeString

from access.caller import Caller
from catalog import history, routes, traffic
from catalog.admin import display
from catalog.admin.form_page import FormPageAdmin
from catalog.admin.route_form import MODELS_LIST, TARGETS, RouteForm, TargetForm
from catalog.admin.telling import acting, say
from catalog.models import AIModel, ObjectType, Route, RouteTarget
from catalog.models.route import RouteQuerySet
from catalog.traffic import Traffic

SUGGESTED = 50


class RouteList(ChangeList):
    """A page of routes, each with its `traffic`."""

    def get_results(self, request: HttpRequest) -> None:
        super().get_results(request)
        rows: list[Any] = list(self.result_list)
        calls = traffic.of_routes([row.name for row in rows])
        for row in rows:
            row.traffic = calls.get(row.name, traffic.NONE)
        self.result_list = rows


@admin.register(Route)
class RouteAdmin(FormPageAdmin):
    form_template = "admin/catalog/route/change_form.html"
    object_type = ObjectType.ROUTE
    list_display = ("named", "leads", "state", "listed", "calls", "changed")
    list_display_links = ("named",)
    list_filter = ("is_active", "is_listed", "is_experiment")
    list_per_page = 50
    search_fields = ("name", "description", "targets__model__model_id")
    search_help_text = "Part of a name, a description, or the id of a model it leads to."
    sortable_by = ("named", "changed")
    ordering = ("name",)

    def get_queryset(self, request: HttpRequest) -> RouteQuerySet:
        return Route.objects.with_targets()

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ChangeList]:
        return RouteList

    # columns

    @admin.display(description="route", ordering="name")
    def named(self, row: Route) -> SafeString:
        mark = format_html(' <span class="mark">{}</span>', "experiment") if row.is_experiment else ""
        return format_html('{}{}<br><span class="about">{}</span>', display.code(row.name), mark, row.description)

    @admin.display(description="leads to")
    def leads(self, row: Route) -> SafeString:
        return format_html("{}{}", words(row), warning(row))

    @admin.display(description="state", ordering="is_active")
    def state(self, row: Route) -> SafeString:
        return display.state("enabled", "active") if row.is_active else display.state("disabled", "off")

    @admin.display(description="listed")
    def listed(self, row: Route) -> str:
        return "listed" if row.is_listed else "hidden"

    @admin.display(description="calls in 7 days")
    def calls(self, row: Any) -> str:
        return calls_in_words(row.traffic)

    @admin.display(description="changed", ordering="updated_at")
    def changed(self, row: Route) -> SafeString | str:
        return display.ago(row.updated_at)

    # the page of one route

    def new_form(self, data: Any, obj: Route | None) -> RouteForm:
        return RouteForm(data, obj, self.url("models"))

    def beside(self, request: HttpRequest, obj: Route | None, form: RouteForm, editable: bool) -> dict[str, Any]:
        fields = ("name", "description", "is_active", "is_listed", "is_experiment")
        shown = {
            "groups": [{"title": "Route", "rows": [{"field": form[name]} for name in fields]}],
            "rows": [(row, now(row, obj)) for row in form.rows.forms],
            "table_title": TARGETS,
            "models_list": MODELS_LIST,
            "models": suggestions("") if editable else [],
        }
        if obj is None:
            return shown
        calls = traffic.of_routes([obj.name]).get(obj.name, traffic.NONE)
        used_by = Route.objects.filter(targets__to_route=obj).distinct()
        return {
            **shown,
            "words": words(obj),
            "warning": warning(obj),
            "calls": calls_in_words(calls),
            "used_by": used_by,
        }

    def operate(self, form: RouteForm, by: Caller, reason: str) -> None:
        if form.obj is None:
            form.saved, form.notes = routes.add_route(form.changed, by, reason=reason)
        else:
            form.notes = routes.change_route(form.obj, form.changed, by, reason=reason)

    def delete_model(self, request: HttpRequest, obj: Route) -> None:
        by = acting(request)
        with history.change_set(by) as changes:
            routes.delete_route(obj, by)
        say(request, f"Deleted {obj}.", changes)

    def get_urls(self) -> list[Any]:
        models = self.admin_site.admin_view(self.models_view)
        return [path("models/", models, name="catalog_route_models"), *super().get_urls()]

    def models_view(self, request: HttpRequest) -> HttpResponse:
        """Names of models that hold what was typed, for the fields of the table."""
        if not self.has_view_or_change_permission(request):
            raise PermissionDenied
        return JsonResponse({"names": suggestions(request.GET.get("q", "")[:320])})


def suggestions(words: str) -> list[str]:
    """Enabled models as `provider/model_id`, defaults first."""
    name = Concat("provider__slug", Value("/"), "model_id", output_field=CharField())
    found = AIModel.objects.global_().enabled().alias(whole_name=name)
    for word in words.replace("\0", "").split():
        found = found.filter(whole_name__icontains=word)
    ordered = found.order_by("-is_default", "provider__slug", "model_id").values_list("provider__slug", "model_id")
    return list(dict.fromkeys(f"{slug}/{model_id}" for slug, model_id in ordered[:SUGGESTED]))


def words(route: Route) -> SafeString:
    targets = routes.definition(route, route.targets.all())["targets"]
    return format_html('<span class="leads">{}</span>', routes.in_words(targets) or "nowhere")


def warning(route: Route) -> SafeString | str:
    """Targets that cannot be called as they are."""
    out = [target for target in route.targets.all() if target_state(target)[0] not in ("enabled", "active")]
    if not out:
        return ""
    told = ", ".join(f"{target.leads_to} is {target_state(target)[1]}" for target in out)
    return format_html('<br><span class="state state-deprecated">{}</span>', told)


def target_state(target: RouteTarget) -> tuple[str, str]:
    """The state of what a target leads to, as it is coloured and in words."""
    if target.model is not None:
        return target.model.status, target.model.get_status_display().lower()
    active = target.to_route is not None and target.to_route.is_active
    return ("active", "active") if active else ("disabled", "off")


def now(row: TargetForm, route: Route | None) -> SafeString | str:
    """The state of what a row of the table led to when it was last saved, and its share."""
    position = row.initial.get("order")
    if route is None or position is None:
        return ""
    targets = list(route.targets.all())
    if position > len(targets):
        return ""
    target = targets[position - 1]
    colour, state = target_state(target)
    total = sum(item.weight for item in targets)
    share = routes.percent(target.weight, total) if target.weight and total else "fallback"
    return format_html("{}<br>{}", share, display.state("enabled" if colour == "active" else colour, state))


def calls_in_words(calls: Traffic) -> str:
    if not calls.calls:
        return "none"
    failed = f", {display.number(calls.errors)} failed" if calls.errors else ""
    return f"{display.number(calls.calls)}{failed}"
