"""What a list means for the catalog: pure, from known rows and listings to what would be done."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, NamedTuple

import orjson

from catalog.models import Category, Status
from catalog.policy import Policy
from catalog.pricing import StatedPrice, in_words, plain

from .listings.base import Listing

LARGEST_MOVE = 5  # times; a price that moves more is held
LARGEST_TEXT_PRICE = Decimal(1_000)  # USD per million tokens


class Known(NamedTuple):
    """What planning needs of a row."""

    pk: int
    model_id: str
    category: str
    digest: str
    status: str
    status_source: str
    listed: bool
    missing: bool
    misses: int
    enabled_while_missing: bool | None


@dataclass(frozen=True, kw_only=True)
class Found:
    """A listing and the digest of its facts; `row` is what it is known as, None if it is new."""

    listing: Listing
    digest: str
    row: Known | None = None


@dataclass(kw_only=True)
class Plan:
    """What to do with the rows of one provider. `held` says why nothing of it may be done without an admin."""

    new: list[Found] = field(default_factory=list)
    changed: list[Found] = field(default_factory=list)
    unchanged: int = 0
    returned: list[Known] = field(default_factory=list)
    missing: list[Known] = field(default_factory=list)
    restore: list[int] = field(default_factory=list)
    deprecate: list[int] = field(default_factory=list)
    not_taken: int = 0
    held: str = ""


def digest_of(facts: dict[str, Any]) -> str:
    return hashlib.blake2b(orjson.dumps(facts, option=orjson.OPT_SORT_KEYS), digest_size=16).hexdigest()


def plan(rows: Iterable[Known], listings: Iterable[Listing], policy: Policy, category: str = "") -> Plan:
    """Compare what a provider lists with what is known of it. With a category, only its models are looked at."""
    known, listed = list(rows), list(listings)
    wanted = [item for item in listed if not category or item.facts.get("category", Category.TEXT) == category]
    made = Plan()
    left = match(known, wanted, policy, made)
    listed_before = [row for row in known if row.listed and (not category or row.category == category)]
    elsewhere = {item.model_id for item in listed} if category else set()
    made.missing = [row for row in listed_before if row.pk in left and row.model_id not in elsewhere]
    made.deprecate = [row.pk for row in made.missing if gives_up(row, policy)]
    there_before = sum(not row.missing for row in listed_before)
    if len(wanted) * 2 < there_before:
        made.held = f"The list names {len(wanted)} models; before it named {there_before}. Less than half: held."
    return made


def plan_unmodified(rows: Iterable[Known], policy: Policy) -> Plan:
    """The list is word for word what it was: what was missing still is."""
    known = [row for row in rows if row.listed]
    missing = [row for row in known if row.missing]
    return Plan(
        unchanged=len(known) - len(missing),
        missing=missing,
        deprecate=[row.pk for row in missing if gives_up(row, policy)],
    )


def match(known: list[Known], wanted: list[Listing], policy: Policy, made: Plan) -> set[int]:
    """Find the row of each listing, by exact id, then by one that differs in case only. Returns the rows left over."""
    by_id: dict[str, list[Known]] = {}
    for row in known:
        by_id.setdefault(row.model_id, []).append(row)
    unmatched = []
    seen: set[int] = set()
    for listing in wanted:
        rows = by_id.get(listing.model_id)
        if rows is None:
            unmatched.append(listing)
            continue
        row = rows[0] if len(rows) == 1 else same_kind(rows, listing)
        seen.add(row.pk)
        take(made, row, listing, policy)
    left = {row.pk for row in known} - seen
    if unmatched:
        match_by_case([row for row in known if row.pk in left and row.listed], unmatched, left, policy, made)
    return left


def match_by_case(rows: list[Known], listings: list[Listing], left: set[int], policy: Policy, made: Plan) -> None:
    """An id whose case the provider changed is the same model, if there is one such row and one such listing."""
    by_fold: dict[str, list[Known]] = {}
    for row in rows:
        by_fold.setdefault(row.model_id.casefold(), []).append(row)
    folds = Counter(listing.model_id.casefold() for listing in listings) if by_fold else Counter()
    for listing in listings:
        fold = listing.model_id.casefold()
        candidates = by_fold.get(fold, [])
        if len(candidates) == 1 and folds[fold] == 1:
            left.discard(candidates[0].pk)
            take(made, candidates[0], listing, policy)
        elif policy.takes(listing.facts.get("category", Category.TEXT)):
            made.new.append(Found(listing=listing, digest=digest_of(listing.facts)))
        else:
            made.not_taken += 1


def same_kind(rows: list[Known], listing: Listing) -> Known:
    """Of several rows of one id the one of the listing's category, else the one the list named first."""
    category = listing.facts.get("category", Category.TEXT)
    return min(rows, key=lambda row: (row.category != category, not row.listed, row.pk))


def take(made: Plan, row: Known, listing: Listing, policy: Policy) -> None:
    """Note what the listing means for its row."""
    digest = digest_of(listing.facts)
    if digest != row.digest or listing.model_id != row.model_id or not row.listed:
        made.changed.append(Found(listing=listing, digest=digest, row=row))
    else:
        made.unchanged += 1
    if row.missing:
        made.returned.append(row)
        if policy.restore and row.status == Status.DEPRECATED and row.status_source == "sync":
            made.restore.append(row.pk)


def gives_up(row: Known, policy: Policy) -> bool:
    """Whether this miss is the one too many: only for enabled models that nobody enabled knowing they were gone."""
    if policy.missing != "deprecate" or row.status != Status.ENABLED or row.misses + 1 < policy.misses:
        return False
    return not row.enabled_while_missing


def suspicion(old: StatedPrice | None, new: StatedPrice | None, category: str) -> str:
    """Why a price may not simply replace the one the same source stated before; "" if it may."""
    if not new:
        return ""
    for name in ("input_mtok", "output_mtok"):
        amount = Decimal(new[name]) if name in new else None
        if amount is not None and category == Category.TEXT and amount > LARGEST_TEXT_PRICE:
            what, unit = in_words(name)
            return f"{what} is {plain(amount)} {unit}, above {LARGEST_TEXT_PRICE:,}"
    for name, text in (old or {}).items():
        if name == "tiers" or name not in new:
            continue
        before, after = Decimal(text), Decimal(new[name])
        if before != after and (not min(before, after) or max(before, after) / min(before, after) > LARGEST_MOVE):
            what, unit = in_words(name)
            return f"{what} moved from {plain(before)} to {plain(after)} {unit}, more than {LARGEST_MOVE} times"
    return ""
