from __future__ import annotations

import pytest
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext

from catalog import lifecycle
from catalog.errors import IllegalMove
from catalog.models import AIModel, Change, ChangeSet, Status
from tests.builders import ADMIN, a_model, a_provider, some_models

pytestmark = pytest.mark.django_db

NAMED = [
    ("approve", "pending", "enabled"),
    ("reject", "pending", "disabled"),
    ("enable", "disabled", "enabled"),
    ("disable", "enabled", "disabled"),
    ("deprecate", "enabled", "deprecated"),
    ("restore", "deprecated", "enabled"),
    ("restore", "archived", "disabled"),
    ("archive", "pending", "archived"),
    ("archive", "disabled", "archived"),
    ("archive", "deprecated", "archived"),
]


def this(model: AIModel):
    return AIModel.objects.filter(pk=model.pk)


@pytest.mark.parametrize(("name", "before", "after"), NAMED)
def test_a_legal_move_changes_the_status_stamps_it_and_says_who_and_why(name: str, before: str, after: str) -> None:
    model = a_model(status=before)

    lifecycle.move(this(model), name, ADMIN, "because")

    model.refresh_from_db()
    change = Change.objects.select_related("change_set").latest("id")
    assert (model.status, model.status_source, model.updated_by) == (after, "admin", "alice")
    stamp = lifecycle.STAMPS.get(after)
    moments = {stamp: getattr(model, stamp).isoformat()} if stamp else {}
    assert (change.before, change.after) == (
        {"status": before, **dict.fromkeys(moments)},
        {"status": after, **moments},
    )
    assert (change.change_set.actor_label, change.change_set.reason) == ("alice", "because")


@pytest.mark.parametrize("name", lifecycle.MOVES)
@pytest.mark.parametrize("status", Status.values)
def test_every_other_move_is_refused_with_the_state_and_the_allowed_moves(name: str, status: str) -> None:
    if status in lifecycle.MOVES[name]:
        return
    model = a_model(status=status)

    with pytest.raises(IllegalMove) as refused:
        lifecycle.move(this(model), name, ADMIN)

    assert f"acme/m-1 is {status} and cannot be {lifecycle.DONE[name]}" in refused.value.message
    assert refused.value.details[0]["allowed"] == lifecycle.moves_from(status)
    model.refresh_from_db()
    assert model.status == status


def test_one_illegal_row_keeps_all_others_from_moving() -> None:
    a_model("a"), a_model("b", status="enabled")

    with pytest.raises(IllegalMove) as refused:
        lifecycle.move(AIModel.objects.all(), "approve", ADMIN)

    assert [item["model"] for item in refused.value.details] == ["acme/b"]
    assert set(AIModel.objects.values_list("status", flat=True)) == {"pending", "enabled"}
    assert not ChangeSet.objects.filter(actor_label="alice").exists()


def test_a_status_that_is_already_there_is_left_alone() -> None:
    a_model("a"), a_model("b", status="enabled")

    moved = lifecycle.set_status(AIModel.objects.all(), "enabled", ADMIN)

    assert (moved.changed, moved.unchanged) == (1, 1)
    assert Change.objects.filter(change_set__actor_label="alice").count() == 1


def test_ten_thousand_models_are_approved_with_no_statement_per_row() -> None:
    some_models(10_000, a_provider())

    with CaptureQueriesContext(
        connection,
    ) as queries:
        moved = lifecycle.move(AIModel.objects.all(), "approve", ADMIN, "all good")

    assert moved.changed == 10_000
    assert AIModel.objects.enabled().count() == 10_000
    assert Change.objects.filter(change_set__reason="all good").count() == 10_000
    assert len(queries) < 120


def test_setting_a_default_moves_it_and_records_both_sides() -> None:
    old, new = a_model("old", status="enabled"), a_model("new", status="enabled")
    lifecycle.set_default(old, ADMIN)

    moved = lifecycle.set_default(new, ADMIN)

    assert (moved.previous, moved.current) == ("acme/old", "acme/new")
    assert str(moved) == "acme/new is now the default of acme (text), it was acme/old."
    assert AIModel.objects.default_for("acme") == new
    assert ChangeSet.objects.latest("id").changes.count() == 2


@pytest.mark.parametrize("status", ["pending", "disabled", "deprecated", "archived"])
def test_only_an_enabled_model_can_be_the_default(status: str) -> None:
    with pytest.raises(IllegalMove, match="only an enabled model can"):
        lifecycle.set_default(a_model(status=status), ADMIN)


def test_the_database_refuses_a_default_that_is_not_enabled_and_a_second_default() -> None:
    model = a_model()
    with pytest.raises(IntegrityError), transaction.atomic():
        this(model).update(is_default=True)
    a_model("x", status="enabled")
    a_model("y", status="enabled")
    with pytest.raises(IntegrityError), transaction.atomic():
        AIModel.objects.enabled().update(is_default=True)


def test_a_default_that_is_disabled_passes_to_its_enabled_successor() -> None:
    old, heir = a_model("old", status="enabled"), a_model("heir", status="enabled")
    this(old).update(successor=heir)
    lifecycle.set_default(old, ADMIN)

    moved = lifecycle.move(this(old), "disable", ADMIN)

    assert [(item.previous, item.current) for item in moved.defaults] == [("acme/old", "acme/heir")]
    assert AIModel.objects.default_for("acme") == heir


@pytest.mark.parametrize("heir_status", ["pending", "disabled", "deprecated"])
def test_a_default_without_an_enabled_successor_is_cleared_and_reported(heir_status: str) -> None:
    old, heir = a_model("old", status="enabled"), a_model("heir", status=heir_status)
    this(old).update(successor=heir)
    lifecycle.set_default(old, ADMIN)

    moved = lifecycle.move(this(old), "deprecate", ADMIN)

    assert str(moved.defaults[0]) == "acme (text) has no default any more: acme/old was it."
    assert AIModel.objects.default_for("acme") is None


def test_a_default_that_leaves_together_with_its_successor_is_cleared() -> None:
    old, heir = a_model("old", status="enabled"), a_model("heir", status="enabled")
    this(old).update(successor=heir)
    lifecycle.set_default(old, ADMIN)

    moved = lifecycle.move(AIModel.objects.all(), "disable", ADMIN)

    assert moved.defaults[0].current is None
    assert not AIModel.objects.filter(is_default=True).exists()
