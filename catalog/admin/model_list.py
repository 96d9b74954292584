"""The list of models at any size: the ids of a page are found in an index, then only its rows are read."""

from __future__ import annotations

from django.contrib.admin.views.main import ChangeList
from django.http import HttpRequest

from catalog import facts
from catalog.models import AIModel


class ModelList(ChangeList):
    """A page of models, each with `source_names`: whose word its facts are, the best first."""

    def get_results(self, request: HttpRequest) -> None:
        super().get_results(request)
        ids = list(self.result_list.values_list("pk", flat=True))
        rows = list(self.queryset.filter(pk__in=ids))
        claims = dict(AIModel.objects.filter(pk__in=ids).values_list("pk", "claims"))
        for row in rows:
            row.source_names = source_names(claims.get(row.pk, {}))
        self.result_list = rows
        self.is_empty = not rows and not AIModel.objects.global_().exists()


def source_names(claims: dict) -> list[str]:
    return sorted(set(facts.merge(claims).sources.values()), key=facts.rank)
