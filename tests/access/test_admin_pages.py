"""Keys and events in the admin, as an admin uses them."""

from __future__ import annotations

import re
from datetime import timedelta
from uuid import uuid4

import pytest
from django.contrib.auth.models import Permission, User
from django.test import Client
from django.utils import timezone

from access import events
from access.models import ApiKey, AuthEvent, Kind, UserLimits
from access.snapshot import KEYS
from tests.access.conftest import a_key

pytestmark = pytest.mark.django_db

KEY = re.compile(r"mr_[a-z0-9]{8}_[A-Za-z0-9_-]{43}")
FILLED = {"name": "ci", "scopes": ["gateway", "catalog:read"], "allowed_models": "claude-*\n\n openai/gpt-* "}


@pytest.fixture
def admin(client: Client, boss: User) -> Client:
    client.force_login(boss)
    return client


def test_a_key_is_shown_in_the_answer_that_made_it_and_never_again(admin: Client) -> None:
    answer = admin.post("/admin/access/apikey/add/", FILLED | {"form_id": uuid4()})

    (plaintext,) = set(KEY.findall(answer.content.decode()))
    key = ApiKey.objects.get()
    assert "no-store" in answer["Cache-Control"] and answer["Referrer-Policy"] == "no-referrer"
    assert key.allowed_models == ["claude-*", "openai/gpt-*"] and key.created_by == "boss"
    KEYS.refresh()
    assert KEYS.find(plaintext)
    for page in ("", f"{key.pk}/change/", f"{key.pk}/history/", "add/"):
        shown = admin.get(f"/admin/access/apikey/{page}").content.decode()
        assert plaintext not in shown and key.digest not in shown
    assert plaintext not in admin.get("/admin/access/authevent/").content.decode()
    assert plaintext not in str(dict(admin.session))


def test_lists_are_called_what_they_show(admin: Client) -> None:
    titles = {"access/apikey": "API keys", "access/userlimits": "Limits of users", "auth/user": "Users"}
    for address, title in titles.items():
        page = admin.get(f"/admin/{address}/").content.decode()
        assert f"<h1>{title}</h1>" in page and f"<title>{title} | " in page


def test_a_key_is_rotated_by_a_button_and_revoked_after_a_question(admin: Client) -> None:
    made = a_key()
    page = f"/admin/access/apikey/{made.key.pk}/"
    assert admin.get(f"{page}rotate/").status_code == 405

    seen = {"seen": made.key.prefix}
    (rotated,) = set(KEY.findall(admin.post(f"{page}rotate/", seen).content.decode()))
    KEYS.refresh()
    assert KEYS.find(rotated) and not KEYS.find(made.plaintext)

    asked = admin.get(f"{page}revoke/").content.decode()
    KEYS.refresh()
    assert "no key can be unrevoked" in asked and "last used: never" in asked and KEYS.find(rotated)

    shown = admin.post(f"{page}revoke/", follow=True).content.decode()
    KEYS.refresh()
    assert "The key is revoked." in shown and not KEYS.find(rotated)
    assert "This key is revoked" in admin.post(f"{page}rotate/", follow=True).content.decode()


def test_reloading_the_answer_that_shows_a_key_makes_no_other(admin: Client) -> None:
    add = "/admin/access/apikey/add/"
    (form_id,) = re.findall(r'name="form_id" value="([^"]+)"', admin.get(add).content.decode())
    sent = FILLED | {"form_id": form_id}
    plaintext = KEY.findall(admin.post(add, sent).content.decode())[0]

    again = admin.post(add, sent, follow=True)

    assert again.redirect_chain == [("/admin/access/apikey/", 302)]
    assert "A key was made with this form already" in again.content.decode()
    KEYS.refresh()
    assert ApiKey.objects.count() == 1 and KEYS.find(plaintext)
    assert not KEY.search(admin.post(add, FILLED).content.decode())


def test_reloading_the_answer_that_shows_a_rotated_key_does_not_rotate_it_again(admin: Client) -> None:
    pk = a_key().key.pk
    page, rotate = f"/admin/access/apikey/{pk}/change/", f"/admin/access/apikey/{pk}/rotate/"
    seen = dict(re.findall(r'name="(seen)" value="([^"]+)"', admin.get(page).content.decode()))
    plaintext = KEY.findall(admin.post(rotate, seen).content.decode())[0]

    for stale in (seen, {}):
        again = admin.post(rotate, stale, follow=True)
        assert again.redirect_chain == [(page, 302)]
        assert "This key was rotated since you opened the page" in again.content.decode()

    KEYS.refresh()
    assert KEYS.find(plaintext)


