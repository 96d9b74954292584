"""Lists that may hold a hundred million rows: their first part is paged, and nothing beyond it is counted."""

from __future__ import annotations

from typing import Any

from django.contrib.admin.views.main import ChangeList
from django.core.paginator import Paginator
from django.utils.functional import cached_property

MOST = 5_000  # rows one can page through; filters find what lies behind


class FirstPart(Paginator):
    @cached_property
    def count(self) -> int:
        rows: Any = self.object_list
        return int(rows.order_by()[:MOST].count())


class FirstPartList(ChangeList):
    @property
    def is_cut(self) -> bool:
        """Whether there may be more than is counted."""
        return bool(self.result_count >= MOST)
