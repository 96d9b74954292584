"""Filling the catalog with the default models. Safe to repeat: what exists is skipped and said so."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from access.caller import Caller
from catalog import connections, facts, history, registration, voices
from catalog.canonical import canonical_id
from catalog.curated import CuratedModel, default_catalog
from catalog.models import AIModel, Provider, Status


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
    return add_curated(by, {model.provider for model in default_catalog()})


def add_curated(by: Caller, slugs: Iterable[str]) -> list[Result]:
    """Add the curated models and voices of some providers. What a sync adds is pending: only people enable."""
    wanted = set(slugs)
    with history.change_set(by, "Default catalog"):
        voices.add_curated(wanted)
        providers = Provider.objects.in_bulk(wanted, field_name="slug")
        # By id alone: a model that a list or a person put into another category is still the same model.
        known = AIModel.objects.global_().filter(provider__slug__in=wanted).values_list("provider__slug", "model_id")
        there = set(known)
        return [
            Result(
                provider=curated.provider,
                category=curated.category,
                model_id=curated.model_id,
                pk=None if (curated.provider, curated.model_id) in there else add(curated, providers, by).pk,
            )
            for curated in default_catalog()
            if curated.provider in wanted
        ]


def add(curated: CuratedModel, providers: Mapping[str, Provider], by: Caller) -> AIModel:
    name = canonical_id(curated.provider, curated.model_id, curated.facts)
    return registration.add_model(
        provider=providers[curated.provider],
        model_id=curated.model_id,
        by=by,
        stated=curated.facts | ({"canonical_id": name} if name else {}),
        status=Status.PENDING if by.is_machine else curated.status,
        source=facts.CURATED,
        is_system=curated.is_system,
    )
