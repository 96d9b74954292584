from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from catalog import facts, populate, registration
from catalog.models import AIModel, Change, Provider, Status
from tests.builders import ADMIN, a_model, a_provider
from tests.catalog.admin.conftest import MODELS, Page, Read

pytestmark = pytest.mark.django_db

PRICE = {"input_mtok": "2.5", "output_mtok": "10"}
Edit = Callable[..., Page]


def page_of(model: AIModel) -> str:
    return f"{MODELS}{model.pk}/change/"


def claimed(model: AIModel) -> dict[str, Any]:
    model.refresh_from_db()
    return model.claims.get(facts.ADMIN, {"facts": {}})["facts"]


def test_each_field_names_its_source(read: Read) -> None:
    model = a_model(name="Theirs", context_window=1000, price=PRICE)
    told = facts.tell(model, facts.ENRICHMENT, {"max_output_tokens": 99}, timezone.now() - timedelta(hours=3))
    facts.save_many([told])
    registration.change_model(model, ADMIN, stated={"name": "Mine"})

    text = " ".join(read(page_of(model)).text.split())

    assert "alice set this" in text
    assert "provider says: Theirs" in text
    assert "provider, <time" in text
    assert "genai-prices, <time" in text


def test_only_what_a_person_changed_becomes_their_word(edit: Edit) -> None:
    model = a_model(name="Theirs", context_window=1000, supports_tools=True, tags=["a", "b"], price=PRICE)

    page = edit(page_of(model), name="Mine", reason="Clearer", _continue="1")

    assert claimed(model) == {"name": "Mine"}
    assert "Changed acme/m-1: Name." in page.text
    assert "you set this" in page.text
    change = Change.objects.first()
    assert change is not None
    assert (change.change_set.actor_label, change.change_set.reason) == ("admin", "Clearer")
    assert (change.before["name"], change.after["name"]) == ("Theirs", "Mine")


def test_of_two_admins_the_second_sees_what_the_first_wrote_before_replacing_it(
    admin_client: Client, read: Read
) -> None:
    def send(page: Page, **changes: str) -> Page:
        return Page(admin_client.post(page_of(model), {**page.fields, **changes}, follow=True))

    model = a_model(name="Theirs", description="Two\nlines", context_window=1000, price=PRICE)
    seen = read(page_of(model))
    registration.change_model(model, ADMIN, stated={"name": "First", "context_window": 2000})

    refused = send(seen, name="Second", description="Three\r\nlines")
    assert "It was changed to First meanwhile. Save again to replace that." in refused.text
    assert claimed(model) == {"name": "First", "context_window": 2000}

    send(refused)
    assert claimed(model) == {"name": "Second", "description": "Three\nlines", "context_window": 2000}


def test_saving_without_a_change_records_nothing(edit: Edit) -> None:
    model = a_model(
        description="Two\nlines", context_window=1000, knowledge_cutoff="2026-03-01T12:30:15Z", parameters="70.5",
        supports_vision=False, tags=["a"], token_weights={"outputTokens": "5"}, default_top_p="0.9", price=PRICE,
    )  # fmt: skip
    before = Change.objects.count()

    page = edit(page_of(model))

    assert "Nothing to save" in page.text
    assert Change.objects.count() == before
    assert claimed(model) == {}


def test_what_a_sync_wrote_meanwhile_is_not_taken_for_a_persons_word(admin_client: Client, read: Read) -> None:
    model = a_model(name="Theirs", context_window=1000, price=PRICE)
    form = read(page_of(model)).fields
    newer = {"name": "Newer", "context_window": 2000, "price": {"input_mtok": "1", "output_mtok": "4"}}
    facts.save_many([facts.tell(model, facts.PROVIDER, newer, timezone.now())])

    admin_client.post(page_of(model), {**form, "max_output_tokens": "500"})

    assert claimed(model) == {"max_output_tokens": 500}
    assert (model.name, model.context_window) == ("Newer", 2000)


