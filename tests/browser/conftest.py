"""A real Chromium that minds the content policy: whatever a page complains of in the console fails its test."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest
from django.contrib.auth.models import User
from playwright.sync_api import Browser, ConsoleMessage, Page, sync_playwright
from pytest_django.live_server_helper import LiveServer

from tests.browser import chromium


@pytest.fixture(scope="module")  # no longer: Playwright's event loop would be in the way of other tests
def browser() -> Iterator[Browser]:
    program = chromium.find()
    if program is None:
        if os.environ.get("BROWSER_REQUIRED") == "1":
            pytest.fail("BROWSER_REQUIRED=1, but there is no Chromium.")
        pytest.skip("no Chromium: apt install chromium")
    with pytest.MonkeyPatch.context() as patch, sync_playwright() as playwright:
        patch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "1")  # that loop runs in the thread of the test
        browser = playwright.chromium.launch(executable_path=program, args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture
def page(browser: Browser, live_server: LiveServer) -> Iterator[Page]:
    """A page at the running registry, 1400 pixels wide."""
    context = browser.new_context(base_url=live_server.url, viewport={"width": 1400, "height": 900})
    complaints: list[str] = []

    def listen(message: ConsoleMessage) -> None:
        if message.type in ("error", "warning"):
            complaints.append(message.text)

    page = context.new_page()
    page.on("console", listen)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    yield page
    context.close()
    assert complaints == []


@pytest.fixture
def signed_in(page: Page, admin_user: User) -> Page:
    """The page of an admin who has signed in as one does."""
    page.goto("/admin/")
    page.fill("#id_username", admin_user.get_username())
    page.fill("#id_password", "password")
    page.click("[type=submit]")
    page.wait_for_selector("#user-tools")
    page.wait_for_load_state("load")
    return page
