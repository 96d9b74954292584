from __future__ import annotations

import pytest

from access.caller import SYNC
from catalog import connections, credentials, facts, history, lifecycle, registration, undo
from catalog.errors import CannotUndo, Clash, Forbidden, Invalid
from catalog.models import AIModel, Change, ChangeSet
from tests.builders import ADMIN, a_model, a_provider
from tests.catalog.test_facts import provider_says

pytestmark = pytest.mark.django_db


def last_change(model: AIModel) -> Change:
    return Change.objects.of("model", model.pk)[0]


def these(*models: AIModel):
    return AIModel.objects.filter(pk__in=[model.pk for model in models])


def test_an_undone_approval_is_pending_again_and_can_be_redone() -> None:
    model = a_model()
    lifecycle.move(these(model), "approve", ADMIN)

    undo.undo(last_change(model), ADMIN)
    model.refresh_from_db()
    assert model.status == "pending"

    undo.undo(last_change(model), ADMIN)
    model.refresh_from_db()
    assert model.status == "enabled"


def test_an_undone_edit_gives_back_what_the_admin_had_said_before() -> None:
    model = a_model(price={"input_mtok": "2", "output_mtok": "8"})
    facts.state(model, {"name": "One", "price": {"input_mtok": "3"}}, ADMIN)
    facts.state(model, {"name": "Two", "price": {"cache_read_mtok": "1"}, "tags": ["x"]}, ADMIN)

    undo.undo(last_change(model), ADMIN)

    model.refresh_from_db()
    assert model.claims["admin"]["facts"] == {"name": "One", "price": {"input_mtok": "3", "output_mtok": "8"}}
    assert (model.name, model.tags, model.price.input_mtok, model.price.cache_read_mtok) == ("One", [], 3, None)


def test_an_undone_reset_is_the_admins_word_again() -> None:
    model = a_model()
    facts.state(model, {"name": "Ours"}, ADMIN)
    facts.reset(model, ["name"], ADMIN)

    undo.undo(last_change(model), ADMIN)

    model.refresh_from_db()
    assert (model.name, model.claims["admin"]["facts"]) == ("Ours", {"name": "Ours"})


def test_what_a_sync_changed_is_undone_by_the_admins_word_and_stays_undone() -> None:
    model = a_model(context_window=8)
    row = AIModel.objects.select_related("provider").get(pk=model.pk)
    with history.change_set(SYNC) as changes:
        told = facts.tell(row, facts.PROVIDER, {"name": "m-1", "context_window": 9}, model.created_at)
        facts.save_many([told])
        changes.record("model", row.pk, str(row), told.before, told.after)

    undo.undo(last_change(model), ADMIN)
    provider_says(model, {"name": "m-1", "context_window": 10})

    assert model.context_window == 8


def test_a_change_that_was_changed_again_cannot_be_undone_before_that() -> None:
    model = a_model()
    facts.state(model, {"name": "One"}, ADMIN)
    first = last_change(model)
    facts.state(model, {"tags": ["x"]}, ADMIN)
    facts.state(model, {"name": "Two"}, ADMIN)

    with pytest.raises(CannotUndo, match="name of acme/m-1 was changed again by alice"):
        undo.undo(first, ADMIN)


def test_a_moved_default_goes_back_as_one() -> None:
    old, new = a_model("old", status="enabled"), a_model("new", status="enabled")
    lifecycle.set_default(old, ADMIN)
    lifecycle.set_default(new, ADMIN)

    undo.undo(last_change(new), ADMIN)

    assert AIModel.objects.default_for("acme") == old


def test_a_disabled_default_comes_back_as_the_default() -> None:
    old, heir = a_model("old", status="enabled"), a_model("heir", status="enabled")
    registration.decide(old, {"successor_id": heir.pk}, ADMIN)
    lifecycle.set_default(old, ADMIN)
    lifecycle.move(these(old), "disable", ADMIN)
    assert AIModel.objects.default_for("acme") == heir

    undo.undo(last_change(old), ADMIN)

    assert AIModel.objects.default_for("acme") == old