@pytest.mark.parametrize(
    ("sent", "word"),
    [
        ({"context_window": "2000"}, {"context_window": 2000}),
        ({"context_window": ""}, {"context_window": None}),
        ({"supports_tools": "false"}, {"supports_tools": False}),
        ({"supports_tools": "unknown"}, {"supports_tools": None}),
        ({"category": "image"}, {"category": "image"}),
        ({"tags": "a, c ,, d"}, {"tags": ["a", "c", "d"]}),
        ({"tags": ""}, {"tags": []}),
        ({"knowledge_cutoff": "2026-03-01 12:00:00"}, {"knowledge_cutoff": "2026-03-01T12:00:00Z"}),
        ({"parameters": "70"}, {"parameters": "70"}),
        ({"weight_outputTokens": "5"}, {"token_weights": {"outputTokens": 5.0}}),
        ({"description": "One\r\ntwo"}, {"description": "One\ntwo"}),
        ({"input_mtok": "3"}, {"price": {"input_mtok": "3", "output_mtok": "10"}}),
        ({"cache_read_mtok": "0"}, {"price": {"input_mtok": "2.5", "output_mtok": "10", "cache_read_mtok": "0"}}),
        ({"output_mtok": ""}, {"price": {"input_mtok": "2.5"}}),
        (
            {"tier_0_from": "200000", "tier_0_output_mtok": "20"},
            {"price": {**PRICE, "tiers": [{"from": 200_000, "output_mtok": "20"}]}},
        ),
    ],
)
def test_every_kind_of_field_can_be_stated(edit: Edit, sent: dict[str, str], word: dict[str, Any]) -> None:
    model = a_model(context_window=1000, supports_tools=True, tags=["a", "b"], price=PRICE)

    edit(page_of(model), **sent)

    assert claimed(model) == word


def test_an_edited_amount_takes_effect_at_once(edit: Edit) -> None:
    model = a_model(price=PRICE)

    page = edit(page_of(model), input_mtok="0", output_mtok="0.0000001", _continue="1")

    model.refresh_from_db()
    assert model.price is not None
    assert (model.price.input_mtok, model.price.output_mtok) == (Decimal(0), Decimal("0.0000001"))
    assert "USD free in / 0.0000001 out" in page.text
    assert "provider says: USD 2.50 in / 10.00 out" in page.text
    assert model.prices.count() == 2


def test_tiers_are_changed_added_and_removed_row_by_row(edit: Edit) -> None:
    tiers = [{"from": 200_000, "input_mtok": "5", "reasoning_mtok": "7"}]
    model = a_model(price={**PRICE, "tiers": tiers})

    page = edit(page_of(model), tier_1_from="400000", tier_1_input_mtok="9", _continue="1")

    assert page.fields["tier_0_reasoning_mtok"] == "7"
    assert claimed(model)["price"] == {**PRICE, "tiers": [*tiers, {"from": 400_000, "input_mtok": "9"}]}
    assert "Another tier begins there." in edit(page_of(model), tier_1_from="200000").text
    edit(page_of(model), **{name: "" for name in page.fields if name.startswith("tier_")})
    assert claimed(model)["price"] == PRICE


