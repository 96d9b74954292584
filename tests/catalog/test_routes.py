from __future__ import annotations

import random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import settings as effort
from hypothesis import strategies as st

from access.caller import Caller
from catalog import lifecycle, registration, routes, undo
from catalog.errors import CannotUndo, Clash, Forbidden, Invalid
from catalog.models import AIModel, Change, Route, RouteTarget
from catalog.names import names_for
from catalog.resolution import Wish, resolve
from catalog.routes.definition import clean_targets
from tests.builders import ADMIN, a_model, a_person, a_personal_model, a_provider, a_route

pytestmark = pytest.mark.django_db

BOB = Caller(label="bob", source="api", user_id=1)


def to(model: str, weight: int = 0, variant: str = "") -> dict[str, Any]:
    return {"model": model, "weight": weight, "variant": variant}


def via(route: str, weight: int = 0, variant: str = "") -> dict[str, Any]:
    return {"route": route, "weight": weight, "variant": variant}


def now(route: Route) -> dict[str, Any]:
    row = Route.objects.with_targets().get(pk=route.pk)
    return routes.definition(row, row.targets.all())


def refused(**fields: Any) -> dict[str, Any]:
    with pytest.raises(Invalid) as error:
        routes.add_route({"name": "r", **fields}, ADMIN)
    assert not Route.objects.filter(name="r").exists()
    return error.value.details


def last_change(route: Route) -> Change:
    return Change.objects.of("route", route.pk)[0]


@pytest.fixture(autouse=True)
def models() -> list[AIModel]:
    return [a_model(name, status="enabled") for name in ("a", "b", "vendor/c")]


def test_a_route_keeps_its_targets_in_order_and_its_history() -> None:
    targets = [to("acme/a", 70, "old"), to("acme/vendor/c", 30), to("acme/b")]

    row, notes = routes.add_route({"name": "chat", "is_experiment": True, "targets": targets}, ADMIN, reason="trial")

    assert now(row) == {
        "name": "chat",
        "description": "",
        "is_active": True,
        "is_listed": True,
        "is_experiment": True,
        "targets": targets,
    }
    assert notes == []
    change = last_change(row)
    assert (change.action, change.label, change.before, change.after) == ("create", "chat", {}, now(row))
    assert (change.change_set.reason, change.change_set.actor_label, row.updated_by) == ("trial", "alice", "alice")


def test_targets_are_also_named_by_their_ids(models: list[AIModel]) -> None:
    inner = a_route("inner", {"model": models[0].pk, "weight": 1}, {"model": str(models[1].pk)})

    outer = a_route("outer", {"route": inner.pk, "weight": 1})

    assert now(inner)["targets"] == [to("acme/a", 1), to("acme/b")]
    assert now(outer)["targets"] == [via("inner", 1)]


@pytest.mark.parametrize(
    ("targets", "at", "says"),
    [
        ([], "targets", "name at least one"),
        ("acme/a", "targets", "must be a list"),
        ([to("acme/a", 1)] * 51, "targets", "at most 50"),
        ([to("acme/a"), to("acme/b")], "targets", "a weight above 0"),
        (["acme/a"], "targets[0]", "must be an object"),
        ([{"weight": 1}], "targets[0]", "name a model or a route"),
        ([{"model": "acme/a", "route": "x", "weight": 1}], "targets[0].model", "either"),
        ([to("acme/a", 1), to("acme/none")], "targets[1].model", "there is no model acme/none"),
        ([to("a", 1)], "targets[0].model", "there is no model a"),
        ([{"model": 2**70, "weight": 1}], "targets[0].model", "there is no model"),
        ([{"model": "acme/\x00", "weight": 1}], "targets[0].model", "there is no model"),
        ([{"model": True, "weight": 1}], "targets[0].model", "must be a name"),
        ([to("acme/a", 1), via("none")], "targets[1].route", "there is no route none"),
        ([to("acme/a", -1)], "targets[0].weight", "must be a whole number"),
        ([{"model": "acme/a", "weight": True}], "targets[0].weight", "must be a whole number"),
        ([{"model": "acme/a", "weight": 1.5}], "targets[0].weight", "must be a whole number"),
        ([to("acme/a", 1, "x" * 101)], "targets[0].variant", "at most 100"),
        ([{"model": "acme/a", "variant": 3}], "targets[0].variant", "must be text"),
        ([{"model": "acme/a", "weight": 1, "share": 1}], "targets[0].share", "is nothing one can set"),
        ([to("acme/a", 1), to("acme/a", 1)], "targets[1].variant", "two are called acme/a"),
        ([to("acme/a", 1, "x"), to("acme/b", 1, "x")], "targets[1].variant", "two are called x"),
        ([to("acme/a", 1, "acme/b"), to("acme/b", 1)], "targets[1].variant", "two are called acme/b"),
    ],
)
def test_what_leads_nowhere_is_refused_and_named(targets: Any, at: str, says: str) -> None:
    assert says in refused(targets=targets)[at]