def test_times_of_keys_and_events_are_told_from_now_with_the_exact_one_on_hover(admin: Client) -> None:
    key = a_key().key
    used = timezone.now() - timedelta(hours=3, minutes=5)
    ApiKey.objects.update(last_used_at=used, expires_at=used + timedelta(days=40), created_at=used - timedelta(days=2))
    AuthEvent.objects.update(at=used)
    exact = f'title="{used:%Y-%m-%d %H:%M:%S} UTC">3 hours ago</time>'

    listed, page = (admin.get(f"/admin/access/apikey/{end}").content.decode() for end in ("", f"{key.pk}/change/"))
    assert exact in listed and ">in 1 month</time>" in listed
    assert exact in page and ">2 days ago</time>" in page
    event = AuthEvent.objects.latest("id").pk
    for address in ("", f"{event}/change/"):
        assert exact in admin.get(f"/admin/access/authevent/{address}").content.decode()
    assert "?o=" in listed  # a column of times still sorts
    assert admin.get("/admin/access/apikey/?o=6.-7").status_code == 200


def test_terms_are_edited_and_the_owner_is_not(admin: Client, alice: User, bob: User) -> None:
    made = a_key(owner=alice)
    page = f"/admin/access/apikey/{made.key.pk}/change/"

    answer = admin.post(page, {**FILLED, "owner": bob.pk, "monthly_budget": "12.50"})

    made.key.refresh_from_db()
    assert answer.status_code == 302
    assert (made.key.owner, str(made.key.monthly_budget)) == (alice, "12.50")


@pytest.mark.parametrize(
    ("filled", "says"),
    [
        ({"name": ""}, "required"),
        ({"scopes": []}, "required"),
        ({"scopes": ["root"]}, "valid choice"),
        ({"allowed_models": "a b"}, "no name pattern"),
        ({"requests_per_minute": "0"}, "greater than or equal to 1"),
        ({"expires_at_0": "2020-01-01", "expires_at_1": "00:00"}, "in the past"),
    ],
)
def test_what_cannot_be_is_said_in_the_form(admin: Client, filled: dict[str, object], says: str) -> None:
    answer = admin.post("/admin/access/apikey/add/", FILLED | {"form_id": uuid4()} | filled)

    assert answer.status_code == 200 and says in answer.content.decode()
    assert not ApiKey.objects.exists()


def test_who_is_no_staff_is_shown_the_way_to_their_own_pages(client: Client, alice: User) -> None:
    client.force_login(alice)

    page = client.get("/admin/", follow=True).content.decode()

    assert "not authorized" in page and 'href="/account/models"' in page


def test_staff_who_are_no_admins_see_no_keys_whatever_django_allows_them(client: Client, alice: User) -> None:
    alice.is_staff = True
    alice.save()
    alice.user_permissions.set(Permission.objects.filter(content_type__app_label="access"))
    client.force_login(alice)

    for page in ("apikey/", "apikey/add/", "userlimits/", "userlimits/add/"):
        assert client.get(f"/admin/access/{page}").status_code == 403
    assert client.get("/admin/access/authevent/").status_code == 200


def test_events_are_read_and_exported_but_not_edited(admin: Client) -> None:
    events.record(Kind.REFUSED, detail="=cmd()")
    event = AuthEvent.objects.latest("id")

    exported = admin.get("/admin/access/authevent/export/?kind__exact=refused")

    assert exported["Content-Type"].startswith("text/csv")
    assert exported.content.decode().splitlines()[1].endswith(",'=cmd()")
    assert len(exported.content.decode().splitlines()) == 2
    assert admin.get("/admin/access/authevent/?q=cmd").content.decode().count("=cmd()") == 1
    assert admin.get("/admin/access/authevent/add/").status_code == 403
    assert admin.post(f"/admin/access/authevent/{event.pk}/change/", {"who": "x"}).status_code == 403
    assert admin.post(f"/admin/access/authevent/{event.pk}/delete/", {"post": "yes"}).status_code == 403


def test_limits_of_a_user_are_set_by_admins(admin: Client, alice: User) -> None:
    admin.post("/admin/access/userlimits/add/", {"user": alice.pk, "requests_per_minute": "60"})

    assert UserLimits.objects.get(user=alice).requests_per_minute == 60


def test_a_user_with_keys_can_be_deleted(admin: Client, alice: User) -> None:
    made = a_key(owner=alice)
    KEYS.refresh()

    admin.post(f"/admin/auth/user/{alice.pk}/delete/", {"post": "yes"})

    KEYS.refresh()
    assert not User.objects.filter(pk=alice.pk).exists() and not KEYS.find(made.plaintext)
