"""What resolution knows of models and routes, and where it looks them up."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from catalog.models.aimodel import Status

ENABLED, DEPRECATED, ARCHIVED = Status.ENABLED.value, Status.DEPRECATED.value, Status.ARCHIVED.value


@dataclass(frozen=True, slots=True, kw_only=True)
class Named:
    """What resolution knows of one model."""

    pk: int
    provider: str
    model_id: str
    category: str
    status: str
    provider_active: bool = True
    was_enabled: bool = False
    successor: int | None = None
    owner: int | None = None
    name: str = ""
    deprecated_at: datetime | None = None
    retires_at: datetime | None = None

    @property
    def label(self) -> str:
        return f"{self.provider}/{self.model_id}"

    @property
    def is_live(self) -> bool:
        return self.status == ENABLED and self.provider_active

    @property
    def is_retired(self) -> bool:
        """Whether others stand in for it: only models that were once enabled ever fall back."""
        return self.status == DEPRECATED or (self.status == ARCHIVED and self.was_enabled)


@dataclass(frozen=True, slots=True, kw_only=True)
class NamedTarget:
    model: int | None
    route: str = ""
    weight: int = 0
    variant: str = ""

    @property
    def identity(self) -> str:
        """What a conversation's variant depends on beside the salt: saving a route again moves nobody."""
        return f"m{self.model}" if self.model is not None else f"r{self.route}"


@dataclass(frozen=True, slots=True, kw_only=True)
class NamedRoute:
    name: str
    pk: int = 0
    salt: str = ""
    is_listed: bool = True
    targets: tuple[NamedTarget, ...] = ()


class Names(Protocol):
    """Where names are looked up. Models of other people are not in it."""

    def route(self, name: str) -> NamedRoute | None: ...

    def labelled(self, label: str) -> Sequence[Named]:
        """The models called `provider/model_id`, of any category."""

    def bare(self, model_id: str) -> Sequence[Named]:
        """The models of any provider with this id, and the caller's own of this name."""

    def provider_known(self, slug: str) -> bool: ...

    def default(self, slug: str, category: str) -> Named | None:
        """The default an admin chose."""

    def curated_default(self, slug: str) -> str:
        """The model id our own catalog names as a provider's default for text; may be empty."""

    def model(self, pk: int) -> Named | None: ...


class Table:
    """Names over models at hand, of nobody's own or with one person's laid over."""

    def __init__(
        self,
        models: Iterable[Named],
        *,
        providers: dict[str, str],
        routes: dict[str, NamedRoute],
        defaults: dict[tuple[str, str], int],
    ) -> None:
        self.by_pk: dict[int, Named] = {}
        self.by_label: dict[str, tuple[Named, ...]] = {}
        self.by_id: dict[str, tuple[Named, ...]] = {}
        self.providers = providers  # slug -> the curated default, may be empty
        self.routes = routes
        self.defaults = defaults  # (slug, category) -> pk
        for model in models:
            self.add(model)

    def add(self, model: Named) -> None:
        self.by_pk[model.pk] = model
        label = model.label
        self.by_label[label] = (*self.by_label.get(label, ()), model)
        self.by_id[model.model_id] = (*self.by_id.get(model.model_id, ()), model)
        if model.owner is not None and model.name and model.name != model.model_id:
            self.by_id[model.name] = (*self.by_id.get(model.name, ()), model)

    def route(self, name: str) -> NamedRoute | None:
        return self.routes.get(name)

    def labelled(self, label: str) -> Sequence[Named]:
        return self.by_label.get(label, ())

    def bare(self, model_id: str) -> Sequence[Named]:
        return self.by_id.get(model_id, ())

    def provider_known(self, slug: str) -> bool:
        return slug in self.providers

    def default(self, slug: str, category: str) -> Named | None:
        return self.by_pk.get(self.defaults.get((slug, category), 0))

    def curated_default(self, slug: str) -> str:
        return self.providers.get(slug, "")

    def model(self, pk: int) -> Named | None:
        return self.by_pk.get(pk)


class Overlay:
    """The names of one person: everyone's, and their own models."""

    def __init__(self, base: Names, own: Sequence[Named]) -> None:
        self.base = base
        self.own = Table(own, providers={}, routes={}, defaults={})
        self.route = base.route
        self.provider_known = base.provider_known
        self.default = base.default
        self.curated_default = base.curated_default

    def labelled(self, label: str) -> Sequence[Named]:
        return (*self.base.labelled(label), *self.own.labelled(label))

    def bare(self, model_id: str) -> Sequence[Named]:
        return (*self.base.bare(model_id), *self.own.bare(model_id))

    def model(self, pk: int) -> Named | None:
        return self.base.model(pk) or self.own.model(pk)
