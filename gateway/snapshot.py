"""What a request may read: an immutable picture of the catalog in memory, rebuilt off the path when something changed.

Enabled and retired global models stand in it in full, every other one as a name and a status. What belongs to one
person (models, keys, what is closed to them) is read on their first call.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from time import time
from typing import Any, NamedTuple

from django.contrib.auth import get_user_model

from access.caller import Caller
from access.limits import Limit, limits_of
from access.snapshot import Rates
from catalog import names as catalog_names
from catalog.credentials import CallKey, Choice, NoKey, Origin, choose, opened
from catalog.models import AMOUNTS, AIModel, Credential, Effect, Grant, Price, PriceState, Provider, Status
from catalog.providers import SPECS
from catalog.resolution import May, Named, Names, Overlay, Table
from gateway.voices import Voice
from gateway.voices import load as load_voices

CHUNK = 100  # rows read at once: while they are, no other thread of the process gets its turn
MOST_RENEWED = 2_000  # models; beyond, a whole new picture costs less
CONNECTION = ("slug", "wire", "base_url", "auth", "api_key_env", "env_key_base_url", "is_active")
KEY_LIFE = 300.0  # seconds a decrypted key is kept

FACTS = (
    "base_url", "credential_id", "requests_per_minute", "tokens_per_minute", "max_output_tokens", "supports_streaming",
    "default_temperature", "default_top_p", "provider_id", "supports_reasoning",
)  # fmt: skip


class FrozenPrice(NamedTuple):
    """The amounts of one price row, USD per unit; see catalog.pricing.cost."""

    pk: int
    effective_from: float  # seconds since 1970
    amounts: Mapping[str, Decimal | None]
    tiers: Sequence[Mapping[str, Any]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Served(Named):
    """A model that can be called, with all that a call needs to know of it."""

    row: Provider
    base_url: str = ""  # its own; empty: its provider's
    credential_id: int | None = None
    max_output_tokens: int | None = None
    streams: bool | None = None
    reasons: bool | None = None
    temperature: Decimal | None = None
    top_p: Decimal | None = None
    limits: tuple[Limit, ...] = ()
    prices: tuple[FrozenPrice, ...] = ()  # the newest first, scheduled ones too

    @property
    def address(self) -> str:
        return self.base_url or self.row.base_url

    @property
    def wire(self) -> str:
        return self.row.wire

    @property
    def asks_for_usage(self) -> bool:
        spec = SPECS.get(self.provider)
        return spec is None or spec.asks_for_usage

    @property
    def limit_name(self) -> str:
        """What its provider calls the most tokens of an answer."""
        spec = SPECS.get(self.provider)
        return spec.limit_name if spec else "max_tokens"

    def price_at(self, moment: float) -> FrozenPrice | None:
        """The price in force at a moment, in seconds since 1970."""
        for price in self.prices:
            if price.effective_from <= moment:
                return price
        return None


@dataclass(frozen=True, slots=True)
class Shut:
    """What is closed to somebody, by catalog.models.grant."""

    denied_models: frozenset[int] = frozenset()
    denied_providers: frozenset[str] = frozenset()
    asked_models: frozenset[int] = frozenset()  # open by request, and not given
    asked_providers: frozenset[str] = frozenset()
    given_models: frozenset[int] = frozenset()  # given one by one, which opens them alone

    def closes(self, model: Named) -> bool:
        if model.pk in self.denied_models or model.provider in self.denied_providers:
            return True
        by_request = model.pk in self.asked_models or model.provider in self.asked_providers
        return by_request and model.pk not in self.given_models

    def closes_provider(self, slug: str) -> bool:
        """Whether somebody may keep no models of their own at a provider."""
        return slug in self.denied_providers or slug in self.asked_providers


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """What belongs to one person, or, without a user, to services."""

    user_id: int | None = None
    shut: Shut = Shut()
    own: tuple[Served, ...] = ()
    credentials: tuple[Credential, ...] = ()
    names: Names


class OpenedKey(NamedTuple):
    key: CallKey
    until: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Snapshot:
    """The catalog as it was at one moment. Only its caches are written to."""

    table: Table
    providers: Mapping[int, Provider]
    grants: tuple[Grant, ...]
    credentials: tuple[Credential, ...]  # the organisation's
    voices: Mapping[str, Sequence[Voice]]  # by their provider's slug
    built_at: float  # seconds since 1970
    people: dict[int | None, Person] = field(default_factory=dict)
    keys: dict[tuple[int, int | None], OpenedKey] = field(default_factory=dict)
    paths: dict[int, str] = field(default_factory=dict)  # where a body goes that passes as it came, by model
    resolved: dict[Any, Any] = field(default_factory=dict)  # what names led to, see gateway.pipeline
    listings: dict[Any, Any] = field(default_factory=dict)  # answers of GET /v1/models, see gateway.listing

    @property
    def served(self) -> Iterator[Served]:
        return (model for model in self.table.by_pk.values() if isinstance(model, Served))

    def choice_for(self, model: Served, person: Person) -> Choice:
        """Where a call of this model goes, and whose key goes with it."""
        return choose(row_of(model), person.user_id, (*self.credentials, *person.credentials))

    def key_for(self, model: Served, person: Person) -> CallKey:
        """What a call of this model is made with. Raises NoKey, secrets.CannotDecrypt and upstream.BadKey."""
        about = (model.pk, person.user_id)
        found = self.keys.get(about)
        if found is not None and found.until > time():
            return found.key
        choice = self.choice_for(model, person)
        if choice.origin is Origin.MISSING:
            raise NoKey(f"No key is stored that {model.label} could be called with.")
        key = opened(choice, row_of(model))
        expires = choice.credential.expires_at if choice.credential else None
        life = time() + KEY_LIFE
        self.keys[about] = OpenedKey(key, life if expires is None else min(life, expires.timestamp()))
        return key


def row_of(model: Served) -> AIModel:
    """The model as catalog.credentials knows it; not saved, and complete for nothing else."""
    return AIModel(
        pk=model.pk,
        provider=model.row,
        model_id=model.model_id,
        base_url=model.base_url,
        credential_id=model.credential_id,
        owner_id=model.owner,
    )


def may_use(caller: Caller, person: Person, model: Named) -> May:
    """Whether a caller may use a model: their own, or a global one that is open to them and to their key."""
    if model.owner is not None:
        if model.owner != caller.user_id or (not caller.is_admin and person.shut.closes_provider(model.provider)):
            return May.HIDDEN
    elif not caller.is_admin and person.shut.closes(model):
        return May.HIDDEN
    if caller.allowed_providers or caller.allowed_models:
        return May.YES if caller.may_use_model(model.provider, model.model_id) else May.NOT_WITH_THIS_KEY
    return May.YES


# building


def build() -> Snapshot:
    """Read everything that is everyone's. Takes some hundred milliseconds for 10,000 models: not on the event loop."""
    started = time()
    providers = {row.pk: row for row in Provider.objects.all()}
    return taken(models_of(AIModel.objects.global_(), providers), providers, load_voices(), started)


