"""The playground in a real browser. It calls its own server's `/v1`; its models stream from a provider on loopback."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator

import pytest
from django.contrib.auth.models import User
from playwright.sync_api import Browser, ConsoleMessage, Locator, Page, Route, expect

from gateway.models import Message, Rating, Usage
from tests.gateway.conftest import Place, Served, a_served_model, eventually, place, served

__all__ = ["place", "served"]

Visit = Callable[..., Page]


@pytest.fixture
def visit(browser: Browser, served: Served, transactional_db: None) -> Iterator[Visit]:
    """Open the playground as bob, who is not staff; whatever the browser complains of fails the test."""
    User.objects.create_user("bob", password="a-good-password")
    complaints: list[str] = []
    contexts = []

    def listen(message: ConsoleMessage) -> None:
        if message.type in ("error", "warning") and "Failed to load resource" not in message.text:
            complaints.append(message.text)

    def open_page(query: str = "", **options: object) -> Page:
        usual = {"base_url": served.url, "viewport": {"width": 1400, "height": 900}}
        contexts.append(browser.new_context(**{**usual, **options}))  # type: ignore[arg-type]
        page = contexts[-1].new_page()
        page.on("console", listen)
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.goto(f"/playground{query}")
        page.get_by_label("Username").fill("bob")
        page.get_by_label("Password").fill("a-good-password")
        page.get_by_role("button", name="Sign in").click()
        expect(page.get_by_role("heading", name="Playground")).to_be_visible()
        if options.get("java_script_enabled", True):
            page.wait_for_selector("article")
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert complaints == []


@pytest.fixture
def acme(place: Callable[..., Place], served: Served) -> Place:
    """A provider of two models with a price."""
    found = place()
    a_served_model(found, "fast", name="Fast")
    a_served_model(found, "wise", name="Wise")
    served.refresh()
    return found


def column(page: Page, name: str) -> Locator:
    return page.locator("article", has=page.get_by_role("heading", name=name, exact=True))


def figure(column: Locator, label: str) -> Locator:
    return column.locator("dl div", has_text=label).locator("dd")


BOTH = "?model=acme/fast&model=acme/wise"


def test_two_models_stream_side_by_side_and_the_better_is_kept(acme: Place, visit: Visit) -> None:
    page = visit(BOTH)
    acme.upstream.always("slow 0.1")

    page.get_by_label("Prompt").fill("one two three four five six")
    page.get_by_label("Prompt").press("Control+Enter")

    fast, wise = column(page, "Fast"), column(page, "Wise")
    for each in (fast, wise):
        expect(each).to_contain_text("answering")
    for each in (fast, wise):
        expect(each.locator(".said")).to_contain_text("You said: one two three four five six")
        expect(each.locator(".state")).to_have_text("done")
        expect(figure(each, "Tokens in")).to_have_text("6")
        expect(figure(each, "Cost in USD")).to_have_text("0.000076")  # 6 x 2 + 8 x 8, USD per million
    expect(wise).to_contain_text("Served by acme/wise")
    expect(figure(wise, "First token")).to_contain_text("s")

    wise.get_by_role("button", name="Better").click()
    expect(page.get_by_text("Kept: Wise answered best.")).to_be_visible()
    fast.get_by_role("button", name="Keep").click()
    expect(page.get_by_text("Kept as conversation")).to_be_visible()
    expect(fast.get_by_role("button", name="Kept")).to_be_disabled()
    [kept] = Message.objects.filter(role="assistant")
    assert (kept.model_name, kept.body["content"]) == ("acme/fast", "You said: one two three four five six")
    assert dict(Rating.objects.values_list("model", "score")) == {"acme/wise": 1, "acme/fast": 0}


def send(page: Page, prompt: str) -> None:
    page.get_by_label("Prompt").fill(prompt)
    page.get_by_role("button", name="Send").click()


def test_stop_ends_one_answer_or_all_and_the_call_upstream(acme: Place, visit: Visit) -> None:
    page = visit(BOTH)
    fast, wise = column(page, "Fast"), column(page, "Wise")

    send(page, "[words 300] [slow 0.1] go on")
    for each in (fast, wise):
        expect(each.locator(".said")).to_contain_text("word3")
    fast.get_by_role("button", name="Stop").click()

    expect(fast.locator(".state")).to_have_text("stopped")
    expect(wise.locator(".state")).to_contain_text("answering")
    expect(wise.locator(".said")).to_contain_text("word8")
    page.keyboard.press("Escape")
    expect(wise.locator(".state")).to_have_text("stopped")
    expect(page.get_by_text("2 stopped")).to_be_visible()
    expect(figure(wise, "Cost in USD")).to_have_text("unknown")
    eventually(lambda: Usage.objects.filter(outcome="cancelled").count() == 2)


def test_a_new_question_takes_the_place_of_one_that_is_being_answered(acme: Place, visit: Visit) -> None:
    page = visit("?model=acme/fast")
    answer = column(page, "Fast")
    send(page, "[words 300] [slow 0.1] go on")
    expect(answer.locator(".said")).to_contain_text("word3")

    send(page, "[slow 0.2] something else")

    expect(answer.locator(".said")).not_to_contain_text("word")
    expect(answer.locator(".state")).to_contain_text("answering")
    expect(answer.locator("[data-part=text]")).to_have_text("You said: something else")
    expect(answer.locator(".state")).to_have_text("done")


def test_an_error_is_told_in_plain_words_and_the_other_goes_on(acme: Place, visit: Visit) -> None:
    page = visit(BOTH)
    acme.upstream.next("fail 429 7", "")

    send(page, "Hello")

    failed = page.locator("article[data-state=failed]")
    expect(failed).to_have_count(1)
    expect(failed.get_by_role("alert")).to_contain_text("Told to fail with 429.")
    expect(failed.get_by_role("alert")).to_contain_text("Wait 7 seconds, then send it again.")
    expect(page.locator("article[data-state=done]")).to_contain_text("You said: Hello")
    expect(page.get_by_text("1 answered, 1 failed")).to_be_visible()
    for button in page.get_by_role("button", name="Better").all():
        expect(button).to_be_disabled()


def test_a_stream_that_breaks_keeps_what_came(acme: Place, visit: Visit) -> None:
    page = visit("?model=acme/fast")

    send(page, "one two three [error 4]")

    answer = column(page, "Fast")
    expect(answer.locator(".state")).to_have_text("failed")
    expect(answer.locator("[data-part=text]")).to_contain_text("You said:")
    expect(answer.get_by_role("alert")).to_contain_text("Send it again, or choose another model.")


def test_all_that_is_set_arrives_and_calls_and_thoughts_are_shown(place: Callable[..., Place], visit: Visit) -> None:
    router = place("router", "openrouter", wire="openai")
    a_served_model(router, "m", name="Thinker", supports_vision=False)
    page = visit("?model=router/m&temperature=0.5&max_tokens=50&reasoning_effort=low")
    page.get_by_text("System text", exact=True).click()
    page.get_by_label("System text").fill("Be brief.")
    page.get_by_text("Tools", exact=True).click()
    page.get_by_role("button", name="Insert an example").click()
    page.get_by_label("Image").set_input_files(
        {"name": "dot.png", "mimeType": "image/png", "buffer": b"\x89PNG\r\n\x1a\n"}
    )
    expect(column(page, "Thinker")).to_contain_text("Its sources say it takes no images.")

    send(page, "get_weather in <b>Bern</b>")

    answer = column(page, "Thinker")
    expect(answer.locator("pre")).to_have_text('get_weather({\n  "city": "<b>Bern</b>"\n})')
    expect(answer.locator("[data-part=thoughts]")).to_be_hidden()
    answer.get_by_text("Reasoning").click()
    expect(answer.locator("[data-part=thoughts]")).to_have_text("They said: get_weather in <b>Bern</b>")
    sent = router.asked[0].json
    assert sent["messages"][0] == {"role": "system", "content": "Be brief."}
    assert sent["messages"][1]["content"][1]["image_url"]["url"].startswith("data:image/png;base64,iVBOR")
    assert (sent["temperature"], sent["max_tokens"], sent["reasoning_effort"]) == (0.5, 50, "low")
    assert sent["tools"][0]["function"]["name"] == "get_weather"


WRONG_TOOLS = {
    "[{]": "This is no JSON:",
    "{}": "Write a list of tools, in square brackets.",
    "[{}]": 'Tool 1 has no type: write "type": "function".',
    '[{"type": "function", "function": {"name": "a b"}}]': 'Tool 1 needs "function" with a "name"',
    '[{"type": "function", "function": {"name": "a", "parameters": []}}]': '"parameters" must be an object',
}


def test_tools_that_cannot_be_are_told_before_anything_is_sent(acme: Place, visit: Visit) -> None:
    page = visit("?model=acme/fast")
    heading = page.get_by_text("Tools", exact=True)

    for tools, words in WRONG_TOOLS.items():
        heading.click()
        page.get_by_label("Tools, as JSON").fill(tools)
        heading.click()
        send(page, "Hello")
        expect(page.locator("#tools-error")).to_contain_text(words)
        expect(page.get_by_label("Tools, as JSON")).to_be_visible()
        heading.click()

    assert acme.asked == []


def test_models_are_chosen_by_the_keyboard_and_stand_in_the_address(acme: Place, visit: Visit) -> None:
    page = visit("?model=acme/fast")
    field = page.get_by_role("combobox", name="Models")
    expect(page.locator("article")).to_have_count(1)

    field.press("ArrowDown")
    expect(page.locator(".option")).to_have_count(2)
    field.press_sequentially("wis")
    expect(page.locator(".option")).to_have_count(1)
    field.press("Enter")
    expect(page.locator("article")).to_have_count(2)
    expect(page).to_have_url(re.compile(r"\?model=acme%2Ffast&model=acme%2Fwise$"))
    field.press("Escape")
    expect(page.get_by_role("listbox")).to_be_hidden()
    page.get_by_role("button", name="Take away Fast").click()
    page.get_by_label("Temperature").fill("0.2")
    page.get_by_label("Stream the answers").uncheck()

    expect(page).to_have_url(re.compile(r"\?model=acme%2Fwise&temperature=0.2&stream=0$"))
    page.get_by_label("Prompt").fill("Hello")
    page.reload()
    expect(page.get_by_label("Temperature")).to_have_value("0.2")
    send(page, "Hello")
    expect(column(page, "Wise").locator(".said")).to_contain_text("You said: Hello")
    assert acme.asked[0].json.get("stream") is None
    assert "Hello" not in page.url


PROGRAMS = {  # what it needs, and what runs it
    "curl": ("curl", "sh", "-s"),
    "python": (sys.executable, sys.executable, "-"),
    "javascript": ("node", "node", "--input-type=module"),
}


@pytest.mark.parametrize("streamed", [True, False])
def test_the_code_can_be_run_as_it_is(acme: Place, visit: Visit, served: Served, streamed: bool) -> None:
    """In every language that is installed here."""
    page = visit(f"?model=acme/fast&temperature=0.5{'' if streamed else '&stream=0'}")
    prompt = 'It\'s "quoted" $HOME \\n\nand two lines ü'
    page.get_by_label("Prompt").fill(prompt)
    page.get_by_role("button", name="Show as code").click()

    for language, (tool, *program) in PROGRAMS.items():
        if shutil.which(tool) is None:
            continue
        page.get_by_label("In", exact=True).select_option(language)
        code = page.locator("#shown-text").input_value()
        assert "mrt_" not in code
        code = code.replace("YOUR_KEY", served.key)
        ran = subprocess.run(program, input=code, capture_output=True, text=True, timeout=60)
        assert ran.returncode == 0, ran.stderr
        assert "You" in ran.stdout
        sent = acme.asked[-1].json
        assert sent["messages"] == [{"role": "user", "content": prompt}]
        assert (sent["temperature"], sent.get("stream", False)) == (0.5, streamed)


def test_without_a_clipboard_the_text_can_be_copied_by_hand(acme: Place, visit: Visit) -> None:
    page = visit("?model=acme/fast")
    page.evaluate("Object.defineProperty(navigator, 'clipboard', { value: undefined })")

    page.get_by_role("button", name="Copy link").click()

    expect(page.locator("#shown-text")).to_be_focused()
    assert page.locator("#shown-text").input_value() == page.url
    expect(page.get_by_text("It is selected: copy it with Ctrl+C.")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_be_hidden()


def test_a_token_that_is_no_longer_taken_is_made_anew_and_signing_out_is_told(acme: Place, visit: Visit) -> None:
    page = visit("?model=acme/fast")
    asked: list[str] = []

    def note(route: Route) -> None:
        asked.append(route.request.url.rpartition("/")[2])
        if asked == ["token"]:
            route.fulfill(json={"token": "mrt_old", "life": 600})
        else:
            route.continue_()

    page.route("**/playground/token", note)
    page.route("**/v1/chat/completions", note)

    send(page, "Hello")
    expect(column(page, "Fast").locator(".said")).to_contain_text("You said: Hello")
    assert asked == ["token", "completions"] * 2

    page.context.clear_cookies(name="sessionid")
    page.route("**/v1/chat/completions", lambda route: route.fulfill(status=401, json={"error": {}}), times=1)
    send(page, "Hello")
    expect(column(page, "Fast").get_by_role("alert")).to_contain_text("signed out")


def test_without_scripts_it_says_what_it_needs(acme: Place, visit: Visit) -> None:
    page = visit("?model=acme/fast", java_script_enabled=False)

    said = page.locator("noscript .message")
    expect(said).to_be_visible()
    expect(said).to_contain_text("This one page needs JavaScript")
    expect(said.locator("pre")).to_contain_text('"model": "acme/fast"')
    expect(page.locator("#playground")).to_be_hidden()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_it_is_never_wider_than_the_screen(acme: Place, visit: Visit, scheme: str) -> None:
    for number in range(2):
        a_served_model(acme, f"a-model-with-a-long-name-that-breaks-nowhere-{number}" * 3)
    names = [f"model=acme/{name}" for name in acme.row.models.values_list("model_id", flat=True)]
    page = visit("?" + "&".join(names), color_scheme=scheme)
    expect(page.locator("article")).to_have_count(4)
    page.get_by_text("Tools", exact=True).click()
    too_wide = []

    for width in (400, 700, 1199, 1400, 2000):
        page.set_viewport_size({"width": width, "height": 900})
        if page.evaluate("document.documentElement.scrollWidth > innerWidth"):
            too_wide.append(width)

    assert too_wide == []