@pytest.mark.parametrize("name", ["", "two words", "-x", "ä", "x" * 201, "a\nb", 5, None])
def test_names_that_no_caller_could_send_are_refused(name: Any) -> None:
    with pytest.raises(Invalid) as error:
        routes.add_route({"name": name, "targets": [to("acme/a", 1)]}, ADMIN)
    assert list(error.value.details) == ["name"]


@pytest.mark.parametrize("status", ["pending", "disabled", "deprecated", "archived"])
def test_only_enabled_models_can_be_targets(status: str) -> None:
    a_model("x", status=status)

    details = refused(targets=[to("acme/a", 1), to("acme/x")])

    assert details == {"targets[1].model": f"acme/x is {status}; enable it first"}


def test_nobodys_personal_model_is_a_target() -> None:
    mine = a_personal_model(a_person(), "own")

    assert "there is no model" in refused(targets=[to("acme/own", 1)])["targets[0].model"]
    assert "there is no model" in refused(targets=[{"model": mine.pk, "weight": 1}])["targets[0].model"]


def test_all_targets_are_of_one_kind_also_through_other_routes() -> None:
    a_model("voice", status="enabled", category="tts")
    a_route("speech", to("acme/voice", 1))

    assert refused(targets=[to("acme/a", 1), to("acme/voice")]) == {
        "targets": "must all be of one kind; these lead to text (acme/a), tts (acme/voice)"
    }
    assert "text (acme/a), tts" in refused(targets=[to("acme/a", 1), via("speech")])["targets"]


def test_of_two_models_of_one_name_the_kind_of_the_route_decides() -> None:
    a_model("flash", status="enabled", category="text")
    a_model("flash", status="enabled", category="tts")
    a_model("voice", status="enabled", category="tts")

    a_route("speech", to("acme/voice", 1), to("acme/flash"))
    a_route("text", to("acme/flash", 1))

    kinds = RouteTarget.objects.filter(model__model_id="flash").values_list("route__name", "model__category")
    assert set(kinds) == {("speech", "tts"), ("text", "text")}


def test_a_loop_of_any_length_is_refused_with_the_way_it_takes() -> None:
    first = a_route("first", to("acme/a", 1))
    a_route("second", via("first", 1))
    a_route("third", via("second", 1))

    with pytest.raises(Invalid) as error:
        routes.change_route(first, {"targets": [to("acme/a", 1), via("third")]}, ADMIN)

    assert error.value.details == {"targets[1].route": "leads back to where it began: first → third → second → first"}
    assert now(first)["targets"] == [to("acme/a", 1)]
    with pytest.raises(Invalid, match="first → first"):
        routes.change_route(first, {"targets": [via("first", 1)]}, ADMIN)


def test_a_chain_of_routes_is_no_longer_than_resolution_follows() -> None:
    a_route("r0", to("acme/a", 1))
    for number in range(1, 9):
        a_route(f"r{number}", via(f"r{number - 1}", 1))
    found = resolve(Wish(name="r8"), names_for(None))
    assert found.first.model.model_id == "a"

    assert refused(targets=[via("r8", 1)]) == {"targets[0].route": "goes through more than 8 routes in a row"}
    end = a_route("end", to("acme/a", 1))
    with pytest.raises(Invalid, match="more than 8 routes"):
        routes.change_route(Route.objects.get(name="r0"), {"targets": [via("end", 1)]}, ADMIN)
    routes.change_route(end, {"targets": [via("r7", 1)]}, ADMIN)