def renewed(old: Snapshot, model_ids: Iterable[int], *, keys: bool = False, voices: bool = False) -> Snapshot | None:
    """The same picture with some models read again, and all that is little read anew; None if that is too much.

    `keys`, `voices`: whether keys of single models, or voices, may have changed.
    """
    started = time()
    providers = {row.pk: row for row in Provider.objects.all()}
    again = {*model_ids, *touched_by(old, providers)}
    if keys:
        again |= {model.pk for model in old.served if model.credential_id is not None}
        again |= set(AIModel.objects.global_().exclude(credential=None).values_list("pk", flat=True))
    if len(again) > MOST_RENEWED:
        return None
    models = dict(old.table.by_pk)
    for pk in again:
        models.pop(pk, None)
    models |= {model.pk: model for model in models_of(AIModel.objects.global_().filter(pk__in=again), providers)}
    return taken(models.values(), providers, load_voices() if voices else old.voices, started)


def touched_by(old: Snapshot, providers: Mapping[int, Provider]) -> Iterator[int]:
    """The models whose provider is called otherwise now."""

    def connections(rows: Mapping[int, Provider]) -> dict[str, list[Any]]:
        return {row.slug: [getattr(row, name) for name in CONNECTION] for row in rows.values()}

    before, now = connections(old.providers), connections(providers)
    changed = {slug for slug in before if before[slug] != now.get(slug)}
    return (model.pk for model in old.table.by_pk.values() if model.provider in changed) if changed else iter(())


def models_of(models: Any, providers: Mapping[int, Provider]) -> Iterator[Named]:
    in_full = [Status.ENABLED, Status.DEPRECATED]
    yield from served(models.filter(status__in=in_full), providers)
    others = models.exclude(status__in=in_full).values_list(*catalog_names.COLUMNS)
    yield from (catalog_names.named(*row) for row in others.iterator(CHUNK))


def taken(
    models: Iterable[Named], providers: Mapping[int, Provider], known: Mapping[str, Sequence[Voice]], started: float
) -> Snapshot:
    """A picture of these models and of all that is little."""
    table = Table(
        models,
        providers=catalog_names.provider_slugs(),
        routes=catalog_names.routes(),
        defaults=catalog_names.defaults(),
    )
    shared = Credential.objects.usable().filter(owner=None).select_related("provider")
    return Snapshot(
        table=table,
        providers=providers,
        grants=tuple(Grant.objects.all()),
        credentials=tuple(shared),
        voices=known,
        built_at=started,
    )


