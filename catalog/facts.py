"""Facts of models: who claims what, and what therefore holds. The only module that writes fact columns.

Each source claims facts: `claims = {source: {"facts": {name: value}, "changed_at": ISO time}}`. The columns of a row
are `merge(claims)`: for each fact the word of the highest source that states it. A person's edit is the claim of
`admin`, the highest; it stands until it is reset, whatever other sources say later. Values in claims are JSON-ready.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from django.utils import timezone
from django.utils.dateparse import parse_datetime

from access.caller import Caller
from catalog import history, pricing
from catalog.errors import Clash, Invalid, NotFound
from catalog.models import AIModel, Category, ObjectType

ADMIN = "admin"
PROVIDER = "provider"
ENRICHMENT = "genai-prices"
IMPORT = "import:"
CURATED = "curated"
RANKS = {ADMIN: 0, PROVIDER: 1, ENRICHMENT: 2, CURATED: 4}
IMPORT_RANK = 3

Facts = Mapping[str, Any]

LARGEST_COUNT = 1_000_000_000  # tokens; more is a mistake of unit
BATCH = 500  # rows an upsert
MODALITIES = ("text", "image", "audio", "video", "file", "pdf", "embedding", "speech", "rerank", "transcription")


@dataclass(frozen=True, kw_only=True)
class Fact:
    """One kind of fact: how a value from outside is made JSON-ready, how that becomes a column, what unknown is."""

    clean: Callable[[Any], Any]  # raises ValueError with a sentence
    column: Callable[[Any], Any] = lambda value: value
    unknown: Any = None


def a_text(longest: int, *, needed: bool = False) -> Callable[[Any], str]:
    def clean(value: Any) -> str:
        if not isinstance(value, str) or "\x00" in value:
            raise ValueError("must be text")
        text = value.strip()
        if needed and not text:
            raise ValueError("may not be blank")
        if len(text) > longest:
            raise ValueError(f"may have at most {longest} characters")
        return text

    return clean


def a_count(value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or value <= 0:
        raise ValueError("must be a whole number above 0")
    if value > LARGEST_COUNT:
        raise ValueError(f"may be at most {LARGEST_COUNT:,}")
    return value


def a_truth(value: Any) -> bool:
    if not isinstance(value, bool):
        raise ValueError("must be true or false")
    return value


def a_list_of_words(value: Any) -> list[str]:
    if not isinstance(value, list | tuple) or len(value) > 100:
        raise ValueError("must be a list of at most 100 words")
    word = a_text(100, needed=True)
    return list(dict.fromkeys(word(item) for item in value))


def an_instant(value: Any) -> str:
    moment = value if isinstance(value, datetime) else moment_in(value) if isinstance(value, str) else None
    if moment is None:
        raise ValueError("must be a date and time, such as 2026-03-01T00:00:00Z")
    if moment.tzinfo is None:
        raise ValueError("needs a zone, such as 2026-03-01T00:00:00Z")
    try:
        return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")
    except OverflowError as error:
        raise ValueError("lies before or after all years there are") from error


def moment_in(text: str) -> datetime | None:
    try:
        return parse_datetime(text)
    except ValueError:  # well written, but there is no such day
        return None


def a_decimal(*, above: str, at_most: str, above_included: bool = False) -> Callable[[Any], str]:
    least, largest = Decimal(above), Decimal(at_most)

    def clean(value: Any) -> str:
        try:
            number = Decimal("NaN") if isinstance(value, bool) else Decimal(str(value))
        except InvalidOperation:
            number = Decimal("NaN")
        if not number.is_finite():
            raise ValueError("must be a number")
        if number > largest or number < least or (number == least and not above_included):
            raise ValueError(f"must lie between {above} and {largest:,}")
        return pricing.plain(number)

    return clean


def a_category(value: Any) -> str:
    if value not in Category.values:
        raise ValueError(f"must be one of {', '.join(Category.values)}")
    return str(value)


TOKEN_KINDS = ("inputWithCache", "inputWithoutCache", "cacheRead", "outputTokens")


def a_set_of_weights(value: Any) -> dict[str, float]:
    if not isinstance(value, Mapping) or not set(value) <= set(TOKEN_KINDS):
        raise ValueError(f"must be an object with {', '.join(TOKEN_KINDS)}")
    weight = a_decimal(above="0", at_most="1000", above_included=True)
    return {kind: float(weight(value[kind])) for kind in TOKEN_KINDS if kind in value}


TRUTH = Fact(clean=a_truth)
COUNT = Fact(clean=a_count)
WORDS = Fact(clean=a_list_of_words, unknown=[])
INSTANT = Fact(clean=an_instant, column=parse_datetime)

FACTS: dict[str, Fact] = {
    "name": Fact(clean=a_text(255, needed=True)),
    "description": Fact(clean=a_text(100_000), unknown=""),
    "category": Fact(clean=a_category, unknown=Category.TEXT.value),
    "context_window": COUNT,
    "active_window": COUNT,
    "max_output_tokens": COUNT,
    "input_modalities": WORDS,
    "output_modalities": WORDS,
    "supports_streaming": TRUTH,
    "supports_tools": TRUTH,
    "supports_vision": TRUTH,
    "supports_reasoning": TRUTH,
    "supports_structured_output": TRUTH,
    "knowledge_cutoff": INSTANT,
    "parameters": Fact(clean=a_decimal(above="0.0001", at_most="10000000", above_included=True), column=Decimal),
    "token_weights": Fact(clean=a_set_of_weights),
    "canonical_id": Fact(clean=a_text(255), unknown=""),
    "tags": WORDS,
    "default_temperature": Fact(clean=a_decimal(above="0", at_most="2", above_included=True), column=Decimal),
    "default_top_p": Fact(clean=a_decimal(above="0", at_most="1", above_included=True), column=Decimal),
    "retires_at": INSTANT,
}
NEEDED = ("name", "category")  # nobody can say that these are unknown
PRICE = "price"  # a fact like the others, kept in rows of its own
COMPARED = ("context_window", "max_output_tokens", PRICE)


def rank(source: str) -> int:
    """The lower, the more a source is believed."""
    return IMPORT_RANK if source.startswith(IMPORT) else RANKS[source]


def clean(stated: Mapping[str, Any]) -> dict[str, Any]:
    """Facts from outside, JSON-ready. None is kept: it says that a value is unknown. Raises Invalid naming each."""
    facts: dict[str, Any] = {}
    wrong: dict[str, str] = {}
    for name, value in stated.items():
        try:
            facts[name] = None if value is None else FACTS[name].clean(value) if name != PRICE else pricing.clean(value)
        except KeyError:
            wrong[name] = "is no fact of a model"
        except ValueError as error:
            wrong[name] = str(error)
    wrong |= {name: "may not be empty" for name in NEEDED if stated.get(name, "") is None}
    if wrong:
        raise Invalid(wrong)
    return facts


@dataclass(frozen=True)
class Merged:
    """What holds, and whose word each fact is."""

    values: dict[str, Any] = field(default_factory=dict)
    sources: dict[str, str] = field(default_factory=dict)


def merge(claims: Mapping[str, Any]) -> Merged:
    """For each fact the word of the highest source that states it; a price is taken whole. Pure."""
    merged = Merged()
    ordered = most_believed_first(claims)
    for source in ordered:
        for name, value in claims[source]["facts"].items():
            if name not in merged.values and name != PRICE:
                merged.values[name] = value
                merged.sources[name] = source
    stating = [source for source in ordered if PRICE in claims[source]["facts"]]
    if stating:
        best = next((source for source in stating if decides_price(source, claims[source]["facts"][PRICE])), stating[0])
        merged.values[PRICE] = claims[best]["facts"][PRICE]
        merged.sources[PRICE] = best
    return merged


def most_believed_first(claims: Mapping[str, Any]) -> list[str]:
    """The sources by rank; of two imports the newer. A database keeps no order of its own."""
    if len(claims) < 2:
        return list(claims)
    newest_first = sorted(claims, key=lambda source: (claims[source]["changed_at"], source), reverse=True)
    return sorted(newest_first, key=rank)


def decides_price(source: str, stated: pricing.StatedPrice | None) -> bool:
    """A person's word always, another's if it states input and output."""
    return source == ADMIN or pricing.is_whole(stated)


def disagreements(claims: Mapping[str, Any], before: Sequence[dict[str, Any]] = ()) -> list[dict[str, Any]]:
    """Limits and prices on which sources differ beyond rounding, where no person spoke. Curated ones do not count.

    One that was there before in the same words stays as it is, with what a person said to it.
    """
    if len(claims) < 2:
        return []
    decided = claims.get(ADMIN, {"facts": {}})["facts"]
    speaking = [source for source in most_believed_first(claims) if source not in (ADMIN, CURATED)]
    found = []
    for name in COMPARED:
        values = {source: claims[source]["facts"].get(name) for source in speaking}
        values = {source: value for source, value in values.items() if value is not None}
        if name not in decided and len(values) > 1 and differ(name, list(values.values())):
            same = (old for old in before if old["fact"] == name and old["values"] == values)
            found.append(next(same, {"fact": name, "values": values}))
    return found


def differ(name: str, values: list[Any]) -> bool:
    first, *others = values
    if name != PRICE:  # some write 1,000,000 for 1,048,576
        return any(abs(other - first) * 20 > first for other in others)
    return any(
        abs(Decimal(other[amount]) - Decimal(first[amount])) > Decimal(first[amount]) / 100
        for other in others
        for amount in ("input_mtok", "output_mtok")
        if amount in first and amount in other
    )


@dataclass(frozen=True, kw_only=True)
class Told:
    """What one new claim changed of one row: merged facts before and after, the price if it changed."""

    row: AIModel
    before: dict[str, Any]
    after: dict[str, Any]
    price: pricing.NewPrice | None

    @property
    def is_change(self) -> bool:
        return self.before != self.after


def tell(row: AIModel, source: str, facts: Mapping[str, Any] | None, now: datetime) -> Told:
    """Put a source's facts (None: forget the source) into a row in memory, and its columns with them."""
    old = merge(row.claims)
    claims = {name: claim for name, claim in row.claims.items() if name != source}
    if facts:
        claims[source] = {"facts": dict(facts), "changed_at": now.isoformat()}
    new = merge(claims)
    row.claims = claims
    row.conflicts = disagreements(claims, row.conflicts)
    set_columns(row, new)
    touched = [name for name in {**old.values, **new.values} if old.values.get(name) != new.values.get(name)]
    price = None
    if PRICE in touched:
        price = pricing.NewPrice(model=row, stated=new.values.get(PRICE), source=new.sources.get(PRICE, source))
    return Told(
        row=row,
        before={name: old.values.get(name) for name in touched},
        after={name: new.values.get(name) for name in touched},
        price=price,
    )


