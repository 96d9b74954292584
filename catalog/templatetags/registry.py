"""The words of `catalog.admin.display` for templates."""

from __future__ import annotations

from typing import Any

from django import template
from django.contrib.admin import ListFilter
from django.contrib.admin.views.main import ChangeList
from django.db.models import Count, OuterRef, Subquery

from catalog import pricing
from catalog.admin import display
from catalog.admin.differences import described
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
def recent_change_sets(number: int) -> list[Any]:
    """The newest change sets, each with how many changes it holds, and, where that is one, with its `entry`."""
    changes = Change.objects.filter(change_set=OuterRef("pk")).order_by()
    one = Subquery(changes.values("pk")[:1])
    count = Subquery(changes.values("change_set").annotate(count=Count("pk")).values("count"))
    sets: list[Any] = list(ChangeSet.objects.annotate(one=one, change_count=count).order_by("-id")[:number])
    alone = Change.objects.filter(pk__in=[found.one for found in sets if found.change_count == 1])
    entries = {entry.change.change_set_id: entry for entry in described(alone)}
    for found in sets:
        found.entry = entries.get(found.pk)
    return sets
