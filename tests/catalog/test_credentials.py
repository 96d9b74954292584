"""Keys: whose is used for a call, where it may be sent, and that nobody reads it back."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.serializers import serialize
from django.utils import timezone

from access.caller import Caller, of_user
from catalog import connections, credentials, registration
from catalog.credentials import CallKey, NoKey, Origin, Secret
from catalog.errors import Forbidden, Invalid, NotFound
from catalog.models import AIModel, Change, Credential, Provider
from catalog.secrets import CannotDecrypt
from tests.builders import ADMIN, a_model, a_person, a_personal_model, a_provider

pytestmark = pytest.mark.django_db

OWN = "https://9.9.9.9/v1"
KEYS = {name: f"sk-{name}-0123456789abcdef" for name in ("model", "bob", "eve", "house", "environment")}
SERVICE = Caller(label="service", source="api")


@pytest.fixture
def bob() -> User:
    return a_person("bob")


@pytest.fixture
def eve() -> User:
    return a_person("eve")


@pytest.fixture
def acme(monkeypatch: pytest.MonkeyPatch) -> Provider:
    """A provider whose key stands in the environment."""
    monkeypatch.setenv("ACME_KEY", KEYS["environment"])
    url = "https://acme.example/v1"
    return a_provider("acme", base_url=url, api_key_env="ACME_KEY", env_key_base_url=url)


def store(provider: Provider, owner: User | None, key: str, **options: Any) -> Credential:
    if owner is None:
        return credentials.set_key(provider, key, ADMIN)
    return credentials.set_key(provider, key, of_user(owner, "api"), owner_id=owner.pk, **options)


def called(model: AIModel, user: User | None) -> CallKey:
    caller = SERVICE if user is None else of_user(user, "api")
    return credentials.key_for_call(AIModel.objects.select_related("provider").get(pk=model.pk), caller)


def bearer(key: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {key}"}


class TestWhoseKey:
    def test_the_order_is_model_caller_organisation_environment(self, acme: Provider, bob: User) -> None:
        model = a_model("m", provider=acme, status="enabled")
        assert called(model, bob).headers == bearer(KEYS["environment"])

        store(acme, None, KEYS["house"])
        assert (called(model, bob).origin, called(model, bob).headers) == (Origin.ORGANISATION, bearer(KEYS["house"]))

        store(acme, bob, KEYS["bob"])
        assert (called(model, bob).origin, called(model, bob).headers) == (Origin.CALLER, bearer(KEYS["bob"]))

        registration.change_model(model, ADMIN, secret=Secret(key=KEYS["model"]))
        assert (called(model, bob).origin, called(model, bob).headers) == (Origin.MODEL, bearer(KEYS["model"]))

    def test_nobody_else_calls_with_a_persons_key(self, acme: Provider, bob: User, eve: User) -> None:
        model = a_model("m", provider=acme, status="enabled")
        store(acme, bob, KEYS["bob"])

        assert called(model, eve).origin == called(model, None).origin == Origin.ENVIRONMENT
        assert called(model, bob).origin == Origin.CALLER

    def test_without_any_key_the_call_is_refused_by_name(self, bob: User) -> None:
        with pytest.raises(NoKey, match="acme/m"):
            called(a_model("m", status="enabled"), bob)

    def test_a_provider_that_needs_no_key_is_called_without_one(self, bob: User) -> None:
        local = a_provider("local", auth="none", base_url="http://127.0.0.1:11434/v1")

        call = called(a_model("m", provider=local, status="enabled"), bob)

        assert (call.origin, call.headers, call.private_allowed) == (Origin.NOT_NEEDED, {}, True)

    def test_an_expired_key_counts_as_none(self, acme: Provider, bob: User) -> None:
        model = a_model("m", provider=acme, status="enabled")
        store(acme, bob, KEYS["bob"])
        Credential.objects.update(expires_at=timezone.now())

        assert called(model, bob).origin == Origin.ENVIRONMENT

    def test_a_personal_model_uses_its_own_key_or_its_owners(self, acme: Provider, bob: User) -> None:
        model = a_personal_model(bob, provider=acme)
        store(acme, bob, KEYS["bob"])
        assert called(model, bob).origin == Origin.CALLER

        registration.change_model(model, of_user(bob, "api"), secret=Secret(key=KEYS["model"]))
        assert called(model, bob).headers == bearer(KEYS["model"])

    def test_a_personal_model_never_uses_what_is_the_organisations(self, acme: Provider, bob: User) -> None:
        store(acme, None, KEYS["house"])
        local = a_provider("local", auth="none", base_url="http://127.0.0.1:11434/v1")
        for model in (a_personal_model(bob, provider=acme), a_personal_model(bob, "local", provider=local)):
            with pytest.raises(NoKey):
                called(model, bob)

        store(local, bob, KEYS["bob"])
        with pytest.raises(NoKey):
            called(model, bob)

    def test_somebody_elses_personal_model_does_not_exist(self, acme: Provider, bob: User, eve: User) -> None:
        model = a_personal_model(bob, provider=acme)
        for stranger in (eve, None):
            with pytest.raises(NotFound):
                called(model, stranger)
        with pytest.raises(NotFound):
            credentials.key_for_call(model, ADMIN)


class TestWhereAKeyMayGo:
    def test_an_address_of_its_own_gets_no_key_of_the_organisation_the_environment_or_the_caller(
        self, acme: Provider, bob: User
    ) -> None:
        store(acme, None, KEYS["house"])
        store(acme, bob, KEYS["bob"])
        everyones = a_model("m", provider=acme, status="enabled")
        registration.change_model(everyones, ADMIN, decisions={"base_url": OWN})
        for model in (everyones, a_personal_model(bob, provider=acme, base_url=OWN)):
            call = called(model, bob)
            assert (call.origin, call.base_url, call.headers) == (Origin.NOT_NEEDED, OWN, {})

    def test_an_address_of_its_own_gets_its_own_key_or_its_owners_stored_for_it(
        self, acme: Provider, bob: User, eve: User
    ) -> None:
        model = a_personal_model(bob, provider=acme, base_url=OWN)
        store(acme, eve, KEYS["eve"], base_url=OWN)
        assert called(model, bob).origin == Origin.NOT_NEEDED

        store(acme, bob, KEYS["bob"], base_url=OWN)
        assert (called(model, bob).origin, called(model, bob).headers) == (Origin.CALLER, bearer(KEYS["bob"]))

        registration.change_model(model, of_user(bob, "api"), secret=Secret(key=KEYS["model"]))
        assert (called(model, bob).headers, called(model, bob).private_allowed) == (bearer(KEYS["model"]), False)

    def test_a_provider_that_moved_gets_no_key_stored_for_where_it_was(self, acme: Provider, bob: User) -> None:
        model = a_model("m", provider=acme, status="enabled")
        store(acme, bob, KEYS["bob"])
        registration.change_model(model, ADMIN, secret=Secret(key=KEYS["model"]))
        store(acme, None, KEYS["house"])

        connections.change_provider(acme, {"base_url": "https://elsewhere.example/v1"}, ADMIN)

        with pytest.raises(NoKey):
            called(model, bob)

    def test_a_new_address_of_a_model_drops_its_key_and_headers_unless_a_new_one_comes_along(self, bob: User) -> None:
        by = of_user(bob, "api")
        secret = Secret(key=KEYS["model"], headers={"X-Team": "red"})
        model = a_personal_model(bob, base_url=OWN, secret=secret)

        registration.change_model(model, by, decisions={"base_url": "https://8.8.8.8/v1"})
        assert called(model, bob).headers == {}
        assert not Credential.objects.exists()

        registration.change_model(model, by, secret=secret)
        registration.change_model(model, by, decisions={"base_url": OWN}, secret=Secret(key=KEYS["bob"]))
        assert called(model, bob).headers == bearer(KEYS["bob"])
        assert Credential.objects.get().base_url == OWN

    def test_the_same_address_keeps_it(self, bob: User) -> None:
        model = a_personal_model(bob, base_url=OWN, secret=Secret(key=KEYS["model"]))

        registration.change_model(
            model, of_user(bob, "api"), decisions={"base_url": f"{OWN}/"}, stated={"name": "Other"}
        )

        assert called(model, bob).headers == bearer(KEYS["model"])

    @pytest.mark.parametrize(
        "url",
        [
            *("http://127.0.0.1:8000/v1", "http://localhost/v1", "http://[::1]/v1", "http://10.0.0.1/v1"),
            *("http://169.254.169.254/latest", "http://2130706433/", "http://0x7f.1/", "http://[::ffff:127.0.0.1]/v1"),
            *("http://192.168.1.1/v1", "http://[fd00::1]/v1", "http://0.0.0.0/", "http://224.0.0.1/", "ftp://9.9.9.9"),
        ],
    )
    def test_a_persons_address_never_leads_inside(self, bob: User, url: str) -> None:
        with pytest.raises(Invalid, match="base_url"):
            a_personal_model(bob, base_url=url)
        with pytest.raises(Invalid, match="base_url"):
            store(a_provider(), bob, KEYS["bob"], base_url=url)
        model = a_personal_model(bob, base_url=OWN)
        with pytest.raises(Invalid, match="base_url"):
            registration.change_model(model, of_user(bob, "api"), decisions={"base_url": url})
        assert AIModel.objects.get().base_url == OWN


class TestStoring:
    def test_a_person_has_one_key_for_an_address_and_it_is_replaced(self, acme: Provider, bob: User) -> None:
        store(acme, bob, KEYS["eve"])
        store(acme, bob, KEYS["bob"])
        store(acme, bob, KEYS["bob"], base_url=OWN)

        assert Credential.objects.count() == 2
        assert called(a_model("m", provider=acme, status="enabled"), bob).headers == bearer(KEYS["bob"])

    def test_the_organisations_key_leaves_those_of_persons_and_models_alone(self, acme: Provider, bob: User) -> None:
        model = a_model("m", provider=acme, status="enabled")
        registration.change_model(model, ADMIN, secret=Secret(key=KEYS["model"]))
        store(acme, bob, KEYS["bob"])
        store(acme, None, KEYS["house"])
        assert Credential.objects.count() == 3

        credentials.forget_key(acme, ADMIN)

        assert Credential.objects.count() == 2
        assert not Provider.objects.with_stored_key().get(slug="acme").has_stored_key

    def test_a_person_stores_and_forgets_their_own_only(self, acme: Provider, bob: User, eve: User) -> None:
        row = store(acme, bob, KEYS["bob"])
        with pytest.raises(Forbidden):
            credentials.set_key(acme, KEYS["eve"], of_user(eve, "api"), owner_id=bob.pk)
        with pytest.raises(Forbidden):
            credentials.set_key(acme, KEYS["eve"], of_user(eve, "api"))
        for stranger in (of_user(eve, "api"), ADMIN):
            with pytest.raises(NotFound):
                credentials.forget_own_key(row.pk, stranger)

        assert credentials.keys_of(of_user(bob, "api")) == [row]
        assert credentials.keys_of(of_user(eve, "api")) == credentials.keys_of(ADMIN) == []
        credentials.forget_own_key(row.pk, of_user(bob, "api"))
        assert not Credential.objects.exists()

    def test_headers_go_along_and_one_named_by_hand_takes_the_place_of_the_usual(self, bob: User) -> None:
        headers = {"X-Team": "red", "authorization": "Custom abc"}
        model = a_personal_model(bob, base_url=OWN, secret=Secret(key=KEYS["model"], headers=headers))
        assert called(model, bob).headers == headers

        registration.change_model(model, of_user(bob, "api"), secret=Secret(headers={"X-Team": "blue"}))
        assert called(model, bob).headers == {**bearer(KEYS["model"]), "X-Team": "blue"}

        registration.change_model(model, of_user(bob, "api"), secret=Secret(key=None))
        assert called(model, bob).headers == {"X-Team": "blue"}

        registration.change_model(model, of_user(bob, "api"), secret=Secret(headers={}))
        assert not Credential.objects.exists()

    @pytest.mark.parametrize(
        ("auth", "header"), [("x-api-key", "x-api-key"), ("api_key", "api-key"), ("bearer", "Authorization")]
    )
    def test_a_key_is_presented_as_was_said(self, bob: User, auth: str, header: str) -> None:
        model = a_personal_model(bob, base_url=OWN, secret=Secret(key=KEYS["model"], auth=auth))

        assert list(called(model, bob).headers) == [header]

    def test_a_key_for_a_server_that_needs_none_is_presented_as_bearer(self, bob: User) -> None:
        local = a_provider("local", auth="none", base_url="http://127.0.0.1:11434/v1")
        model = a_personal_model(bob, provider=local, base_url=OWN, secret=Secret(key=KEYS["model"]))

        assert called(model, bob).headers == bearer(KEYS["model"])

    @pytest.mark.parametrize(
        ("secret", "field"),
        [
            (Secret(auth="x-api-key"), "auth_type"),
            (Secret(key="k" * 20, auth="telepathy"), "auth_type"),
            (Secret(key="k" * 20, auth="none"), "auth_type"),
            (Secret(key="two words"), "apiKey"),
            (Secret(key="k\nHost: evil"), "apiKey"),
            (Secret(headers={"Host": "evil"}), "auth_headers"),
            (Secret(headers={"Content-Length": "0"}), "auth_headers"),
            (Secret(headers={"transfer-encoding": "chunked"}), "auth_headers"),
            (Secret(headers={"Proxy-Authorization": "x"}), "auth_headers"),
            (Secret(headers={"X-Forwarded-For": "x"}), "auth_headers"),
            (Secret(headers={"X A": "x"}), "auth_headers"),
            (Secret(headers={"X-A": "x\r\nHost: evil"}), "auth_headers"),
            (Secret(headers={"X-A": "a", "x-a": "b"}), "auth_headers"),
            (Secret(headers={"X-A": 1}), "auth_headers"),
            (Secret(headers={f"X-{n}": "a" for n in range(21)}), "auth_headers"),
        ],
    )
    def test_what_cannot_be_sent_is_refused_without_an_echo(self, bob: User, secret: Secret, field: str) -> None:
        with pytest.raises(Invalid) as refusal:
            a_personal_model(bob, base_url=OWN, secret=secret)

        assert list(refusal.value.details) == [field]
        assert "evil" not in str(refusal.value) and "k" * 20 not in str(refusal.value)
        assert not AIModel.objects.exists() and not Credential.objects.exists()


class TestSecrecy:
    def test_nothing_stored_recorded_or_printed_holds_the_secrets(self, acme: Provider, bob: User) -> None:
        secret = Secret(key=KEYS["model"], headers={"X-Team": "confidential"})
        model = a_personal_model(bob, provider=acme, base_url=OWN, secret=secret)
        store(acme, bob, KEYS["bob"])
        call = called(model, bob)
        registration.delete_model(model, of_user(bob, "api"))

        kept = serialize("json", [*Credential.objects.all(), *Change.objects.all()]) + repr((call, secret, model))

        for text in (KEYS["model"], KEYS["bob"], "confidential"):
            assert text not in kept
        assert "ends in cdef" in kept

    def test_a_key_moved_to_another_row_opens_nothing(self, acme: Provider, bob: User, eve: User) -> None:
        stolen = store(acme, bob, KEYS["bob"])
        mine = store(acme, eve, KEYS["eve"])
        Credential.objects.filter(pk=mine.pk).update(ciphertext=stolen.ciphertext)

        with pytest.raises(CannotDecrypt):
            called(a_model("m", provider=acme, status="enabled"), eve)

    def test_a_deleted_model_takes_its_key_along_and_does_not_get_it_back(self, bob: User) -> None:
        model = a_personal_model(bob, base_url=OWN, secret=Secret(key=KEYS["model"]))
        registration.delete_model(model, of_user(bob, "api"))

        assert not Credential.objects.exists()