def test_a_default_is_not_taken_from_the_model_that_has_it_since() -> None:
    old, other = a_model("old", status="enabled"), a_model("other", status="enabled")
    lifecycle.set_default(old, ADMIN)
    lifecycle.move(these(old), "disable", ADMIN)
    change = last_change(old)
    lifecycle.set_default(other, ADMIN)

    with pytest.raises(CannotUndo, match="acme/other has become the default since"):
        undo.undo(change, ADMIN)
    old.refresh_from_db()
    assert old.status == "disabled"


def test_a_whole_transaction_is_undone_at_once() -> None:
    models = [a_model(f"m-{number}") for number in range(20)]
    lifecycle.move(these(*models), "approve", ADMIN)

    undo.undo_change_set(ChangeSet.objects.latest("id"), ADMIN)

    assert set(these(*models).values_list("status", flat=True)) == {"pending"}


def test_a_deleted_model_comes_back_whole() -> None:
    model = registration.add_model(
        provider=a_provider(), model_id="mine", by=ADMIN, stated={"name": "Mine", "price": {"input_mtok": "1"}},
        decisions={"admin_notes": "keep", "requests_per_minute": 5},
    )  # fmt: skip
    facts.state(model, {"context_window": 7, "parameters": "70"}, ADMIN)
    pk = model.pk
    registration.delete_model(model, ADMIN)
    assert not AIModel.objects.exists()

    undo.undo(Change.objects.latest("id"), ADMIN)

    back = AIModel.objects.get()
    assert (back.pk, back.name, back.context_window, back.admin_notes, back.requests_per_minute) == (
        pk,
        "Mine",
        7,
        "keep",
        5,
    )
    assert (back.status, back.price.input_mtok, back.complexity_factor) == ("enabled", 1, 0.4)


def test_an_added_model_is_removed_again() -> None:
    model = registration.add_model(provider=a_provider(), model_id="mine", by=ADMIN, stated={"name": "Mine"})

    undo.undo(last_change(model), ADMIN)

    assert not AIModel.objects.exists()


def test_decisions_and_providers_are_undone() -> None:
    provider = a_provider()
    model = a_model(provider=provider)
    registration.decide(model, {"admin_notes": "x"}, ADMIN)
    undo.undo(last_change(model), ADMIN)
    connections.change_provider(provider, {"name": "New", "policy": {"misses": 5}}, ADMIN)
    undo.undo(Change.objects.of("provider", provider.pk)[0], ADMIN)

    model.refresh_from_db()
    provider.refresh_from_db()
    assert (model.admin_notes, provider.name, provider.policy) == ("", "Acme", {})


def test_a_key_is_not_brought_back() -> None:
    provider = a_provider()
    credentials.set_key(provider, "sk-0123456789abcdef", ADMIN)

    with pytest.raises(CannotUndo, match="Enter it again"):
        undo.undo(Change.objects.of("provider", provider.pk)[0], ADMIN)


def test_a_machine_undoes_nothing() -> None:
    model = a_model()
    lifecycle.move(these(model), "approve", ADMIN)

    with pytest.raises(CannotUndo):
        undo.undo(last_change(model), SYNC)


