from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from catalog import credentials
from catalog.models import Change, Credential, Provider, Status
from tests.builders import ADMIN, a_model, a_provider, some_models
from tests.catalog.admin.conftest import PROVIDERS, Page, Read

pytestmark = pytest.mark.django_db

KEY = "sk-very-secret-key-1234"
Edit = Callable[..., Page]


@pytest.fixture(autouse=True)
def only_ours(db: None) -> None:
    Provider.objects.all().delete()


def page_of(provider: Provider) -> str:
    return f"{PROVIDERS}{provider.pk}/change/"


def stored() -> str:
    """The organisation's key as a call would get it."""
    return credentials.key_for(Provider.objects.get())


def test_a_row_tells_what_a_provider_has(read: Read) -> None:
    provider = a_provider(
        last_synced_at=timezone.now() - timedelta(minutes=3),
        health="down",
        health_since=timezone.now() - timedelta(hours=2),
        health_reason="Connection refused",
    )
    some_models(1_200, provider, status=Status.ENABLED)
    a_model("p-1", provider=provider)

    text = read(PROVIDERS).text

    assert '<a href="/admin/catalog/aimodel/?provider=acme&amp;status=enabled">1,200 enabled</a>' in text
    assert "1 pending" in text
    for shown in ("3 minutes ago", "Down", "2 hours ago", "Connection refused", "https://acme.example/v1"):
        assert shown in text


@pytest.mark.parametrize(
    ("fields", "environment", "words"),
    [
        ({}, {}, "not configured"),
        ({"auth": "none"}, {}, "none needed"),
        (
            {"api_key_env": "ACME_API_KEY", "env_key_base_url": "https://acme.example/v1"},
            {"ACME_API_KEY": KEY},
            "environment variable ACME_API_KEY",
        ),
        (
            {"api_key_env": "ACME_API_KEY", "env_key_base_url": "https://old.example/v1"},
            {"ACME_API_KEY": KEY},
            "ACME_API_KEY is set, but not confirmed for this address",
        ),
    ],
)
def test_where_the_key_is_from(
    read: Read, monkeypatch: pytest.MonkeyPatch, fields: dict[str, Any], environment: dict[str, str], words: str
) -> None:
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    a_provider(**fields)

    page = read(PROVIDERS)

    assert words in page.text
    assert KEY not in page.text


def test_a_key_is_written_once_and_never_shown(edit: Edit, read: Read) -> None:
    provider = a_provider()

    page = edit(page_of(provider), key=KEY, _continue="1")

    assert stored() == KEY
    assert "stored, ends in …1234" in page.text
    assert KEY not in page.text
    assert KEY not in read(PROVIDERS).text
    assert KEY not in str(list(Change.objects.values_list("before", "after")))


def test_a_key_is_not_shown_even_when_the_form_is_refused(edit: Edit) -> None:
    page = edit(page_of(a_provider()), key=KEY, base_url="nonsense")

    assert "Must be an http or https address" in page.text
    assert KEY not in page.text
    assert not Credential.objects.exists()


def test_a_key_that_cannot_be_one_is_refused_without_echo(edit: Edit) -> None:
    page = edit(page_of(a_provider()), key="with a space")

    assert "Must be a key of printable ASCII characters without spaces." in page.text
    assert "with a space" not in page.text


def test_a_key_is_deleted(admin_client: Client, read: Read) -> None:
    provider = a_provider()
    credentials.set_key(provider, KEY, ADMIN)

    page = Page(admin_client.post(read(page_of(provider)).buttons["Delete key"], {"next": PROVIDERS}, follow=True))

    assert "Deleted the key of acme." in page.text
    assert not Credential.objects.exists()


def test_a_new_address_drops_the_key_and_says_so(edit: Edit) -> None:
    provider = a_provider(api_key_env="ACME_API_KEY", env_key_base_url="https://acme.example/v1")
    credentials.set_key(provider, KEY, ADMIN)
    Provider.objects.update(health="down", health_since=timezone.now(), health_reason="acme cannot be reached")

    page = edit(page_of(provider), base_url="https://new.example/v1")

    provider.refresh_from_db()
    assert provider.base_url == "https://new.example/v1"
    assert not Credential.objects.exists()
    assert "The stored key was for the old address and was deleted." in page.text
    assert "ACME_API_KEY will not be sent to the new address until you confirm it." in page.text

    assert (provider.health, provider.health_reason) == ("unknown", "")  # what was seen was the old address

    edit(page_of(provider), confirm_env_key="on")
    provider.refresh_from_db()
    assert provider.env_key_base_url == "https://new.example/v1"


