"""Who was given or denied what. A grant is added in place of an older one, and taken back by deleting it."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin
from django.contrib.auth import get_user_model
from django.contrib.auth.models import Group
from django.core.exceptions import ValidationError
from django.http import HttpRequest
from django.utils.safestring import SafeString

from access.caller import Caller
from catalog import grants
from catalog.admin import display
from catalog.admin.form_page import FormPageAdmin, OperationForm
from catalog.admin.telling import acting
from catalog.grants import Target
from catalog.models import AIModel, Effect, Grant, ObjectType, Provider

BY_REQUEST = "request"
EFFECTS = [
    (Effect.ALLOW.value, "Given to them"),
    (Effect.DENY.value, "Denied to them"),
    (BY_REQUEST, "By request only, for everyone"),
]


class TargetField(forms.CharField):
    """A provider by its slug, or one of the organisation's models by provider/model_id."""

    def clean(self, value: Any) -> Target:
        text = super().clean(value)
        slug, slash, model_id = text.partition("/")
        found: Target | None
        if slash:
            named = AIModel.objects.global_().for_provider(slug).filter(model_id=model_id)
            found = named.select_related("provider").order_by("-is_default", "pk").first()
        else:
            found = Provider.objects.filter(slug=slug).first()
        if found is None:
            raise ValidationError(f"There is no {'model' if slash else 'provider'} of that name.")
        return found


class GrantForm(OperationForm):
    def __init__(self, data: Any, grant: Grant | None, target: str = "") -> None:
        shown: dict[str, Any] = {"target": target, "effect": Effect.ALLOW}
        if grant is not None:
            subject = grant.group or grant.user
            shown = {"target": str(grant.target), "group": grant.group, "user": grant.user, "reason": grant.reason}
            shown["effect"] = grant.effect if subject else BY_REQUEST
        super().__init__(data, grant, shown)

    def add_fields(self) -> None:
        self.fields["target"] = TargetField(
            label="What", max_length=320, help_text="A provider's slug, such as openai, or provider/model_id."
        )
        self.fields["effect"] = forms.ChoiceField(choices=EFFECTS, label="Is")
        self.fields["group"] = forms.ModelChoiceField(
            Group.objects.order_by("name"), required=False, empty_label="no group"
        )
        self.fields["user"] = forms.ModelChoiceField(
            get_user_model()._default_manager.all(),
            to_field_name="username",
            required=False,
            label="Or person",
            widget=forms.TextInput,
            help_text="A user name.",
            error_messages={"invalid_choice": "There is no user %(value)s."},
        )

    def clean(self) -> dict[str, Any]:
        entered = super().clean() or self.cleaned_data
        named = [name for name in ("group", "user") if entered.get(name)]
        if entered.get("effect") == BY_REQUEST and named:
            self.add_error(named[0], "By request holds for everyone: name nobody.")
        elif entered.get("effect") != BY_REQUEST and not named and not self.errors:
            self.add_error("group", "Name a group or a person.")
        return entered


@admin.register(Grant)
class GrantAdmin(FormPageAdmin):
    form_template = "admin/catalog/form_page.html"
    object_type = ObjectType.GRANT
    list_display = ("what", "word", "whom", "reason", "given_by", "since")
    list_filter = ("effect", "group")
    list_select_related = ("provider", "model__provider", "group", "user")
    search_fields = ("provider__slug", "model__model_id", "group__name", "user__username")
    search_help_text = "Provider, model id, group or person."
    sortable_by = ()

    def has_change_permission(self, request: HttpRequest, obj: Grant | None = None) -> bool:
        return False  # a later grant takes the place of an older one

    def new_form(self, data: Any, obj: Grant | None) -> GrantForm:
        return GrantForm(data, obj)

    def beside(self, request: HttpRequest, obj: Grant | None, form: GrantForm, editable: bool) -> dict[str, Any]:
        if obj is None and not form.is_bound:
            form.initial["target"] = request.GET.get("target", "")[:320]
        fields = [form[name] for name in ("target", "effect", "group", "user")]
        why = f"By {obj.given_by}{f': {obj.reason}' if obj.reason else ''}" if obj else ""
        group = {"title": "Access", "rows": [{"field": field} for field in fields]}
        return {"groups": [{**group, "note": {"source": why}} if obj else group]}

    def operate(self, form: GrantForm, by: Caller, reason: str) -> None:
        entered = form.cleaned_data
        effect = Effect.DENY if entered["effect"] == BY_REQUEST else entered["effect"]
        form.saved = grants.give(
            entered["target"], by, group=entered["group"], user=entered["user"], effect=effect, reason=reason
        )

    def delete_model(self, request: HttpRequest, obj: Grant) -> None:
        grants.take_back(obj, acting(request))
        self.message_user(request, f"Taken back: {obj}.")

    @admin.display(description="what")
    def what(self, row: Grant) -> SafeString:
        return display.code(str(row.target))

    @admin.display(description="access")
    def word(self, row: Grant) -> SafeString:
        if row.group_id is None and row.user_id is None:
            return display.state("pending", "By request")
        return display.state("enabled" if row.effect == Effect.ALLOW else "down", row.get_effect_display())

    @admin.display(description="to")
    def whom(self, row: Grant) -> str:
        if row.group:
            return f"group {row.group}"
        return str(row.user) if row.user else "everyone"

    @admin.display(description="since")
    def since(self, row: Grant) -> SafeString | str:
        return display.ago(row.created_at)