def set_columns(row: AIModel, merged: Merged) -> None:
    for name, fact in FACTS.items():
        value = merged.values.get(name)
        setattr(row, name, fact.unknown if value is None else fact.column(value))
    if not row.name:
        row.name = row.model_id


COLUMNS = (*FACTS, "claims", "conflicts")


def state(model: AIModel, facts: Mapping[str, Any], by: Caller, reason: str = "") -> Told:
    """A person states facts of a model: from now on they hold, until reset. Returns what changed.

    A stated price may name single amounts, None for one that is unknown: the rest of the price in force is kept.
    Raises Invalid.
    """
    cleaned = clean(facts)
    unknown = [name for name, amount in (facts.get(PRICE) or {}).items() if amount in (None, [])]
    return tell_admin(model, by, reason, lambda row, old: {**old, **with_whole_price(row, cleaned, unknown)})


def with_whole_price(row: AIModel, facts: Mapping[str, Any], unknown: Iterable[str] = ()) -> dict[str, Any]:
    """The facts, with the amounts of the price in force that they do not name, nor call unknown."""
    if facts.get(PRICE) is None:
        return dict(facts)
    in_force = without(merge(row.claims).values.get(PRICE) or {}, unknown)
    return {**facts, PRICE: {**in_force, **facts[PRICE]} or None}


