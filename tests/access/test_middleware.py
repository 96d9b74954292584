from __future__ import annotations

import logging
import re
from typing import Any

import pytest
from django.conf import settings
from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.test import Client
from django.urls import path, reverse

from access import errors, request_id
from access.events import NOTES
from access.models import AuthEvent


def tell_request_id(request: Any) -> HttpResponse:
    return HttpResponse(request_id.current.get())


def break_down() -> None:
    raise RuntimeError("a bug")


def forbid(request: Any) -> HttpResponse:
    raise PermissionDenied


class SmallSite:
    """Some routes with the project's own way to refuse."""

    handler403 = staticmethod(errors.permission_denied)
    handler500 = staticmethod(errors.server_error)
    urlpatterns = [
        path("id", tell_request_id),
        path("api/forbidden", forbid),
        path("forbidden", forbid),
        path("broken", lambda request: break_down()),
    ]


@pytest.fixture
def site(settings: Any, client: Client) -> Client:
    """A client of a tiny site behind the real middleware."""
    settings.ROOT_URLCONF = SmallSite
    return client


def test_every_answer_names_its_request(site: Client) -> None:
    first, second = site.get("/id"), site.get("/id")

    assert re.fullmatch("[0-9a-f]{32}", first["x-request-id"])
    assert first.content.decode() == first["x-request-id"] != second["x-request-id"]
    assert request_id.current.get() == ""


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        ("abc-1.2_Z", True),
        ("a" * 64, True),
        ("a" * 65, False),
        ("", False),
        ("a b", False),
        ("é", False),
        ("a\nb", False),
    ],
)
def test_a_callers_own_id_is_kept_if_it_is_a_sane_token(site: Client, sent: str, kept: bool) -> None:
    assert (site.get("/id", headers={"x-request-id": sent})["x-request-id"] == sent) is kept


def test_the_log_tells_how_a_request_ended_but_not_its_query_or_its_key(
    site: Client, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.DEBUG):
        site.get("/id?key=plain-secret", headers={"authorization": f"Bearer {settings.ADMIN_API_KEY}"})

    assert re.search(r"GET /id 200 \d+ ms", caplog.text)
    assert "plain-secret" not in caplog.text
    assert settings.ADMIN_API_KEY not in caplog.text


@pytest.mark.parametrize(
    "key",
    [f"mr_{'a-' * 26}", "sk-ant-" + "b-" * 20, settings.ADMIN_API_KEY],
    ids=["ours", "a provider's", "the admin key"],
)
def test_a_key_in_a_path_stands_in_no_log_and_no_event(db: None, key: str, caplog: pytest.LogCaptureFixture) -> None:
    nobody, admin = Client(enforce_csrf_checks=True), f"Bearer {settings.ADMIN_API_KEY}"
    with caplog.at_level(logging.DEBUG):
        statuses = [
            nobody.get(f"/{key}").status_code,
            nobody.post(f"/admin/{key}/").status_code,
            nobody.delete(f"/api/config/models/1/{key}", headers={"authorization": admin}).status_code,
            nobody.get("/api/admin/models").status_code,
        ]

    NOTES.write()
    told = caplog.text + str(list(AuthEvent.objects.values()))
    assert statuses == [404, 403, 404, 401]
    assert "GET /*** 404" in told and "POST /admin/***/" in told
    assert key[:10] not in told


def test_log_lines_carry_the_request_id(site: Client) -> None:
    records: list[logging.LogRecord] = []
    handler = logging.Handler()
    handler.addFilter(request_id.RequestIdFilter())
    handler.emit = records.append  # type: ignore[method-assign]
    logging.getLogger("access.requests").addHandler(handler)

    answer = site.get("/id")
    logging.getLogger("access.requests").removeHandler(handler)

    assert [record.request_id for record in records] == [answer["x-request-id"]]


@pytest.mark.parametrize("address", ["/id", "/nothing", "/static/admin/css/base.css"])
def test_every_answer_forbids_inline_script_framing_and_guessing(site: Client, address: str) -> None:
    headers = site.get(address).headers

    assert "default-src 'none'; script-src 'self'; style-src 'self';" in headers["Content-Security-Policy"]
    assert "unsafe" not in headers["Content-Security-Policy"]
    assert "frame-ancestors 'none'" in headers["Content-Security-Policy"]
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "same-origin"
    assert "camera=()" in headers["Permissions-Policy"]