@effort(max_examples=30, deadline=None)
@given(seed=st.integers(0, 2**32))
def test_however_routes_are_changed_none_ever_comes_back_to_itself(seed: int) -> None:
    RouteTarget.objects.all().delete()
    Route.objects.all().delete()
    chance = random.Random(seed)
    names = [f"r{number}" for number in range(5)]
    for name in names:
        a_route(name, to("acme/a", 1))
    for _ in range(12):
        row = Route.objects.get(name=chance.choice(names))
        wanted = [via(name, 1) for name in chance.sample(names, chance.randint(0, 2))]
        try:
            routes.change_route(row, {"targets": [*wanted, to("acme/a", 1)]}, ADMIN)
        except Invalid as error:
            assert any("leads back" in text for text in error.details.values())

    leads = {name: set() for name in names}
    for start, end in RouteTarget.objects.exclude(to_route=None).values_list("route__name", "to_route__name"):
        leads[start].add(end)
    for _ in names:  # routes that lead to no other are taken away until none is left
        ends = {name for name, others in leads.items() if not others}
        leads = {name: others - ends for name, others in leads.items() if name not in ends}
    assert leads == {}


def test_a_route_in_use_is_neither_switched_off_nor_deleted() -> None:
    inner = a_route("inner", to("acme/a", 1))
    outer = a_route("outer", via("inner", 1))

    with pytest.raises(Clash, match="inner cannot be deactivated: outer leads to it"):
        routes.change_route(inner, {"is_active": False}, ADMIN)
    with pytest.raises(Clash, match="inner cannot be deleted: outer leads to it"):
        routes.delete_route(inner, ADMIN)

    routes.change_route(outer, {"is_active": False}, ADMIN)
    routes.change_route(inner, {"is_active": False}, ADMIN)
    with pytest.raises(Invalid, match="inner is not active"):
        routes.change_route(outer, {"is_active": True}, ADMIN)
    with pytest.raises(Clash):
        routes.delete_route(inner, ADMIN)


def test_a_route_whose_model_was_retired_can_still_be_edited_and_switched_off_but_not_on() -> None:
    row = a_route("r", to("acme/a", 1))
    lifecycle.move(AIModel.objects.filter(model_id="a"), "disable", ADMIN)

    routes.change_route(row, {"description": "Waits", "targets": [to("acme/a", 1)]}, ADMIN)
    routes.change_route(row, {"is_active": False}, ADMIN)

    with pytest.raises(Invalid, match="acme/a is disabled"):
        routes.change_route(row, {"is_active": True}, ADMIN)
    assert (now(row)["description"], now(row)["is_active"]) == ("Waits", False)


def test_a_model_that_a_route_leads_to_cannot_be_deleted() -> None:
    model = registration.add_model(provider=a_provider(), model_id="mine", by=ADMIN, stated={"name": "Mine"})
    for name in ("one", "two"):
        a_route(name, to("acme/mine", 1, "x"), to("acme/mine", 1, "y"))

    with pytest.raises(Clash, match=r"acme/mine is a target of one, two: take it out of there first") as error:
        registration.delete_model(model, ADMIN)
    assert error.value.details == ["one", "two"]


def test_a_name_is_taken_once() -> None:
    a_route("r", to("acme/a", 1))
    other = a_route("other", to("acme/a", 1))

    with pytest.raises(Clash, match="There is already a route r"):
        routes.add_route({"name": "r", "targets": [to("acme/b", 1)]}, ADMIN)
    with pytest.raises(Clash):
        routes.change_route(other, {"name": "r"}, ADMIN)


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("acme/a", "acme/a has this name too"),
        ("vendor/c", "acme/vendor/c has this name too"),
        ("acme", "acme is a provider too"),
    ],
)
def test_a_name_that_hides_something_is_taken_with_a_warning(name: str, says: str) -> None:
    row, notes = routes.add_route({"name": name, "targets": [to("acme/b", 1)]}, ADMIN)

    assert len(notes) == 1 and says in notes[0] and f"send {name}" in notes[0]
    assert routes.change_route(row, {"description": "x"}, ADMIN) == []