def test_only_what_was_changed_is_recorded(edit: Edit) -> None:
    provider = a_provider(policy={"new": "enabled"}, categories=["text", "tts"])

    assert "Nothing to save" in edit(page_of(provider)).text
    edit(page_of(provider), name="ACME", reason="They say so")

    change = Change.objects.get()
    assert (change.before, change.after) == ({"name": "Acme"}, {"name": "ACME"})
    assert change.change_set.reason == "They say so"


@pytest.mark.parametrize(
    ("sent", "policy"),
    [
        ({"policy_new": "enabled_if_priced"}, {"new": "enabled_if_priced", "misses": 5}),
        ({"policy_enable_patterns": "a/*\n\n b-? \n"}, {"enable_patterns": ["a/*", "b-?"], "misses": 5}),
        ({"policy_missing": "keep"}, {"missing": "keep", "misses": 5}),
        ({"policy_misses": "3"}, {}),
        ({"policy_restore": []}, {"restore": False, "misses": 5}),
        ({"policy_categories": ["text", "tts"]}, {"categories": ["text", "tts"], "misses": 5}),
    ],
)
def test_the_policy_is_edited_rule_by_rule(edit: Edit, sent: dict[str, Any], policy: dict[str, Any]) -> None:
    provider = a_provider(policy={"misses": 5})

    edit(page_of(provider), **sent)

    provider.refresh_from_db()
    assert provider.policy == policy


@pytest.mark.parametrize(
    ("sent", "said"),
    [
        ({"name": ""}, "cannot be blank"),
        ({"base_url": "https://user:pass@x.example"}, "Must be an http or https address"),
        ({"api_key_env": "SECRET_KEY"}, "Must name an environment variable that holds a provider"),
        ({"auth": "nonsense"}, "Select a valid choice."),
        ({"wire": "nonsense"}, "Select a valid choice."),
        ({"policy_misses": "0"}, "greater than or equal to 1"),
        ({"site_url": "nonsense"}, "Enter a valid URL"),
        ({"categories": ["nonsense"]}, "Select a valid choice."),
    ],
)
def test_what_cannot_be_is_refused_at_the_field(edit: Edit, sent: dict[str, Any], said: str) -> None:
    provider = a_provider()

    page = edit(page_of(provider), **sent)

    assert said in page.text
    assert "Nothing was saved" in page.text
    assert not Change.objects.exists()


def test_a_provider_is_added_with_its_key_and_deleted_while_it_has_no_models(admin_client: Client, edit: Edit) -> None:
    page = edit(f"{PROVIDERS}add/", slug="house", base_url="http://10.0.0.7:8000/v1", key=KEY)

    provider = Provider.objects.get()
    assert "Added house." in page.text
    assert (provider.name, provider.listing, provider.wire) == ("house", "generic", "openai")
    assert stored() == KEY
    assert "Already exists." in edit(f"{PROVIDERS}add/", slug="house").text

    model = a_model(provider=provider)
    delete = f"{PROVIDERS}{provider.pk}/delete/"
    assert "house still has 1 models" in admin_client.post(delete, {"post": "yes"}, follow=True).content.decode()

    model.delete()
    admin_client.post(delete, {"post": "yes"})
    assert not Provider.objects.exists()


def test_a_provider_of_ours_cannot_be_deleted_and_says_why(admin_client: Client, read: Read) -> None:
    provider = a_provider("openai")

    assert "cannot be deleted. Switch it off instead." in read(page_of(provider)).text
    assert admin_client.post(f"{PROVIDERS}{provider.pk}/delete/", {"post": "yes"}).status_code == 403


def test_who_may_only_look_changes_nothing(staff: Callable[..., Client]) -> None:
    provider, client = a_provider(), staff("view_provider")
    credentials.set_key(provider, KEY, ADMIN)

    page = Page(client.get(page_of(provider)))

    assert page.buttons == {}
    assert "Refresh" not in Page(client.get(PROVIDERS)).buttons
    assert client.post(page_of(provider), {**page.fields, "name": "ACME"}).status_code == 403
    assert client.post(f"{PROVIDERS}{provider.pk}/forget-key/").status_code == 403
    assert stored() == KEY


@pytest.mark.parametrize("count", [2, 40])
def test_the_list_asks_as_often_for_2_providers_as_for_40(
    admin_client: Client, django_assert_num_queries: DjangoAssertNumQueries, count: int
) -> None:
    for number in range(count):
        provider = a_provider(f"p-{number}")
        credentials.set_key(provider, KEY, ADMIN)
        some_models(3, provider)

    with django_assert_num_queries(6):  # session, user, count, page, the page's models counted, keys
        admin_client.get(PROVIDERS)
