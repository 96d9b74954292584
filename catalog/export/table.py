"""A table in CSV for spreadsheets: every model of the organisation, a line each."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from io import StringIO
from typing import Any

from catalog.models import AMOUNTS, AIModel
from catalog.models.aimodel import CAPABILITIES

from .rows import amounts, everyones, streamed

PLAIN = ("model_id", "name", "category", "status", "is_default", "is_system", "context_window", "max_output_tokens")
TIMES = ("knowledge_cutoff", "retires_at", "listed_at", "missing_since", "updated_at")
HEAD = (
    "provider",
    *PLAIN,
    "input_modalities",
    "output_modalities",
    *(f"supports_{name}" for name in CAPABILITIES),
    "parameters",
    *(f"{name}_usd" for name in AMOUNTS),
    "price_source",
    "canonical_id",
    "tags",
    "successor",
    *TIMES,
    "admin_notes",
)
FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")


def written() -> Iterator[str]:
    line = StringIO()
    writer = csv.writer(line)
    writer.writerow(HEAD)
    for row in streamed(everyones().light()):
        yield taken(line)
        writer.writerow([cell(value) for value in values(row)])
    yield taken(line)


def taken(line: StringIO) -> str:
    """What was written so far; the next line begins empty."""
    text = line.getvalue()
    line.seek(0)
    line.truncate()
    return text


def values(row: AIModel) -> Iterator[Any]:
    prices = amounts(row.price)
    yield row.provider.slug
    yield from (getattr(row, name) for name in PLAIN)
    yield " ".join(row.input_modalities)
    yield " ".join(row.output_modalities)
    yield from (getattr(row, f"supports_{name}") for name in CAPABILITIES)
    yield row.parameters
    yield from (prices.get(name) for name in AMOUNTS)
    yield row.price.source if row.price else ""
    yield row.canonical_id
    yield " ".join(row.tags)
    yield str(row.successor) if row.successor else ""
    yield from (getattr(row, name) for name in TIMES)
    yield row.admin_notes


def cell(value: Any) -> str:
    """A value as text. One that a spreadsheet would compute is made plain text by a leading apostrophe."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if hasattr(value, "isoformat"):
        return str(value.isoformat())
    if isinstance(value, str):
        return f"'{value}" if value.lstrip(" ").startswith(FORMULA) else value
    return f"{value:f}" if hasattr(value, "as_tuple") else str(value)
