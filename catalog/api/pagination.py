"""Pages of a list: `?page=&pageSize=`, answered with the count and absolute addresses of the neighbours."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from django.db.models import Model, QuerySet
from rest_framework.request import Request
from rest_framework.utils.urls import remove_query_param, replace_query_param

from catalog.errors import NotFound

from .naming import Sent

PAGING = ("page", "pageSize")
PAGE_SIZE = 100
LARGEST_PAGE_SIZE = 1_000
LAST_PAGE = 10**9

Row = TypeVar("Row", bound=Model)


@dataclass(frozen=True, kw_only=True)
class Page(Generic[Row]):
    rows: list[Row]
    count: int
    number: int
    size: int

    def json(self, request: Request, name: str, items: list[dict[str, Any]]) -> dict[str, Any]:
        return {
            name: items,
            "count": self.count,
            "next": self.address(request, self.number + 1) if self.number * self.size < self.count else None,
            "previous": self.address(request, self.number - 1) if self.number > 1 else None,
        }

    def address(self, request: Request, number: int) -> str:
        url = request.build_absolute_uri()
        return remove_query_param(url, "page") if number == 1 else replace_query_param(url, "page", number)


def page_of(found: QuerySet[Row], rows: QuerySet[Row], query: Sent) -> Page[Row]:
    """The page asked for of what was found, as `rows` loads it.

    Ids first, then the rows of these ids alone: a late page does not load, or join, all those before it.
    Raises Invalid, or NotFound for a page behind the last.
    """
    number = a_number(query, "page", 1, LAST_PAGE)
    size = a_number(query, "pageSize", PAGE_SIZE, LARGEST_PAGE_SIZE)
    query.raise_if_wrong()
    count = found.count()
    start = (number - 1) * size
    if start and start >= count:
        raise NotFound(f"There is no page {number}: {count} found, {size} a page.")
    ids = list(found.values_list("pk", flat=True)[start : start + size])
    loaded = {row.pk: row for row in rows.filter(pk__in=ids)}
    return Page(rows=[loaded[pk] for pk in ids if pk in loaded], count=count, number=number, size=size)


def a_number(query: Sent, name: str, usual: int, largest: int) -> int:
    values = query.fields.get(name)
    if not values:
        return usual
    text = values[-1]
    if not (text.isascii() and text.isdigit() and len(text) < 20 and 1 <= int(text) <= largest):
        query.refuse(name, f"must be a whole number from 1 to {largest}")
        return usual
    return int(text)
