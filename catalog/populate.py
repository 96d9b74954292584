"""Filling the catalog with the default models. Safe to repeat: what exists is skipped and said so."""

from __future__ import annotations

from dataclasses import dataclass

from access.caller import Caller
from catalog import connections, facts, history, registration
from catalog.curated import default_catalog
from catalog.models import AIModel, Provider


@dataclass(frozen=True, kw_only=True)
class Result:
    """What became of one curated model."""

    provider: str
    category: str
    model_id: str
    pk: int | None = None  # None: skipped

    @property
    def status(self) -> str:
        return "skipped" if self.pk is None else "created"


def populate(by: Caller) -> list[Result]:
    """Add the curated models that are not there yet, whatever became of the others. One transaction."""
    connections.ensure_specs()
    with history.change_set(by, "Default catalog"):
        providers = Provider.objects.in_bulk(field_name="slug")
        there = set(AIModel.objects.global_().values_list("provider__slug", "category", "model_id"))
        # A model that a list or a person put into another category is still the same model.
        names = {(slug, model_id) for slug, _, model_id in there}
        results = []
        for curated in default_catalog():
            row = None
            if (curated.provider, curated.model_id) not in names:
                row = registration.add_model(
                    provider=providers[curated.provider],
                    model_id=curated.model_id,
                    by=by,
                    stated=curated.facts,
                    status=curated.status,
                    source=facts.CURATED,
                    is_system=curated.is_system,
                )
            results.append(
                Result(
                    provider=curated.provider,
                    category=curated.category,
                    model_id=curated.model_id,
                    pk=row.pk if row else None,
                )
            )
    return results