def test_pages_may_not_be_framed(site: Client) -> None:
    assert site.get("/id")["X-Frame-Options"] == "DENY"


@pytest.mark.parametrize("content_type", ["application/json", "application/x-www-form-urlencoded"])
def test_ten_megabytes_of_body_are_too_many(client: Client, content_type: str) -> None:
    response = client.post("/api/schema", b"x" * 10_000_000, content_type=content_type)

    assert response.status_code == 413
    assert response.json()["error"]["code"] == "too_large"
    assert response["x-request-id"]
    assert client.post("/", b"x" * 10_000_000, content_type=content_type).content.startswith(b"The body is larger")


@pytest.mark.parametrize(
    ("address", "headers", "status", "code"),
    [
        ("/api/nothing", {}, 404, "not_found"),
        ("/admin/model-sync/nothing", {}, 404, "not_found"),
        ("/api/schema", {"host": "elsewhere.example"}, 400, "bad_request"),
    ],
)
def test_programs_get_every_refusal_in_one_shape(
    client: Client, address: str, headers: dict[str, str], status: int, code: str
) -> None:
    response = client.get(address, headers=headers)

    assert response.status_code == status
    assert response.json()["error"].keys() == {"code", "message", "details"}
    assert response.json()["error"]["code"] == code


def test_programs_are_told_of_a_missing_csrf_token_as_programs_and_people_as_people() -> None:
    client = Client(enforce_csrf_checks=True)

    program, person = client.post("/health/live"), client.post("/admin/login/", {"username": "admin"})

    assert (program.status_code, program.json()["error"]["code"]) == (403, "forbidden")
    assert person.status_code == 403 and b"Go back, reload the page, and do it again" in person.content


@pytest.mark.parametrize("address", ["/api/forbidden", "/forbidden"])
def test_a_forbidden_view_is_told_in_the_readers_own_form(client: Client, settings: Any, address: str) -> None:
    settings.ROOT_URLCONF = SmallSite

    response = client.get(address)

    assert response.status_code == 403
    assert response["Content-Type"].startswith("application/json" if "api" in address else "text/html")


def test_people_who_come_back_from_signing_in_to_where_a_button_leads_are_told_to_press_it(
    client: Client, admin_user: User
) -> None:
    address = reverse("admin:catalog_aimodel_populate")
    sign_in = client.post(address)["Location"]
    back = client.post(sign_in, {"username": "admin", "password": "password", "next": address})["Location"]

    page = client.get(back)

    assert (back, page.status_code, page["Allow"]) == (address, 405, "POST")
    assert "Go back to its page and press it there" in page.content.decode()
    assert client.put(address).content == b""


def test_people_are_led_on_from_an_address_where_nothing_is(client: Client, db: None) -> None:
    page = client.get("/account/nothing-here")

    assert page.status_code == 404
    assert '<a href="/">Go to the first page</a>' in page.content.decode()


def test_a_bug_answers_500_without_its_details(client: Client, settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("console.health.shipped_migrations", break_down)
    client.raise_request_exception = False

    response = client.get("/health/ready")

    assert response.status_code == 500
    assert response.json()["error"]["code"] == "internal_error"
    assert "a bug" not in response.content.decode()


def test_people_get_a_page_of_a_bug_that_asks_the_database_nothing(site: Client) -> None:
    site.raise_request_exception = False

    page = site.get("/broken")

    assert page.status_code == 500
    assert "Something went wrong here" in page.content.decode()
    assert "a bug" not in page.content.decode()


def test_a_static_file_comes_in_one_piece_with_its_type_and_is_not_sent_twice(client: Client) -> None:
    response = client.get("/static/admin/css/base.css")

    assert not response.streaming
    assert response["Content-Type"].startswith("text/css")
    assert b"--primary" in response.content
    assert client.get("/static/admin/css/base.css", headers={"if-none-match": response["ETag"]}).status_code == 304
    assert client.get("/static/admin/css/base.css", headers={"range": "bytes=0-9"}).content == response.content[:10]
    assert client.head("/static/admin/css/base.css").content == b""
    assert client.post("/static/admin/css/base.css").status_code == 405