class TestRegistration:
    def test_system_models_and_discovered_ones_are_not_deleted(self) -> None:
        with pytest.raises(Clash, match="archive it instead"):
            registration.delete_model(a_model(), ADMIN)
        system = registration.add_model(
            provider=a_provider(), model_id="s", by=ADMIN, stated={"name": "S"}, is_system=True
        )
        with pytest.raises(Forbidden, match="system model"):
            registration.delete_model(system, ADMIN)

    def test_a_second_model_of_the_same_id_is_refused(self) -> None:
        a_model("x")
        with pytest.raises(Clash, match="already exists"):
            a_model("x")

    @pytest.mark.parametrize("model_id", ["", " ", "x" * 256, "a\x00b", "a\nb", " a", 7])
    def test_an_id_that_no_provider_could_mean_is_refused(self, model_id: object) -> None:
        with pytest.raises(Invalid):
            registration.add_model(provider=a_provider(), model_id=model_id, by=ADMIN, stated={"name": "X"})  # type: ignore[arg-type]

    @pytest.mark.parametrize("model_id", ["a/b:c@d.e~f", "with space", "🦙", "x" * 255, "models\\x.gguf"])
    def test_every_id_a_provider_could_mean_is_kept_verbatim(self, model_id: str) -> None:
        model = registration.add_model(provider=a_provider(), model_id=model_id, by=ADMIN, stated={"name": "X"})

        assert AIModel.objects.get(pk=model.pk).model_id == model_id

    def test_a_chain_of_successors_that_comes_back_is_refused(self) -> None:
        one, two, three = a_model("1"), a_model("2"), a_model("3")
        registration.decide(one, {"successor_id": two.pk}, ADMIN)
        registration.decide(two, {"successor_id": three.pk}, ADMIN)

        with pytest.raises(Invalid, match="comes back"):
            registration.decide(three, {"successor_id": one.pk}, ADMIN)

    def test_facts_decisions_and_status_change_together_or_not_at_all(self) -> None:
        model = a_model(status="archived")

        with pytest.raises(Clash):
            registration.change_model(
                model, ADMIN, stated={"name": "New"}, decisions={"admin_notes": "n"}, status="enabled"
            )

        model.refresh_from_db()
        assert (model.name, model.admin_notes) == ("m-1", "")
        registration.change_model(
            model, ADMIN, stated={"name": "New"}, decisions={"admin_notes": "n"}, status="disabled"
        )
        assert ChangeSet.objects.latest("id").changes.count() == 3


def test_a_model_whose_approval_is_undone_never_was_enabled() -> None:
    model = a_model()
    lifecycle.move(these(model), "approve", ADMIN)

    undo.undo(last_change(model), ADMIN)

    model.refresh_from_db()
    assert (model.status, model.enabled_at) == ("pending", None)


def test_a_rejected_model_whose_enabling_is_undone_never_was_enabled() -> None:
    model = a_model()
    lifecycle.move(these(model), "reject", ADMIN)
    lifecycle.move(these(model), "enable", ADMIN)

    undo.undo(last_change(model), ADMIN)

    model.refresh_from_db()
    assert (model.status, model.enabled_at) == ("disabled", None)


@pytest.mark.parametrize(
    ("moves", "stamp"),
    [
        (("approve", "disable", "enable"), "enabled_at"),
        (("approve", "deprecate", "restore", "deprecate"), "deprecated_at"),
        (("archive", "restore", "archive"), "archived_at"),
    ],
)
def test_undo_brings_back_when_a_model_had_come_to_the_status_before(moves: tuple[str, ...], stamp: str) -> None:
    model = a_model()
    *first, again = moves
    for name in first:
        lifecycle.move(these(model), name, ADMIN)
    model.refresh_from_db()
    earlier = getattr(model, stamp)
    lifecycle.move(these(model), again, ADMIN)
    model.refresh_from_db()
    later = getattr(model, stamp)

    undo.undo(last_change(model), ADMIN)
    model.refresh_from_db()
    assert getattr(model, stamp) == earlier != later

    undo.undo(last_change(model), ADMIN)
    model.refresh_from_db()
    assert getattr(model, stamp) == later


def test_changes_that_recorded_no_moments_are_undone_all_the_same() -> None:
    model = a_model()
    lifecycle.move(these(model), "approve", ADMIN)
    lifecycle.move(these(model), "deprecate", ADMIN)
    change = last_change(model)
    Change.objects.filter(pk=change.pk).update(before={"status": "enabled"}, after={"status": "deprecated"})
    change.refresh_from_db()

    undo.undo(change, ADMIN)

    model.refresh_from_db()
    assert (model.status, model.enabled_at is None, model.deprecated_at) == ("enabled", False, None)


@pytest.mark.parametrize(
    ("status", "move"), [("enabled", "deprecate"), ("enabled", "disable"), ("disabled", "archive")]
)
def test_an_undone_move_leaves_no_date_behind(status: str, move: str) -> None:
    model = a_model(status=status)
    before = (model.enabled_at, model.deprecated_at, model.archived_at)
    lifecycle.move(these(model), move, ADMIN)

    undo.undo(last_change(model), ADMIN)

    model.refresh_from_db()
    assert (model.enabled_at, model.deprecated_at, model.archived_at) == before
