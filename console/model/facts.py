"""What is known of a model: each fact with its value, whose word it is, and how long ago that was said."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest

from catalog import facts
from catalog.admin import differences, display, model_page
from catalog.admin.model_page import Note
from catalog.models import AIModel, ObjectType


@dataclass(frozen=True, kw_only=True, slots=True)
class Fact:
    """One of them in words."""

    label: str
    value: str
    note: Note


@dataclass(frozen=True, kw_only=True, slots=True)
class Known:
    """The facts that some source states, and the names of those of which nobody says anything."""

    stated: Sequence[Fact]
    unknown: Sequence[str]


def known_of(model: AIModel, request: HttpRequest, *, editable: bool) -> Known:
    merged = facts.merge(model.claims)
    names = [*facts.FACTS, facts.PRICE]
    return Known(
        stated=[
            Fact(
                label=label(name),
                value=words(name, merged.values[name]),
                note=model_page.note(name, model, merged, request, editable),
            )
            for name in names
            if name in merged.sources
        ],
        unknown=[label(name) for name in names if name not in (*merged.sources, *facts.NEEDED)],
    )


def label(name: str) -> str:
    return differences.label(ObjectType.MODEL, name).capitalize()


def words(name: str, value: Any) -> str:
    said = str(display.value(name, value))
    return (
        f"{said} per million tokens"
        if name == facts.PRICE and said.startswith("USD") and "mtok" in str(value)
        else said
    )