def served(models: Any, providers: Mapping[int, Provider]) -> Iterator[Served]:
    """Some models in full, with their prices."""
    prices = prices_of(models)
    strings: dict[str, str] = {}
    for row in models.values_list(*catalog_names.COLUMNS, *FACTS).iterator(CHUNK):
        pk, slug, model_id, category, status, active, enabled_at, successor, owner, name = row[:10]
        deprecated_at, retires_at, base_url, credential_id, requests, tokens, most, streams = row[10:18]
        temperature, top_p, provider_id, reasons = row[18:]
        if provider_id not in providers:
            continue  # added since the picture was taken; the next one has it
        yield Served(
            pk=pk,
            provider=providers[provider_id].slug,
            model_id=model_id,
            category=strings.setdefault(category, category),
            status=strings.setdefault(status, status),
            provider_active=active,
            was_enabled=enabled_at is not None,
            successor=successor,
            owner=owner,
            name=name if owner is not None else "",
            deprecated_at=deprecated_at,
            retires_at=retires_at,
            row=providers[provider_id],
            base_url=base_url,
            credential_id=credential_id,
            max_output_tokens=most,
            streams=streams,
            reasons=reasons,
            temperature=temperature,
            top_p=top_p,
            limits=limits_of(f"model:{pk}", Rates(requests=requests, tokens=tokens)) if requests or tokens else (),
            prices=prices.get(pk, ()),
        )


def prices_of(models: Any) -> dict[int, tuple[FrozenPrice, ...]]:
    """The price in force and the scheduled ones of some models, the newest first. Equal amounts are kept once."""
    states = [PriceState.IN_FORCE, PriceState.SCHEDULED]
    rows = Price.objects.filter(model__in=models.order_by().values("pk"), state__in=states).order_by("effective_from")
    found: dict[int, tuple[FrozenPrice, ...]] = {}
    kept: dict[tuple[Any, ...], dict[str, Decimal | None]] = {}
    columns = ("pk", "model_id", "effective_from", "tiers", *AMOUNTS)
    for pk, model, since, tiers, *amounts in rows.values_list(*columns).iterator(CHUNK):
        values = tuple(amounts)
        same = kept.get(values)
        if same is None:
            same = kept[values] = dict(zip(AMOUNTS, values, strict=True))
        found[model] = (FrozenPrice(pk, since.timestamp(), same, tiers or ()), *found.get(model, ()))
    return found


def of_services(snapshot: Snapshot) -> Person:
    """What keys without an owner may use. Asks no database."""
    return Person(shut=shut_to(snapshot, None, ()), names=snapshot.table)


def people_of(snapshot: Snapshot, user_ids: Iterable[int]) -> dict[int | None, Person]:
    """Read what belongs to some people, by their ids. Some queries, however many they are: not on the event loop."""
    ids = list(user_ids)
    groups: dict[int, set[int]] = {user_id: set() for user_id in ids}
    own: dict[int, list[Served]] = {user_id: [] for user_id in ids}
    credentials: dict[int, list[Credential]] = {user_id: [] for user_id in ids}
    members = get_user_model().groups.through.objects.filter(user__in=ids)
    for user_id, group_id in members.values_list("user_id", "group_id"):
        groups[user_id].add(group_id)
    for model in served(AIModel.objects.filter(owner__in=ids), snapshot.providers):
        assert model.owner is not None
        own[model.owner].append(model)
    for credential in Credential.objects.usable().filter(owner__in=ids).select_related("provider"):
        assert credential.owner_id is not None
        credentials[credential.owner_id].append(credential)
    return {
        user_id: Person(
            user_id=user_id,
            shut=shut_to(snapshot, user_id, groups[user_id]),
            own=tuple(own[user_id]),
            credentials=tuple(credentials[user_id]),
            names=Overlay(snapshot.table, own[user_id]) if own[user_id] else snapshot.table,
        )
        for user_id in ids
    }


def shut_to(snapshot: Snapshot, user_id: int | None, groups: Collection[int]) -> Shut:
    """What is closed to a person in these groups: what AIModelQuerySet.visible_to asks the database for."""
    about = [
        row for row in snapshot.grants if user_id is not None and (row.user_id == user_id or row.group_id in groups)
    ]
    closed = [row for row in snapshot.grants if row.user_id is None and row.group_id is None]
    given = [row for row in about if row.effect == Effect.ALLOW]
    denied = [row for row in about if row.effect == Effect.DENY]

    def models(rows: Iterable[Grant]) -> frozenset[int]:
        return frozenset(row.model_id for row in rows if row.model_id is not None)

    def providers(rows: Iterable[Grant]) -> frozenset[str]:
        return frozenset(snapshot.providers[row.provider_id].slug for row in rows if row.provider_id is not None)

    return Shut(
        denied_models=models(denied),
        denied_providers=providers(denied),
        asked_models=models(closed) - models(given),
        asked_providers=providers(closed) - providers(given),
        given_models=models(given),
    )
