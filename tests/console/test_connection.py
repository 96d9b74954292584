"""Testing a connection from the pages, with and without the script."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
from django.contrib.auth.models import Permission, User
from django.http import HttpResponse
from django.test import Client
from django.urls import reverse

from catalog import connections
from catalog.credentials import Secret
from catalog.models import AIModel, Credential, Provider
from gateway.models import Usage
from gateway.process import PROCESS
from tests.builders import ADMIN, a_model, a_person, a_personal_model, a_provider
from tests.fakes.provider import FakeProvider, Reply, Seen, json_reply
from tests.fakes.upstream import Upstream
from tests.gateway.conftest import usage

KEY = "sk-upstream-key-1234"
SWAP = {"x-requested-with": "swap"}


@pytest.fixture(autouse=True)
def gateway_of_this_process(transactional_db: None) -> Iterator[None]:
    yield
    PROCESS.close()


@pytest.fixture
def acme(fake_provider: FakeProvider) -> Provider:
    """A provider whose list wants the key, and names m."""

    def listed(seen: Seen) -> Reply:
        right = seen.headers.get("authorization") == f"Bearer {KEY}"
        return json_reply({"data": [{"id": "m"}]}) if right else json_reply({"error": "no"}, 401)

    base_url = Upstream(fake_provider).play("openai")
    fake_provider.serve(base_url.removeprefix(fake_provider.url) + "/models", listed)
    row = a_provider("acme", base_url=base_url)
    connections.change_provider(row, {}, ADMIN, key=KEY)
    return row


def said(answer: HttpResponse) -> str:
    """What the page says, read without its tags."""
    return " ".join(re.sub(r"<[^>]*>", " ", answer.content.decode()).split())


def staff(*permissions: str) -> Client:
    user = a_person("stan", is_staff=True)
    user.user_permissions.set(Permission.objects.filter(codename__in=permissions))
    client = Client()
    client.force_login(user)
    return client


def test_the_page_of_a_model_tests_it_and_tells(admin_client: Client, acme: Provider) -> None:
    model = a_model("m", provider=acme)
    page = admin_client.get(reverse("admin:catalog_aimodel_change", args=[model.pk])).content.decode()
    url = reverse("console-test-model", args=[model.pk])
    assert f'formaction="{url}"' in page

    free = said(admin_client.post(url, {"next": "/admin/"}, follow=True))
    assert "acme/m: Reached in" in free
    assert "The key is accepted. Its list names m. No call was made." in free
    assert Usage.objects.count() == 0
    assert "acme/m: It answered a call in" in said(admin_client.post(url, {"test": "call"}, follow=True))
    assert usage()[0].user_name == "admin"


def test_the_page_of_a_provider_tests_its_key(admin_client: Client, acme: Provider) -> None:
    page = admin_client.get(reverse("admin:catalog_provider_change", args=[acme.pk])).content.decode()
    url = reverse("console-test-provider", args=["acme"])
    assert f'formaction="{url}"' in page

    assert "The key is accepted." in said(admin_client.post(url, follow=True))
    connections.change_provider(acme, {}, ADMIN, key="sk-wrong-key-5678")
    refused = said(admin_client.post(url, follow=True))
    assert "The key is refused." in refused
    assert "5678" not in refused.replace("ends in …5678", "")


def test_the_overview_of_a_model_offers_each_test_once_and_says_what_it_costs(admin_client: Client) -> None:
    page = said(admin_client.get(reverse("console-model", args=[a_model("m").pk])))

    assert page.count("Test connection") == page.count("Test with a call") == 1
    assert "The first looks at the provider's list, for nothing" in page


def test_what_cannot_be_tested_says_why(admin_client: Client) -> None:
    model = a_model("m")
    Provider.objects.update(base_url="")

    assert "no address is known" in said(admin_client.post(reverse("console-test-model", args=[model.pk]), follow=True))


def test_only_who_may_change_them_may_test_and_only_by_a_button(acme: Provider, fake_provider: FakeProvider) -> None:
    model = a_model("m", provider=acme)
    urls = [reverse("console-test-model", args=[model.pk]), reverse("console-test-provider", args=["acme"])]
    reader = staff("view_aimodel", "view_provider")

    assert [reader.post(url).status_code for url in urls] == [403, 403]
    page = reader.get(reverse("admin:catalog_aimodel_change", args=[model.pk])).content.decode()
    assert "Test connection" not in page
    changer = staff("view_aimodel", "change_aimodel", "view_provider", "change_provider")
    assert "Press the button" in said(changer.get(urls[0], follow=True))
    assert fake_provider.seen == []
    assert "The key is accepted." in said(changer.post(urls[0], follow=True))


def form(acme: Provider, **more: Any) -> dict[str, Any]:
    entered = {
        "model_id": "m",
        "base_url": acme.base_url,
        "api_key": KEY,
        "category": "text",
        "name": "",
        "headers": "",
    }
    return {**entered, "test": "look", **more}


def test_the_gallery_of_admins_tests_what_is_entered_and_saves_nothing(admin_client: Client, acme: Provider) -> None:
    assert 'name="test"' in admin_client.get("/admin/gallery/compatible").content.decode()

    whole = said(admin_client.post("/admin/gallery/compatible", form(acme)))
    part = admin_client.post("/admin/gallery/compatible", form(acme), headers=SWAP).content.decode()
    wrong = admin_client.post("/admin/gallery/compatible", form(acme, api_key="sk-wrong"), headers=SWAP)

    for text in (whole, part):
        assert "The key is accepted. Its list names m. No call was made. Nothing was saved." in text
        assert KEY not in text
    assert part.strip().startswith('<p id="tested" role="status" class="tested success">')
    assert "The key is refused." in said(wrong)
    assert 'class="tested error"' in wrong.content.decode()
    assert AIModel.objects.filter(model_id="m").count() == 0
    assert Credential.objects.filter(for_one_model=True).count() == 0


def test_people_test_what_they_enter_but_nothing_within(
    client: Client, acme: Provider, fake_provider: FakeProvider
) -> None:
    client.force_login(a_person())
    assert 'name="test"' in client.get("/account/models/add/compatible").content.decode()

    refused = client.post("/account/models/add/compatible", form(acme), headers=SWAP)
    empty = client.post("/account/models/add/compatible", form(acme, model_id=""), headers=SWAP)

    assert "which only an administrator may use" in said(refused)
    assert "Model id: This field is required." in said(empty)
    assert fake_provider.seen == []


def test_people_test_a_model_of_theirs_as_it_is_and_as_it_would_be(client: Client, acme: Provider) -> None:
    bob: User = a_person()
    client.force_login(bob)
    own = a_personal_model(bob, "m", provider=acme, secret=Secret(key=KEY))
    url = reverse("account:model", args=[own.pk])
    stored = form(acme, api_key="", base_url="", name="m")

    as_it_is = said(client.post(url, stored, headers=SWAP))
    as_it_would_be = said(client.post(url, {**stored, "api_key": "sk-wrong"}, headers=SWAP))
    with_a_call = said(client.post(url, {**stored, "test": "call"}, headers=SWAP))

    assert "The key is accepted." in as_it_is
    assert "The key is refused." in as_it_would_be
    assert "It answered a call in" in with_a_call
    assert usage()[0].personal
    own.refresh_from_db()
    assert own.name == "m"
    assert "The key is accepted." in said(client.post(url, stored, headers=SWAP))
