"""The words of `catalog.admin.display` for templates."""

from __future__ import annotations

from typing import Any

from django import template
from django.contrib.admin import ListFilter
from django.contrib.admin.views.main import ChangeList

from catalog.admin import display
from catalog.models import ChangeSet

register = template.Library()
register.filter("ago", display.ago)
register.filter("number", display.number)
register.filter("source", display.source)


@register.simple_tag
def tabs(changelist: ChangeList, spec: ListFilter) -> list[Any]:
    """The choices of a filter, for a list that shows them above itself."""
    return list(spec.choices(changelist))


@register.simple_tag
def recent_change_sets(count: int) -> list[ChangeSet]:
    return list(ChangeSet.objects.all()[:count])