def test_a_new_name_says_what_becomes_of_the_old_one() -> None:
    row = a_route("old", to("acme/a", 1))

    notes = routes.change_route(row, {"name": "acme"}, ADMIN)

    assert "Callers that send old do not reach this route any more" in notes[0]
    assert "acme is a provider too" in notes[1]


def test_only_admins_write_routes() -> None:
    row = a_route("r", to("acme/a", 1))

    with pytest.raises(Forbidden):
        routes.add_route({"name": "x", "targets": [to("acme/a", 1)]}, BOB)
    with pytest.raises(Forbidden):
        routes.change_route(row, {"description": "x"}, BOB)
    with pytest.raises(Forbidden):
        routes.delete_route(row, BOB)


def test_what_changes_nothing_leaves_no_trace() -> None:
    row = a_route("r", to("acme/a", 1))

    routes.change_route(row, now(row), ADMIN)

    assert Change.objects.of("route", row.pk).count() == 1


def test_added_changed_and_deleted_routes_are_undone() -> None:
    row = a_route("r", to("acme/a", 70), to("acme/b", 30))
    salt = row.salt
    before = now(row)
    routes.change_route(row, {"name": "s", "targets": [to("acme/vendor/c", 1)], "is_listed": False}, ADMIN)

    undo.undo(last_change(row), ADMIN)
    assert now(row) == before

    routes.delete_route(row, ADMIN, "gone")
    undo.undo(last_change(row), ADMIN)
    assert now(row) == before
    assert Route.objects.get(pk=row.pk).salt == salt

    added = a_route("t", to("acme/a", 1))
    undo.undo(last_change(added), ADMIN)
    assert list(Route.objects.values_list("name", flat=True)) == ["r"]


def test_an_undo_that_would_leave_a_route_dangling_is_refused() -> None:
    row = a_route("r", to("acme/a", 1))
    routes.change_route(row, {"targets": [to("acme/b", 1)]}, ADMIN)
    lifecycle.move(AIModel.objects.filter(model_id="a"), "disable", ADMIN)

    with pytest.raises(CannotUndo, match="acme/a is disabled"):
        undo.undo(last_change(row), ADMIN)
    routes.change_route(row, {"description": "x"}, ADMIN)
    routes.change_route(row, {"description": "y"}, ADMIN)
    with pytest.raises(CannotUndo, match="description of r was changed again"):
        undo.undo(Change.objects.of("route", row.pk)[1], ADMIN)


def test_the_routes_of_a_model_are_those_that_lead_there_in_any_way(models: list[AIModel]) -> None:
    inner = a_route("inner", to("acme/a", 1), to("acme/b"))
    outer = a_route("outer", via("inner", 1))
    a_route("other", to("acme/b", 1), is_active=False)
    a, b, c = models

    found = routes.routes_of([a.pk, b.pk, c.pk])

    assert found[a.pk] == [inner, outer]
    assert [route.name for route in found[b.pk]] == ["inner", "other", "outer"]
    assert found[c.pk] == []


@pytest.mark.parametrize(
    ("targets", "words"),
    [
        ([to("o/a", 70), to("p/b", 30), to("m/c")], "70 % o/a, 30 % p/b; then m/c"),
        ([to("o/a", 5)], "o/a"),
        ([to("o/a", 1), via("r"), to("m/c")], "o/a; then r, m/c"),
        ([to("o/a", 1), to("p/b", 2)], "33.3 % o/a, 66.7 % p/b"),
        ([to("o/a", 1), to("p/b", 1), to("q/c", 2)], "25 % o/a, 25 % p/b, 50 % q/c"),
    ],
)
def test_targets_read_as_words(targets: list[dict[str, Any]], words: str) -> None:
    assert routes.in_words(targets) == words


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(),
        lambda inner: st.lists(inner) | st.dictionaries(st.sampled_from(["model", "route", "weight", "x"]), inner),
    )
)
def test_any_json_is_either_targets_or_refused(value: Any) -> None:
    try:
        assert len(clean_targets(value)) == len(value)
    except Invalid as error:
        assert error.details