@pytest.mark.parametrize(
    ("sent", "said"),
    [
        ({"name": "  "}, "This field is required."),
        ({"name": "x" * 256}, "at most 255 characters"),
        ({"context_window": "0"}, "Must be a whole number above 0."),
        ({"context_window": "many"}, "Enter a whole number."),
        ({"context_window": "1500000000"}, "May be at most 1,000,000,000."),
        ({"input_mtok": "-1"}, "negative"),
        ({"input_mtok": "2000000"}, "above 1,000,000 USD"),
        ({"input_mtok": "NaN"}, "Enter a number."),
        ({"tier_0_from": "0", "tier_0_input_mtok": "1"}, "greater than or equal to 1"),
        ({"tier_0_from": "5"}, "Say at least one amount"),
        ({"tier_0_output_mtok": "5"}, "Say from how many input tokens on."),
        ({"knowledge_cutoff": "yesterday"}, "Enter a valid date/time."),
        ({"category": "nonsense"}, "Select a valid choice."),
        ({"base_url": "ftp://x"}, "Must be an http or https address"),
        ({"requests_per_minute": "0"}, "Must be a whole number between 1 and 1,000,000,000."),
        ({"successor": "acme/nobody"}, "There is no model acme/nobody."),
        ({"successor": "acme/m-1"}, "The chain of successors comes back to this model."),
        ({"tags": ", ".join(["word"] * 3 + ["y" * 101])}, "may have at most 100 characters"),
        ({"weight_outputTokens": "-5"}, "greater than or equal to 0"),
    ],
)
def test_what_cannot_be_is_refused_at_the_field(edit: Edit, sent: dict[str, str], said: str) -> None:
    model = a_model(name="Theirs", context_window=1000, price=PRICE)

    page = edit(page_of(model), **{"admin_notes": "kept", **sent})

    model.refresh_from_db()
    assert said.lower() in page.text.lower()
    assert "Nothing was saved" in page.text
    assert page.fields["admin_notes"] == "kept"
    assert (claimed(model), model.admin_notes, model.name) == ({}, "", "Theirs")


def test_all_that_is_wrong_is_marked_at_once(admin_client: Client) -> None:
    model = a_model(price=PRICE)
    wrong = {
        "context_window": "0",
        "max_output_tokens": "2000000000",
        "parameters": "99999999",
        "input_mtok": "-1",
        "requests_per_minute": "0",
        "tokens_per_minute": "2000000000",
        "base_url": "ftp://x",
    }

    form = admin_client.post(page_of(model), {"name": "m-1", "category": "text", **wrong}).context["form"]

    assert set(form.errors) == set(wrong)


def test_decisions_are_recorded_too(edit: Edit) -> None:
    model, heir = a_model("m-1"), a_model("vendor/heir", status=Status.ENABLED)

    edit(page_of(model), successor="acme/vendor/heir", base_url="http://10.0.0.7/v1/", requests_per_minute="60")

    model.refresh_from_db()
    assert (model.successor, model.base_url, model.requests_per_minute) == (heir, "http://10.0.0.7/v1", 60)
    edit(page_of(model), successor="")
    model.refresh_from_db()
    assert model.successor is None


def test_a_field_is_given_back_to_its_sources(admin_client: Client, read: Read) -> None:
    model = a_model(name="Theirs", price=PRICE)
    registration.change_model(model, ADMIN, stated={"name": "Mine", "price": {"input_mtok": "1"}})
    page = read(page_of(model))

    page = Page(admin_client.post(f"{MODELS}{model.pk}/reset/name/", {"next": page_of(model)}, follow=True))

    assert claimed(model) == {"price": {"input_mtok": "1", "output_mtok": "10"}}
    assert model.name == "Theirs"
    assert "Name is again what its sources say." in page.text
    admin_client.post(f"{MODELS}{model.pk}/reset/price/")
    assert claimed(model) == {}
    assert "no fact of a model" in admin_client.post(f"{MODELS}{model.pk}/reset/id/", follow=True).content.decode()


def test_a_curated_model_that_its_provider_does_not_list_says_so(read: Read) -> None:
    populate.populate(ADMIN)
    model = AIModel.objects.for_provider("openai").get(model_id="gpt-4.1")
    assert "does not name it" not in read(page_of(model)).text

    Provider.objects.filter(slug="openai").update(last_synced_at=timezone.now() - timedelta(minutes=3))

    assert "its provider&#x27;s list does not name it" in read(page_of(model)).text.replace("'", "&#x27;")
    assert "3 minutes ago" in read(page_of(model)).text


def test_what_an_operator_must_know_is_said(read: Read) -> None:
    heir = a_model("heir", status=Status.ENABLED)
    model = a_model("m-1", parameters="350", context_window=1000, status=Status.ENABLED)
    registration.change_model(model, ADMIN, decisions={"successor_id": heir.pk}, status="deprecated")
    told = facts.tell(model, facts.ENRICHMENT, {"context_window": 2000}, timezone.now())
    facts.save_many([told])
    AIModel.objects.filter(pk=model.pk).update(missing_since=timezone.now() - timedelta(days=2), misses=3)

    text = " ".join(read(page_of(model)).text.split())

    assert "Falls back to acme/heir." in text
    assert 'Complexity factor: <output for="id_parameters" data-baseline="175">2</output>' in text
    assert "looked 3 times" in text
    assert "provider says 1,000; genai-prices says 2,000" in text


