"""What the calculator asks, under the names the API gives it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django import forms
from django.http import QueryDict

from catalog import conversation, energy, tokens
from catalog.api.naming import camel, snake
from catalog.calculation import COSTS, Candidate, Workload, custom
from catalog.energy import Place
from catalog.errors import Invalid
from catalog.pricing import LARGEST, PLACES

ONE_CALL, CONVERSATION = "call", "conversation"
MODES = {ONE_CALL: "One call", CONVERSATION: "A conversation"}
PRICED = [("", "with a known price"), ("all", "all")]
COST = "cost-"
USUAL = {
    **{"inputWithCache": "0", "inputWithoutCache": "1000", "cacheRead": "0", "outputTokens": "500"},
    **{"turns": "10", "agents": "1", "systemTokens": "1000", "userTokens": "200", "answerTokens": "500", "cache": "on"},
    **{"hardware": Place().hardware.key, "site": Place().site.key, "grid": Place().grid.key},
}
KINDS = {
    "inputWithCache": "Written to the cache",
    "inputWithoutCache": "Input beside the cache",
    "cacheRead": "Read from the cache",
    "outputTokens": "Output",
}
LABELS = {
    **KINDS,
    "turns": "Turns",
    "agents": "Agents",
    "systemTokens": "System prompt",
    "userTokens": "What the user says in a turn",
    "answerTokens": "Each agent's answer in a turn",
}
PLACE_LABELS = {"hardware": "Hardware", "site": "Data centre", "grid": "Grid"}
HELP = {
    "turns": "In each, the user speaks and every agent answers once.",
    "agents": "Each has a system prompt of its own and reads all that was said.",
}


class CalculatorForm(forms.Form):
    cache = forms.ChoiceField(label="Prompts are cached", choices=[("on", "Yes"), ("off", "No")], required=False)
    q = forms.CharField(label="Name or id", required=False, max_length=200)
    priced = forms.ChoiceField(label="Which models", required=False, choices=PRICED)

    def __init__(self, query: QueryDict) -> None:
        super().__init__({**USUAL, **{name: query[name] for name in query}})
        self.mode = CONVERSATION if query.get("mode") == CONVERSATION else ONE_CALL
        ranges = conversation.RANGES if self.mode == CONVERSATION else tokens.RANGES
        self.names = [camel(name) for name in ranges]
        for name, (least, most) in zip(self.names, ranges.values(), strict=True):
            self.fields[name] = forms.IntegerField(
                label=LABELS[name], min_value=least, max_value=most, help_text=HELP.get(name, "")
            )
        for kind, label in KINDS.items():
            self.fields[COST + kind] = forms.DecimalField(
                label=label, required=False, min_value=0, max_value=LARGEST, max_digits=20, decimal_places=PLACES
            )
        for name, table in energy.TABLES.items():
            choices = [(key, entry.name) for key, entry in table.items()]
            self.fields[name] = forms.ChoiceField(label=PLACE_LABELS[name], choices=choices)

    def workload(self) -> Workload:
        """Raises Invalid."""
        given: dict[str, Any] = {snake(name): self.cleaned_data[name] for name in self.names}
        if self.mode == ONE_CALL:
            return tokens.counts_of(given)
        return conversation.conversation_of({**given, "cache": self.cleaned_data["cache"] != "off"})

    def custom(self) -> Candidate | None:
        """The costs entered by hand; None if there are none."""
        costs = {kind: self.cleaned_data[COST + kind] for kind in COSTS}
        known = {kind: cost for kind, cost in costs.items() if cost is not None}
        return custom(known) if known else None

    def place(self) -> Place:
        return energy.place_of({name: self.cleaned_data[name] for name in energy.TABLES})

    def show(self, error: Invalid) -> None:
        """A refusal, at the fields it names."""
        details = error.details if isinstance(error.details, Mapping) else {}
        for name, text in details.items():
            self.add_error(camel(name), f"{text[:1].upper()}{text[1:]}.")

    @property
    def workload_fields(self) -> list[forms.BoundField]:
        return [self[name] for name in (*self.names, *(["cache"] if self.mode == CONVERSATION else []))]

    @property
    def cost_fields(self) -> list[forms.BoundField]:
        return [self[COST + kind] for kind in COSTS]

    @property
    def place_fields(self) -> list[forms.BoundField]:
        return [self[name] for name in energy.TABLES]

    @property
    def opens_costs(self) -> bool:
        """Whether something was entered there, right or wrong."""
        return any(field.value() for field in self.cost_fields)

    @property
    def opens_place(self) -> bool:
        return any(field.value() != USUAL[field.name] for field in self.place_fields)
