"""Signing in, failing to, and the lock after five failures; what of it is written down."""

from __future__ import annotations

from datetime import timedelta

import pytest
from axes.models import AccessAttempt
from django.conf import settings
from django.contrib.auth.models import User
from django.http import HttpResponse
from django.test import Client
from django.utils import timezone
from rest_framework.test import APIClient

from access.events import NOTES
from access.models import AuthEvent, Kind

pytestmark = pytest.mark.django_db

LOST = "Your session had ended, so nothing was saved. Sign in, then go back in your browser to find what you typed."


def sign_in(name: str = "boss", password: str = "a-long-password", address: str = "192.0.2.1") -> HttpResponse:
    client = Client(REMOTE_ADDR=address)
    return client.post("/admin/login/?next=/admin/", {"username": name, "password": password})


def kinds() -> list[str]:
    NOTES.write()
    return list(AuthEvent.objects.order_by("id").values_list("kind", flat=True))


@pytest.mark.parametrize(
    ("address", "sign_in_page"),
    [("/admin/access/apikey/add/?a=b&c=d", "/admin/login/"), ("/account/keys/add?provider=1", "/account/login")],
)
def test_whose_session_ended_in_a_form_is_told_that_nothing_was_saved(
    boss: User, address: str, sign_in_page: str
) -> None:
    client = Client()
    sent = client.post(address, {"name": "x"})

    page = client.get(sent["Location"])
    said = client.post(sent["Location"], {"username": "boss", "password": "wrong", "next": address})
    back = client.post(sent["Location"], {"username": "boss", "password": "a-long-password", "next": address})

    assert sent["Location"].startswith(f"{sign_in_page}?next=") and sent["Location"].endswith("&lost=1")
    assert LOST in page.content.decode() and LOST in said.content.decode()
    assert back["Location"] == address


@pytest.mark.parametrize("address", ["/admin/access/apikey/add/", "/account/keys/add"])
def test_who_only_came_to_a_page_lost_nothing(boss: User, alice: User, address: str) -> None:
    stranger, known = Client(), Client()
    known.force_login(alice)

    assert LOST not in stranger.get(address, follow=True).content.decode()
    assert "lost=" not in known.post("/admin/access/apikey/add/")["Location"]  # signed in, but no staff
    assert "lost=" not in stranger.post("/account/logout")["Location"]


@pytest.mark.parametrize("page", ["/admin/login/", "/account/login"])
def test_the_way_back_from_a_lost_form_stays_here(boss: User, page: str) -> None:
    away = f"{page}?next=https://evil.example/&lost=1"

    back = Client().post(away, {"username": "boss", "password": "a-long-password", "next": "https://evil.example/"})

    assert "evil" not in back["Location"]


def test_five_failures_lock_the_name_for_that_address(boss: User) -> None:
    answers = [sign_in(password="wrong").status_code for _ in range(5)]

    assert answers == [200, 200, 200, 200, 429]
    assert sign_in().status_code == 429
    assert sign_in(address="192.0.2.2").status_code == 302
    assert sign_in("alice", "wrong").status_code == 200


def test_a_locked_name_says_the_same_whether_it_exists_and_whatever_the_password(boss: User) -> None:
    for _ in range(5):
        known, unknown = sign_in(password="wrong"), sign_in("nobody", "wrong")

    right = sign_in()

    assert known.status_code == unknown.status_code == right.status_code == 429
    bodies = {answer.content for answer in (known, unknown, right)}
    assert len({body.partition(b"csrf")[0] for body in bodies}) == 1
    assert right["Retry-After"] == "900" and b"15 minutes" in right.content
    assert "script-src 'self'" in right["Content-Security-Policy"]


def test_the_lock_ends_after_fifteen_minutes_even_if_one_keeps_trying(boss: User) -> None:
    for _ in range(8):
        sign_in(password="wrong")
    assert sign_in().status_code == 429

    AccessAttempt.objects.update(attempt_time=timezone.now() - timedelta(minutes=15, seconds=1))

    assert sign_in().status_code == 302


def test_a_success_forgets_the_failures(boss: User) -> None:
    for _ in range(3):
        for _ in range(4):
            sign_in(password="wrong")
        assert sign_in().status_code == 302


def test_each_step_is_written_down_with_its_address(boss: User) -> None:
    client = Client(REMOTE_ADDR="192.0.2.7")
    client.post("/admin/login/", {"username": "boss", "password": "wrong"})
    client.post("/admin/login/", {"username": "boss", "password": "a-long-password"}, headers={"x-request-id": "r-1"})
    client.post("/admin/logout/")

    assert kinds() == [Kind.SIGN_IN_FAILED, Kind.SIGN_IN, Kind.SIGN_OUT]
    event = AuthEvent.objects.get(kind=Kind.SIGN_IN)
    assert (event.who, event.user_id, event.address, event.request_id) == ("boss", boss.pk, "192.0.2.7", "r-1")


def test_a_lock_is_written_once_and_tries_against_it_once_a_minute(boss: User) -> None:
    for _ in range(20):
        sign_in(password="wrong")

    assert sorted(kinds()) == [Kind.SIGN_IN_FAILED] * 5 + [Kind.LOCKED] * 2


def test_a_password_typed_as_a_name_is_not_kept_in_our_events(boss: User) -> None:
    sign_in("hunter2-is-my-password", "x")

    assert "hunter2" not in str(list(AuthEvent.objects.values()))


def test_refusals_and_uses_of_the_admin_key_are_noted_once_a_minute_an_address(boss: User) -> None:
    nobody = APIClient()
    admin = APIClient(HTTP_AUTHORIZATION=f"Bearer {settings.ADMIN_API_KEY}")
    for _ in range(10):
        nobody.get("/api/admin/models", REMOTE_ADDR="192.0.2.1")
        nobody.get("/api/admin/models", REMOTE_ADDR="192.0.2.2")
        admin.get("/api/admin/models", REMOTE_ADDR="192.0.2.1")

    assert sorted(kinds()) == [Kind.ADMIN_KEY_USED, Kind.REFUSED, Kind.REFUSED]
    assert AuthEvent.objects.get(kind=Kind.ADMIN_KEY_USED).detail == "GET /api/admin/models"
    assert AuthEvent.objects.filter(kind=Kind.REFUSED, address="192.0.2.2").get().detail == "401 GET /api/admin/models"


def test_notes_are_bounded_however_many_addresses_come() -> None:
    nobody = APIClient()
    for number in range(300):
        nobody.get("/api/admin/models", REMOTE_ADDR=f"198.51.{number // 250}.{number % 250}")

    assert NOTES.write() <= 120


def test_who_was_refused_is_named(boss: User, alice: User) -> None:
    client = Client()
    client.force_login(alice)
    client.get("/api/admin/models")

    NOTES.write()
    assert AuthEvent.objects.get(kind=Kind.REFUSED).who == "alice"
