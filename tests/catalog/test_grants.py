"""What is open to whom: given and denied to groups and persons, by request, asked for and answered."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.models import Group, User
from django.db import IntegrityError, transaction
from pytest_django import DjangoAssertNumQueries
from rest_framework.test import APIClient

from access.caller import ANONYMOUS, Caller, of_user
from catalog import credentials, grants, preferences, registration, undo
from catalog.credentials import Secret
from catalog.errors import CannotUndo, Clash, Forbidden, Invalid, NotFound
from catalog.models import AccessRequest, AIModel, Change, ChangeSet, Effect, Grant, Provider
from tests.builders import ADMIN, a_model, a_person, a_personal_model, a_provider

pytestmark = pytest.mark.django_db

SERVICE = Caller(label="service", source="api")
DENY = Effect.DENY


@pytest.fixture
def team() -> Group:
    return Group.objects.create(name="team")


@pytest.fixture
def bob(team: Group) -> User:
    """A member of the team."""
    bob = a_person("bob")
    bob.groups.add(team)
    return bob


@pytest.fixture
def eve() -> User:
    return a_person("eve")


@pytest.fixture
def world() -> dict[str, Any]:
    """Two providers with two models each; an admin closes and gives what a test says."""
    things: dict[str, Any] = {}
    for slug in ("acme", "beta"):
        things[slug] = a_provider(slug)
        for number in (1, 2):
            things[f"{slug}{number}"] = a_model(f"{slug}{number}", provider=things[slug], status="enabled")
    return things


def by(user: User) -> Caller:
    return of_user(user, "api")


def seen(caller: Caller) -> list[str]:
    return sorted(AIModel.objects.visible_to(caller).values_list("model_id", flat=True))


ALL = ["acme1", "acme2", "beta1", "beta2"]
BETAS = ["beta1", "beta2"]


@pytest.mark.parametrize(
    ("rules", "bobs", "eves"),
    [
        ([], ALL, ALL),
        ([("team", "acme", "deny")], BETAS, ALL),
        ([("team", "acme1", "deny")], ["acme2", *BETAS], ALL),
        ([("bob", "acme1", "deny")], ["acme2", *BETAS], ALL),
        ([("", "acme", "deny")], BETAS, BETAS),
        ([("", "acme1", "deny")], ["acme2", *BETAS], ["acme2", *BETAS]),
        ([("", "acme", "deny"), ("team", "acme", "allow")], ALL, BETAS),
        ([("", "acme", "deny"), ("bob", "acme1", "allow")], ["acme1", *BETAS], BETAS),
        ([("", "acme1", "deny"), ("team", "acme", "allow")], ["acme2", *BETAS], ["acme2", *BETAS]),
        ([("", "acme1", "deny"), ("", "acme", "deny"), ("team", "acme", "allow")], ["acme2", *BETAS], BETAS),
        ([("team", "acme", "allow"), ("bob", "acme", "deny")], BETAS, ALL),
        ([("team", "acme", "deny"), ("bob", "acme", "allow")], BETAS, ALL),
        ([("team", "acme", "deny"), ("bob", "acme1", "allow")], BETAS, ALL),
        ([("", "acme", "deny"), ("team", "acme", "allow"), ("team", "acme1", "deny")], ["acme2", *BETAS], BETAS),
    ],
)
def test_denied_beats_given_and_what_is_by_request_opens_to_those_it_was_given(
    world: dict[str, Any], team: Group, bob: User, eve: User, rules: Any, bobs: list[str], eves: list[str]
) -> None:
    for subject, target, effect in rules:
        who = {"team": {"group": team}, "bob": {"user": bob}, "": {}}[subject]
        grants.give(world[target], ADMIN, effect=effect, **who)

    assert (seen(by(bob)), seen(by(eve))) == (bobs, eves)
    assert seen(ADMIN) == ALL
    assert seen(SERVICE) == seen(ANONYMOUS) == (eves if any(rule[0] == "" for rule in rules) else ALL)


def test_own_models_stay_visible_but_are_not_called_where_the_provider_is_denied(
    world: dict[str, Any], team: Group, bob: User
) -> None:
    model = a_personal_model(bob, "own", provider=world["acme"], secret=Secret(key="sk-0123456789abcdef"))
    grants.give(world["acme"], ADMIN, group=team, effect=DENY)

    assert "own" in seen(by(bob))
    for forbidden in (
        lambda: credentials.key_for_call(model, by(bob)),
        lambda: a_personal_model(bob, "another", provider=world["acme"]),
        lambda: credentials.set_key(world["acme"], "sk-0123456789abcdef", by(bob), owner_id=bob.pk),
    ):
        with pytest.raises(Forbidden, match="not open to you"):
            forbidden()


def test_the_number_of_questions_does_not_grow(
    world: dict[str, Any], team: Group, bob: User, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    for model in AIModel.objects.all():
        grants.give(model, ADMIN, effect=DENY)
        grants.give(model, ADMIN, group=team)

    with django_assert_num_queries(1):
        assert seen(by(bob)) == ALL


def test_the_public_map_of_models_shows_only_what_is_open_to_everyone(
    world: dict[str, Any], api: APIClient, team: Group
) -> None:
    Provider.objects.update(auth="none")
    grants.give(world["acme1"], ADMIN, effect=DENY)
    grants.give(world["acme1"], ADMIN, group=team)

    assert api.get("/api/models").json() == {"acme": ["acme2"], "beta": ["beta1", "beta2"]}


class TestGiving:
    def test_a_later_word_takes_the_place_of_the_first_and_all_is_in_the_history(
        self, world: dict[str, Any], team: Group
    ) -> None:
        grant = grants.give(world["acme"], ADMIN, group=team, reason="contract")
        grants.give(world["acme"], ADMIN, group=team, effect=DENY)
        grants.take_back(Grant.objects.get(), ADMIN)

        changes = list(Change.objects.filter(object_type="grant").order_by("id"))
        assert [(change.action, change.object_id, change.label) for change in changes] == [
            (action, grant.pk, "acme") for action in ("create", "update", "delete")
        ]
        assert changes[1].before == {"access": "given to the group team"}
        assert changes[1].after == {"access": "denied to the group team"}
        with pytest.raises(CannotUndo, match="page of grants"):
            undo.undo(changes[2], ADMIN)

    def test_only_admins_give_and_only_what_is_the_organisations(self, world: dict[str, Any], bob: User) -> None:
        with pytest.raises(Forbidden):
            grants.give(world["acme"], by(bob), user=bob)
        with pytest.raises(Invalid, match="personal"):
            grants.give(a_personal_model(bob), ADMIN, user=bob)
        with pytest.raises(Invalid, match="everyone"):
            grants.give(world["acme"], ADMIN)
        grant = grants.give(world["acme"], ADMIN, user=bob)
        with pytest.raises(Forbidden):
            grants.take_back(grant, by(bob))

    @pytest.mark.parametrize(
        "wrong", [{}, {"effect": "maybe"}, {"provider": None}, {"both": True}, {"group": None, "effect": "allow"}]
    )
    def test_the_database_keeps_the_rules(self, world: dict[str, Any], team: Group, wrong: dict[str, Any]) -> None:
        usual = {"group": team, "provider": world["acme"], "effect": "deny"}
        Grant.objects.create(**usual)
        if wrong.pop("both", False):
            wrong["model"] = world["acme1"]

        with pytest.raises(IntegrityError), transaction.atomic():
            Grant.objects.create(**{**usual, **wrong})


class TestAsking:
    @pytest.fixture
    def closed(self, world: dict[str, Any]) -> AIModel:
        grants.give(world["acme1"], ADMIN, effect=DENY)
        model: AIModel = world["acme1"]
        return model

    def test_what_is_by_request_is_named_to_those_it_is_closed_to_and_given_when_asked(
        self, closed: AIModel, bob: User, eve: User
    ) -> None:
        assert list(AIModel.objects.requestable_by(by(bob))) == [closed]
        assert not AIModel.objects.requestable_by(ADMIN) and not AIModel.objects.requestable_by(SERVICE)

        request = grants.ask(closed, by(bob), "for the report")
        grants.answer(request, ADMIN, give_it=True, words="for this year")

        assert "acme1" in seen(by(bob)) and "acme1" not in seen(by(eve))
        assert not AIModel.objects.requestable_by(by(bob))
        row = AccessRequest.objects.get()
        assert (row.state, row.answered_by, row.answer) == ("given", "alice", "for this year")
        assert ChangeSet.objects.latest("id").reason == "for this year"

    def test_a_refusal_gives_nothing_and_one_may_ask_again(self, closed: AIModel, bob: User) -> None:
        grants.answer(grants.ask(closed, by(bob)), ADMIN, give_it=False, words="too dear")
        assert "acme1" not in seen(by(bob))

        again = grants.ask(closed, by(bob))
        with pytest.raises(Clash, match="asked for this already"):
            grants.ask(closed, by(bob))
        grants.withdraw(again.pk, by(bob))
        with pytest.raises(Clash, match="withdrawn"):
            grants.answer(again, ADMIN, give_it=True)
        assert [row.state for row in AccessRequest.objects.all()] == ["withdrawn", "refused"]

    def test_a_provider_can_be_asked_for_as_a_whole(self, world: dict[str, Any], bob: User) -> None:
        grants.give(world["acme"], ADMIN, effect=DENY)
        assert list(Provider.objects.requestable_by(by(bob))) == [world["acme"]]

        grants.answer(grants.ask(world["acme"], by(bob)), ADMIN, give_it=True)

        assert seen(by(bob)) == ALL

    def test_only_what_is_by_request_and_enabled_can_be_asked_for(
        self, world: dict[str, Any], closed: AIModel, bob: User, eve: User, team: Group
    ) -> None:
        waiting = a_model("waiting", provider=world["acme"])
        grants.give(waiting, ADMIN, effect=DENY)
        grants.give(closed, ADMIN, group=team, effect=DENY)
        for target in (world["acme2"], waiting, closed, world["acme"], a_personal_model(eve)):
            with pytest.raises(NotFound):
                grants.ask(target, by(bob))
        with pytest.raises(NotFound):
            grants.ask(closed, SERVICE)

    def test_what_is_denied_to_the_group_stands_in_the_way_of_an_answer(
        self, world: dict[str, Any], closed: AIModel, bob: User, team: Group
    ) -> None:
        request = grants.ask(closed, by(bob))
        grants.give(world["acme"], ADMIN, group=team, effect=DENY)

        with pytest.raises(Clash, match="denied to the group team"):
            grants.answer(request, ADMIN, give_it=True)
        assert AccessRequest.objects.get().state == "waiting"

    def test_nobody_answers_or_withdraws_for_others(self, closed: AIModel, bob: User, eve: User) -> None:
        request = grants.ask(closed, by(bob))
        with pytest.raises(Forbidden):
            grants.answer(request, by(bob), give_it=True)
        for stranger in (by(eve), SERVICE, ADMIN):
            with pytest.raises(NotFound):
                grants.withdraw(request.pk, stranger)


class TestPreferences:
    def test_a_person_chooses_among_what_they_may_use(self, world: dict[str, Any], bob: User, eve: User) -> None:
        own, hers = a_personal_model(bob), a_personal_model(eve)
        for chosen in (own, world["acme1"]):
            preferences.set_default_model(chosen.pk, by(bob))
            assert preferences.default_model_of(by(bob)) == chosen
        for wrong in (hers.pk, a_model("waiting").pk, 999_999):
            with pytest.raises(NotFound):
                preferences.set_default_model(wrong, by(bob))
        assert preferences.default_model_of(by(eve)) is None

        preferences.set_default_model(None, by(bob))
        assert preferences.default_model_of(by(bob)) is None

    def test_a_choice_that_was_closed_counts_no_more_and_a_deleted_one_is_forgotten(
        self, world: dict[str, Any], bob: User
    ) -> None:
        preferences.set_default_model(world["acme1"].pk, by(bob))
        grants.give(world["acme1"], ADMIN, effect=DENY)
        assert preferences.default_model_of(by(bob)) is None

        own = a_personal_model(bob)
        preferences.set_default_model(own.pk, by(bob))
        registration.delete_model(own, by(bob))
        assert preferences.default_model_of(by(bob)) is None

    def test_services_have_none(self, world: dict[str, Any]) -> None:
        with pytest.raises(Forbidden):
            preferences.set_default_model(world["acme1"].pk, SERVICE)
        assert preferences.default_model_of(SERVICE) is None


def test_templates_of_a_closed_provider_are_not_offered(bob: User, team: Group) -> None:
    openai = Provider.objects.get(slug="openai")
    grants.give(openai, ADMIN, group=team, effect=DENY)
    client = APIClient()
    client.force_login(bob)

    assert "openai" not in [item["id"] for item in client.get("/api/models/templates").json()["templates"]]
    assert client.post("/api/models/templates/openai", {"apiKey": "k" * 20}).status_code == 404
    body = {"name": "N", "modelId": "n", "provider": "openai"}
    assert client.post("/api/models", body).status_code == 403
