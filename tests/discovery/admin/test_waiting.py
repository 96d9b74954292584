from __future__ import annotations

import pytest
from django.contrib.auth.models import Permission, User
from django.test import Client
from django.utils import timezone
from pytest_django.asserts import assertContains, assertNotContains

from catalog import disagreements, facts, pricing
from catalog.models import AIModel, Change, Price
from tests.builders import a_model

pytestmark = pytest.mark.django_db


@pytest.fixture
def held() -> Price:
    model = a_model("fast", price={"input_mtok": "2", "output_mtok": "8"})
    dear = {"input_mtok": "20", "output_mtok": "8"}
    pricing.hold([pricing.NewPrice(model=model, stated=dear, source=facts.PROVIDER)])
    return Price.objects.get(state="held")


def test_a_held_price_is_shown_with_the_old_one_and_why(held: Price, admin_client: Client) -> None:
    page = admin_client.get("/admin/sync/held")

    assertContains(page, "USD 2.00 in / 8.00 out")
    assertContains(page, "USD 20.00 in / 8.00 out")
    assertContains(page, "input moved from 2 to 20 USD per million tokens, more than 5 times")


@pytest.mark.parametrize(("decision", "input_mtok"), [("accept", 20), ("refuse", 2)])
def test_a_held_price_is_decided_with_a_reason_and_can_be_undone(
    held: Price, admin_client: Client, decision: str, input_mtok: int
) -> None:
    page = admin_client.post(f"/admin/sync/held/prices/{held.pk}", {"decision": decision, "reason": "why"}, follow=True)

    change = Change.objects.first()
    assertContains(page, f"{decision.capitalize()}")
    assertContains(page, f"/admin/catalog/change/set/{change.change_set_id}/undo/")
    assert change.change_set.reason == "why"
    assert AIModel.objects.get(model_id="fast").price.input_mtok == input_mtok
    assertContains(page, "No price is held.")


@pytest.mark.parametrize("decision", ["accept", "refuse"])
def test_a_price_that_somebody_has_decided_cannot_be_decided_again(
    held: Price, admin_client: Client, decision: str
) -> None:
    admin_client.post(f"/admin/sync/held/prices/{held.pk}", {"decision": decision})
    changes = Change.objects.count()

    page = admin_client.post(f"/admin/sync/held/prices/{held.pk}", {"decision": "accept"}, follow=True)

    assertContains(page, "Somebody has decided this already.")
    assert page.redirect_chain == [("/admin/sync/held", 302)]
    assert Change.objects.count() == changes


def test_a_price_can_be_decided_in_no_other_way(held: Price, admin_client: Client) -> None:
    assert admin_client.post(f"/admin/sync/held/prices/{held.pk}", {"decision": "burn"}).status_code == 404


@pytest.fixture
def disputed() -> AIModel:
    model = a_model("slow", context_window=8_000)
    facts.save_many([facts.tell(model, facts.ENRICHMENT, {"context_window": 32_000}, timezone.now())])
    return AIModel.objects.get(pk=model.pk)


@pytest.mark.parametrize(
    ("choice", "window", "source"),
    [("keep", 8_000, "provider"), ("pin", 8_000, "admin"), ("take:genai-prices", 32_000, "admin")],
)
def test_a_conflict_is_settled_by_each_choice(
    disputed: AIModel, admin_client: Client, choice: str, window: int, source: str
) -> None:
    shown = admin_client.get("/admin/sync/conflicts")
    assertContains(shown, "Take genai-prices")
    form = {"fact": "context_window", "seen": disagreements.mark_of(disputed.conflicts[0]), "choice": choice}

    page = admin_client.post(f"/admin/sync/conflicts/{disputed.pk}", {**form, "reason": "read their page"}, follow=True)

    disputed.refresh_from_db()
    assertContains(page, "No sources disagree.")
    assert (disputed.context_window, facts.merge(disputed.claims).sources["context_window"]) == (window, source)
    assert Change.objects.first().change_set.reason == "read their page"


def test_a_conflict_that_changed_since_it_was_shown_is_not_settled(disputed: AIModel, admin_client: Client) -> None:
    form = {"fact": "context_window", "seen": "0" * 16, "choice": "pin"}

    page = admin_client.post(f"/admin/sync/conflicts/{disputed.pk}", form, follow=True)

    assertContains(page, "Look again")
    assertContains(page, "Take genai-prices")


def test_who_may_only_look_has_no_buttons(
    held: Price, disputed: AIModel, client: Client, django_user_model: type[User]
) -> None:
    clerk = django_user_model.objects.create(username="clerk", is_staff=True)
    clerk.user_permissions.add(Permission.objects.get(codename="view_syncrun"))
    client.force_login(clerk)

    assertNotContains(client.get("/admin/sync/held"), "Accept")
    assertNotContains(client.get("/admin/sync/conflicts"), "Pin</button>")
    assert client.post(f"/admin/sync/held/prices/{held.pk}", {"decision": "accept"}).status_code == 403
    assert client.post(f"/admin/sync/conflicts/{disputed.pk}", {"choice": "pin"}).status_code == 403
