"""The sections of the panel: a page of the models of each status, and how each of them reads."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db.models import Count, Q
from django.utils.safestring import SafeString

from catalog.admin import display
from catalog.models import AMOUNTS, AIModel, Price, Status
from catalog.models.aimodel import CAPABILITIES
from catalog.resolution import Table
from console import instead
from console.panel.choice import SECTIONS, Choice

SIZES = {Status.PENDING: 30, Status.ENABLED: 15, Status.DISABLED: 15, Status.DEPRECATED: 15}
COLUMNS = (
    "model_id", "name", "category", "owner", "status", "is_default", "successor", "context_window", "max_output_tokens",
    *(f"supports_{name}" for name in CAPABILITIES), "discovered_at", "enabled_at", "deprecated_at", "retires_at",
    "provider__slug", "provider__name", "provider__is_active", *(f"price__{name}" for name in AMOUNTS),
)  # fmt: skip
PER_MILLION = {"input_mtok": "input", "output_mtok": "output"}
MOMENTS = {  # what is told of when, beside a model
    Status.PENDING: ("found", "discovered_at"),
    Status.ENABLED: ("enabled", "enabled_at"),
    Status.DEPRECATED: ("deprecated", "deprecated_at"),
}


@dataclass(frozen=True, kw_only=True, slots=True)
class Card:
    """A model as the panel shows it. Lines are empty where nothing is known of them."""

    model: AIModel
    context: str
    price: str
    abilities: Sequence[str]
    known: bool
    when: tuple[str, SafeString | str] | None
    falls_back_to: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Section:
    """The models of one status: a page of them, and how many there are."""

    status: str
    label: str
    cards: Sequence[Card]
    count: int
    page: int
    pages: int
    before: str  # addresses of the pages beside it; empty: there is none
    after: str


def sections_of(choice: Choice) -> list[Section]:
    """All sections, in a number of questions that does not grow with the models."""
    counts, ids = found_by_words(choice) if choice.words else found(choice)
    wanted = [pk for chunk in ids.values() for pk in chunk]
    rows = AIModel.objects.select_related("provider", "price").only(*COLUMNS).in_bulk(wanted)
    names = instead.around(rows[pk] for pk in ids[Status.DEPRECATED])
    return [section(choice, status, [rows[pk] for pk in ids[status]], counts[status], names) for status in SECTIONS]


def found(choice: Choice) -> tuple[Mapping[str, int], Mapping[str, list[int]]]:
    """How many models there are of each status, and the ids of the page of each, the defaults first."""
    each = {status.value: Count("pk", filter=Q(status=status)) for status in SECTIONS}
    counts = choice.models().order_by().aggregate(**each)
    ids = {status.value: ids_of(choice, status, counts[status]) for status in SECTIONS}
    return counts, ids


def ids_of(choice: Choice, status: Status, count: int) -> list[int]:
    """A page of a section. The few defaults are asked for apart, so that an index has the order of all others."""
    if not count:
        return []
    models, part = choice.models().with_status(status), shown(choice, status, count)
    if status != Status.ENABLED:
        return list(models.order_by("name", "id").values_list("pk", flat=True)[part])
    first = choice.models().filter(is_default=True).order_by().values_list("name", "pk")
    defaults = [pk for _, pk in sorted(first)]
    others = models.filter(is_default=False).order_by("name", "id").values_list("pk", flat=True)
    begin, end = max(part.start - len(defaults), 0), max(part.stop - len(defaults), 0)
    return [*defaults[part], *others[begin:end]]


def found_by_words(choice: Choice) -> tuple[Mapping[str, int], Mapping[str, list[int]]]:
    """The same of a search, which reads all names anyway: once."""
    rows = choice.models().order_by("name", "id").values_list("pk", "status", "is_default")
    ids: dict[str, list[int]] = {status.value: [] for status in SECTIONS}
    defaults = [pk for pk, _, is_default in rows if is_default]
    for pk, status, is_default in rows:
        if status in ids and not is_default:
            ids[status].append(pk)
    ids[Status.ENABLED] = defaults + ids[Status.ENABLED]
    counts = {status: len(all_of_them) for status, all_of_them in ids.items()}
    return counts, {status: ids[status][shown(choice, status, counts[status])] for status in SECTIONS}


def shown(choice: Choice, status: Status, count: int) -> slice:
    """Where the page of a section begins and ends."""
    start = (min(choice.page(status), last_page(status, count)) - 1) * SIZES[status]
    return slice(start, start + SIZES[status])


def last_page(status: Status, count: int) -> int:
    return max(1, -(-count // SIZES[status]))


def section(choice: Choice, status: Status, models: Iterable[AIModel], count: int, names: Table) -> Section:
    pages = last_page(status, count)
    page = min(choice.page(status), pages)
    return Section(
        status=status.value,
        label=str(status.label),
        cards=[card(model, names) for model in models],
        count=count,
        page=page,
        pages=pages,
        before=choice.page_url(status, page - 1) if page > 1 else "",
        after=choice.page_url(status, page + 1) if page < pages else "",
    )


def card(model: AIModel, names: Table) -> Card:
    abilities = [name.replace("_", " ") for name in CAPABILITIES if getattr(model, f"supports_{name}")]
    heir = instead.stand_in(model, names) if model.status == Status.DEPRECATED else None
    words = MOMENTS.get(Status(model.status))
    return Card(
        model=model,
        context=context_of(model),
        price=price_of(model.price),
        abilities=abilities,
        known=bool(model.context_window or model.max_output_tokens or model.price_id or abilities),
        when=(words[0], display.ago(getattr(model, words[1]))) if words and getattr(model, words[1]) else None,
        falls_back_to=heir.label if heir else "",
    )


def context_of(model: AIModel) -> str:
    if model.context_window is None:
        return "context window unknown"
    most = f", {model.max_output_tokens:,} out" if model.max_output_tokens else ""
    return f"{model.context_window:,} tokens of context{most}"


def price_of(price: Price | None) -> str:
    """Spelled out, input and output first; other amounts as they are."""
    amounts: dict[str, Any] = price.amounts if price else {}
    if all(amounts.get(name) is None for name in PER_MILLION):
        text = display.price(amounts)
        return "price unknown" if text == display.UNKNOWN else text
    parts = [f"{amount(amounts[name])} per million {word} tokens" for name, word in PER_MILLION.items()]
    return ", ".join(parts)


def amount(value: Decimal | None) -> str:
    if value is None:
        return "unknown"
    return f"USD {display.money(value)}" if value else "free"
