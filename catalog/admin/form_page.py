"""Pages whose form calls an operation: only what a person changed is passed on, and refusals stand at the fields."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django import forms
from django.core.exceptions import PermissionDenied
from django.db.models import Model
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils.decorators import method_decorator
from django.utils.text import Truncator, normalize_newlines
from django.views.decorators.debug import sensitive_post_parameters

from catalog import history
from catalog.admin.page import RegistryAdmin
from catalog.admin.telling import acting, say
from catalog.errors import CatalogError

LONGEST = 100  # characters of a value that is told


class OperationForm(forms.Form):
    """A field counts as changed against what the page showed, so that what a sync has written since is not taken for
    a person's word."""

    def __init__(self, data: Any, obj: Any, initial: Mapping[str, Any]) -> None:
        super().__init__(data, initial=dict(initial))
        self.obj = obj
        self.saved = obj  # what the operation made of it
        self.notes: list[str] = []  # what else it did
        self.add_fields()
        for name, field in self.fields.items():
            field.label = field.label or name.replace("_", " ").capitalize()
            # A password has no initial value, and must not get a twin.
            field.show_hidden_initial = obj is not None and not isinstance(field.widget, forms.PasswordInput)
        self.fields["reason"] = forms.CharField(
            required=False, max_length=500, label="Reason", help_text="For the history; may stay empty."
        )

    def add_fields(self) -> None:
        raise NotImplementedError

    def clean(self) -> dict[str, Any]:
        for name in self.changed_data:
            self.refuse_if_overtaken(name)
        return super().clean() or self.cleaned_data

    def refuse_if_overtaken(self, name: str) -> None:
        """What somebody else has written since the page was shown is not replaced before it was seen."""
        field, bound = self.fields[name], self[name]
        if not field.show_hidden_initial or bound.html_initial_name not in self.data:
            return
        hidden = field.hidden_widget()
        shown = hidden.value_from_datadict(self.data, self.files, bound.html_initial_name)
        now = hidden.format_value(field.prepare_value(bound.initial))
        if as_sent(shown) == as_sent(now) or not field.has_changed(bound.initial, bound.data):
            return
        self.add_error(name, f"It was changed to {words(field, bound.initial)} meanwhile. Save again to replace that.")
        data: Any = self.data.copy()  # type: ignore[attr-defined]
        data.setlist(bound.html_initial_name, as_sent(now))
        self.data = data

    def disable(self) -> None:
        for field in self.fields.values():
            field.disabled = True

    @property
    def deed(self) -> str:
        """What saving did, in words."""
        if self.obj is None:
            return f"Added {self.saved}."
        labels = self.changed_labels
        return f"Changed {self.saved}: {', '.join(labels)}." if labels else "Nothing to save: no field was changed."

    @property
    def changed_labels(self) -> list[str]:
        return [str(self.fields[name].label) for name in self.changed_data if name != "reason"]

    def show(self, error: CatalogError) -> None:
        """A refusal, at the fields it names as far as the form has them."""
        details = error.details if isinstance(error.details, Mapping) else {}
        at_fields = {name: text for name, text in details.items() if name in self.fields}
        for name, text in at_fields.items():
            self.add_error(name, sentence(str(text)))
        if len(at_fields) < len(details) or not details:
            self.add_error(None, sentence(error.message))


class FormPageAdmin(RegistryAdmin):
    """The page of one object, and of a new one."""

    form_template = ""

    def new_form(self, data: Any, obj: Any) -> OperationForm:
        raise NotImplementedError

    def operate(self, form: Any, by: Any, reason: str) -> None:
        """Call the operation with what the form says, and set `form.saved`. Raises CatalogError."""
        raise NotImplementedError

    def beside(self, request: HttpRequest, obj: Any, form: Any, editable: bool) -> dict[str, Any]:
        """What the page shows, the fields in groups among it."""
        raise NotImplementedError

    @method_decorator(sensitive_post_parameters("key"))
    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: Mapping[str, Any] | None = None,
    ) -> HttpResponse:
        obj = self.get_object(request, object_id) if object_id else None
        if object_id and obj is None:
            return self.gone(request, object_id)
        editable = self.may_save(request, obj)
        form = self.new_form(request.POST if request.method == "POST" else None, obj)
        if request.method == "POST" and self.save(request, form):
            return self.after_save(request, form.saved)
        return self.show(request, obj, form, editable)

    def show(self, request: HttpRequest, obj: Any, form: Any, editable: bool, **more: Any) -> HttpResponse:
        """The page with a form that is new, or was refused."""
        if not editable:
            form.disable()
        if form.is_bound and obj is not None:  # a refused operation may have touched the row in memory
            obj = self.get_object(request, str(obj.pk))
        return self.respond(
            request,
            self.form_template,
            title=f"Add {self.opts.verbose_name}" if obj is None else getattr(obj, "name", str(obj)),
            original=obj,
            form=form,
            editable=editable,
            may_delete=obj is not None and self.has_delete_permission(request, obj),
            **{**self.beside(request, obj, form, editable), **more},
        )

    def may_save(self, request: HttpRequest, obj: Model | None) -> bool:
        """Whether the form can be sent. Raises PermissionDenied for who may not even look, and for who sends it."""
        allowed = self.has_change_permission(request, obj) if obj else self.has_add_permission(request)
        if not allowed and (obj is None or request.method == "POST" or not self.has_view_permission(request, obj)):
            raise PermissionDenied
        return allowed

    def save(self, request: HttpRequest, form: OperationForm) -> bool:
        """Run the operation of a valid form, and say what it did."""
        if not form.is_valid():
            return False
        by, reason = acting(request), form.cleaned_data["reason"]
        try:
            with history.change_set(by, reason) as changes:
                self.operate(form, by, reason)
        except CatalogError as error:
            form.show(error)
            return False
        say(request, form.deed, changes)
        for note in form.notes:
            self.message_user(request, note, "warning")
        return True

    def after_save(self, request: HttpRequest, obj: Model) -> HttpResponse:
        if "_continue" in request.POST:
            return HttpResponseRedirect(self.url("change", obj.pk))
        return HttpResponseRedirect(self.list_url(request))


def as_sent(value: Any) -> list[str]:
    """What a hidden field holds, as a browser sends it, but for its ends of lines."""
    return [normalize_newlines(str(each)) for each in (value if isinstance(value, list) else [value or ""])]


def words(field: forms.Field, value: Any) -> str:
    """A value of a field as people read it."""
    if value is None or value in ("", [], {}):
        return "nothing"
    if isinstance(field, forms.ChoiceField):
        value = dict(field.choices).get(value, value)  # type: ignore[arg-type]
    return Truncator(field.prepare_value(value)).chars(LONGEST)


def sentence(text: str) -> str:
    """A text with a capital and a full stop; an id it begins with stays as it is written."""
    is_id = "/" in text.partition(" ")[0]
    return f"{text[:1] if is_id else text[:1].upper()}{text[1:].rstrip('.')}."