def reset(model: AIModel, names: Iterable[str], by: Caller, reason: str = "") -> Told:
    """Give fields back to their sources: the person's word on them is forgotten. Raises Invalid for an unknown name."""
    wanted = list(names)
    unknown = [name for name in wanted if name not in FACTS and name != PRICE]
    if unknown:
        raise Invalid({"reset": f"{', '.join(unknown)}: no fact of a model"})
    return tell_admin(model, by, reason, lambda row, old: without(old, wanted))


def begin_price(model: AIModel, stated: Facts, began: datetime, by: Caller) -> Told:
    """A scheduled price is due: the person's word from its own moment on."""
    return tell_admin(model, by, "", lambda row, old: {**old, PRICE: dict(stated)}, price_from=began)


def put_claim_back(model: AIModel, claim: Facts, forget: Iterable[str], by: Caller, reason: str = "") -> Told:
    """Undo: a person's word on some facts is again what it was, and on others there is none."""
    return tell_admin(model, by, reason, lambda row, old: without({**old, **claim}, forget))


def without(facts: Facts, names: Iterable[str]) -> dict[str, Any]:
    dropped = set(names)
    return {name: value for name, value in facts.items() if name not in dropped}


def tell_admin(
    model: AIModel,
    by: Caller,
    reason: str,
    edit: Callable[[AIModel, Facts], dict[str, Any]],
    *,
    price_from: datetime | None = None,
) -> Told:
    """Change the admin's claim of one model, locked, and record it with what `undo` needs to put it back."""
    with history.change_set(by, reason) as changes:
        row = locked(model.pk)
        old = row.claims.get(ADMIN, {"facts": {}})["facts"]
        new = edit(row, old)
        told = tell(row, ADMIN, new, timezone.now())
        touched = [name for name in {**old, **new} if old.get(name, Ellipsis) != new.get(name, Ellipsis)]
        changes.record(
            ObjectType.MODEL,
            row.pk,
            str(row),
            told.before | {"admin_claim": {name: old[name] for name in touched if name in old}},
            told.after | {"admin_claim": {name: new[name] for name in touched if name in new}},
        )
        if touched:
            refuse_twin(row)
            row.updated_by = by.label
            row.save(update_fields=[*COLUMNS, "updated_at", "updated_by"])
            pricing.write([replace(told.price, effective_from=price_from)] if told.price else [])
        model.__dict__.update(row.__dict__)
        return told


