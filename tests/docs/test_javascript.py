"""The JavaScript that the papers show, run by a real browser."""

from __future__ import annotations

from playwright.sync_api import Browser

from tests.browser.conftest import browser
from tests.docs.pages import page
from tests.docs.session import HOME
from tests.gateway.conftest import Served

__all__ = ["browser"]


def test_the_first_call_in_javascript_is_answered(browser: Browser, demo: Served) -> None:
    """From a page of the registry itself, for no other may ask it."""
    [block] = page("README.md").blocks("js")
    said: list[str] = []
    tab = browser.new_page()
    tab.goto(f"{demo.url}/admin/login/")
    tab.on("console", lambda message: said.append(message.text))

    tab.evaluate(
        f"async key => {{ const process = {{env: {{KEY: key}}}}; {block.text.replace(HOME, demo.url)} }}", demo.key
    )

    assert said == ["You said: Hello"]
    tab.close()
