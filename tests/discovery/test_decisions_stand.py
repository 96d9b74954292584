"""The first promise: whatever syncs, vanishings and returns come between, no machine undoes what a person decided."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from catalog import facts, lifecycle, pricing, undo
from catalog.errors import CatalogError
from catalog.models import AIModel, Change, Provider
from discovery import results, sync
from discovery.fetch import Fetched
from discovery.listings.base import Listing
from discovery.models import SyncResult
from tests.builders import ADMIN, a_provider

IDS = ("a", "b", "c", "d", "e")

EDITS: list[dict[str, Any]] = [{"name": "Ours"}, {"context_window": 9}, {"price": {"input_mtok": "7"}}]

listing = st.fixed_dictionaries(
    {},
    optional={
        "name": st.sampled_from(["Theirs", "Theirs again"]),
        "context_window": st.integers(1, 4),
        "category": st.sampled_from(["text", "tts"]),
        "price": st.sampled_from([{"input_mtok": "1", "output_mtok": "2"}, {"input_mtok": "90", "output_mtok": "2"}]),
    },
)
step = st.one_of(
    st.tuples(st.just("sync"), st.dictionaries(st.sampled_from(IDS), listing, min_size=1)),
    st.tuples(st.just("move"), st.sampled_from(IDS), st.sampled_from(sorted(lifecycle.MOVES))),
    st.tuples(st.just("default"), st.sampled_from(IDS)),
    st.tuples(st.just("edit"), st.sampled_from(IDS), st.sampled_from(EDITS)),
    st.tuples(st.just("reset"), st.sampled_from(IDS), st.sampled_from(["name", "context_window", "price"])),
    st.tuples(st.just("undo"), st.integers(1, 6)),
)  # fmt: skip


@dataclass
class World:
    provider: Provider
    decided: dict[str, str] = field(default_factory=dict)  # the status a person chose last

    def do(self, what: str, *arguments: Any) -> None:
        if what == "sync":
            self.sync(*arguments)
            return
        before = self.statuses()
        with suppress(CatalogError):
            getattr(self, what)(*arguments)
        after = self.statuses()
        self.decided |= {name: status for name, status in after.items() if before.get(name) != status}

    def sync(self, listed: dict[str, dict[str, Any]]) -> None:
        words, before, defaults = self.words(), self.statuses(), self.defaults()
        run = sync.create_run(ADMIN, ["acme"], force=True)
        run.results.update(state="running", lease_until=run.created_at)
        listings = [Listing(model_id=name, facts=stated, entry={}) for name, stated in listed.items()]
        results.finish(
            SyncResult.objects.select_related("run", "provider").get(run=run),
            Fetched(
                listings=listings, skipped=[], entries_seen=len(listings), repeated=0, pages=1, warnings=[],
                not_modified=False, etag="", duration=0,
            ),
        )  # fmt: skip
        assert run.results.get().state in ("succeeded", "held")
        self.check(words, before, defaults)

    def check(self, words: dict, before: dict, defaults: set) -> None:
        assert self.words() == words
        for name, status in self.statuses().items():
            was = before.get(name, "pending")
            allowed = {was, "deprecated"} if was == "enabled" else {was, "enabled"} if was == "deprecated" else {was}
            assert status in allowed
            if self.decided.get(name) in ("disabled", "archived", "deprecated"):
                assert status == self.decided[name]
        assert self.defaults() == {name for name in defaults if self.statuses()[name] == "enabled"}
        for row in AIModel.objects.select_related("price"):
            for name, value in row.claims.get("admin", {"facts": {}})["facts"].items():
                assert (pricing_of(row) if name == "price" else getattr(row, name)) == value

    def move(self, name: str, move: str) -> None:
        lifecycle.move(AIModel.objects.filter(model_id=name), move, ADMIN)

    def default(self, name: str) -> None:
        for model in AIModel.objects.filter(model_id=name):
            lifecycle.set_default(model, ADMIN)

    def edit(self, name: str, stated: dict[str, Any]) -> None:
        for model in AIModel.objects.filter(model_id=name):
            facts.state(model, stated, ADMIN)

    def reset(self, name: str, fact: str) -> None:
        for model in AIModel.objects.filter(model_id=name):
            facts.reset(model, [fact], ADMIN)

    def undo(self, back: int) -> None:
        change = Change.objects.order_by("-id")[back - 1 : back].first()
        if change is not None:
            undo.undo(change, ADMIN)

    def statuses(self) -> dict[str, str]:
        return dict(AIModel.objects.values_list("model_id", "status"))

    def defaults(self) -> set[str]:
        return set(AIModel.objects.filter(is_default=True).values_list("model_id", flat=True))

    def words(self) -> dict[str, Any]:
        """What people said of each model."""
        return {row.model_id: row.claims["admin"]["facts"] for row in AIModel.objects.all() if "admin" in row.claims}


def pricing_of(row: AIModel) -> dict[str, Any] | None:
    return pricing.stated_by(row.price) or None


@pytest.mark.django_db
@settings(max_examples=60, deadline=None)
@given(st.lists(step, max_size=14))
def test_no_decision_is_ever_undone_by_a_machine(steps: list[tuple]) -> None:
    AIModel.objects.all().delete()
    Provider.objects.filter(slug="acme").delete()
    Change.objects.all().delete()
    world = World(a_provider(policy={"misses": 2}))
    world.do("sync", {name: {} for name in IDS})
    for what, *arguments in steps:
        world.do(what, *arguments)
    world.do("sync", {name: {"name": "Theirs at last"} for name in IDS})
