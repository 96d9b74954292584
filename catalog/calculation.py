"""What tokens weigh, cost and burn at several models. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

from catalog import pricing
from catalog.conversation import Conversation
from catalog.energy import Energy, Place, energy
from catalog.models import AIModel, Price
from catalog.models.aimodel import GPT3_PARAMETERS
from catalog.tokens import Counts, weights_of

Workload = Counts | Conversation

CUSTOM = "Custom costs"
# Kind of tokens -> the amount of a price that it is billed at.
COSTS = {
    "inputWithCache": "cache_write_mtok",
    "inputWithoutCache": "input_mtok",
    "cacheRead": "cache_read_mtok",
    "outputTokens": "output_mtok",
}


@dataclass(frozen=True, kw_only=True)
class Candidate:
    """What a calculation needs of a model, or of costs somebody entered by hand."""

    name: str
    price: Price | None
    weights: Mapping[str, Any] | None = None
    parameters: Decimal | None = None  # billions
    context_window: int | None = None
    active_window: int | None = None
    model: AIModel | None = None

    @property
    def complexity(self) -> Decimal | None:
        return None if self.parameters is None else self.parameters / Decimal(GPT3_PARAMETERS)


def candidate_of(model: AIModel) -> Candidate:
    return Candidate(
        name=model.name,
        price=model.price,
        weights=model.token_weights,
        parameters=model.parameters,
        context_window=model.context_window,
        active_window=model.active_window,
        model=model,
    )


def custom(costs: Mapping[str, Decimal]) -> Candidate:
    """Costs somebody entered, in USD per million tokens of each kind."""
    return Candidate(name=CUSTOM, price=Price(**{COSTS[kind]: amount for kind, amount in costs.items()}))


@dataclass(frozen=True, kw_only=True)
class Result:
    """What a workload is at one candidate. What is unknown is None; `rank` is 1 for the cheapest."""

    candidate: Candidate
    counts: Counts | None  # None: its context window cannot hold the first turn
    calls: int = 0
    is_cut: bool = False  # whether its window made messages be dropped
    weights: Mapping[str, Decimal]
    weighted: Decimal | None = None
    cost: Decimal | None = None  # USD
    energy: Energy | None = None
    rank: int | None = None


@dataclass(frozen=True, kw_only=True)
class Share:
    """The calls of a bundle whose input lies in one tier of a price."""

    start: int  # input tokens
    total: Counts
    calls: int


class Bundle:
    """The calls of a workload, summed once for all models that have the same room."""

    def __init__(self, calls: Iterable[Counts], *, is_cut: bool = False) -> None:
        self.calls = list(calls)
        self.total = sum(self.calls, Counts())
        self.is_cut = is_cut
        self.shares: dict[tuple[int, ...], list[Share]] = {}

    def by_tier(self, starts: tuple[int, ...]) -> list[Share]:
        """The calls by the tier they reach, of tiers that start at these numbers of input tokens."""
        if starts not in self.shares:
            tiers: dict[int, list[Counts]] = defaultdict(list)
            for call in self.calls:
                tiers[max((start for start in starts if call.input >= start), default=0)].append(call)
            self.shares[starts] = [
                Share(start=start, total=sum(calls, Counts()), calls=len(calls)) for start, calls in tiers.items()
            ]
        return self.shares[starts]


def compare(workload: Workload, candidates: Iterable[Candidate], place: Place) -> list[Result]:
    """The candidates, the cheapest first; those of unknown cost last and without a rank."""
    bundles: dict[int | None, Bundle | None] = {None: None}
    results = []
    for candidate in candidates:
        room = room_at(candidate, workload)
        if room not in bundles:
            bundles[room] = bundle_of(workload, room)
        results.append(result_of(candidate, bundles[room], place))
    return ranked(results)


def room_at(candidate: Candidate, workload: Workload) -> int | None:
    """How much a call may read there; models with the same room share their calls. None: not even the first."""
    if isinstance(workload, Counts):
        return workload.input
    return workload.room(candidate.context_window, candidate.active_window)


def bundle_of(workload: Workload, room: int | None = None) -> Bundle:
    """All calls of a workload; without a room, those of one where nothing is dropped."""
    if isinstance(workload, Counts):
        return Bundle([workload])
    most = workload.longest if room is None else room
    return Bundle(workload.calls(most), is_cut=most < workload.longest)


def result_of(candidate: Candidate, bundle: Bundle | None, place: Place) -> Result:
    weights = weights_of(candidate.weights)
    if bundle is None:
        return Result(candidate=candidate, counts=None, weights=weights)
    weighted = bundle.total.weighted(weights)
    return Result(
        candidate=candidate,
        counts=bundle.total,
        calls=len(bundle.calls),
        is_cut=bundle.is_cut,
        weights=weights,
        weighted=weighted,
        cost=cost(candidate.price, bundle),
        energy=energy(weighted, candidate.complexity, place),
    )


def cost(price: Price | None, bundle: Bundle) -> Decimal | None:
    """What the calls cost together in USD, each in the tier of its own input. None if it is unknown for any."""
    if price is None:
        return None
    shares = bundle.by_tier(tuple(tier["from"] for tier in price.tiers))
    parts = [
        pricing.charge(pricing.amounts_for(price, share.start), share.total.billed, requests=share.calls)
        for share in shares
    ]
    return None if None in parts else sum((part for part in parts if part is not None), Decimal(0))


def ranked(results: Iterable[Result]) -> list[Result]:
    """Equal costs share a rank."""
    ordered = sorted(results, key=lambda result: (result.cost is None, result.cost or 0, result.candidate.name.lower()))
    ranks: dict[Decimal, int] = {}
    for place, result in enumerate(ordered, start=1):
        if result.cost is not None:
            ranks.setdefault(result.cost, place)
    return [replace(result, rank=None if result.cost is None else ranks[result.cost]) for result in ordered]
