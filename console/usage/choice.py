"""What an address asks of usage: days, filters, how to group, what to look at; and the addresses that ask for more."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.http import QueryDict
from django.utils import timezone
from django.utils.http import urlencode

from catalog.api import naming, pagination, parameters
from catalog.errors import Invalid
from gateway.api import period
from gateway.api.usage import question_of
from gateway.metering.questions import FILTERS, Question

RANGES = {"7": "7 days", "30": "30 days", "90": "90 days", "365": "12 months"}
USUAL = "30"
DAYS = "days"
RANGE = (DAYS, *period.NAMES)
NARROWING = (*RANGE, *FILTERS)
PLACES = ("page", "cursor", "as")  # of a page within its list: other lists have other ones


@dataclass(frozen=True, kw_only=True)
class Choice:
    """The question an address puts, with its words; those that cannot be are in `wrong`, by their names."""

    question: Question
    fields: Mapping[str, Sequence[str]]
    wrong: Mapping[str, Any]

    @property
    def days(self) -> str:
        """The quick range in force; empty if days are given one by one."""
        if any(name in self.fields for name in period.NAMES):
            return ""
        return self.text(DAYS) or USUAL

    @property
    def status(self) -> int:
        return 400 if self.wrong else 200

    def text(self, name: str) -> str:
        return (self.fields.get(name) or [""])[-1]

    def url(self, **changes: object) -> str:
        """The same question with some words changed; None leaves one out."""
        kept = {name: list(values) for name, values in self.fields.items() if name not in PLACES}
        for name, value in changes.items():
            kept[name] = [] if value is None else value if isinstance(value, list) else [str(value)]
        return f"?{urlencode(kept, doseq=True)}"

    def narrowed(self, **changes: object) -> str:
        """What the filters say and no more, for another page of the same calls."""
        words = {name: values for name, values in self.fields.items() if name in NARROWING}
        url = Choice(question=self.question, fields=words, wrong={}).url(**changes)
        return "" if url == "?" else url

    def without(self, name: str, value: str) -> str:
        return self.url(**{name: [other for other in self.fields[name] if other != value]})

    def ranges(self) -> Iterator[tuple[str, str, bool]]:
        """Words, address, and whether it is the one in force."""
        for days, words in RANGES.items():
            yield words, self.url(**{DAYS: days, "from": None, "to": None}), days == self.days

    @property
    def kept(self) -> list[tuple[str, str]]:
        """What a form that adds filters must send along."""
        return [(name, value) for name, values in self.fields.items() if name not in PLACES for value in values]

    @property
    def beside_days(self) -> list[tuple[str, str]]:
        """What a form that asks for other days must send along."""
        return [(name, value) for name, value in self.kept if name not in RANGE]


def choice_of(
    params: QueryDict, among: Mapping[str, Collection[str]], *others: str, narrowing: Collection[str] = NARROWING
) -> Choice:
    """`among` says what some words of this page may be. What is wrong is told, and the question is the usual one."""
    query = naming.query(params)
    parameters.refuse_others(query, (*narrowing, *among, *others))
    for name, known in {**among, DAYS: RANGES}.items():
        parameters.one_of(query, name, known)
    fields = {name: kept for name, values in query.fields.items() if (kept := [value for value in values if value])}
    begin(query)
    try:
        question = question_of(query)
    except Invalid as error:
        wrong: Any = error.details
        right = {name: values for name, values in fields.items() if query.name(name) not in wrong}
        return Choice(question=Question(period=period.period_of(naming.Sent({}))), fields=right, wrong=wrong)
    return Choice(question=question, fields=fields, wrong={})


def begin(query: naming.Sent) -> None:
    """Turn a quick range into the day it begins with; days that are given one by one hold instead."""
    days = parameters.text(query, DAYS)
    if days in RANGES and not any(query.fields.get(name) for name in period.NAMES):
        query.fields["from"] = [f"{timezone.now().date() - timedelta(days=int(days) - 1)}"]


def page_number(choice: Choice) -> int:
    """The first if none or nonsense is asked for."""
    return pagination.a_number(naming.Sent(dict(choice.fields)), "page", 1, 10_000)
