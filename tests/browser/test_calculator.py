"""The calculator in a real browser, against numbers worked by hand; it follows what one types, and works without."""

from __future__ import annotations

import re

import pytest
from django.contrib.auth.models import User
from playwright.sync_api import Browser, Page, expect
from pytest_django.live_server_helper import LiveServer

from catalog.models import Status
from tests.builders import a_model

PRICE = {"input_mtok": "3", "output_mtok": "15", "cache_read_mtok": "0.3", "cache_write_mtok": "3.75"}


@pytest.fixture
def models(transactional_db: None) -> None:
    a_model("known", name="Known", status=Status.ENABLED, price=PRICE, parameters=70)
    a_model("cheap", name="Cheap", status=Status.ENABLED, price={"input_mtok": "1", "output_mtok": "2"})
    a_model("riddle", name="Riddle", status=Status.ENABLED)


def sign_in(page: Page) -> None:
    User.objects.create_user("bob", password="a-good-password")
    page.goto("/account/calculator")
    page.get_by_label("Username").fill("bob")
    page.get_by_label("Password").fill("a-good-password")
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("heading", name="Calculator")).to_be_visible()


def fill(page: Page, **fields: int) -> None:
    for label, number in fields.items():
        page.get_by_label(label.replace("_", " "), exact=True).first.fill(str(number))


@pytest.mark.usefixtures("models")
def test_it_follows_what_one_types_to_the_numbers_worked_by_hand(page: Page) -> None:
    """1,000 x 3.75 + 2,000 x 3 + 10,000 x 0.30 + 500 x 15 = 20,250 USD per million.

    Weighted 1,250 + 2,000 + 1,000 + 2,500 = 6,750; 700 / 1,476 x 6,750 x 70 / 175 x 1.56 = 1,997.56 J.
    """
    sign_in(page)
    fill(page, Written_to_the_cache=1000, Input_beside_the_cache=2000, Read_from_the_cache=10000, Output=500)

    known = page.locator(".offers tbody tr", has_text="acme/known")
    expect(known).to_contain_text("0.02025")
    for part in ("6,750", "0.4", "1,997.6 J", "0.000555 kWh", "0.267 g"):
        expect(known).to_contain_text(part)
    expect(page.locator(".offers tbody tr").first).to_contain_text("Cheap")
    expect(page).to_have_url(re.compile("cacheRead=10000&outputTokens=500"))

    page.get_by_label("Models").select_option("all")
    riddle = page.locator(".offers tbody tr", has_text="acme/riddle")
    expect(riddle.locator(".cost")).to_have_text("unknown")
    expect(page.locator(".offers tbody tr").last).to_contain_text("Riddle")
    page.reload()
    expect(known).to_contain_text("0.02025")


@pytest.mark.usefixtures("models")
def test_a_conversation_and_a_choice_of_models(page: Page) -> None:
    """Two turns of two agents: 3,400 x 3.75 + 2,400 x 0.30 + 800 x 15 = 25,470 USD per million."""
    sign_in(page)
    page.get_by_role("link", name="A conversation").click()
    fill(page, Turns=2, Agents=2, System_prompt=1000, What_the_user_says_in_a_turn=100)
    page.get_by_label("Each agent's answer in a turn").fill("200")

    known = page.locator(".offers tbody tr", has_text="acme/known")
    expect(known).to_contain_text("0.02547")
    page.get_by_label("Choose Known").check()
    page.get_by_role("button", name="Compare the chosen ones").click()

    expect(page.get_by_role("heading", name="1 chosen offer")).to_be_visible()
    expect(known).to_contain_text("0.02547")
    page.get_by_role("link", name="Compare all").click()
    expect(page.locator(".offers tbody tr")).to_have_count(2)
    expect(known).to_contain_text("0.02547")


@pytest.mark.usefixtures("models")
def test_it_works_without_javascript(browser: Browser, live_server: LiveServer) -> None:
    context = browser.new_context(base_url=live_server.url, java_script_enabled=False)
    page = context.new_page()
    sign_in(page)
    fill(page, Written_to_the_cache=1000, Input_beside_the_cache=2000, Read_from_the_cache=10000, Output=500)

    page.get_by_role("button", name="Calculate").click()

    expect(page.locator(".offers tbody tr", has_text="acme/known")).to_contain_text("0.02025")
    context.close()
