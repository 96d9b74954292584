"""Django's own pages and Swagger UI work under the policy; the fixture fails if the browser refuses anything."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page


@pytest.mark.parametrize("path", ["/admin/", "/admin/auth/user/", "/admin/auth/user/add/", "/admin/password_change/"])
def test_the_stock_admin_breaks_no_rule(signed_in: Page, path: str) -> None:
    signed_in.goto(path, wait_until="networkidle")

    assert signed_in.locator("#content").is_visible()


def test_swagger_ui_is_drawn_from_our_own_files(page: Page) -> None:
    strangers: list[str] = []
    page.on("request", lambda request: strangers.append(request.url))

    page.goto("/api/docs", wait_until="networkidle")

    page.locator(".title", has_text="Model Registry").wait_for()  # drawing a long document takes its time
    assert [url for url in strangers if not url.startswith((page.url.removesuffix("/api/docs"), "data:"))] == []