def locked(pk: int) -> AIModel:
    row = AIModel.objects.select_for_update(of=("self",)).select_related("provider").filter(pk=pk).first()
    if row is None:
        raise NotFound(f"There is no model {pk} any more.")
    return row


def refuse_twin(row: AIModel) -> None:
    """Two rows may not become the same: same category and id at one provider, or two personal models of one name."""
    others = AIModel.objects.exclude(pk=row.pk)
    if row.owner_id is not None:
        if others.filter(owner=row.owner_id, name=row.name).exists():
            raise Clash(f"You already have a model named {row.name}.", {"name": "already in use"})
    elif others.filter(owner=None, provider=row.provider_id, category=row.category, model_id=row.model_id).exists():
        raise Clash(f"{row} already exists in category {row.category}.", {"category": "already in use"})


def save_many(told: Iterable[Told], extra: Iterable[str] = ()) -> None:
    """Save rows whose claims were changed in memory: columns and prices, in batches."""
    changed = list(told)
    fields = [*COLUMNS, "updated_at", "updated_by", *extra]
    now = timezone.now()
    for item in changed:
        item.row.updated_at = now
    AIModel.objects.bulk_create(
        [item.row for item in changed],
        batch_size=BATCH,
        update_conflicts=True,
        unique_fields=["id"],
        update_fields=fields,
    )
    pricing.write(item.price for item in changed if item.price)
