"""The list of models at any size: the ids of a page are found in an index, then only its rows are read."""

from __future__ import annotations

from functools import cached_property
from typing import Any

from django.contrib.admin.views.main import ChangeList
from django.core.paginator import Paginator
from django.http import HttpRequest
from django.urls import NoReverseMatch, reverse

from catalog import facts
from catalog.models import AIModel

FEW = 2_000


class IdPaginator(Paginator):
    """Counts few rows by reading their ids, which the pages need anyway: one search instead of two."""

    @cached_property
    def first_ids(self) -> list[int]:
        rows: Any = self.object_list
        return list(rows.values_list("pk", flat=True)[: FEW + 1])

    @cached_property
    def count(self) -> int:
        return len(self.first_ids) if len(self.first_ids) <= FEW else int(super().count)

    def ids(self, start: int, stop: int) -> list[int]:
        if stop <= FEW or self.count <= FEW:
            return self.first_ids[start:stop]
        rows: Any = self.object_list
        return list(rows.values_list("pk", flat=True)[start:stop])


class ModelList(ChangeList):
    """A page of models, each with `source_names`: whose word its facts are, the best first."""

    def get_results(self, request: HttpRequest) -> None:
        super().get_results(request)
        ids = self.paginator.ids(*self.shown())
        rows = list(self.queryset.filter(pk__in=ids))
        claims = dict(AIModel.objects.filter(pk__in=ids).values_list("pk", "claims"))
        for row in rows:
            row.source_names = source_names(claims.get(row.pk, {}))
        self.result_list = rows
        self.is_empty = not rows and not AIModel.objects.global_().exists()

    def url_for_result(self, result: Any) -> str:
        """Its overview, which the console serves: we know it by name alone."""
        try:
            return reverse("console-model", args=[result.pk])
        except NoReverseMatch:
            return str(super().url_for_result(result))

    def shown(self) -> tuple[int, int]:
        """The first row of the page, and the one after its last."""
        if not self.multi_page or (self.show_all and self.can_show_all):
            return 0, self.result_count
        return (self.page_num - 1) * self.list_per_page, self.page_num * self.list_per_page


def source_names(claims: dict) -> list[str]:
    return sorted(set(facts.merge(claims).sources.values()), key=facts.rank)
