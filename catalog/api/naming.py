"""What things are called at this door: JSON speaks camelCase, and what is sent may also come in snake_case."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from django.http import QueryDict

from catalog.errors import CatalogError, Invalid
from catalog.facts import PRICE

SNAKE = re.compile(r"[a-z][a-z0-9]*(_[a-z0-9]+)+")

# JSON name -> fact. A fact with two names is shown under both (but for supportsReasoning) and may be written by either.
FACT_OF = {
    "name": "name",
    "description": "description",
    "category": "category",
    "thinking": "supports_reasoning",
    "supportsReasoning": "supports_reasoning",
    "supportsStreaming": "supports_streaming",
    "supportsTools": "supports_tools",
    "supportsVision": "supports_vision",
    "supportsStructuredOutput": "supports_structured_output",
    "inputModalities": "input_modalities",
    "outputModalities": "output_modalities",
    "contextWindow": "context_window",
    "contextLength": "context_window",
    "activeWindow": "active_window",
    "maxOutput": "max_output_tokens",
    "knowledgeCutoff": "knowledge_cutoff",
    "parameters": "parameters",
    "tokenWeights": "token_weights",
    "defaultTemperature": "default_temperature",
    "defaultTopP": "default_top_p",
    "canonicalId": "canonical_id",
    "tags": "tags",
    "retiresAt": "retires_at",
}
AMOUNT_OF = {
    "input": "input_mtok",
    "cachedInput": "cache_read_mtok",
    "output": "output_mtok",
    "cacheWrite": "cache_write_mtok",
    "reasoning": "reasoning_mtok",
    "audioInput": "audio_input_mtok",
    "audioOutput": "audio_output_mtok",
    "request": "request",
    "image": "image",
    "minute": "minute",
    "mchar": "mchar",
}
# The three amounts that also stand beside `pricing`, under the names of old clients.
AMOUNT_FIELDS = {"inputPricePerMtok": "input", "outputPricePerMtok": "output", "cachedInputPricePerMtok": "cachedInput"}
PRICE_FIELDS = ("pricing", *AMOUNT_FIELDS)


def camel(name: str) -> str:
    """`context_window` as `contextWindow`; what is no snake_case stays as it is."""
    if not SNAKE.fullmatch(name):
        return name
    first, *others = name.split("_")
    return first + "".join(word.capitalize() for word in others)


def snake(name: str) -> str:
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).lower()


def fields_of(fact: str) -> list[str]:
    """The JSON names under which a fact is shown; none for a fact this door does not show."""
    if fact == PRICE:
        return list(PRICE_FIELDS)
    return [name for name, known in FACT_OF.items() if known == fact and name != "supportsReasoning"]


class Sent:
    """What a client sent, read by camelCase names. It remembers how each field was called, for what is refused."""

    def __init__(self, fields: Mapping[str, Any]) -> None:
        self.fields: dict[str, Any] = {}
        self.names: dict[str, str] = {}
        self.wrong: dict[str, Any] = {}
        for name, value in fields.items():
            field = camel(name)
            if field in self.fields and self.fields[field] != value:
                self.wrong[name[:100]] = f"says something else than {self.names[field]}"
                continue
            self.fields[field] = value
            self.names[field] = name[:100]

    def name(self, field: str) -> str:
        return self.names.get(field, field)

    def refuse(self, field: str, text: str) -> None:
        self.wrong.setdefault(self.name(field), text)

    def chosen(self, names: list[str], shown: Mapping[str, Any]) -> str | None:
        """Which of several names for one thing was sent and holds."""
        said = [name for name in names if name in self.fields]
        if any(self.fields[name] != self.fields[said[0]] for name in said[1:]):
            return self.newest(said, shown)
        return said[0] if said else None

    def newest(self, names: list[str], shown: Mapping[str, Any]) -> str:
        """Of names that contradict each other, the one that differs from what is shown now.

        So an object may be read, changed in one place and sent back whole.
        """
        news = [name for name in names if self.fields[name] != shown.get(name)]
        for name in news[1:]:
            self.refuse(name, f"says something else than {self.name(news[0])}")
        return news[0]

    def raise_if_wrong(self) -> None:
        if self.wrong:
            raise Invalid(self.wrong)

    @contextmanager
    def naming_fields(self) -> Iterator[None]:
        """Refusals of operations name our columns; the client hears its own names."""
        try:
            yield
        except CatalogError as error:
            if isinstance(error.details, Mapping):
                details = {self.name(camel(name)): text for name, text in error.details.items()}
                if isinstance(error, Invalid):
                    raise Invalid(details) from error
                error.details = details
            raise


def body(data: Any) -> Sent:
    """The JSON object a client sent. Raises Invalid if it is none."""
    if not isinstance(data, dict):
        raise Invalid({}, "The body must be a JSON object.")
    return Sent(data)


def query(params: QueryDict) -> Sent:
    """The parameters of an address; each is the list of its values."""
    return Sent(dict(params.lists()))
