"""The words of `catalog.admin.display` for templates."""

from __future__ import annotations

from typing import Any

from django import template
from django.contrib.admin import ListFilter
from django.contrib.admin.views.main import ChangeList
from django.db.models import Count, OuterRef, Subquery

from catalog import pricing
from catalog.admin import display
from catalog.models import Change, ChangeSet

register = template.Library()
register.filter("ago", display.ago)
register.filter("number", display.number)
register.filter("source", display.source)
register.filter("plain", pricing.plain)
register.filter("factor", display.factor)


@register.simple_tag
def choices_of(spec: ListFilter, changelist: ChangeList) -> list[Any]:
    """The choices of a filter, for a list that shows them as tabs."""
    return list(spec.choices(changelist))


@register.simple_tag
def recent_change_sets(number: int) -> list[ChangeSet]:
    """The newest change sets, each with how many changes it holds and the object of one of them."""
    changes = Change.objects.filter(change_set=OuterRef("pk")).order_by()
    one = Subquery(changes.values("label")[:1])
    count = Subquery(changes.values("change_set").annotate(count=Count("pk")).values("count"))
    return list(ChangeSet.objects.annotate(label=one, change_count=count).order_by("-id")[:number])
