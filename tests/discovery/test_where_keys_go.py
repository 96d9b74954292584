"""A key is sent to the address it was stored for, in a header, and nowhere else: seen by servers that remember."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from catalog import connections, credentials
from catalog.models import Provider
from catalog.upstream import Patience
from discovery import sync
from discovery.fetch import Pace
from discovery.listings import DIALECTS
from discovery.listings.base import Request
from discovery.models import SyncResult
from tests.builders import ADMIN, a_provider
from tests.fakes.provider import FakeProvider, Reply, json_reply

pytestmark = pytest.mark.django_db(transaction=True)

ONCE = Pace(question=Patience(tries=1))
KEY = "stored-K3y-that-must-stay-home-0042"
ENVIRONMENT_KEY = "environment-K3y-that-must-stay-home-0043"
MODELS = {"object": "list", "data": [{"id": "acme/m"}]}


@pytest.fixture
def home(fake_provider: FakeProvider) -> FakeProvider:
    fake_provider.serve("/v1/models", MODELS)
    return fake_provider


@pytest.fixture
def elsewhere(other_fake_provider: FakeProvider) -> FakeProvider:
    """Answers everything it is asked."""
    other_fake_provider.serve("/", MODELS)
    return other_fake_provider


@pytest.fixture
def acme(home: FakeProvider) -> Provider:
    provider = a_provider("acme", base_url=f"{home.url}/v1", env_key_base_url=f"{home.url}/v1", api_key_env="ACME_KEY")
    credentials.set_key(provider, KEY, ADMIN)
    return provider


def synced(slug: str = "acme", **options: Any) -> SyncResult:
    return sync.sync(ADMIN, [slug], force=True, pace=ONCE, **options).results.get()


def told(server: FakeProvider) -> set[str]:
    """Which of the keys a server has been told, in whatever part of a request."""
    return {key for key in (KEY, ENVIRONMENT_KEY) for seen in server.seen if key in repr(seen)}


def in_headers_alone(server: FakeProvider) -> bool:
    return all(KEY not in f"{seen.path} {seen.query} {seen.body!r}" for seen in server.seen)


def test_a_key_goes_to_its_own_address_in_a_header(acme: Provider, home: FakeProvider) -> None:
    assert synced().state == "succeeded"
    assert told(home) == {KEY}
    assert in_headers_alone(home)


def test_a_new_address_gets_no_key_that_was_stored_for_the_old_one(
    acme: Provider, home: FakeProvider, elsewhere: FakeProvider
) -> None:
    connections.change_provider(acme, {"base_url": f"{elsewhere.url}/v1"}, ADMIN)

    result = synced()

    assert result.message.startswith("Using curated list (no key is configured")
    assert elsewhere.seen == home.seen == []


def test_the_old_key_does_not_come_back_with_the_old_address(
    acme: Provider, home: FakeProvider, elsewhere: FakeProvider
) -> None:
    connections.change_provider(acme, {"base_url": f"{elsewhere.url}/v1"}, ADMIN)
    connections.change_provider(acme, {"base_url": f"{home.url}/v1"}, ADMIN)

    synced()

    assert home.seen == elsewhere.seen == []


@pytest.mark.parametrize("other_path", ["/v1", "/v1/", "/v2"])
def test_another_path_or_port_is_another_address(
    acme: Provider, home: FakeProvider, elsewhere: FakeProvider, other_path: str
) -> None:
    Provider.objects.filter(pk=acme.pk).update(base_url=f"{elsewhere.url}{other_path}")

    synced()

    assert told(elsewhere) == set()


def test_a_key_entered_along_with_the_new_address_is_the_one_sent_there(
    acme: Provider, elsewhere: FakeProvider
) -> None:
    connections.change_provider(acme, {"base_url": f"{elsewhere.url}/v1"}, ADMIN, key="another-key-for-there-0044")

    synced()

    assert told(elsewhere) == set()
    assert elsewhere.seen[0].headers["authorization"] == "Bearer another-key-for-there-0044"


def test_the_environments_key_waits_until_a_person_confirms_the_new_address(
    acme: Provider, home: FakeProvider, elsewhere: FakeProvider, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ACME_KEY", ENVIRONMENT_KEY)
    credentials.forget_key(acme, ADMIN)
    synced()
    connections.change_provider(acme, {"base_url": f"{elsewhere.url}/v1"}, ADMIN)
    synced()
    before = list(elsewhere.seen)
    connections.change_provider(acme, {}, ADMIN, confirm_env_key=True)
    synced()

    assert told(home) == {ENVIRONMENT_KEY}
    assert before == []
    assert told(elsewhere) == {ENVIRONMENT_KEY}


def test_another_variable_is_not_sent_to_an_address_it_was_not_confirmed_for(
    acme: Provider, elsewhere: FakeProvider, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ACME_KEY", ENVIRONMENT_KEY)
    connections.change_provider(acme, {"base_url": f"{elsewhere.url}/v1", "api_key_env": "ACME_KEY"}, ADMIN)

    synced()

    assert told(elsewhere) == set()


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_is_never_followed(acme: Provider, home: FakeProvider, elsewhere: FakeProvider, status: int) -> None:
    home.serve("/v1/models", Reply(status=status, headers={"Location": f"{elsewhere.url}/v1/models"}))

    result = synced()

    assert (result.state, elsewhere.seen) == ("failed", [])
    assert "redirects are not followed" in result.message


def test_a_next_page_at_another_origin_is_asked_for_at_home(home: FakeProvider, elsewhere: FakeProvider) -> None:
    provider = Provider.objects.get(slug="openrouter")
    connections.change_provider(provider, {"base_url": f"{home.url}/v1"}, ADMIN, key=KEY)
    first = {"data": [{"id": "vendor/a"}], "links": {"next": f"{elsewhere.url}/v1/models?offset=1"}}
    last = {"data": [{"id": "vendor/b"}], "links": {"next": None}}
    home.serve("/v1/models", lambda seen: json_reply(last if "offset" in seen.query else first))

    result = synced("openrouter")

    assert (result.state, result.new) == ("succeeded", 2)
    assert told(home) == {KEY}
    assert elsewhere.seen == []


def test_a_list_that_leads_from_link_to_link_stays_at_home(
    acme: Provider, home: FakeProvider, elsewhere: FakeProvider, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No dialect of ours follows links as they are; one that did would meet the same fence."""
    following = replace(DIALECTS["generic"], next_page=lambda payload, headers: Request(path=payload["next"]))
    monkeypatch.setitem(DIALECTS, "generic", following)
    home.serve("/v1/models", {**MODELS, "next": f"{elsewhere.url}/v1/models"})

    result = synced()

    assert result.message == "acme answered a next page at another address, which is not followed."
    assert elsewhere.seen == []


@pytest.mark.parametrize("slug", ["google-tts", "elevenlabs"])
def test_lists_of_voices_keep_to_the_same_rule(home: FakeProvider, elsewhere: FakeProvider, slug: str) -> None:
    provider = Provider.objects.get(slug=slug)
    connections.change_provider(provider, {"base_url": f"{home.url}/v1"}, ADMIN, key=KEY)
    home.serve("/v1/models", [{"model_id": "eleven_x", "name": "X", "can_do_text_to_speech": True}])
    for path in ("/v1/voices", "/v2/voices"):
        home.serve(path, Reply(status=307, headers={"Location": f"{elsewhere.url}{path}"}))

    synced(slug)

    assert told(home) == {KEY}
    assert in_headers_alone(home)
    assert elsewhere.seen == []


def test_a_provider_that_needs_no_key_is_sent_none(
    acme: Provider, home: FakeProvider, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ACME_KEY", ENVIRONMENT_KEY)
    connections.change_provider(acme, {"auth": "none"}, ADMIN)

    synced()

    assert len(home.seen) == 1
    assert told(home) == set()
