"""A name leads to the models that serve it, in the order of the design, and the answer says why."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catalog.resolution import (
    AmbiguousName,
    May,
    Named,
    NamedRoute,
    NamedTarget,
    NoSuchName,
    NotAllowed,
    NotEnabled,
    NotServed,
    Overlay,
    Reason,
    RetiredForGood,
    Table,
    Wish,
    WrongKind,
    draw,
    resolve,
)

KNOWN = ("pending", "enabled", "disabled", "deprecated", "archived")
LONG_AGO = datetime(2026, 1, 2, tzinfo=UTC)


def a_name(pk: int, label: str, status: str = "enabled", **more: Any) -> Named:
    provider, _, model_id = label.partition("/")
    usual = {"category": "text", "was_enabled": status in ("enabled", "deprecated")}
    return Named(pk=pk, provider=provider, model_id=model_id, status=status, **{**usual, **more})


def names(*models: Named, defaults: dict[str, int] | None = None, **more: Any) -> Table:
    return Table(
        models,
        providers={"acme": "curated", "other": ""},
        routes=more.get("routes", {}),
        defaults={(slug, "text"): pk for slug, pk in (defaults or {}).items()},
    )


def asked(name: str, table: Any, **more: Any) -> tuple[list[str], str]:
    found = resolve(Wish(name=name, **more), table)
    return [candidate.model.label for candidate in found.candidates], found.first.reason.value


def a_route(name: str, *targets: NamedTarget) -> dict[str, NamedRoute]:
    return {name: NamedRoute(name=name, salt="salt", targets=targets)}


def test_an_enabled_model_serves_its_own_name() -> None:
    table = names(a_name(1, "acme/m"))

    assert asked("acme/m", table) == (["acme/m"], "requested")
    assert asked("m", table) == (["acme/m"], "requested")


def test_ids_may_hold_slashes() -> None:
    table = names(a_name(1, "acme/vendor/m:free"), a_name(2, "other/m"))

    assert asked("acme/vendor/m:free", table)[0] == ["acme/vendor/m:free"]
    assert asked("vendor/m:free", table)[0] == ["acme/vendor/m:free"]


def test_a_route_wins_over_a_model_of_its_name() -> None:
    table = names(a_name(1, "acme/m"), a_name(2, "other/x"), routes=a_route("m", NamedTarget(model=2, weight=1)))

    assert asked("m", table) == (["other/x"], "route")


def test_a_bare_id_of_several_is_the_only_enabled_one() -> None:
    table = names(a_name(1, "acme/m", "disabled"), a_name(2, "other/m"))

    assert asked("m", table)[0] == ["other/m"]


def test_a_bare_id_of_several_enabled_ones_is_ambiguous() -> None:
    with pytest.raises(AmbiguousName, match="acme/m, other/m") as error:
        asked("m", names(a_name(1, "acme/m"), a_name(2, "other/m")))

    assert error.value.details == {"model": "m", "candidates": ["acme/m", "other/m"]}


def test_a_provider_stands_for_its_default() -> None:
    assert asked("acme", names(a_name(1, "acme/m"), defaults={"acme": 1})) == (["acme/m"], "default")
    assert asked("acme", names(a_name(1, "acme/curated"))) == (["acme/curated"], "curated-default")
    with pytest.raises(NoSuchName):
        asked("other", names(a_name(1, "other/m")))


def test_an_unknown_model_of_a_known_provider_falls_to_its_default() -> None:
    table = names(a_name(1, "acme/m"), defaults={"acme": 1})

    assert asked("acme/gone", table) == (["acme/m"], "provider-default")


@pytest.mark.parametrize("name", ["gone", "nobody/gone", ""])
def test_an_unknown_name_elsewhere_is_refused(name: str) -> None:
    with pytest.raises(NoSuchName):
        asked(name, names(a_name(1, "acme/m"), defaults={"acme": 1}))


@pytest.mark.parametrize(("status", "was_enabled"), [("deprecated", True), ("archived", True)])
def test_a_retired_model_falls_to_its_live_successor(status: str, was_enabled: bool) -> None:
    old = a_name(1, "acme/old", status, successor=2, was_enabled=was_enabled)
    middle = a_name(2, "acme/middle", "deprecated", successor=3)
    table = names(old, middle, a_name(3, "other/new"), a_name(4, "acme/d"), defaults={"acme": 4})

    found = resolve(Wish(name="acme/old"), table)

    assert (found.first.model.label, found.first.reason) == ("other/new", Reason.SUCCESSOR)
    assert found.retired is old


def test_successors_in_a_circle_end_at_the_default() -> None:
    table = names(
        a_name(1, "acme/a", "deprecated", successor=2),
        a_name(2, "acme/b", "deprecated", successor=1),
        a_name(3, "acme/d"),
        defaults={"acme": 3},
    )

    assert asked("acme/a", table) == (["acme/d"], "provider-default")


def test_a_retired_model_without_a_stand_in_says_since_when_and_what_should_have_come() -> None:
    table = names(
        a_name(1, "acme/old", "deprecated", successor=2, deprecated_at=LONG_AGO), a_name(2, "acme/new", "disabled")
    )

    with pytest.raises(RetiredForGood, match="deprecated since 2026-01-02.*acme/new cannot be called") as error:
        asked("acme/old", table)

    assert error.value.details == {
        "model": "acme/old",
        "status": "deprecated",
        "date": "2026-01-02",
        "successor": "acme/new",
    }


@pytest.mark.parametrize("status", ["pending", "disabled", "archived"])
def test_what_was_never_enabled_is_refused_by_name_and_falls_back_as_a_preference(status: str) -> None:
    table = names(a_name(1, "acme/m", status), a_name(2, "acme/d"), defaults={"acme": 2})

    with pytest.raises(NotEnabled, match=status):
        asked("acme/m", table)
    assert asked("acme/m", table, is_explicit=False) == (["acme/d"], "provider-default")


def test_a_provider_that_is_switched_off_serves_nothing() -> None:
    with pytest.raises(NotEnabled, match="switched off"):
        asked("acme/m", names(a_name(1, "acme/m", provider_active=False)))


def test_the_kind_must_fit() -> None:
    table = names(a_name(1, "acme/voice", category="tts"))

    with pytest.raises(WrongKind, match="acme/voice is for tts, not for text"):
        asked("acme/voice", table)
    assert asked("acme/voice", table, categories=("tts",))[0] == ["acme/voice"]


def test_hidden_models_do_not_exist_not_even_by_another_answer() -> None:
    table = names(a_name(1, "acme/secret"), a_name(2, "acme/d"), defaults={"acme": 2})

    def may(model: Named) -> May:
        return May.HIDDEN if model.pk == 1 else May.YES

    assert asked("acme/secret", table, may=may) == asked("acme/never-there", table, may=may)
    with pytest.raises(NoSuchName):
        asked("secret", table, may=may)


def test_a_key_that_may_not_is_told_so_and_never_served_by_a_detour() -> None:
    table = names(
        a_name(1, "acme/old", "deprecated", successor=2),
        a_name(2, "acme/new"),
        a_name(3, "acme/d"),
        defaults={"acme": 3},
    )

    def may(model: Named) -> May:
        return May.NOT_WITH_THIS_KEY if model.pk == 2 else May.YES

    assert asked("acme/old", table, may=may) == (["acme/d"], "provider-default")
    with pytest.raises(NotAllowed):
        asked("acme/new", table, may=may)


def test_a_route_has_its_fallbacks_in_order_and_skips_what_cannot_be_called() -> None:
    route = a_route(
        "fast", NamedTarget(model=1, weight=1), NamedTarget(model=2), NamedTarget(model=3), NamedTarget(model=4)
    )
    table = names(
        a_name(1, "acme/a"), a_name(2, "acme/b", "disabled"), a_name(3, "acme/c", "deprecated", successor=5),
        a_name(4, "acme/d"), a_name(5, "acme/e"), routes=route,
    )  # fmt: skip

    found = resolve(Wish(name="fast"), table)

    assert [(c.model.label, c.reason.value) for c in found.candidates] == [
        ("acme/a", "route"),
        ("acme/e", "fallback"),
        ("acme/d", "fallback"),
    ]
    assert found.route == "fast"


def test_another_variant_serves_where_the_drawn_one_and_all_fallbacks_are_gone() -> None:
    route = a_route("ab", NamedTarget(model=1, weight=1000), NamedTarget(model=2, weight=1))
    table = names(a_name(1, "acme/a", "disabled"), a_name(2, "acme/b"), routes=route)

    assert asked("ab", table, sticky="x")[0] == ["acme/b"]


def test_routes_lead_through_routes_and_a_loop_ends() -> None:
    routes = {
        **a_route("outer", NamedTarget(model=None, route="inner", weight=1, variant="B")),
        **a_route("inner", NamedTarget(model=1, weight=1), NamedTarget(model=None, route="outer")),
    }

    found = resolve(Wish(name="outer"), names(a_name(1, "acme/a"), routes=routes))

    assert [(candidate.model.label, candidate.variant) for candidate in found.candidates] == [("acme/a", "B")]


def test_a_route_may_be_closed_to_a_key() -> None:
    table = names(a_name(1, "acme/a"), routes=a_route("fast", NamedTarget(model=1, weight=1)))

    with pytest.raises(NotAllowed):
        asked("fast", table, may_route=lambda name: False)


def test_own_models_are_there_for_their_owner_under_their_name_too() -> None:
    own = a_name(9, "acme/mine", owner=7, name="my model")
    overlay = Overlay(names(a_name(1, "acme/m")), [own])

    assert asked("my model", overlay)[0] == asked("acme/mine", overlay)[0] == ["acme/mine"]
    assert asked("acme/m", overlay)[0] == ["acme/m"]


def test_the_same_conversation_gets_the_same_variant_and_many_split_by_weight() -> None:
    targets = [NamedTarget(model=1, weight=70), NamedTarget(model=2, weight=30)]

    drawn = Counter(draw(targets, "salt", f"conversation {number}").model for number in range(4_000))

    assert all(draw(targets, "salt", "one") is draw(targets, "salt", "one") for _ in range(10))
    assert 0.66 < drawn[1] / 4_000 < 0.74
    assert {draw(targets, "salt", "").model for _ in range(200)} == {1, 2}


def test_a_target_that_is_added_moves_only_its_own_share() -> None:
    two = [NamedTarget(model=1, weight=50), NamedTarget(model=2, weight=50)]
    three = [*two, NamedTarget(model=3, weight=50)]

    before = [draw(two, "s", str(number)).model for number in range(2_000)]
    after = [draw(three, "s", str(number)).model for number in range(2_000)]

    assert all(new in (old, 3) for old, new in zip(before, after, strict=True))


@given(
    statuses=st.lists(st.sampled_from(KNOWN), min_size=1, max_size=6),
    successors=st.lists(st.integers(0, 6), min_size=6, max_size=6),
    default=st.integers(0, 6),
    forbidden=st.sets(st.integers(1, 6)),
    explicit=st.booleans(),
)
def test_whatever_the_catalog_only_live_and_allowed_models_serve(
    statuses: list[str], successors: list[int], default: int, forbidden: set[int], explicit: bool
) -> None:
    models = [
        a_name(n, f"acme/m{n}", status, successor=successors[n - 1] or None)
        for n, status in enumerate(statuses, start=1)
    ]
    chosen = {"acme": default} if 0 < default <= len(models) and statuses[default - 1] == "enabled" else {}
    table = names(*models, defaults=chosen)

    def may(model: Named) -> May:
        return May.NOT_WITH_THIS_KEY if model.pk in forbidden else May.YES

    for model in models:
        try:
            found = resolve(Wish(name=model.label, may=may, is_explicit=explicit), table)
        except NotServed:
            continue
        assert found.candidates
        assert all(candidate.model.is_live and may(candidate.model) == May.YES for candidate in found.candidates)