def test_a_model_made_by_hand_is_added_changed_and_deleted(admin_client: Client, edit: Edit) -> None:
    provider = a_provider()

    page = edit(
        f"{MODELS}add/", provider=provider.pk, model_id="in house/llm:1", status="enabled", context_window="32000",
        input_mtok="0", output_mtok="0", admin_notes="ours",
    )  # fmt: skip

    model = AIModel.objects.get()
    assert "Added acme/in house/llm:1." in page.text
    assert (model.status, model.name, model.category) == ("enabled", "in house/llm:1", "text")
    assert claimed(model) == {"context_window": 32_000, "price": {"input_mtok": "0", "output_mtok": "0"}}
    assert "you set this" in Page(admin_client.get(page_of(model))).text

    page = Page(admin_client.post(f"{MODELS}{model.pk}/delete/", {"post": "yes"}, follow=True))

    assert not AIModel.objects.exists()
    admin_client.post(page.buttons["Undo"])
    assert AIModel.objects.get().model_id == "in house/llm:1"


@pytest.mark.parametrize(
    ("sent", "said"),
    [
        ({"model_id": "m-1"}, "Already exists."),
        ({"model_id": " spaced"}, "May not begin or end with a space"),
        ({"model_id": ""}, "This field is required."),
        ({"model_id": "x" * 256}, "at most 255 characters"),
        ({"model_id": "n", "provider": "999"}, "Select a valid choice."),
        ({"model_id": "n", "status": "archived"}, "Select a valid choice."),
    ],
)
def test_a_model_that_cannot_be_added_is_refused_at_the_field(edit: Edit, sent: dict[str, str], said: str) -> None:
    a_model("m-1")

    page = edit(f"{MODELS}add/", **{"provider": a_provider().pk, "status": "enabled", **sent})

    assert said in page.text
    assert AIModel.objects.count() == 1


def test_the_default_is_set_and_given_up_by_a_button_of_the_page(admin_client: Client) -> None:
    model = a_model(status=Status.ENABLED)

    def press(words: str) -> bool:
        page = admin_client.get(page_of(model)).content.decode()
        (url,) = re.findall(rf'formaction="([^"]*)" class="small-button">{words}<', page)
        admin_client.post(url, {"next": page_of(model)})
        return AIModel.objects.get(pk=model.pk).is_default

    assert press("Set default") is True
    assert press("No longer default") is False


def test_discovered_and_system_models_cannot_be_deleted_and_say_why(admin_client: Client, read: Read) -> None:
    model = a_model()

    page = read(page_of(model))

    assert "deletelink" not in page.text
    assert "was discovered at its provider" in page.text
    assert admin_client.post(f"{MODELS}{model.pk}/delete/", {"post": "yes"}).status_code == 403
    assert AIModel.objects.exists()


def test_who_may_only_look_sees_disabled_fields(staff: Callable[..., Client]) -> None:
    model, client = a_model(name="Theirs"), staff("view_aimodel")

    page = Page(client.get(page_of(model)))

    assert page.buttons == {}
    assert 'name="_save"' not in page.text
    assert client.post(page_of(model), {**page.fields, "name": "Mine"}).status_code == 403
    assert client.get(f"{MODELS}add/").status_code == 403


def test_strangers_are_sent_to_sign_in(client: Client) -> None:
    assert client.get(page_of(a_model())).status_code == 302


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.text(max_size=300))
def test_no_text_breaks_the_page(edit: Edit, text: str) -> None:
    model = AIModel.objects.first() or a_model()

    page = edit(page_of(model), name=text, tags=text, base_url=text, successor=text, input_mtok=text, reason=text)

    assert "Model Registry" in page.text
